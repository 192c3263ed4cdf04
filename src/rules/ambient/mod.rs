//! Checks of objects in ambient mode: what needs a waypoint, and what waypoints do.

mod ambient_disable_mtls;
mod ingress_bypasses_waypoint;
mod mesh_route_without_waypoint;
mod policy_without_waypoint;
mod routing_without_waypoint;
mod waypoint_for_mismatch;
mod waypoint_identity_not_allowed;
mod waypoint_namespace_not_allowed;

use crate::diagnostics::Finding;
use crate::mesh::{Mesh, NamespaceId};
use crate::rules::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    ambient_disable_mtls::CHECK,
    ingress_bypasses_waypoint::CHECK,
    mesh_route_without_waypoint::CHECK,
    policy_without_waypoint::CHECK,
    routing_without_waypoint::CHECK,
    waypoint_for_mismatch::CHECK,
    waypoint_identity_not_allowed::CHECK,
    waypoint_namespace_not_allowed::CHECK,
];

/// The label that enrols; with the name of a waypoint of the namespace, if there is one.
fn label(mesh: &Mesh, namespace: NamespaceId) -> String {
    let name = mesh.places.name(namespace);
    let mut gateways = mesh.places.of(namespace).k8s_gateways();
    let waypoint = gateways.find(|gateway| mesh.ambient.waypoint(name, gateway.name()).is_some());
    let waypoint = waypoint.map_or("waypoint", |gateway| gateway.name());
    format!("istio.io/use-waypoint: {waypoint}")
}

/// Points at the Namespace whose label makes it ambient.
fn with_namespace(finding: Finding, mesh: &Mesh, namespace: NamespaceId) -> Finding {
    match mesh.places.get(namespace).object {
        Some(object) => finding.related(
            object,
            "metadata/labels/istio.io/dataplane-mode",
            "the namespace is ambient",
        ),
        None => finding,
    }
}
