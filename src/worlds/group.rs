//! Which entries of a repository without GitOps objects reach one cluster together.
//!
//! Entries that are made from the same documents are *variants*, and never together; what tells
//! their paths apart is their *slot* (`dev`, `prod/eu`), and entries of one slot are together.
//! Entries that define an object differently are *alternatives*: the folders that hold the
//! definitions are marked, and each mark is a world of its own. What is neither is the core, which
//! is part of every world. Slots and alternatives stand side by side and do not multiply.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::marks::Marks;
use super::slots::Slots;

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
    if slots.names.is_empty() && marks.is_empty() {
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
        if inner.is_empty() {
            groups.push(layered(pieces, slot.clone(), &[&own, &core]));
            continue;
        }
        let shared = inner.under(None);
        for mark in inner.names() {
            let layers = inner.layers(mark);
            let mut layers: Vec<&[usize]> = layers.iter().map(Vec::as_slice).collect();
            layers.extend([shared.as_slice(), core.as_slice()]);
            groups.push(layered(pieces, format!("{slot}/{mark}"), &layers));
        }
    }
    let mut alternatives = Vec::new();
    for mark in marks.names() {
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

#[cfg(test)]
mod tests;
