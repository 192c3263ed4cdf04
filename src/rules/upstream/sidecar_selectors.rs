//! IST0101, IST0110, IST0111, IST0167: whom Sidecars select.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Pod, selectors::first_label_path, selectors::selector_text};
use crate::model::networking::Sidecar;
use crate::model::{Labels, Object, ObjectId, Str};
use crate::rules::common::lists::list;
use crate::rules::common::reading::{meets, path};
use crate::rules::common::selecting::{Selected, Selecting};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "sidecar-selectors",
    codes: &[Code::IST0101, Code::IST0110, Code::IST0111, Code::IST0167],
    runs: &[Run::Mesh(sidecar_selectors)],
};

fn sidecar_selectors(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let sidecars: Vec<&Object<Sidecar>> = analysis.sidecars().collect();
    let mut ineffective: FxHashSet<ObjectId> = FxHashSet::default();
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
                if !analysis.has_pod(member.namespace, member.labels) {
                    let evidence = mesh.evidence.knows_selected(member.id, member.labels);
                    findings.push(no_pod(*member).given(evidence));
                }
                continue;
            }
            if group.pods.iter().any(|pod| pod.is_ambient) && ineffective.insert(member.id) {
                findings.push(in_ambient(member.id, "a workload that it selects"));
            }
            for (pod, all) in &contested {
                if meets(member.id, all.iter().map(|other| other.id), mesh) {
                    findings.push(conflict(*member, pod, all, mesh));
                }
            }
        }
    }
    namespace_wide(&sidecars, &mut ineffective, mesh, findings);
}

/// The labels that a Sidecar selects by; `None` for one that holds for its namespace.
fn labels(sidecar: &Object<Sidecar>) -> Option<&Labels> {
    let selector = sidecar.spec.workload_selector.as_ref()?;
    (!selector.labels.is_empty()).then_some(&selector.labels)
}

fn namespace_wide(
    sidecars: &[&Object<Sidecar>],
    ineffective: &mut FxHashSet<ObjectId>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let mut by_namespace: BTreeMap<&Str, Vec<&Object<Sidecar>>> = BTreeMap::new();
    for sidecar in sidecars.iter().filter(|s| labels(s).is_none()) {
        let namespace = &sidecar.metadata.namespace;
        by_namespace.entry(namespace).or_default().push(sidecar);
    }
    for (namespace, mut group) in by_namespace {
        if mesh.analysis().is_ambient_namespace(namespace) {
            for sidecar in group {
                if ineffective.insert(sidecar.id) {
                    findings.push(in_ambient(sidecar.id, "its namespace"));
                }
            }
            continue;
        }
        if group.len() < 2 {
            continue;
        }
        group.sort_by_key(|sidecar| &sidecar.metadata.name);
        let names = list(group.iter().map(|sidecar| sidecar.name()));
        for sidecar in &group {
            if !meets(sidecar.id, group.iter().map(|other| other.id), mesh) {
                continue;
            }
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

fn conflict(sidecar: Selecting<'_>, pod: &Pod, all: &[Selecting<'_>], mesh: &Mesh) -> Finding {
    let message = format!(
        "several Sidecars select the {} {} of namespace {}, and which of them counts is \
         undefined: {}",
        pod.kind,
        pod.name,
        sidecar.namespace,
        list(all.iter().map(|other| other.name))
    );
    let mut finding = Finding::new(
        Code::IST0110,
        sidecar.id,
        path("metadata/name", "spec/workloadSelector", mesh),
        message,
    )
    .help("make the selectors exclude each other, or merge the Sidecars");
    for other in all.iter().filter(|other| other.id != sidecar.id).take(5) {
        finding = finding.related(other.id, "spec/workloadSelector", "selects it too");
    }
    finding
}

fn in_ambient(sidecar: ObjectId, what: &str) -> Finding {
    let message = format!("the Sidecar has no effect: {what} is in ambient mode");
    Finding::new(Code::IST0167, sidecar, "", message)
        .points_at("metadata/name")
        .help("remove the Sidecar, or take the workloads out of ambient mode")
}
