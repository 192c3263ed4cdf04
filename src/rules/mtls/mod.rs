//! The mTLS family: what DestinationRules send against what PeerAuthentications accept. The
//! checks of three kinds stand together here because they mirror each other.

pub(in crate::rules) mod client_tls_against_strict;
mod mtls_needed_by_policy;
mod mtls_policy_missing;
mod mtls_rule_missing;
mod overridden_mtls_settings;
mod port_level_mtls_service_port;
mod strict_policy_conflict;

use super::Check;
use crate::mesh::security::PeerOrigin;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    client_tls_against_strict::CHECK,
    mtls_needed_by_policy::CHECK,
    mtls_policy_missing::CHECK,
    mtls_rule_missing::CHECK,
    overridden_mtls_settings::CHECK,
    port_level_mtls_service_port::CHECK,
    strict_policy_conflict::CHECK,
];

/// Where a DestinationRule says its client TLS mode.
const MODE_PATH: &str = "spec/trafficPolicy/tls/mode";

/// The kind of the object that a policy is written as.
fn kind_name(origin: PeerOrigin) -> &'static str {
    match origin {
        PeerOrigin::PeerAuthentication => "PeerAuthentication",
        PeerOrigin::Policy => "Policy",
        PeerOrigin::MeshPolicy => "MeshPolicy",
        PeerOrigin::ServiceMeshPolicy => "ServiceMeshPolicy",
    }
}

/// The PeerAuthentication that a namespace (or the mesh, in its root namespace) lacks.
fn peer_authentication(namespace: &str, mode: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  \
         namespace: {namespace}\nspec:\n  mtls:\n    mode: {mode}"
    )
}

/// The DestinationRule that hosts lack.
fn destination_rule(namespace: &str, host: &str, mode: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: default\n  \
         namespace: {namespace}\nspec:\n  host: \"{host}\"\n  trafficPolicy:\n    tls:\n      mode: {mode}"
    )
}
