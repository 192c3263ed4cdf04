//! How the roots of a world are told: folders of kustomizations and charts by themselves, folders
//! of plain manifests by as few names as are true.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{common_folder, folder_of, segments};

/// The shown form of a path: the root of the repository is `.`.
pub(super) fn shown(path: &str) -> String {
    if path.is_empty() {
        ".".to_owned()
    } else {
        path.to_owned()
    }
}

/// The folders of plain files: their lowest common folder if every file that is read below it is
/// one of them; else the topmost folders of which that is true, and folders of which only the
/// files directly in them are.
pub(super) fn plain_roots(own: &BTreeSet<&str>, all: &BTreeSet<&str>) -> BTreeSet<String> {
    if own.is_empty() {
        return BTreeSet::new();
    }
    // Files below each folder, of those that are read and of the world's own.
    let count = |files: &BTreeSet<&str>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for file in files {
            let folder = folder_of(file);
            let parts: Vec<&str> = segments(folder).collect();
            for length in 0..=parts.len() {
                let above = parts.get(..length).unwrap_or_default().join("/");
                *counts.entry(above).or_default() += 1;
            }
        }
        counts
    };
    let (owned, read) = (count(own), count(all));
    let is_whole = |folder: &str| owned.get(folder) == read.get(folder);
    let common = common_folder(own.iter().map(|file| folder_of(file)));
    if is_whole(&common) {
        return BTreeSet::from([shown(&common)]);
    }
    let mut roots = BTreeSet::new();
    for file in own {
        let folder = folder_of(file);
        let parts: Vec<&str> = segments(folder).collect();
        let topmost = (0..=parts.len())
            .filter_map(|length| parts.get(..length))
            .map(|parts| parts.join("/"))
            .find(|above| is_whole(above));
        roots.insert(shown(topmost.as_deref().unwrap_or(folder)));
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(own: &[&str], others: &[&str]) -> Vec<String> {
        let own: BTreeSet<&str> = own.iter().copied().collect();
        let all: BTreeSet<&str> = own.iter().copied().chain(others.iter().copied()).collect();
        plain_roots(&own, &all).into_iter().collect()
    }

    #[test]
    fn a_folder_stands_for_all_below_it_if_all_is_there() {
        assert_eq!(roots(&["a/x.yaml", "a/b/y.yaml"], &["c/z.yaml"]), ["a"]);
        assert_eq!(roots(&["a/x.yaml", "c/z.yaml"], &[]), ["."]);
        assert_eq!(
            roots(
                &["app/x.yaml", "routing/x.yaml", "routing/canary/y.yaml"],
                &["routing/stable/y.yaml"]
            ),
            ["app", "routing", "routing/canary"]
        );
    }
}
