//! Slots: what tells entries apart that are made from the same documents, such as `dev` or `prod/eu`.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::group::{Piece, PieceKind};
use super::paths::segments;

/// How many entries made from one document are compared with each other, all with all. A base of
/// more overlays joins them in a chain, which finds the same families unless most of their
/// documents differ.
const COMPARED: usize = 64;

/// The slots of pieces.
pub(super) struct Slots {
    /// The slots that are worlds, in order.
    pub(super) names: BTreeSet<String>,
    of: FxHashMap<usize, Vec<String>>,
}

impl Slots {
    pub(super) fn of(&self, index: usize) -> &[String] {
        self.of.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn find(pieces: &[Piece], members: &[usize]) -> Self {
        let mut raw: FxHashMap<usize, String> = FxHashMap::default();
        for family in families(pieces, members) {
            name_slots(pieces, &family, &mut raw);
        }
        for index in members {
            let environment = pieces.get(*index).and_then(|p| p.environment.clone());
            if let Some(environment) = environment {
                raw.insert(*index, canonical(&environment));
            }
        }
        let all: BTreeSet<String> = raw.values().cloned().collect();
        let inner = |slot: &str| -> Vec<String> {
            let prefix = format!("{slot}/");
            let below: Vec<String> = all
                .iter()
                .filter(|other| other.starts_with(&prefix))
                .cloned()
                .collect();
            if below.is_empty() {
                vec![slot.to_owned()]
            } else {
                below
            }
        };
        let mut of: FxHashMap<usize, Vec<String>> = FxHashMap::default();
        for index in members {
            if let Some(slot) = raw.get(index) {
                of.insert(*index, inner(slot));
                continue;
            }
            let Some(piece) = pieces.get(*index) else {
                continue;
            };
            if let Some(slot) = slot_in_path(&piece.path, &all) {
                of.insert(*index, inner(&slot));
            }
        }
        let names = of.values().flatten().cloned().collect();
        Self { names, of }
    }
}

/// The slot of others that a path has in it; the last, where there are several.
fn slot_in_path(path: &str, slots: &BTreeSet<String>) -> Option<String> {
    let path: Vec<String> = segments(path).map(canonical_segment).collect();
    let ends = |slot: &String| {
        let slot: Vec<&str> = slot.split('/').collect();
        (0..path.len())
            .rev()
            .find(|at| {
                path.get(*at..at + slot.len())
                    .is_some_and(|part| part.iter().zip(&slot).all(|(a, b)| a == b))
            })
            .map(|at| (at + slot.len(), slot.len()))
    };
    slots
        .iter()
        .filter_map(|slot| Some((ends(slot)?, slot)))
        .max_by_key(|(end, _)| *end)
        .map(|(_, slot)| slot.clone())
}

/// What people call one environment, in one word.
fn canonical_segment(segment: &str) -> String {
    match segment {
        "development" => "dev",
        "stg" | "stage" => "staging",
        "production" => "prod",
        other => other,
    }
    .to_owned()
}

fn canonical(slot: &str) -> String {
    let parts: Vec<String> = segments(slot).map(canonical_segment).collect();
    parts.join("/")
}

/// Names the slots of a family: what is left of the paths once the common beginning and end are
/// cut off.
fn name_slots(pieces: &[Piece], family: &[usize], slots: &mut FxHashMap<usize, String>) {
    let paths: Vec<(usize, Vec<&str>)> = family
        .iter()
        .filter_map(|index| Some((*index, segments(&pieces.get(*index)?.path).collect())))
        .collect();
    let Some((_, first)) = paths.first() else {
        return;
    };
    let shortest = paths.iter().map(|(_, path)| path.len()).min().unwrap_or(0);
    let agree = |at: &dyn Fn(&[&str]) -> Option<String>| {
        let wanted = at(first);
        paths.iter().all(|(_, path)| at(path) == wanted)
    };
    let mut front = 0;
    while front < shortest && agree(&|path| path.get(front).map(|&s| s.to_owned())) {
        front += 1;
    }
    let mut back = 0;
    while front + back < shortest
        && agree(&|path| {
            let at = path.len().checked_sub(back + 1)?;
            path.get(at).map(|&s| s.to_owned())
        })
    {
        back += 1;
    }
    let cut = |path: &[&str]| -> String {
        let middle = path.get(front..path.len().saturating_sub(back));
        match middle.unwrap_or_default() {
            [] => path.last().copied().unwrap_or(".").to_owned(),
            parts => parts.join("/"),
        }
    };
    // Two variants are never in one world: words for one environment are one only across families.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, path) in &paths {
        *counts.entry(canonical(&cut(path))).or_default() += 1;
    }
    for (index, path) in &paths {
        let slot = cut(path);
        let shared = canonical(&slot);
        let is_sole = counts.get(&shared) == Some(&1);
        slots.insert(*index, if is_sole { shared } else { slot });
    }
}

/// Families of variants: pieces of which at least half of the smaller one's mesh objects (of all
/// its objects, where it has none of the mesh) come from the documents of the other.
fn families(pieces: &[Piece], members: &[usize]) -> Vec<Vec<usize>> {
    let mut by_document: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    let mut mesh_documents: FxHashSet<u64> = FxHashSet::default();
    let mut sizes: FxHashMap<usize, (usize, usize)> = FxHashMap::default();
    for index in members {
        let Some(piece) = pieces.get(*index).filter(|p| p.kind != PieceKind::Plain) else {
            continue;
        };
        let mut documents: Vec<(u64, bool)> = piece
            .items
            .iter()
            .map(|item| (item.document, item.is_mesh))
            .collect();
        documents.sort_unstable();
        documents.dedup();
        let mesh = documents.iter().filter(|(_, is_mesh)| *is_mesh).count();
        sizes.insert(*index, (mesh, documents.len()));
        for (document, is_mesh) in documents {
            if is_mesh {
                mesh_documents.insert(document);
            }
            by_document.entry(document).or_default().push(*index);
        }
    }
    let mut shared: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
    for (document, users) in &by_document {
        let is_mesh = usize::from(mesh_documents.contains(document));
        let mut count = |a: usize, b: usize| {
            let entry = shared.entry((a.min(b), a.max(b))).or_default();
            entry.0 += is_mesh;
            entry.1 += 1;
        };
        if users.len() <= COMPARED {
            for (at, a) in users.iter().enumerate() {
                users.iter().skip(at + 1).for_each(|b| count(*a, *b));
            }
        } else {
            users
                .iter()
                .zip(users.iter().skip(1))
                .for_each(|(a, b)| count(*a, *b));
        }
    }
    let mut variants = Vec::new();
    for ((a, b), (mesh, all)) in shared {
        let (Some(of_a), Some(of_b)) = (sizes.get(&a), sizes.get(&b)) else {
            continue;
        };
        let fewest = of_a.0.min(of_b.0);
        let is_variant = if fewest > 0 {
            mesh * 2 >= fewest
        } else {
            all * 2 >= of_a.1.min(of_b.1)
        };
        if is_variant {
            variants.push((a, b));
        }
    }
    united(&variants)
}

/// The sets that follow from pairs of indices that belong together, in order.
fn united(pairs: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let count = pairs.iter().map(|(a, b)| a.max(b) + 1).max();
    let mut sets = UnionFind::new(count.unwrap_or_default());
    for (a, b) in pairs {
        sets.union(*a, *b);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, label) in sets.into_labeling().into_iter().enumerate() {
        members.entry(label).or_default().push(index);
    }
    let mut members: Vec<_> = members.into_values().filter(|set| set.len() > 1).collect();
    members.sort_unstable();
    members
}
