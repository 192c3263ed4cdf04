//! Checks of Istio's Gateways.

mod duplicate_gateway_certificate;
mod gateway_credentials;
mod gateway_host_served_twice;
mod gateway_port_not_on_service;
mod gateway_port_protocols;
mod gateway_selector_matches_nothing;
mod host_index;
mod shared_hosts;
mod x509;

use super::Check;
use crate::mesh::Mesh;
use crate::mesh::analysis::GatewayWorkloads;
use crate::model::Object;
use crate::model::networking::Gateway;
use crate::rules::common::words::is_unresolved;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    duplicate_gateway_certificate::CHECK,
    gateway_credentials::CHECK,
    gateway_host_served_twice::CHECK,
    gateway_port_not_on_service::CHECK,
    gateway_port_protocols::CHECK,
    gateway_selector_matches_nothing::CHECK,
];

/// What the selector of a Gateway leads to; `None` where that is nothing, or unknown.
fn workloads<'m>(gateway: &Object<Gateway>, mesh: &'m Mesh) -> Option<&'m GatewayWorkloads> {
    let selector = &gateway.spec.selector;
    if selector.values().any(|value| is_unresolved(mesh, value)) {
        return None;
    }
    let workloads = mesh.analysis_of(gateway.id)?.gateway_workloads(selector)?;
    (!workloads.pods.is_empty()).then_some(workloads)
}
