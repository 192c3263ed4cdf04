//! IST0101, IST0159, IST0160: Telemetries that select nothing, or what others select.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Pod, selectors::first_label_path, selectors::selector_text};
use crate::model::telemetry::Telemetry;
use crate::model::{Labels, Object, Str};
use crate::rules::common::lists::list;
use crate::rules::common::reading::{meets, path};
use crate::rules::common::selecting::{Selected, Selecting};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "telemetry-selectors",
    codes: &[Code::IST0101, Code::IST0159, Code::IST0160],
    runs: &[Run::Mesh(telemetry_selectors)],
};

fn telemetry_selectors(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let telemetries: Vec<&Object<Telemetry>> = analysis.telemetries().collect();
    let selecting = telemetries.iter().filter_map(|telemetry| {
        Some(Selecting {
            id: telemetry.id,
            namespace: &telemetry.metadata.namespace,
            name: &telemetry.metadata.name,
            labels: labels(telemetry)?,
        })
    });
    let selected = Selected::new(selecting, analysis);
    for group in &selected.groups {
        let contested = selected.contested(group, mesh.quirks, |_| true);
        for member in &group.members {
            if group.pods.is_empty() {
                let is_selected = || {
                    let home = mesh.places.namespace_of(member.id);
                    !mesh.quirks.run_time_plays_no_part
                        && mesh.workloads.has_match(home, member.labels)
                };
                if !analysis.has_pod(member.namespace, member.labels) && !is_selected() {
                    let evidence = mesh.evidence.knows_selected(member.id, member.labels);
                    findings.push(no_pod(*member).given(evidence));
                }
                continue;
            }
            for (pod, all) in &contested {
                if meets(member.id, all.iter().map(|other| other.id), mesh) {
                    findings.push(conflict(*member, pod, all, mesh));
                }
            }
        }
    }
    namespace_wide(&telemetries, mesh, findings);
}

fn labels(telemetry: &Object<Telemetry>) -> Option<&Labels> {
    let selector = telemetry.spec.selector.as_ref()?;
    (!selector.match_labels.is_empty()).then_some(&selector.match_labels)
}

fn namespace_wide(telemetries: &[&Object<Telemetry>], mesh: &Mesh, findings: &mut Findings) {
    let mut by_namespace: BTreeMap<&Str, Vec<&Object<Telemetry>>> = BTreeMap::new();
    for telemetry in telemetries {
        let spec = &telemetry.spec;
        let has_target = spec.target_ref.is_some() || !spec.target_refs.is_empty();
        let is_wide =
            spec.selector.is_none() && (!has_target || mesh.quirks.target_references_are_ignored);
        if is_wide {
            let namespace = &telemetry.metadata.namespace;
            by_namespace.entry(namespace).or_default().push(telemetry);
        }
    }
    for (namespace, mut group) in by_namespace {
        if group.len() < 2 {
            continue;
        }
        group.sort_by_key(|telemetry| &telemetry.metadata.name);
        let names = list(group.iter().map(|telemetry| telemetry.name()));
        for telemetry in &group {
            if !meets(telemetry.id, group.iter().map(|other| other.id), mesh) {
                continue;
            }
            let message = format!(
                "several Telemetries of namespace {namespace} have no workload selector, and \
                 which of them counts is undefined: {names}"
            );
            let mut finding = Finding::new(Code::IST0160, telemetry.id, "", message)
                .points_at("metadata/name")
                .help("merge them into one Telemetry");
            for other in group.iter().filter(|o| o.id != telemetry.id).take(5) {
                finding = finding.related(other.id, "metadata/name", "has no selector either");
            }
            findings.push(finding);
        }
    }
}

fn no_pod(telemetry: Selecting<'_>) -> Finding {
    let text = selector_text(telemetry.labels);
    let message = format!(
        "no workload of namespace {} has the labels {text} that the Telemetry selects",
        telemetry.namespace
    );
    let place = first_label_path("spec/selector/matchLabels", telemetry.labels);
    Finding::new(Code::IST0101, telemetry.id, place, message)
        .help("select the labels of a workload in this namespace")
}

fn conflict(telemetry: Selecting<'_>, pod: &Pod, all: &[Selecting<'_>], mesh: &Mesh) -> Finding {
    let message = format!(
        "several Telemetries select the {} {} of namespace {}, and which of them counts is \
         undefined: {}",
        pod.kind,
        pod.name,
        telemetry.namespace,
        list(all.iter().map(|other| other.name))
    );
    let mut finding = Finding::new(
        Code::IST0159,
        telemetry.id,
        path("metadata/name", "spec/selector", mesh),
        message,
    )
    .help("make the selectors exclude each other, or merge the Telemetries");
    for other in all.iter().filter(|other| other.id != telemetry.id).take(5) {
        finding = finding.related(other.id, "spec/selector", "selects it too");
    }
    finding
}
