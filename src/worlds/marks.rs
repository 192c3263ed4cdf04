//! Folders that hold contradicting definitions of one object.

use std::collections::{BTreeMap, BTreeSet};

use super::group::Piece;
use super::paths::{common_folder, is_below, segments};

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

    /// Whether no folder is marked.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
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
