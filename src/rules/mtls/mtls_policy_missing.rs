//! KIA0205, KIA0206: a DestinationRule for a whole mesh or namespace demands mTLS that no policy
//! enables.

use super::{MODE_PATH, peer_authentication};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::PeerPolicy;
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::model::security::MtlsMode;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "mtls-policy-missing",
    codes: &[Code::KIA0205, Code::KIA0206],
    runs: &[Run::DestinationRule(mtls_policy_missing)],
};

fn mtls_policy_missing(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    let namespace = mesh.places.namespace_of(rule.id);
    if mesh.security.auto_mtls(namespace).is_known_on() || !mesh.visibility.is_seen(rule.id) {
        return;
    }
    let demands = |mode| mode == Some(ClientTlsMode::IstioMutual);
    let mesh_enables = || {
        mesh.security
            .mesh_peer_policies(namespace)
            .iter()
            .any(PeerPolicy::enables)
    };
    if demands(mesh.security.mesh_wide_mode(&rule.spec)) && !mesh_enables() {
        findings.push(mesh_wide(rule, mesh));
    }
    if demands(
        mesh.security
            .namespace_wide_mode(&rule.spec, rule.namespace()),
    ) && !mesh
        .security
        .peer_policies(namespace)
        .iter()
        .any(PeerPolicy::enables)
        && !mesh_enables()
    {
        findings.push(namespace_wide(rule, mesh));
    }
}

fn mesh_wide(rule: &Object<DestinationRule>, mesh: &Mesh) -> Finding {
    let plane = mesh
        .places
        .control_plane_or_first(mesh.places.namespace_of(rule.id));
    let root = mesh.places.name(plane.root_namespace);
    let message = format!(
        "PeerAuthentication enabling mTLS at mesh level is missing: this rule demands mTLS for every service of the \
         mesh ({}), but no PeerAuthentication of the root namespace {root} enables it: {}",
        rule.spec.host,
        what_holds(
            mesh.security
                .mesh_peer_policies(mesh.places.namespace_of(rule.id))
        )
    );
    Finding::new(Code::KIA0205, rule.id, MODE_PATH, message).help(format!(
        "add a PeerAuthentication to {root}; PERMISSIVE lets clients without mTLS go on:\n\n{}",
        peer_authentication(root, "PERMISSIVE")
    ))
}

/// What the services do with clients that use mTLS and with others. Without a policy that says
/// otherwise they accept both.
fn what_holds(policies: &[PeerPolicy]) -> &'static str {
    let refuses = policies
        .iter()
        .any(|policy| policy.wide() == Some(MtlsMode::Disable));
    if refuses {
        "the services refuse mTLS"
    } else {
        "plain text is accepted as well"
    }
}

fn namespace_wide(rule: &Object<DestinationRule>, mesh: &Mesh) -> Finding {
    let namespace = rule.namespace();
    let id = mesh.places.namespace_of(rule.id);
    let own = mesh.security.peer_policies(id);
    let message = format!(
        "PeerAuthentication enabling namespace-wide mTLS is missing: this rule demands mTLS for namespace \
         {namespace} ({}), but no PeerAuthentication enables it: {}",
        rule.spec.host,
        what_holds(if own.is_empty() {
            mesh.security.mesh_peer_policies(id)
        } else {
            own
        })
    );
    Finding::new(Code::KIA0206, rule.id, MODE_PATH, message).help(format!(
        "add a PeerAuthentication to {namespace} (PERMISSIVE instead of STRICT while some clients have no \
         sidecar yet):\n\n{}",
        peer_authentication(namespace, "STRICT")
    ))
}
