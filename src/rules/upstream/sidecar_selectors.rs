//! IST0101, IST0110, IST0111: Sidecars that select nothing, or what others select.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, Pod, selectors::first_label_path, selectors::selector_text};
use crate::model::networking::Sidecar;
use crate::model::{Labels, Object, Str};
use crate::rules::common::lists::list;
use crate::rules::common::selecting::{Selected, Selecting};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "sidecar-selectors",
    codes: &[Code::IST0101, Code::IST0110, Code::IST0111],
    runs: &[Run::Mesh(sidecar_selectors)],
};

fn sidecar_selectors(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let sidecars: Vec<&Object<Sidecar>> = analysis.sidecars().collect();
    let selecting = sidecars.iter().filter_map(|sidecar| {
        Some(Selecting {
            id: sidecar.id,
            namespace: &sidecar.metadata.namespace,
            name: &sidecar.metadata.name,
            labels: labels(sidecar)?,
        })
    });
    let selected = Selected::new(selecting, analysis);
    for group in &selected.groups {
        let contested = selected.contested(group, mesh.quirks, |pod| !pod.is_ambient);
        for member in &group.members {
            if group.pods.is_empty() {
                findings.push(no_pod(*member));
            }
            for (pod, all) in &contested {
                findings.push(conflict(*member, pod, all));
            }
        }
    }
    namespace_wide(&sidecars, analysis, findings);
}

/// The labels that a Sidecar selects by; `None` for one that holds for its namespace.
fn labels(sidecar: &Object<Sidecar>) -> Option<&Labels> {
    let selector = sidecar.spec.workload_selector.as_ref()?;
    (!selector.labels.is_empty()).then_some(&selector.labels)
}

fn namespace_wide(sidecars: &[&Object<Sidecar>], analysis: Analysis<'_>, findings: &mut Findings) {
    let mut by_namespace: BTreeMap<&Str, Vec<&Object<Sidecar>>> = BTreeMap::new();
    for sidecar in sidecars.iter().filter(|s| labels(s).is_none()) {
        let namespace = &sidecar.metadata.namespace;
        by_namespace.entry(namespace).or_default().push(sidecar);
    }
    for (namespace, mut group) in by_namespace {
        if group.len() < 2 || analysis.is_ambient_namespace(namespace) {
            continue;
        }
        group.sort_by_key(|sidecar| &sidecar.metadata.name);
        let names = list(group.iter().map(|sidecar| sidecar.name()));
        for sidecar in &group {
            let message = format!(
                "several Sidecars of namespace {namespace} have no workload selector, and which \
                 of them counts is undefined: {names}"
            );
            let mut finding = Finding::new(Code::IST0111, sidecar.id, "", message)
                .points_at("metadata/name")
                .help("keep one Sidecar without selector, or give the others one");
            for other in group.iter().filter(|o| o.id != sidecar.id).take(5) {
                finding = finding.related(other.id, "metadata/name", "has no selector either");
            }
            findings.push(finding);
        }
    }
}

fn no_pod(sidecar: Selecting<'_>) -> Finding {
    let text = selector_text(sidecar.labels);
    let message = format!(
        "no workload of namespace {} has the labels {text} that the Sidecar selects",
        sidecar.namespace
    );
    let place = first_label_path("spec/workloadSelector/labels", sidecar.labels);
    Finding::new(Code::IST0101, sidecar.id, place, message)
        .help("select the labels of a workload in this namespace")
}

fn conflict(sidecar: Selecting<'_>, pod: &Pod, all: &[Selecting<'_>]) -> Finding {
    let message = format!(
        "several Sidecars select the {} {} of namespace {}, and which of them counts is \
         undefined: {}",
        pod.kind,
        pod.name,
        sidecar.namespace,
        list(all.iter().map(|other| other.name))
    );
    let mut finding = Finding::new(Code::IST0110, sidecar.id, "metadata/name", message)
        .help("make the selectors exclude each other, or merge the Sidecars");
    for other in all.iter().filter(|other| other.id != sidecar.id).take(5) {
        finding = finding.related(other.id, "spec/workloadSelector", "selects it too");
    }
    finding
}
