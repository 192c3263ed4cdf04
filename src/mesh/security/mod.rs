//! Who may speak to whom, and how it is secured.
//!
//! Answers: is mutual TLS on, as Kiali judges it, and which identities exist that a policy may
//! name. Which workloads a policy selects is answered in workloads.

pub mod kiali_mtls;
pub mod kiali_status;
pub mod principals;
