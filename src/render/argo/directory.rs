//! The manifests of a plain folder.

use globset::GlobBuilder;

use crate::render::flux::{has_extension, is_true};
use crate::render::gitops::{Fault, FaultKind, Object, objects_of};
use crate::render::value::Node;
use crate::render::{EntryKind, Place, Sources, join};
use crate::yaml::Tree;

/// The mark of a file that is not rendered.
const SKIP: &str = "+argocd:skip-file-rendering";
/// Folders deeper than this are not entered.
const DEEPEST: usize = 64;

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) objects: Vec<Object>,
    pub(super) files: Vec<String>,
    pub(super) faults: Vec<Fault>,
}

/// Reads the manifests of a folder under the options of `spec.source.directory`.
pub(super) fn read(sources: &Sources, folder: &str, options: Option<&Node>) -> Found {
    let pattern = |name: &str| {
        let text = options
            .and_then(|node| node.get(name))
            .and_then(Node::text)?;
        if text.is_empty() {
            return None;
        }
        // A star crosses folders here.
        let glob = GlobBuilder::new(text)
            .literal_separator(false)
            .build()
            .ok()?;
        Some(glob.compile_matcher())
    };
    let (include, exclude) = (pattern("include"), pattern("exclude"));
    let recurse = is_true(options.and_then(|node| node.get("recurse")));
    let mut paths = Vec::new();
    walk(sources, folder, "", recurse, 0, &mut paths);
    let mut found = Found::default();
    for (path, relative) in paths {
        if include
            .as_ref()
            .is_some_and(|glob| !glob.is_match(&relative))
            || exclude
                .as_ref()
                .is_some_and(|glob| glob.is_match(&relative))
        {
            continue;
        }
        let Some(source) = sources.open(&path) else {
            continue;
        };
        let text = sources.text(source);
        if text.contains(SKIP) {
            continue;
        }
        found.files.push(path.clone());
        let tree = Tree::parse(&text);
        let broken = tree
            .documents()
            .iter()
            .find_map(|document| document.error.as_ref());
        match broken {
            Some(error) if looks_like_manifest(&text) => found.faults.push(Fault::new(
                FaultKind::Refused,
                Place {
                    source,
                    span: error.span,
                },
                format!("Argo CD can't read this manifest: {}", error.message),
            )),
            Some(_) => {}
            None => found.objects.extend(objects_of(source, &text)),
        }
    }
    found
}

fn walk(
    sources: &Sources,
    folder: &str,
    relative: &str,
    recurse: bool,
    depth: usize,
    paths: &mut Vec<(String, String)>,
) {
    for entry in sources.files().entries(folder) {
        let Some(path) = join(folder, &entry.name) else {
            continue;
        };
        let below = if relative.is_empty() {
            entry.name.clone()
        } else {
            format!("{relative}/{}", entry.name)
        };
        match entry.kind {
            EntryKind::Folder if recurse && depth < DEEPEST => {
                walk(sources, &path, &below, recurse, depth + 1, paths);
            }
            EntryKind::File if has_extension(&entry.name, &["yaml", "yml", "json"]) => {
                paths.push((path, below));
            }
            _ => {}
        }
    }
}

/// Whether lines of a text begin as those of a manifest do.
fn looks_like_manifest(text: &str) -> bool {
    let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
    begins("apiVersion:") && begins("kind:") && begins("metadata:")
}
