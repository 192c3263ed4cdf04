//! In which namespaces the objects of a file are put by what applies it: a kustomization, a Flux
//! Kustomization or an Application of Argo CD.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Loaded;
use super::unseen::{Kustomization, is_remote};
use crate::input::lexical;
use crate::model::Str;
use crate::yaml::is_placeholder;

/// Where something puts the objects of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// The namespaces, in text order; of several the first counts, and the objects may be in the
    /// others as well.
    pub namespaces: Vec<Str>,
    /// Whether objects that name another namespace go there too.
    pub replaces: bool,
}

/// The placements of all files.
#[derive(Debug, Default)]
pub struct Placements(FxHashMap<PathBuf, Placement>);

/// How deep kustomizations may list each other.
const DEPTH: usize = 50;

/// How many files all roots together may reach: bases are reached by each of their overlays.
const MOST_REACHED: usize = 200_000;

impl Placements {
    /// Finds them. Paths of Flux and Argo CD begin at `root`.
    pub fn of(sources: &[Arc<Loaded>], root: Option<&Path>) -> Self {
        let mut placements = Self::default();
        placements.by_controllers(sources, root);
        placements.by_kustomizations(sources);
        placements
    }

    /// The placement of a file.
    pub fn of_file(&self, file: Option<&Path>) -> Option<&Placement> {
        self.0.get(file?)
    }

    fn add(&mut self, file: &Path, namespace: &str, replaces: bool) {
        let placement = self.0.entry(file.to_owned()).or_default();
        if replaces && !placement.replaces {
            *placement = Placement {
                replaces: true,
                ..Placement::default()
            };
        }
        if replaces == placement.replaces
            && !placement.namespaces.iter().any(|own| own == namespace)
        {
            placement.namespaces.push(namespace.into());
            placement.namespaces.sort();
        }
    }

    fn by_kustomizations(&mut self, sources: &[Arc<Loaded>]) {
        let mut by_folder: BTreeMap<&Path, &Kustomization> = BTreeMap::new();
        for loaded in sources {
            let folder = loaded.file.location.as_deref().and_then(Path::parent);
            if let (Some(folder), Some(own)) = (folder, loaded.kustomizations.first()) {
                by_folder.insert(folder, own);
            }
        }
        let listed: FxHashSet<PathBuf> = by_folder
            .iter()
            .flat_map(|(folder, own)| entries(folder, own))
            .collect();
        let mut left = MOST_REACHED;
        for (folder, own) in by_folder
            .iter()
            .filter(|(folder, _)| !listed.contains(**folder))
        {
            self.descend(folder, own, "", &by_folder, &mut left, 0);
        }
    }

    fn descend(
        &mut self,
        folder: &Path,
        own: &Kustomization,
        outer: &str,
        by_folder: &BTreeMap<&Path, &Kustomization>,
        left: &mut usize,
        depth: usize,
    ) {
        let namespace = if outer.is_empty() {
            &own.namespace
        } else {
            outer
        };
        for place in entries(folder, own) {
            if *left == 0 || depth > DEPTH {
                return;
            }
            *left -= 1;
            if let Some(inner) = by_folder.get(place.as_path()) {
                self.descend(&place, inner, namespace, by_folder, left, depth + 1);
            } else if !namespace.is_empty() && !is_placeholder(namespace) {
                self.add(&place, namespace, true);
            }
        }
    }

    /// What Flux and Argo CD put somewhere, by the folder of their path. Files that a kustomization
    /// places come after.
    fn by_controllers(&mut self, sources: &[Arc<Loaded>], root: Option<&Path>) {
        let Some(root) = root else { return };
        let mut folders: FxHashMap<PathBuf, Vec<&str>> = FxHashMap::default();
        for lead in sources.iter().flat_map(|loaded| &loaded.leads) {
            if let Some(namespace) = lead.gap.namespace.as_deref() {
                let folder = lexical(&root.join(&lead.path));
                folders.entry(folder).or_default().push(namespace);
            }
        }
        if folders.is_empty() {
            return;
        }
        for loaded in sources {
            let Some(file) = loaded.file.location.as_deref() else {
                continue;
            };
            let nearest = file
                .ancestors()
                .skip(1)
                .find_map(|folder| folders.get(folder));
            for namespace in nearest.into_iter().flatten() {
                self.add(file, namespace, false);
            }
        }
    }
}

/// The files and folders that a kustomization lists.
fn entries(folder: &Path, own: &Kustomization) -> Vec<PathBuf> {
    let entries = own.resources.iter().filter(|entry| !is_remote(entry));
    entries.map(|entry| lexical(&folder.join(entry))).collect()
}
