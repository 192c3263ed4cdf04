//! IST0127: a policy for all workloads of a namespace that has none.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::AuthorizationPolicy;
use crate::rules::{Check, Run};

/// The check.
pub(in crate::rules) const CHECK: Check = Check {
    name: "no-matching-workload",
    codes: &[Code::IST0127],
    runs: &[Run::AuthorizationPolicy(no_matching_workload)],
};

fn no_matching_workload(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let spec = &policy.spec;
    let selector = spec.selector.as_ref();
    let is_wide = selector.is_none_or(|selector| selector.match_labels.is_empty())
        && spec.target_ref.is_none()
        && spec.target_refs.is_empty();
    let home = mesh.places.namespace_of(policy.id);
    let is_for_all = mesh.places.is_own_root(home);
    // Istio makes the workloads of these Gateways; they are in no manifest.
    let has_gateways = mesh.places.of(home).k8s_gateways().next().is_some();
    if !is_wide || is_for_all || has_gateways || !mesh.workloads.of(home).is_empty() {
        return;
    }
    let namespace = policy.namespace();
    // A namespace of which the input shows no workload says nothing about its policies.
    if mesh.evidence.knows_workloads_in(namespace) != Evidence::Shown {
        return;
    }
    let message = format!("the policy has no effect: namespace {namespace} has no workload");
    findings.push(
        Finding::new(Code::IST0127, policy.id, "", message)
            .points_at("metadata/name")
            .help("move the policy to the namespace of the workloads that it is for"),
    );
}
