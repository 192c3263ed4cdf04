//! KIA0207, KIA0208: a DestinationRule for a whole mesh or namespace switches mTLS off where a
//! policy insists on it.

use super::{MODE_PATH, kind_name, peer_authentication};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::PeerPolicy;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::model::security::MtlsMode;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "strict-policy-conflict",
    codes: &[Code::KIA0207, Code::KIA0208],
    runs: &[Run::DestinationRule(strict_policy_conflict)],
};

fn strict_policy_conflict(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    if !mesh.visibility.is_seen(rule.id) {
        return;
    }
    let namespace = mesh.places.namespace_of(rule.id);
    let disables = |mode| mode == Some(ClientTlsMode::Disable);
    if disables(
        mesh.security
            .namespace_wide_mode(&rule.spec, rule.namespace()),
    ) {
        findings_of_namespace(rule, namespace, mesh, findings);
    }
    if disables(mesh.security.mesh_wide_mode(&rule.spec))
        && let Some(policy) = strict_mesh_policy(mesh, namespace)
    {
        findings.push(mesh_wide(rule, policy, mesh));
    }
}

/// The namespace's own policies come before those of the mesh: a permissive one makes the rule
/// right, one that disables mTLS leaves the question to the mesh without an answer.
fn findings_of_namespace(
    rule: &Object<DestinationRule>,
    namespace: NamespaceId,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let mut disabled = false;
    for policy in mesh.security.peer_policies(namespace) {
        match policy.wide() {
            Some(MtlsMode::Strict) => return findings.push(strict_namespace(rule, policy, mesh)),
            Some(MtlsMode::Permissive) => return,
            Some(MtlsMode::Disable) => disabled = true,
            Some(MtlsMode::Unset) | None => {}
        }
    }
    if !disabled && let Some(policy) = strict_mesh_policy(mesh, namespace) {
        findings.push(strict_mesh(rule, policy, mesh));
    }
}

fn strict_mesh_policy(mesh: &Mesh, namespace: NamespaceId) -> Option<&PeerPolicy> {
    mesh.security
        .mesh_peer_policies(namespace)
        .iter()
        .find(|policy| policy.is_strict())
}

fn name(policy: &PeerPolicy, mesh: &Mesh) -> String {
    let kind = kind_name(policy.origin);
    mesh.objects.header(policy.object).map_or_else(
        || kind.to_owned(),
        |header| {
            if header.namespace.is_empty() {
                format!("{kind} {}", header.name)
            } else {
                format!("{kind} {}/{}", header.namespace, header.name)
            }
        },
    )
}

fn strict_namespace(rule: &Object<DestinationRule>, policy: &PeerPolicy, mesh: &Mesh) -> Finding {
    let namespace = rule.namespace();
    let message = format!(
        "PeerAuthentication with TLS strict mode found, it should be permissive: clients are told to send plain \
         text to {}, and {} refuses it",
        rule.spec.host,
        name(policy, mesh)
    );
    Finding::new(Code::KIA0207, rule.id, MODE_PATH, message)
        .help(format!(
            "let {namespace} accept both, or remove the mode here so that clients choose mTLS themselves:\n\n{}",
            peer_authentication(namespace, "PERMISSIVE")
        ))
        .related(policy.object, mode_value(policy), "plain text is refused here")
}

fn strict_mesh(rule: &Object<DestinationRule>, policy: &PeerPolicy, mesh: &Mesh) -> Finding {
    let namespace = rule.namespace();
    let message = format!(
        "PeerAuthentication enabling mTLS found, permissive mode needed: clients are told to send plain text to {}, \
         and {} makes the whole mesh refuse it",
        rule.spec.host,
        name(policy, mesh)
    );
    Finding::new(Code::KIA0208, rule.id, MODE_PATH, message)
        .help(format!(
            "let {namespace} accept plain text as well:\n\n{}",
            peer_authentication(namespace, "PERMISSIVE")
        ))
        .related(
            policy.object,
            mode_value(policy),
            "plain text is refused here",
        )
}

fn mesh_wide(rule: &Object<DestinationRule>, policy: &PeerPolicy, mesh: &Mesh) -> Finding {
    let message = format!(
        "PeerAuthentication enabling mTLS found, permissive mode needed: clients are told to send plain text to \
         every service of the mesh ({}), and {} refuses it",
        rule.spec.host,
        name(policy, mesh)
    );
    Finding::new(Code::KIA0208, rule.id, MODE_PATH, message)
        .help("set the mode of the policy to PERMISSIVE, or remove the mode here so that clients choose mTLS themselves")
        .related(policy.object, mode_value(policy), "plain text is refused here")
}

/// Where a policy writes its mode.
fn mode_value(policy: &PeerPolicy) -> FieldPath {
    policy.mode_path().field("mode")
}
