//! What runs: workloads, the pods that they have or would get, and which policies select them.
//!
//! Answers: which workloads are in a namespace, have some labels or belong to an application; has a
//! pod a sidecar or is it in ambient mode; which policies select it. What a policy means is
//! answered in security.

pub mod labelled;
pub mod list;
pub mod lookup;
pub mod pods;
pub mod selecting;
