//! The mesh on small inputs, one file per topic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod ambient;
mod gateway_api;
mod gateways;
mod mtls;
mod namespaces;
mod registry;
mod routing;
mod visibility;
mod workloads;
