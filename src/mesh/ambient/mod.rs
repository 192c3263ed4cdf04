//! Ambient mode: ztunnel and waypoints.
//!
//! Answers: who is enrolled, which waypoint serves a workload, a Service or a namespace, and which
//! policies need a waypoint to have effect.

pub mod l7;
pub mod waypoints;
