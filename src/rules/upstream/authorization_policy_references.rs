//! IST0101, IST0127: namespaces and workloads that an AuthorizationPolicy speaks of.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::Analysis;
use crate::mesh::analysis::selectors::selector_text;
use crate::model::security::AuthorizationPolicy;
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "authorization-policy-references",
    codes: &[Code::IST0101, Code::IST0127],
    runs: &[Run::AuthorizationPolicy(authorization_policy_references)],
};

fn authorization_policy_references(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let Some(analysis) = mesh.analysis_of(policy.id) else {
        return;
    };
    workloads(policy, analysis, findings);
    for (i, rule) in policy.spec.rules.iter().enumerate() {
        for (j, from) in rule.from.iter().enumerate() {
            let Some(source) = &from.source else { continue };
            let lists = [
                ("namespaces", &source.namespaces),
                ("notNamespaces", &source.not_namespaces),
            ];
            for (field, names) in lists {
                for (k, name) in names.iter().enumerate() {
                    let path = path!["spec", "rules", i, "from", j, "source", field, k];
                    findings_for_namespace(policy, name, path, analysis, findings);
                }
            }
        }
    }
}

fn findings_for_namespace(
    policy: &Object<AuthorizationPolicy>,
    name: &Str,
    path: FieldPath,
    analysis: Analysis<'_>,
    findings: &mut Findings,
) {
    if analysis.namespace_names().fits(name) {
        return;
    }
    let message = format!("there is no namespace {name:?}");
    findings.push(
        Finding::new(Code::IST0101, policy.id, path, message)
            .help("correct the name, or remove it"),
    );
}

fn workloads(
    policy: &Object<AuthorizationPolicy>,
    analysis: Analysis<'_>,
    findings: &mut Findings,
) {
    let spec = &policy.spec;
    let has_target = spec.target_ref.is_some() || !spec.target_refs.is_empty();
    if has_target && !analysis.quirks().target_references_are_ignored {
        return;
    }
    let namespace = policy.namespace();
    let in_root = namespace == analysis.root_namespace();
    let selector = spec
        .selector
        .as_ref()
        .map(|selector| &selector.match_labels);
    let is_missing = match (selector, in_root) {
        (None, true) => false,
        (Some(labels), true) => {
            !analysis.has_mesh_pod_anywhere(labels) && !analysis.has_mesh_pod(namespace, labels)
        }
        (selector, false) => {
            let everything = Labels::default();
            !analysis.has_mesh_pod(namespace, selector.unwrap_or(&everything))
        }
    };
    if !is_missing {
        return;
    }
    let (message, path) = match selector {
        Some(labels) => {
            let labels = selector_text(labels);
            (
                format!(
                    "the policy has no effect: no workload of the mesh has the labels {labels}"
                ),
                "spec/selector",
            )
        }
        None => (
            format!("the policy has no effect: namespace {namespace} has no workload of the mesh"),
            "metadata/name",
        ),
    };
    findings.push(
        Finding::new(Code::IST0127, policy.id, "", message)
            .points_at(path)
            .help("select labels that pods carry, and see that these pods are in the mesh"),
    );
}
