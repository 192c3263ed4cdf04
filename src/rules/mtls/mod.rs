//! The mTLS family: what DestinationRules send against what PeerAuthentications accept. The
//! checks of three kinds stand together here because they mirror each other.

mod authorization;
mod disabling;
mod enabling;
mod overriding;
mod peer;

use super::{Check, Run};
use crate::diagnostics::Code;
use crate::mesh::security::kiali_mtls::PeerOrigin;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "enabling-policy",
        codes: &[Code::KIA0205, Code::KIA0206],
        run: Run::DestinationRule(enabling::check),
    },
    Check {
        name: "disabling-policy",
        codes: &[Code::KIA0207, Code::KIA0208],
        run: Run::DestinationRule(disabling::check),
    },
    Check {
        name: "overriding-tls",
        codes: &[Code::KIA0204],
        run: Run::Mesh(overriding::check),
    },
    Check {
        name: "peer-destination-rule",
        codes: &[Code::KIA0401, Code::KIA0501, Code::KIA0505, Code::KIA0506],
        run: Run::Mesh(peer::check),
    },
    Check {
        name: "mtls-needed",
        codes: &[Code::KIA0105],
        run: Run::AuthorizationPolicy(authorization::check),
    },
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
