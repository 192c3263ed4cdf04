//! IST0101, IST0157, IST0159, IST0160: whom Telemetries select, and providers that lack.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Evidence;
use crate::mesh::Mesh;
use crate::mesh::analysis::{Pod, selectors::first_label_path, selectors::selector_text};
use crate::mesh::places::ConfigSource;
use crate::model::telemetry::Telemetry;
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::common::lists::list;
use crate::rules::common::reading::{meets, path};
use crate::rules::common::selecting::{Selected, Selecting};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "telemetry-selectors",
    codes: &[Code::IST0101, Code::IST0157, Code::IST0159, Code::IST0160],
    runs: &[Run::Telemetry(providers), Run::Mesh(selectors)],
};

fn providers(telemetry: &Object<Telemetry>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(telemetry.id) else {
        return;
    };
    let defaults = &analysis.mesh_config().default_providers;
    if !defaults.access_logging.is_empty() {
        return;
    }
    let evidence = knows_defaults(telemetry, mesh);
    let found = telemetry
        .spec
        .access_logging
        .iter()
        .position(|entry| entry.disabled != Some(true) && entry.providers.is_empty());
    if let Some(index) = found {
        let message = format!(
            "the access logging of Telemetry {} in namespace {} is ignored: it names no provider, \
             and the mesh config has no default",
            telemetry.name(),
            telemetry.namespace()
        );
        findings.push(
            Finding::new(Code::IST0157, telemetry.id, "", message)
                .points_at(path!["spec", "accessLogging", index])
                .help("add providers: [{name: envoy}]")
                .given(evidence),
        );
    }
}

/// Whether the input shows the defaults of the mesh config: a profile of an operator may set them.
fn knows_defaults(telemetry: &Object<Telemetry>, mesh: &Mesh) -> Evidence {
    let home = mesh.places.namespace_of(telemetry.id);
    match mesh.places.control_plane_or_first(home).source {
        _ if mesh.settings.closed_world => Evidence::Shown,
        ConfigSource::None => Evidence::NotShown("the input holds no mesh config".into()),
        ConfigSource::Operator(_) => {
            Evidence::NotShown("the profile of the installation may set providers".into())
        }
        ConfigSource::ConfigMap(_) | ConfigSource::User => Evidence::Shown,
    }
}

fn selectors(mesh: &Mesh, findings: &mut Findings) {
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
