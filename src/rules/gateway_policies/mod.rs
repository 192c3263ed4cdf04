//! Checks of policies that are attached to objects of the Gateway API: BackendTLSPolicy, those of
//! Envoy Gateway, and those of Istio by their `targetRefs`.

mod backend_ca_not_found;
mod policy_section_unknown;
mod policy_target_kind;
mod policy_target_not_found;

use super::Check;
use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Policy, Target};
use crate::rules::common::words::is_unresolved;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    backend_ca_not_found::CHECK,
    policy_section_unknown::CHECK,
    policy_target_kind::CHECK,
    policy_target_not_found::CHECK,
];

/// What a check of the policies that an API of Gateways brings looks at; further runs may follow.
macro_rules! every_policy {
    ($check:path $(, $more:expr)*) => {
        &[
            $crate::rules::Run::BackendTlsPolicy(|policy, mesh, findings| {
                super::look(&Policy::of_backend_tls(policy), mesh, findings, $check);
            }),
            $crate::rules::Run::SecurityPolicy(|policy, mesh, findings| {
                let policy = Policy::of_envoy(policy, Kind::SecurityPolicy);
                super::look(&policy, mesh, findings, $check);
            }),
            $crate::rules::Run::BackendTrafficPolicy(|policy, mesh, findings| {
                let policy = Policy::of_envoy(policy, Kind::BackendTrafficPolicy);
                super::look(&policy, mesh, findings, $check);
            }),
            $crate::rules::Run::ClientTrafficPolicy(|policy, mesh, findings| {
                let policy = Policy::of_envoy(policy, Kind::ClientTrafficPolicy);
                super::look(&policy, mesh, findings, $check);
            }),
            $crate::rules::Run::EnvoyExtensionPolicy(|policy, mesh, findings| {
                let policy = Policy::of_envoy(policy, Kind::EnvoyExtensionPolicy);
                super::look(&policy, mesh, findings, $check);
            }),
            $crate::rules::Run::EnvoyPatchPolicy(|policy, mesh, findings| {
                let policy = Policy::of_envoy(policy, Kind::EnvoyPatchPolicy);
                super::look(&policy, mesh, findings, $check);
            }),
            $($more),*
        ]
    };
}
use every_policy;

/// Looks at every reference of a policy whose texts are all there.
fn look(
    policy: &Policy<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: fn(&Policy<'_>, &Target<'_>, &Mesh, &mut Findings),
) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for target in &policy.targets {
        let texts = [
            target.group,
            target.kind,
            target.namespace,
            target.name,
            target.section,
        ];
        if !texts.iter().any(|text| is_unresolved(mesh, text)) && !target.kind.is_empty() {
            check(policy, target, mesh, findings);
        }
    }
}
