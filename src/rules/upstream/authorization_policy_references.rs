//! IST0101, IST0127: namespaces and workloads that an AuthorizationPolicy speaks of.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::analysis::Analysis;
use crate::mesh::analysis::selectors::selector_text;
use crate::mesh::{External, Mesh};
use crate::model::security::AuthorizationPolicy;
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::common::lists::similar;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::{FieldPath, is_placeholder};

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
    let mesh = analysis.mesh;
    let names = analysis.namespace_names();
    if names.fits(name) {
        return;
    }
    let is_exempt = is_placeholder(name)
        || name.trim_matches('*').is_empty()
        || External::has(&mesh.settings.external.namespaces, name);
    if is_exempt && !mesh.quirks.only_shown_namespaces_may_be_named {
        return;
    }
    let message = format!("there is no namespace {name:?}");
    let help = match similar(name, names.near(name)) {
        Some(near) => format!("did you mean {near}?"),
        None => "correct the name, or remove it".to_owned(),
    };
    let finding = Finding::new(Code::IST0101, policy.id, path, message).help(help);
    findings.push(finding.given(mesh.evidence.knows_namespaces()));
}

fn workloads(
    policy: &Object<AuthorizationPolicy>,
    analysis: Analysis<'_>,
    findings: &mut Findings,
) {
    let mesh = analysis.mesh;
    let spec = &policy.spec;
    let has_target = spec.target_ref.is_some() || !spec.target_refs.is_empty();
    if has_target && !mesh.quirks.target_references_are_ignored {
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
        (Some(labels), _) if labels.values().any(|value| is_unresolved(mesh, value)) => false,
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
    let evidence = match selector {
        _ if in_root => mesh.evidence.knows_workloads(),
        Some(labels) => mesh.evidence.knows_selected(policy.id, labels),
        None => mesh.evidence.knows_workloads_in(namespace),
    };
    let (message, path) = if let Some(labels) = selector {
        let labels = selector_text(labels);
        (
            format!("the policy has no effect: no workload of the mesh has the labels {labels}"),
            "spec/selector",
        )
    } else if evidence == Evidence::Shown {
        (
            format!("the policy has no effect: namespace {namespace} has no workload of the mesh"),
            "metadata/name",
        )
    } else {
        // A namespace of which the input shows no workload says nothing about a policy for all of
        // them.
        return;
    };
    findings.push(
        Finding::new(Code::IST0127, policy.id, "", message)
            .points_at(path)
            .help("select labels that pods carry, and see that these pods are in the mesh")
            .given(evidence),
    );
}
