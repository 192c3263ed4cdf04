//! Checks of what runs Istio itself: istiod, its webhooks, its networks, and the definitions that it
//! needs.

mod external_control_plane;
mod gateway_api_versions;
mod jwks_fetch_not_restricted;
mod unknown_mesh_network_registry;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    external_control_plane::CHECK,
    gateway_api_versions::CHECK,
    jwks_fetch_not_restricted::CHECK,
    unknown_mesh_network_registry::CHECK,
];
