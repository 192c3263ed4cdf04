//! What renderers look up in the whole repository: GitOps objects, their sources, and the
//! ConfigMaps and Secrets that variables and values come from.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::object::{Object, objects_of};
use crate::render::{SourceId, Sources};

/// Words of which a file has one when it holds something to look up.
const SIGNS: [&str; 5] = [
    "fluxcd",
    "argoproj.io",
    "ConfigMap",
    "Secret",
    "argocd.argoproj.io",
];

/// An object of a file.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The object.
    pub object: Object,
    /// The path of its file.
    pub file: EcoString,
    /// Its file.
    pub source: SourceId,
}

/// The objects of a repository's files that renderers look up.
#[derive(Debug, Default)]
pub struct Manifests {
    list: Vec<Manifest>,
    by_name: FxHashMap<(EcoString, EcoString, EcoString), Vec<usize>>,
}

impl Manifests {
    /// Reads the files at `paths`; files without anything to look up cost a search of their text.
    pub fn read<'p>(sources: &Sources, paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut manifests = Self::default();
        for path in paths {
            let Some(source) = sources.open(path) else {
                continue;
            };
            let text = sources.text(source);
            if !SIGNS.iter().any(|sign| text.contains(sign)) {
                continue;
            }
            for object in objects_of(source, &text) {
                if is_looked_up(&object) {
                    manifests.push(Manifest {
                        object,
                        file: path.into(),
                        source,
                    });
                }
            }
        }
        manifests
    }

    fn push(&mut self, manifest: Manifest) {
        let identity = &manifest.object.identity;
        let key = (
            identity.kind.clone(),
            identity.namespace.clone(),
            identity.name.clone(),
        );
        self.by_name.entry(key).or_default().push(self.list.len());
        self.list.push(manifest);
    }

    /// The objects in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.list.iter()
    }

    /// The first object of a kind, namespace and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Manifest> {
        let key = (kind.into(), namespace.into(), name.into());
        let indices = self.by_name.get(&key)?;
        indices.first().and_then(|index| self.list.get(*index))
    }
}

fn is_looked_up(object: &Object) -> bool {
    let identity = &object.identity;
    match identity.group.as_str() {
        "" => matches!(identity.kind.as_str(), "ConfigMap" | "Secret"),
        "argoproj.io" => matches!(identity.kind.as_str(), "Application" | "ApplicationSet"),
        group => group.ends_with("fluxcd.io") || group == "fluxcd.controlplane.io",
    }
}
