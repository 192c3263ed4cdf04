//! KIA0002, KIA0003: several objects of a kind that hold for the same namespace or workload, of
//! which only one can take effect.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::indices::SelectorIndex;
use crate::mesh::{Mesh, NamespaceId, Workload};
use crate::model::networking::Sidecar;
use crate::model::security::PeerAuthentication;
use crate::model::{Labels, Object, Str};
use crate::rules::common::{Selective, words};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "overlapping-selectors",
    codes: &[Code::KIA0002, Code::KIA0003],
    runs: &[
        Run::Mesh(overlapping_selectors::<PeerAuthentication>),
        Run::Mesh(overlapping_selectors::<Sidecar>),
    ],
};

/// How many of the others a finding names.
const SHOWN: usize = 8;

type Placed<'m, T> = (NamespaceId, &'m Object<T>);

/// Looks for objects of the kind that get in each other's way.
fn overlapping_selectors<T: Selective>(mesh: &Mesh, findings: &mut Findings) {
    let mut objects: Vec<Placed<'_, T>> = T::objects(mesh)
        .iter()
        .filter(|object| !object.broken && T::is_judged(object, mesh))
        .map(|object| (mesh.places.namespace_of(object.id), object))
        .filter(|(namespace, _)| {
            // PeerAuthentications reach the mesh and have no such condition upstream.
            let needs_workloads = mesh.quirks.sidecars_need_workloads && !T::REACHES_MESH;
            let is_known = mesh.places.get(*namespace).is_known;
            !needs_workloads || is_known && !mesh.workloads.of(*namespace).is_empty()
        })
        .collect();
    objects.sort_by_key(|(namespace, _)| *namespace);
    let (selective, wide): (Vec<_>, Vec<_>) = objects
        .into_iter()
        .partition(|(_, object)| object.spec.selected_labels().is_some());
    for group in wide.chunk_by(|a, b| a.0 == b.0) {
        same_namespace(group, mesh, findings);
    }
    same_workloads(&selective, mesh, findings);
}

/// Whether objects of more than one name are among them. Objects of one name are versions of one.
fn are_several<T>(group: &[Placed<'_, T>]) -> bool {
    let mut names = group.iter().map(|(_, object)| object.name());
    let first = names.next();
    names.any(|name| Some(name) != first)
}

/// Reports the objects without selector of one namespace.
fn same_namespace<T: Selective>(group: &[Placed<'_, T>], mesh: &Mesh, findings: &mut Findings) {
    if !are_several(group) {
        return;
    }
    for (namespace, object) in group {
        let others = group.iter().filter(|(_, other)| {
            other.name() != object.name() && mesh.evidence.are_together(other.id, object.id)
        });
        let shown: Vec<_> = others.take(SHOWN).map(|(_, other)| *other).collect();
        if shown.is_empty() {
            continue;
        }
        let reach = if mesh.places.is_own_root(*namespace) {
            "the whole mesh".to_owned()
        } else {
            format!("the whole namespace {}", object.namespace())
        };
        let names: Vec<&str> = shown.iter().map(|other| other.name()).collect();
        let message = format!(
            "{} {} holds for {reach}, and so does {}: only one of them takes effect",
            T::KIND.name(),
            object.name(),
            names.join(", ")
        );
        let mut finding = Finding::new(Code::KIA0002, object.id, T::selector_path(), message)
            .help("merge them into one, or give all but one a selector");
        for other in shown {
            let message = format!("{} has no selector either", other.name());
            finding = finding.related(other.id, "", message);
        }
        findings.push(finding);
    }
}

/// What gets in the way of one object.
struct Clash<'m> {
    /// Items that select the same workload, at most [`SHOWN`].
    others: Vec<u32>,
    /// The first such workload.
    workload: &'m Workload,
}

/// Reports objects of one namespace that select the same workload.
fn same_workloads<T: Selective>(selective: &[Placed<'_, T>], mesh: &Mesh, findings: &mut Findings) {
    // Objects that are alone in their namespace cannot clash.
    let items: Vec<Placed<'_, T>> = selective
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| are_several(group))
        .flatten()
        .filter(|(_, object)| {
            let labels = object.spec.selected_labels().into_iter();
            let mut values = labels.flat_map(Labels::values);
            !values.any(|value| words::is_unresolved(mesh, value))
        })
        .copied()
        .collect();
    if items.is_empty() {
        return;
    }
    let mut clashes = Clashes {
        mesh,
        index: SelectorIndex::build(
            items
                .iter()
                .filter_map(|(_, object)| object.spec.selected_labels()),
        ),
        found: items.iter().map(|_| None).collect(),
        items: &items,
    };
    if mesh.quirks.selectors_clash_in_any_namespace {
        let all = 0..u32::try_from(items.len()).unwrap_or(u32::MAX);
        clashes.look(all, distinct(known_workloads(mesh)));
    } else {
        let mut start = 0;
        for group in items.chunk_by(|a, b| a.0 == b.0) {
            let end = start + u32::try_from(group.len()).unwrap_or(u32::MAX);
            let home = group.first().map_or(NamespaceId::NONE, |(id, _)| *id);
            if T::REACHES_MESH && mesh.places.is_own_root(home) {
                clashes.look(start..end, distinct(known_workloads(mesh)));
            } else {
                clashes.look(start..end, mesh.workloads.of(home).iter());
            }
            start = end;
        }
    }
    let Clashes { found, .. } = clashes;
    for ((_, object), clash) in items.iter().zip(found) {
        if let Some(clash) = clash {
            findings.push(same_workload(object, &clash, &items, mesh));
        }
    }
}

fn known_workloads(mesh: &Mesh) -> impl Iterator<Item = &Workload> {
    mesh.workloads
        .iter()
        .map(|(_, workload)| workload)
        .filter(|workload| mesh.places.get(workload.namespace).is_known)
}

/// One workload for each set of labels: others are selected by the same objects.
fn distinct<'m>(
    workloads: impl Iterator<Item = &'m Workload>,
) -> impl Iterator<Item = &'m Workload> {
    let mut seen: FxHashSet<Vec<(&Str, &Str)>> = FxHashSet::default();
    workloads.filter(move |workload| {
        let mut labels: Vec<_> = workload.labels.iter().collect();
        labels.sort_unstable();
        seen.insert(labels)
    })
}

struct Clashes<'i, 'm, T> {
    mesh: &'m Mesh,
    index: SelectorIndex,
    items: &'i [Placed<'m, T>],
    found: Vec<Option<Clash<'m>>>,
}

impl<'m, T> Clashes<'_, 'm, T> {
    /// Notes which of the items in `range` select a workload together.
    fn look(&mut self, range: std::ops::Range<u32>, workloads: impl Iterator<Item = &'m Workload>) {
        for workload in workloads {
            let selecting = self.index.selecting(range.clone(), &workload.labels);
            let place = |item: &u32| self.items.get(*item as usize).map(|(id, _)| *id);
            for group in selecting.chunk_by(|a, b| place(a) == place(b)) {
                if group.len() > 1 {
                    Self::note(self.mesh, self.items, &mut self.found, group, workload);
                }
            }
        }
    }

    fn note(
        mesh: &Mesh,
        items: &[Placed<'m, T>],
        found: &mut [Option<Clash<'m>>],
        group: &[u32],
        workload: &'m Workload,
    ) {
        let object = |item: u32| items.get(item as usize).map(|(_, object)| *object);
        let clash_with = |item: u32, other: u32| match (object(item), object(other)) {
            (Some(a), Some(b)) => a.name() != b.name() && mesh.evidence.are_together(a.id, b.id),
            _ => false,
        };
        for item in group {
            let Some(clash) = found.get_mut(*item as usize) else {
                continue;
            };
            let missing = SHOWN - clash.as_ref().map_or(0, |clash| clash.others.len());
            for other in group
                .iter()
                .filter(|other| clash_with(*item, **other))
                .take(missing)
            {
                let clash = clash.get_or_insert_with(|| Clash {
                    others: Vec::new(),
                    workload,
                });
                if !clash.others.contains(other) {
                    clash.others.push(*other);
                }
            }
        }
    }
}

fn same_workload<T: Selective>(
    object: &Object<T>,
    clash: &Clash<'_>,
    items: &[Placed<'_, T>],
    mesh: &Mesh,
) -> Finding {
    let others: Vec<_> = clash
        .others
        .iter()
        .filter_map(|item| items.get(*item as usize))
        .map(|(_, other)| *other)
        .collect();
    let names: Vec<&str> = others.iter().map(|other| other.name()).collect();
    let workload = clash.workload;
    let mut place = String::new();
    if mesh.places.name(workload.namespace) != object.namespace() {
        place = format!(" in namespace {}", mesh.places.name(workload.namespace));
    }
    let message = format!(
        "{} {} selects workload {}{place}, and so does {}: only one of them takes effect",
        T::KIND.name(),
        object.name(),
        workload.name,
        names.join(", "),
    );
    let mut finding = Finding::new(Code::KIA0003, object.id, T::selector_path(), message)
        .help("merge them into one, or narrow the selectors so that none share a workload");
    for other in others {
        let message = format!("{} selects {} too", other.name(), workload.name);
        finding = finding.related(other.id, T::labels_path(), message);
    }
    finding
}
