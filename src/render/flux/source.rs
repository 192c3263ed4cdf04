//! Where a Kustomization or `HelmRelease` takes its files from: this repository, or elsewhere.

use crate::render::gitops::{Following, Object};
use crate::render::value::Node;
use crate::render::{EntryKind, join};

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// This repository.
    Own {
        /// The folder that is the artifact's root.
        root: String,
        /// The source's own patterns of what to leave out.
        ignore: Option<String>,
    },
    /// Another one, in words.
    Foreign(String),
}

/// Finds the source that a reference of an object in `namespace` names, for a path in it.
pub(super) fn source(
    following: &Following<'_>,
    reference: Option<&Node>,
    namespace: &str,
    path: &str,
) -> Source {
    let field = |name: &str| {
        let text = reference
            .and_then(|node| node.get(name))
            .and_then(Node::text);
        text.map(ecow::EcoString::as_str)
            .filter(|text| !text.is_empty())
    };
    let kind = field("kind").unwrap_or("GitRepository");
    let name = field("name").unwrap_or_default();
    let namespace = field("namespace").unwrap_or(namespace);
    let object = following.find(kind, namespace, name);
    let ignore = object
        .and_then(|object| object.node().at(&["spec", "ignore"]))
        .and_then(Node::text)
        .map(ToString::to_string);
    if kind == "ExternalArtifact" {
        return match external(following, name, namespace, path) {
            Some(root) => Source::Own { root, ignore: None },
            None => Source::Foreign(format!("{kind} {name}")),
        };
    }
    let is_own = match object {
        _ if name == "flux-system" => true,
        Some(object) => {
            address(object).is_some_and(|address| following.gitops.addresses.are(address))
        }
        None => kind == "GitRepository" && exists(following, "", path),
    };
    if !is_own {
        let address = object.and_then(address).unwrap_or_default();
        return Source::Foreign(if address.is_empty() {
            format!("{kind} {name}")
        } else {
            format!("{kind} {name}, {address}")
        });
    }
    Source::Own {
        root: root(following, kind, namespace, name, path),
        ignore,
    }
}

fn address(object: &Object) -> Option<&str> {
    let spec = object.node().get("spec")?;
    let text = spec.get("url").or_else(|| spec.get("bucketName"))?.text()?;
    Some(text.as_str())
}

fn exists(following: &Following<'_>, root: &str, path: &str) -> bool {
    let files = following.gitops.sources.files();
    join(root, path.trim_start_matches('/')).is_some_and(|path| files.kind(&path).is_some())
}

/// Folders that are looked at for the root of an artifact.
const SEARCHED: usize = 5_000;

/// The root of an artifact: that of the repository, unless no path of the source exists there and
/// all exist below exactly one folder.
fn root(following: &Following<'_>, kind: &str, namespace: &str, name: &str, path: &str) -> String {
    if exists(following, "", path) {
        return String::new();
    }
    let mut paths: Vec<String> = vec![path.to_owned()];
    for manifest in following.gitops.manifests.iter() {
        let object = &manifest.object;
        let reference = match object.identity.kind.as_str() {
            "Kustomization" => object.node().at(&["spec", "sourceRef"]),
            _ => None,
        };
        let Some(reference) = reference else { continue };
        let of = |field: &str| reference.get(field).and_then(Node::text);
        let is_it = of("kind").is_some_and(|k| k == kind)
            && of("name").is_some_and(|n| n == name)
            && of("namespace").map_or(object.identity.namespace.as_str(), |n| n.as_str())
                == namespace;
        if is_it && let Some(path) = object.node().at(&["spec", "path"]).and_then(Node::text) {
            paths.push(path.to_string());
        }
    }
    if paths.iter().any(|path| exists(following, "", path)) {
        return String::new();
    }
    let mut fitting = folders(following)
        .into_iter()
        .filter(|folder| paths.iter().all(|path| exists(following, folder, path)));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => only,
        _ => String::new(),
    }
}

/// The folders of the repository, the first ones in order of depth.
fn folders(following: &Following<'_>) -> Vec<String> {
    let files = following.gitops.sources.files();
    let mut found: Vec<String> = Vec::new();
    let mut level = vec![String::new()];
    while !level.is_empty() && found.len() < SEARCHED {
        let mut next = Vec::new();
        for folder in &level {
            for entry in files.entries(folder) {
                if entry.kind == EntryKind::Folder
                    && !entry.name.starts_with('.')
                    && let Some(path) = join(folder, &entry.name)
                {
                    next.push(path);
                }
            }
        }
        found.extend(next.iter().cloned());
        level = next;
    }
    found.truncate(SEARCHED);
    found
}

/// The folder that an artifact copied by an `ArtifactGenerator` has at its root, as far as `path` is
/// concerned; `None` when the generator isn't there or copies from elsewhere.
fn external(following: &Following<'_>, name: &str, namespace: &str, path: &str) -> Option<String> {
    let generator = following.gitops.manifests.iter().find_map(|manifest| {
        let object = &manifest.object;
        if object.identity.kind != "ArtifactGenerator" || object.identity.namespace != namespace {
            return None;
        }
        let artifacts = object.node().at(&["spec", "artifacts"])?.as_list()?;
        let artifact = artifacts.iter().find(|artifact| {
            artifact
                .get("name")
                .and_then(Node::text)
                .is_some_and(|n| n == name)
        })?;
        Some((object, artifact))
    });
    let (object, artifact) = generator?;
    let wanted = join("", path.trim_start_matches('/'))?;
    let mut best: Option<(usize, String)> = None;
    for copy in artifact
        .get("copy")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
    {
        let from = copy.get("from").and_then(Node::text)?;
        let to = copy.get("to").and_then(Node::text)?;
        let (alias, from) = from.strip_prefix('@')?.split_once('/')?;
        let from = from.trim_end_matches("**").trim_end_matches('*');
        let to = to.strip_prefix("@artifact").unwrap_or(to);
        let (from, to) = (join("", from)?, join("", to.trim_start_matches('/'))?);
        if !is_own_alias(following, object, alias) {
            continue;
        }
        // The root is where the copied folder would have to begin for the paths to agree.
        let root = if to.is_empty() {
            from
        } else if let Some(root) = from.strip_suffix(&to) {
            root.trim_end_matches('/').to_owned()
        } else {
            continue;
        };
        let fits = to.is_empty() || wanted == to || wanted.starts_with(&format!("{to}/"));
        if fits && best.as_ref().is_none_or(|(length, _)| *length <= to.len()) {
            best = Some((to.len(), root));
        }
    }
    best.map(|(_, root)| root)
}

fn is_own_alias(following: &Following<'_>, generator: &Object, alias: &str) -> bool {
    let sources = generator
        .node()
        .at(&["spec", "sources"])
        .and_then(Node::as_list);
    let reference = sources.into_iter().flatten().find(|source| {
        source
            .get("alias")
            .and_then(Node::text)
            .is_some_and(|text| text == alias)
    });
    reference.is_some_and(|reference| {
        let namespace = &generator.identity.namespace;
        matches!(
            source(following, Some(reference), namespace, "./"),
            Source::Own { .. }
        )
    })
}
