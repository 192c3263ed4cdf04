//! Helmfiles that no other one lists: one leaf each, or one for each of their environments.

use std::collections::BTreeSet;

use super::gitops::Found;
use super::group::PieceKind;
use super::inventory::Inventory;
use super::leaves::{Leaf, document};
use super::plan::Repository;
use crate::render::helmfile::Helmfiles;

/// What helmfiles make.
#[derive(Debug, Default)]
pub(super) struct Installed {
    pub(super) leaves: Vec<Leaf>,
    /// The folders of the charts that they install.
    pub(super) folders: BTreeSet<String>,
}

/// The name of the environment of helmfiles that have none.
const DEFAULT: &str = "default";

/// The leaves of helmfiles.
pub(super) fn find(repository: Repository<'_>, inventory: &Inventory, found: &Found) -> Installed {
    let helmfiles = Helmfiles {
        sources: repository.sources,
        engines: repository.engines,
        namespace: repository.namespace,
    };
    let all: Vec<&String> = inventory
        .helmfiles
        .iter()
        .filter(|path| !inventory.is_aside(path) && !found.reached_files.contains(*path))
        .collect();
    let listed: BTreeSet<String> = all
        .iter()
        .flat_map(|path| {
            let mut listed = helmfiles.listed(path);
            listed.retain(|other| other != *path);
            listed
        })
        .collect();
    let mut installed = Installed::default();
    for path in all.into_iter().filter(|path| !listed.contains(*path)) {
        let environments = helmfiles.environments(path);
        if environments.is_empty() {
            installed.add(&helmfiles, path, None);
        }
        for environment in environments {
            installed.add(&helmfiles, path, Some(environment));
        }
    }
    installed
}

impl Installed {
    fn add(&mut self, helmfiles: &Helmfiles<'_>, path: &str, environment: Option<String>) {
        let output = helmfiles.render(path, environment.as_deref().unwrap_or(DEFAULT));
        self.folders.extend(output.folders);
        let documents = output.objects.iter();
        self.leaves.push(Leaf {
            path: path.to_owned(),
            kind: PieceKind::Helmfile,
            name: path.to_owned(),
            environment,
            documents: documents
                .map(|(object, namespace)| document(object, Some(namespace)))
                .collect(),
            files: output.files,
            unrendered: output.unrendered,
            unknown: output.unknown,
            faults: output.faults,
            ..Leaf::default()
        });
    }
}
