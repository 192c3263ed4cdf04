//! What a repository holds, by name alone: manifests, kustomizations, charts, what is set aside
//! and what can't be read.

use std::collections::BTreeSet;

use super::paths::{is_below, segments};
use crate::render::{EntryKind, Sources, join, kustomize};

/// Folders whose manifests nobody applies, unless an entry reaches them.
const ASIDE: [&str; 12] = [
    "test",
    "tests",
    "testdata",
    "fixtures",
    "e2e",
    "archive",
    "archived",
    "deprecated",
    "node_modules",
    "vendor",
    "target",
    "__tests__",
];

/// Folders deeper than this are not entered.
const DEEPEST: usize = 100;

/// What stands in a repository.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Files that may hold manifests.
    pub(super) manifests: Vec<String>,
    /// Folders with a kustomization.
    pub(super) kustomizations: BTreeSet<String>,
    /// Folders with a chart.
    pub(super) charts: BTreeSet<String>,
    /// Helmfiles.
    pub(super) helmfiles: BTreeSet<String>,
    /// The outermost folders that are set aside, and why.
    pub(super) aside: Vec<(String, &'static str)>,
    /// What can't be read: extension or language, paths, in order.
    pub(super) not_read: Vec<(&'static str, Vec<String>)>,
    /// The paths that the user names; below them only what is set aside there counts.
    named: Vec<String>,
}

impl Inventory {
    /// Looks a repository through. Below the paths `named` by the user nothing is set aside.
    pub fn take(sources: &Sources, named: &[String]) -> Self {
        let mut inventory = Self {
            named: named.to_vec(),
            ..Self::default()
        };
        inventory.walk(sources, "", 0);
        inventory.not_read.sort();
        inventory
    }

    /// Keeps what stands at some paths.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.manifests.retain(|path| is_kept(path));
        self.kustomizations.retain(|path| is_kept(path));
        self.charts.retain(|path| is_kept(path));
        self.helmfiles.retain(|path| is_kept(path));
    }

    /// The files that may hold manifests, those that are set aside apart.
    pub fn manifests(&self) -> impl Iterator<Item = &str> {
        let paths = self.manifests.iter().map(String::as_str);
        paths.filter(|path| !self.is_aside(path))
    }

    /// Whether a path lies in a folder that is set aside.
    pub fn is_aside(&self, path: &str) -> bool {
        let around: Vec<&String> = self
            .named
            .iter()
            .filter(|named| !named.is_empty() && is_below(path, named))
            .collect();
        self.aside.iter().any(|(folder, _)| {
            is_below(path, folder) && !around.iter().any(|named| is_below(named, folder))
        })
    }

    fn walk(&mut self, sources: &Sources, folder: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for entry in sources.files().entries(folder) {
            let Some(path) = join(folder, &entry.name) else {
                continue;
            };
            match entry.kind {
                EntryKind::Folder if entry.name == ".git" => {}
                EntryKind::Folder => {
                    let why = why_aside(&entry.name);
                    if let Some(why) = why
                        && !self.aside.iter().any(|(aside, _)| is_below(&path, aside))
                    {
                        self.aside.push((path.clone(), why));
                    }
                    // Nobody asks for what is set aside elsewhere than below a path of theirs.
                    let is_asked_for = self
                        .named
                        .iter()
                        .any(|named| is_below(&path, named) || is_below(named, &path));
                    if why.is_none() || (is_asked_for && !is_foreign(&entry.name)) {
                        self.walk(sources, &path, depth + 1);
                    }
                }
                EntryKind::File => self.file(sources, folder, path, &entry.name),
            }
        }
    }

    fn file(&mut self, sources: &Sources, folder: &str, path: String, name: &str) {
        if kustomize::FILE_NAMES.contains(&name) {
            self.kustomizations.insert(folder.to_owned());
        }
        if name == "Chart.yaml" {
            self.charts.insert(folder.to_owned());
        }
        let is_listed = folder.rsplit('/').next() == Some("helmfile.d");
        let stem = name.strip_suffix(".gotmpl").unwrap_or(name);
        if matches!(stem, "helmfile.yaml" | "helmfile.yml")
            || (is_listed && (stem.ends_with(".yaml") || stem.ends_with(".yml")))
        {
            self.helmfiles.insert(path.clone());
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            _ if matches!(name, "meshlint.yaml" | ".meshlint.yaml") => {}
            "yaml" | "yml" | "json" => self.manifests.push(path),
            "gotmpl" if self.helmfiles.contains(&path) => {}
            _ => {
                if let Some(what) = unreadable(sources, &path, name, extension) {
                    match self.not_read.iter_mut().find(|(known, _)| *known == what) {
                        Some((_, paths)) => paths.push(path),
                        None => self.not_read.push((what, vec![path])),
                    }
                }
            }
        }
    }
}

/// Whether a folder holds code of others or what builds leave, and no manifests to speak of.
fn is_foreign(name: &str) -> bool {
    matches!(
        name,
        "node_modules" | "vendor" | "target" | ".venv" | ".terraform" | ".cache"
    )
}

/// Why a folder of this name is set aside.
fn why_aside(name: &str) -> Option<&'static str> {
    if name.starts_with('.') {
        return Some("a hidden folder");
    }
    if !ASIDE.contains(&name) {
        return None;
    }
    Some(match name {
        "archive" | "archived" | "deprecated" => "an archive",
        "node_modules" | "vendor" | "target" => "code of others",
        _ => "a test folder",
    })
}

/// Files larger than this are not searched for manifests, in bytes.
const SEARCHED: usize = 4 << 20;

/// What a file that can't be read is, if it makes or holds manifests.
fn unreadable(sources: &Sources, path: &str, name: &str, extension: &str) -> Option<&'static str> {
    let what = match extension {
        "jsonnet" | "libsonnet" => return Some("Jsonnet"),
        "cue" => return Some("CUE"),
        "tftpl" => "Terraform templates",
        "tpl" | "tmpl" => "templates",
        "j2" => "Jinja templates",
        "gotmpl" => "Go templates",
        _ => return None,
    };
    // A chart's own helpers are read with the chart.
    if extension == "tpl" && segments(path).any(|part| part == "templates") && name.starts_with('_')
    {
        return None;
    }
    let bytes = sources.files().read(path)?;
    if bytes.len() > SEARCHED {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    (text.contains("apiVersion:") && text.contains("kind:")).then_some(what)
}
