//! Which roots of GitOps are one cluster.
//!
//! Roots in one folder are, and so are roots that define nothing differently. Two bootstraps never
//! are, nor roots that define an object differently: then the folders in which they differ are
//! the clusters, and a root that contradicts none belongs to each.

use std::collections::BTreeSet;

use super::group::Piece;
use super::marks::Marks;
use super::paths::segments;

/// A cluster: its name, unless it is the only one, and the roots that it has, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) name: Option<String>,
    pub(super) roots: Vec<usize>,
}

/// Groups roots into clusters. The path of a root is the folder of its file; bootstraps have an
/// item of one identity and a content of their own.
pub(super) fn clusters(roots: &[Piece]) -> Vec<Cluster> {
    let all: Vec<usize> = (0..roots.len()).collect();
    let marks = Marks::find(roots, &all);
    let named: Vec<String> = marks
        .names()
        .filter(|mark| !marks.under(Some(mark)).is_empty())
        .map(ToOwned::to_owned)
        .collect();
    if named.len() < 2 {
        return vec![Cluster {
            name: None,
            roots: all,
        }];
    }
    let shared = marks.under(None);
    named
        .iter()
        .map(|mark| {
            let own: BTreeSet<usize> = marks
                .layers(mark)
                .into_iter()
                .flatten()
                .chain(shared.iter().copied())
                .collect();
            Cluster {
                name: Some(name_among(mark, &named)),
                roots: own.into_iter().collect(),
            }
        })
        .collect()
}

/// The parts of a path in which it differs from the others.
fn name_among(path: &str, all: &[String]) -> String {
    let parts: Vec<Vec<&str>> = all.iter().map(|path| segments(path).collect()).collect();
    let own: Vec<&str> = segments(path).collect();
    let shortest = parts.iter().map(Vec::len).min().unwrap_or(0);
    let mut front = 0;
    while front < shortest && parts.iter().all(|other| other.get(front) == own.get(front)) {
        front += 1;
    }
    let from_back = |path: &[&str], back: usize| {
        path.len()
            .checked_sub(back + 1)
            .and_then(|at| path.get(at).map(|part| (*part).to_owned()))
    };
    let mut back = 0;
    while front + back + 1 < shortest
        && parts
            .iter()
            .all(|other| from_back(other, back) == from_back(&own, back))
    {
        back += 1;
    }
    let middle = own.get(front..own.len() - back).unwrap_or_default();
    match middle {
        [] => own.last().copied().unwrap_or(".").to_owned(),
        parts => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::group::Item;
    use super::*;

    fn root(path: &str, items: &[(u64, u64)]) -> Piece {
        Piece {
            path: path.to_owned(),
            items: items
                .iter()
                .map(|(identity, content)| Item {
                    identity: *identity,
                    content: *content,
                    document: 0,
                    is_mesh: true,
                    decides: true,
                })
                .collect(),
            ..Piece::default()
        }
    }

    fn names(roots: &[Piece]) -> Vec<(Option<String>, Vec<usize>)> {
        clusters(roots)
            .into_iter()
            .map(|cluster| (cluster.name, cluster.roots))
            .collect()
    }

    #[test]
    fn bootstraps_are_clusters_named_by_what_differs() {
        let roots = [
            root("clusters/prod/flux-system", &[(1, 1)]),
            root("clusters/staging/flux-system", &[(1, 2)]),
            root("shared", &[(2, 1)]),
        ];
        assert_eq!(
            names(&roots),
            [
                (Some("prod".to_owned()), vec![0, 2]),
                (Some("staging".to_owned()), vec![1, 2])
            ]
        );
    }

    #[test]
    fn roots_that_differ_in_nothing_are_one_cluster() {
        let roots = [
            root("a", &[(1, 1)]),
            root("b", &[(2, 1)]),
            root("c", &[(1, 1)]),
        ];
        assert_eq!(names(&roots), [(None, vec![0, 1, 2])]);
    }
}
