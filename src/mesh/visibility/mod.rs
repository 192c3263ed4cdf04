//! Who sees what: `exportTo`, and the hosts that Sidecars let proxies import.
//!
//! Answers: is an object visible to a namespace, which namespaces see the same, what do their
//! proxies import, and from which of them is an object to be judged. Not what is done with what is
//! seen: that is routing.

pub mod audiences;
pub mod imports;
pub mod relevant;
pub mod scope;
pub mod viewpoints;
