//! `networking.istio.io`: one file per kind, [`common`] holds what several kinds share.
//!
//! Absent and zero are one for plain scalars, lists and maps, as in protobuf. Where absence
//! matters (messages, wrapped scalars, members of a oneof, durations) the field is an `Option`.

pub mod common;
pub mod destination_rule;
pub mod envoy_filter;
pub mod gateway;
pub mod proxy_config;
pub mod rule;
pub mod service_entry;
pub mod sidecar;
pub mod virtual_service;
pub mod workload;

pub use common::*;
pub use destination_rule::*;
pub use envoy_filter::*;
pub use gateway::*;
pub use proxy_config::*;
pub use rule::*;
pub use service_entry::*;
pub use sidecar::*;
pub use virtual_service::*;
pub use workload::*;

#[cfg(test)]
mod tests;
