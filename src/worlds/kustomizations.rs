//! Which kustomizations list which: those that none lists are what people apply.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::{EntryKind, Sources, join, kustomize};
use crate::yaml::{Node, Tree};

/// The kustomizations of a repository.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    /// Folders, each with the folders that it lists.
    lists: BTreeMap<String, BTreeSet<String>>,
    components: BTreeSet<String>,
}

impl Kustomizations {
    /// Reads what the kustomizations in `folders` list.
    pub(super) fn read<'f>(sources: &Sources, folders: impl IntoIterator<Item = &'f str>) -> Self {
        let mut all = Self::default();
        for folder in folders {
            let mut listed = BTreeSet::new();
            for path in kustomize::find_file(sources, folder) {
                let Some(source) = sources.open(&path) else {
                    continue;
                };
                let text = sources.text(source);
                let tree = Tree::parse(&text);
                let Some(root) = tree.documents().first().and_then(|first| tree.root(first)) else {
                    continue;
                };
                let kind = root.get("kind").and_then(Node::text);
                if kind == Some("Component") {
                    all.components.insert(folder.to_owned());
                }
                for field in ["resources", "bases", "components"] {
                    let entries = root.get(field).into_iter().flat_map(Node::items);
                    listed.extend(entries.filter_map(|entry| {
                        let path = join(folder, entry.text()?)?;
                        let is_folder = sources.files().kind(&path) == Some(EntryKind::Folder);
                        is_folder.then_some(path)
                    }));
                }
            }
            all.lists.insert(folder.to_owned(), listed);
        }
        all
    }

    /// The kustomizations that no other one lists, components apart.
    pub(super) fn leaves(&self) -> Vec<String> {
        let listed: BTreeSet<&String> = self.lists.values().flatten().collect();
        self.lists
            .keys()
            .filter(|folder| !listed.contains(folder) && !self.components.contains(*folder))
            .cloned()
            .collect()
    }

    /// Whether a folder has a kustomization.
    pub(super) fn has(&self, folder: &str) -> bool {
        self.lists.contains_key(folder)
    }

    /// The components that no kustomization lists.
    pub(super) fn unused_components(&self) -> Vec<String> {
        let listed: BTreeSet<&String> = self.lists.values().flatten().collect();
        let unused = self
            .components
            .iter()
            .filter(|folder| !listed.contains(folder));
        unused.cloned().collect()
    }
}
