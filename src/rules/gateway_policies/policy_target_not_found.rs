//! MESH4005: a policy whose target does not exist.

use super::every_policy;
use crate::diagnostics::{Code, Finding, Findings, Fix, Severity};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Policy, Target};
use crate::model::Kind;
use crate::model::operators::Makes;
use crate::nearest::nearest;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "policy-target-not-found",
    codes: &[Code::MESH4005],
    runs: every_policy!(
        policy_target_not_found,
        Run::AuthorizationPolicy(|policy, mesh, findings| {
            let policy = Policy::of_istio(policy);
            super::look(&policy, mesh, findings, policy_target_not_found);
        }),
        Run::RequestAuthentication(|policy, mesh, findings| {
            let policy = Policy::of_istio(policy);
            super::look(&policy, mesh, findings, policy_target_not_found);
        }),
        Run::WasmPlugin(|policy, mesh, findings| {
            let policy = Policy::of_istio(policy);
            super::look(&policy, mesh, findings, policy_target_not_found);
        }),
        Run::Telemetry(|policy, mesh, findings| {
            let policy = Policy::of_istio(policy);
            super::look(&policy, mesh, findings, policy_target_not_found);
        })
    ),
};

fn policy_target_not_found(
    policy: &Policy<'_>,
    target: &Target<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let Some(kind) = target.known_kind().filter(|_| !target.name.is_empty()) else {
        return;
    };
    let (namespace, name) = (target.namespace, target.name);
    let exists = mesh.routing.attachable(kind, namespace, name).is_some()
        || kind == Kind::Service && mesh.evidence.is_made(Makes::Service, namespace, name);
    if !exists {
        findings.push(finding(policy, target, kind, mesh));
    }
}

fn finding(policy: &Policy<'_>, target: &Target<'_>, kind: Kind, mesh: &Mesh) -> Finding {
    let Target {
        namespace, name, ..
    } = *target;
    let own = mesh.routing.names_of_attachable(kind, namespace);
    let near = nearest(name, own, |name| name);
    let elsewhere = mesh.routing.attachable_anywhere(kind, name);
    let message = format!(
        "there is no {} {name} in namespace {namespace}, so that {} {} {}",
        target.kind,
        policy.kind.name(),
        policy.name,
        outcome(policy.kind)
    );
    let path = target.path.field("name");
    let mut finding = Finding::new(Code::MESH4005, policy.id, path.clone(), message);
    if matches!(
        policy.kind,
        Kind::BackendTrafficPolicy | Kind::ClientTrafficPolicy
    ) {
        finding.severity = Severity::Warning;
    }
    let evidence = mesh
        .evidence
        .knows_attachable(policy.id, kind, namespace, name);
    if let Some(near) = near {
        let message = format!("write {}", near.what);
        let fix = Fix::guess(message, &near).map(|fix| fix.write(policy.id, path, near.what));
        finding = finding
            .help(format!("did you mean {}?", near.what))
            .fix(fix);
    } else if let Some(other) = elsewhere {
        let header = mesh.objects.header(other);
        let place = header.map_or("", |header| header.namespace.as_str());
        finding = finding
            .help(format!(
                "policies act in their own namespace: move it to {place}, where {} {name} is",
                target.kind
            ))
            .related(other, "metadata/namespace", "one of this name");
    } else {
        finding = finding.help("correct the name, or put the policy beside what it is meant for");
    }
    finding.given(evidence)
}

/// What the policy does without a target.
fn outcome(kind: Kind) -> &'static str {
    match kind {
        Kind::SecurityPolicy | Kind::AuthorizationPolicy => "protects nothing",
        Kind::RequestAuthentication => "checks no token",
        Kind::BackendTlsPolicy => "encrypts nothing",
        Kind::BackendTrafficPolicy | Kind::ClientTrafficPolicy => "limits nothing",
        _ => "acts nowhere",
    }
}
