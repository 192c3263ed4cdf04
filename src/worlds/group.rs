//! Which entries of a repository without GitOps objects reach one cluster together.
//!
//! Entries that are made from the same documents are *variants*, and never together; what tells
//! their paths apart is their *slot* (`dev`, `prod/eu`), and entries of one slot are together.
//! Entries that define an object differently are *alternatives*: the folders that hold the
//! definitions are marked, and each mark is a world of its own. What is neither is the core, which
//! is part of every world. Slots and alternatives stand side by side and do not multiply.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::paths::{common_folder, is_below, segments};

/// How many entries made from one document are compared with each other, all with all. A base of
/// more overlays joins them in a chain, which finds the same families unless most of their
/// documents differ.
const COMPARED: usize = 64;

/// What somebody applies as one: a kustomization, a chart, the manifests of one folder, a dump.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// The folder, or the file of a dump or helmfile, from the root of the repository.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: PieceKind,
    /// The name of its world, should it be one of its own: a chart's name, a dump's file.
    pub(super) name: String,
    /// The environment that its values are for.
    pub(super) environment: Option<String>,
    /// What it makes.
    pub(super) items: Vec<Item>,
}

/// The kinds of pieces, in the order in which they name the kind of a mixed world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PieceKind {
    /// A kustomization that no other one lists.
    Kustomize,
    /// A helmfile.
    Helmfile,
    /// A chart that nothing deploys.
    Helm,
    /// The manifests directly in a folder.
    #[default]
    Plain,
    /// Objects read from a cluster.
    Dump,
}

/// An object of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// Stands for group, kind, namespace and name.
    pub(super) identity: u64,
    /// Stands for what the object says.
    pub(super) content: u64,
    /// Stands for the document that it is made from.
    pub(super) document: u64,
    /// Whether some rule reads its kind.
    pub(super) is_mesh: bool,
    /// Whether two definitions of it tell alternatives: a kind that rules read, other than
    /// Namespace, ServiceAccount, ConfigMap and Secret, which copies commonly share.
    pub(super) decides: bool,
}

/// The pieces of one world.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Its name; unique.
    pub(super) name: String,
    /// Its pieces, in order, each with the indices of the items that do not belong, since a
    /// closer piece defines the object differently.
    pub(super) pieces: Vec<(usize, Vec<usize>)>,
}

/// Groups pieces into worlds, in the order of their names.
pub(super) fn group(pieces: &[Piece]) -> Vec<Group> {
    let (alone, together): (Vec<usize>, Vec<usize>) = (0..pieces.len()).partition(|index| {
        pieces.get(*index).is_some_and(|piece| {
            piece.kind == PieceKind::Dump
                || (piece.kind == PieceKind::Helm && piece.environment.is_none())
        })
    });
    let mut groups: Vec<Group> = alone
        .into_iter()
        .filter_map(|index| {
            let name = pieces.get(index)?.name.clone();
            Some(whole(name, &[index]))
        })
        .collect();
    groups.extend(side_by_side(pieces, &together));
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    name_apart(&mut groups, pieces);
    groups
}

fn whole(name: String, pieces: &[usize]) -> Group {
    Group {
        name,
        pieces: pieces.iter().map(|index| (*index, Vec::new())).collect(),
    }
}

/// The worlds of slots and those of alternatives.
fn side_by_side(pieces: &[Piece], members: &[usize]) -> Vec<Group> {
    if members.is_empty() {
        return Vec::new();
    }
    let slots = Slots::find(pieces, members);
    let common: Vec<usize> = members
        .iter()
        .copied()
        .filter(|index| slots.of(*index).is_empty())
        .collect();
    let marks = Marks::find(pieces, &common);
    let core = marks.under(None);
    if slots.names.is_empty() && marks.names.is_empty() {
        return vec![whole("main".to_owned(), &core)];
    }
    let mut groups = Vec::new();
    for slot in &slots.names {
        let own: Vec<usize> = members
            .iter()
            .copied()
            .filter(|index| slots.of(*index).contains(slot))
            .collect();
        let inner = Marks::find(pieces, &own);
        if inner.names.is_empty() {
            groups.push(layered(pieces, slot.clone(), &[&own, &core]));
            continue;
        }
        let shared = inner.under(None);
        for mark in &inner.names {
            let layers = inner.layers(mark);
            let mut layers: Vec<&[usize]> = layers.iter().map(Vec::as_slice).collect();
            layers.extend([shared.as_slice(), core.as_slice()]);
            groups.push(layered(pieces, format!("{slot}/{mark}"), &layers));
        }
    }
    let mut alternatives = Vec::new();
    for mark in &marks.names {
        let layers = marks.layers(mark);
        if layers.first().is_none_or(Vec::is_empty) {
            continue;
        }
        let mut layers: Vec<&[usize]> = layers.iter().map(Vec::as_slice).collect();
        layers.push(&core);
        let name = if mark.is_empty() { "main" } else { mark };
        alternatives.push(layered(pieces, name.to_owned(), &layers));
    }
    let contents: Vec<FxHashSet<(u64, u64)>> = alternatives
        .iter()
        .chain(&groups)
        .map(|group| contents(pieces, group))
        .collect();
    let mut kept: Vec<Group> = Vec::new();
    for (index, (group, own)) in alternatives.iter().zip(&contents).enumerate() {
        let is_contained = contents.iter().enumerate().any(|(other, all)| {
            other != index
                && own.is_subset(all)
                && (own.len() < all.len() || other < index || other >= alternatives.len())
        });
        if !is_contained {
            kept.push(group.clone());
        }
    }
    groups.extend(kept);
    groups
}

/// What a world holds: identities and contents.
fn contents(pieces: &[Piece], group: &Group) -> FxHashSet<(u64, u64)> {
    let mut all = FxHashSet::default();
    for (index, without) in &group.pieces {
        let Some(piece) = pieces.get(*index) else {
            continue;
        };
        let items = piece.items.iter().enumerate();
        all.extend(
            items
                .filter(|(at, _)| !without.contains(at))
                .map(|(_, item)| (item.identity, item.content)),
        );
    }
    all
}

/// A world of layers from the inside outwards: an object that an inner layer defines otherwise
/// does not belong; a kustomization or chart with such an object does not as a whole.
fn layered(pieces: &[Piece], name: String, layers: &[&[usize]]) -> Group {
    let mut defined: FxHashMap<u64, u64> = FxHashMap::default();
    let mut members = Vec::new();
    for layer in layers {
        let mut added = Vec::new();
        for index in *layer {
            let Some(piece) = pieces.get(*index) else {
                continue;
            };
            let differs = |item: &Item| {
                item.decides
                    && defined
                        .get(&item.identity)
                        .is_some_and(|content| *content != item.content)
            };
            let without: Vec<usize> = (0..)
                .zip(&piece.items)
                .filter(|(_, item)| differs(item))
                .map(|(at, _)| at)
                .collect();
            let is_unit = piece.kind != PieceKind::Plain;
            if !without.is_empty() && (is_unit || without.len() == piece.items.len()) {
                continue;
            }
            let stay = (0..)
                .zip(&piece.items)
                .filter(|(at, _)| !without.contains(at));
            added.extend(stay.map(|(_, item)| (item.identity, item.content)));
            members.push((*index, without));
        }
        for (identity, content) in added {
            defined.entry(identity).or_insert(content);
        }
    }
    members.sort();
    Group {
        name,
        pieces: members,
    }
}

/// Gives names that several groups have a number, and the sole group the name `main`.
fn name_apart(groups: &mut [Group], pieces: &[Piece]) {
    if let [sole] = groups {
        "main".clone_into(&mut sole.name);
        return;
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for group in groups {
        if !taken.insert(group.name.clone()) {
            // Two charts of one name: their folders tell them apart.
            let path = group
                .pieces
                .first()
                .and_then(|(index, _)| pieces.get(*index))
                .map(|piece| piece.path.clone())
                .unwrap_or_default();
            let mut name = path.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{path}/{number}");
                number += 1;
            }
            group.name = name;
        }
    }
}

/// The slots of pieces.
struct Slots {
    /// The slots that are worlds, in order.
    names: BTreeSet<String>,
    of: FxHashMap<usize, Vec<String>>,
}

impl Slots {
    fn of(&self, index: usize) -> &[String] {
        self.of.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    fn find(pieces: &[Piece], members: &[usize]) -> Self {
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

/// The folders that hold contradicting definitions, and the pieces below each.
pub(super) struct Marks {
    names: BTreeSet<String>,
    /// Each piece with its innermost mark.
    of: Vec<(usize, Option<String>)>,
}

impl Marks {
    /// Marks the folders of the pieces `members`.
    pub(super) fn find(pieces: &[Piece], members: &[usize]) -> Self {
        let mut definitions: BTreeMap<u64, Vec<(&str, u64)>> = BTreeMap::new();
        for index in members {
            let Some(piece) = pieces.get(*index) else {
                continue;
            };
            for item in piece.items.iter().filter(|item| item.decides) {
                definitions
                    .entry(item.identity)
                    .or_default()
                    .push((&piece.path, item.content));
            }
        }
        let mut names = BTreeSet::new();
        for places in definitions.values() {
            if !contradict(places) {
                continue;
            }
            let folder = common_folder(places.iter().map(|(path, _)| *path));
            let depth = segments(&folder).count();
            for (path, _) in places {
                let child: Vec<&str> = segments(path).take(depth + 1).collect();
                names.insert(child.join("/"));
            }
        }
        let of = members
            .iter()
            .filter_map(|index| {
                let path = &pieces.get(*index)?.path;
                let mark = innermost(path, &names);
                Some((*index, mark))
            })
            .collect();
        Self { names, of }
    }

    /// The marked folders in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The pieces whose innermost mark is this one; `None`: those under no mark.
    pub(super) fn under(&self, mark: Option<&str>) -> Vec<usize> {
        self.of
            .iter()
            .filter(|(_, of)| of.as_deref() == mark)
            .map(|(index, _)| *index)
            .collect()
    }

    /// The pieces of a mark and of the marks around it, from the inside outwards.
    pub(super) fn layers(&self, mark: &str) -> Vec<Vec<usize>> {
        let mut around: Vec<&String> = self
            .names
            .iter()
            .filter(|other| is_below(mark, other))
            .collect();
        around.sort_by_key(|name| std::cmp::Reverse(segments(name).count()));
        around
            .into_iter()
            .map(|name| self.under(Some(name)))
            .collect()
    }
}

/// Whether definitions in different folders differ.
fn contradict(places: &[(&str, u64)]) -> bool {
    let Some((path, content)) = places.first() else {
        return false;
    };
    let differs = places.iter().any(|(_, other)| other != content);
    differs && places.iter().any(|(other, _)| other != path)
}

/// The deepest of the folders that a path is in or is.
fn innermost(path: &str, folders: &BTreeSet<String>) -> Option<String> {
    let parts: Vec<&str> = segments(path).collect();
    (0..=parts.len())
        .rev()
        .filter_map(|length| parts.get(..length))
        .map(|parts| parts.join("/"))
        .find(|folder| folders.contains(folder))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    /// `kind path: identity=content@document …`; documents default to one of the path's own.
    fn piece(text: &str) -> Piece {
        let (head, items) = text.split_once(':').unwrap_or((text, ""));
        let (kind, path) = head.split_once(' ').unwrap_or(("plain", head));
        let number = |text: &str| {
            use std::hash::BuildHasher as _;
            rustc_hash::FxBuildHasher.hash_one(text)
        };
        let items = items
            .split_whitespace()
            .map(|item| {
                let (object, document) = item.split_once('@').unwrap_or((item, ""));
                let (identity, content) = object.split_once('=').unwrap_or((object, ""));
                let document = if document.is_empty() {
                    format!("{path}{identity}")
                } else {
                    document.to_owned()
                };
                Item {
                    identity: number(identity),
                    content: number(content),
                    document: number(&document),
                    is_mesh: true,
                    decides: true,
                }
            })
            .collect();
        let (kind, environment) = match kind.split_once('=') {
            Some((kind, environment)) => (kind, Some(environment.to_owned())),
            None => (kind, None),
        };
        Piece {
            path: if path == "." { "" } else { path }.to_owned(),
            kind: match kind {
                "kustomize" => PieceKind::Kustomize,
                "helm" => PieceKind::Helm,
                "dump" => PieceKind::Dump,
                _ => PieceKind::Plain,
            },
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            environment,
            items,
        }
    }

    fn worlds(texts: &[&str]) -> Vec<String> {
        let pieces: Vec<Piece> = texts.iter().map(|text| piece(text)).collect();
        group(&pieces)
            .iter()
            .map(|group| {
                let members: Vec<&str> = group
                    .pieces
                    .iter()
                    .map(|(index, _)| pieces[*index].path.as_str())
                    .collect();
                format!("{}: {}", group.name, members.join(" "))
            })
            .collect()
    }

    #[test]
    fn overlays_of_one_base_are_worlds_named_by_what_differs() {
        assert_eq!(
            worlds(&[
                "kustomize shop/overlays/dev: vs=1@base",
                "kustomize shop/overlays/prod: vs=2@base",
                "kustomize web/overlays/production: web=2@web",
                "kustomize web/overlays/development: web=1@web",
                "plain mesh: gw=1",
            ]),
            [
                "dev: shop/overlays/dev web/overlays/development mesh",
                "prod: shop/overlays/prod web/overlays/production mesh"
            ]
        );
    }

    #[test]
    fn a_slot_joins_those_below_it_and_paths_that_name_it() {
        assert_eq!(
            worlds(&[
                "kustomize a/dev: x=1@x",
                "kustomize a/prod/eu: x=2@x",
                "kustomize a/prod/us: x=3@x",
                "kustomize b/dev: y=1@y",
                "kustomize b/prod: y=2@y",
                "plain policies/prod: p=1",
            ]),
            [
                "dev: a/dev b/dev",
                "prod/eu: a/prod/eu b/prod policies/prod",
                "prod/us: a/prod/us b/prod policies/prod"
            ]
        );
    }

    #[test]
    fn folders_that_define_an_object_differently_are_alternatives() {
        assert_eq!(
            worlds(&[
                "plain app: svc=1",
                "plain routing: ns=1",
                "plain routing/canary: vs=1",
                "plain routing/stable: vs=2"
            ]),
            [
                "routing/canary: app routing routing/canary",
                "routing/stable: app routing routing/stable"
            ]
        );
    }

    #[test]
    fn an_outer_alternative_is_part_of_the_inner_ones() {
        assert_eq!(
            worlds(&[
                "plain demo/one: svc=1",
                "plain demo/one/canary: vs=1",
                "plain demo/one/stable: vs=2",
                "plain demo/two: svc=2",
            ]),
            [
                "demo/one/canary: demo/one demo/one/canary",
                "demo/one/stable: demo/one demo/one/stable",
                "demo/two: demo/two"
            ]
        );
    }

    #[test]
    fn environments_and_alternatives_do_not_multiply() {
        assert_eq!(
            worlds(&[
                "kustomize shop/overlays/dev: vs=1@b",
                "kustomize shop/overlays/prod: vs=2@b",
                "plain mesh: gw=1",
                "plain policy/lax: pa=1",
                "plain policy/strict: pa=2",
            ])
            .len(),
            4
        );
    }

    #[test]
    fn an_object_that_an_inner_folder_defines_otherwise_leaves_the_rest_of_the_outer_one() {
        let pieces = [piece("plain .: svc=1 vs=1"), piece("plain canary: vs=2")];
        let groups = group(&pieces);
        assert_eq!(
            groups[0],
            Group {
                name: "canary".into(),
                pieces: vec![(0, vec![1]), (1, vec![])]
            }
        );
        assert_eq!(groups[1].pieces, [(0, vec![])]);
    }

    #[test]
    fn copies_and_contradictions_inside_one_folder_do_not_split() {
        assert_eq!(
            worlds(&["plain a: x=1", "plain b: x=1", "plain c: y=1 y=2"]),
            ["main: a b c"]
        );
    }

    #[test]
    fn charts_and_dumps_stand_alone() {
        assert_eq!(
            worlds(&[
                "helm charts/shop: a=1",
                "helm charts/web: b=1",
                "dump state.yaml: c=1"
            ]),
            [
                "shop: charts/shop",
                "state.yaml: state.yaml",
                "web: charts/web"
            ]
        );
        assert_eq!(worlds(&["helm shop: a=1"]), ["main: shop"]);
    }

    #[test]
    fn charts_of_environments_join_their_slots() {
        assert_eq!(
            worlds(&[
                "helm=dev shop: a=1@a",
                "helm=prod shop: a=2@a",
                "kustomize web/overlays/dev: b=1@b",
                "kustomize web/overlays/prod: b=2@b",
            ]),
            ["dev: shop web/overlays/dev", "prod: shop web/overlays/prod"]
        );
    }
}
