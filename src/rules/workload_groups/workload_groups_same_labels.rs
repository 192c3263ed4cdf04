//! KIA1702: WorkloadGroups of a namespace whose workloads cannot be told apart.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::WorkloadGroup;
use crate::rules::common::words::{self, is_unresolved};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "workload-groups-same-labels",
    codes: &[Code::KIA1702],
    runs: &[Run::Mesh(workload_groups_same_labels)],
};

/// How many of the others a finding names.
const SHOWN: usize = 8;

type Key<'m> = (NamespaceId, Vec<(&'m str, &'m str)>);

fn workload_groups_same_labels(mesh: &Mesh, findings: &mut Findings) {
    let mut groups: Vec<Vec<&Object<WorkloadGroup>>> = Vec::new();
    let mut numbers: FxHashMap<Key<'_>, usize> = FxHashMap::default();
    for group in &mesh.objects.workload_groups {
        let home = mesh.places.namespace_of(group.id);
        let Some(metadata) = &group.spec.metadata else {
            continue;
        };
        let labels = metadata.labels.sorted();
        if mesh.places.is_passed_over(home)
            || labels.is_empty() && !mesh.quirks.groups_without_labels_collide
            || labels.iter().any(|(_, value)| is_unresolved(mesh, value))
        {
            continue;
        }
        let number = *numbers.entry((home, labels)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(same) = groups.get_mut(number) {
            same.push(group);
        }
    }
    for same in groups.iter().filter(|same| same.len() > 1) {
        for group in same.iter().filter(|group| !group.broken) {
            let others: Vec<_> = same
                .iter()
                .filter(|other| other.name() != group.name())
                .take(SHOWN)
                .copied()
                .collect();
            if !others.is_empty() {
                findings.push(finding(group, &others));
            }
        }
    }
}

fn finding(group: &Object<WorkloadGroup>, others: &[&Object<WorkloadGroup>]) -> Finding {
    let names: Vec<&str> = others.iter().map(|other| other.name()).collect();
    let labels = group
        .spec
        .metadata
        .as_ref()
        .map(|metadata| words::labels(&metadata.labels))
        .filter(|labels| !labels.is_empty());
    let labels = labels.map_or_else(
        || "no labels".to_owned(),
        |labels| format!("the labels {labels}"),
    );
    let message = format!(
        "workloads of the group have {labels}, and so have those of {}: nothing tells them apart",
        names.join(", ")
    );
    let path = "spec/metadata/labels";
    let finding = Finding::new(Code::KIA1702, group.id, path, message)
        .help("add a label that only the workloads of this group have");
    others.iter().fold(finding, |finding, other| {
        finding.related(other.id, path, "the same labels")
    })
}
