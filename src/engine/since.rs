//! What a change brought: findings in documents that differ from those of a revision, and findings
//! that its analysis does not have.

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Error, MeshConfigSource, Options};
use crate::diagnostics::{Diagnostic, Location, Policy, Report, Severity};
use crate::git::Revision;
use crate::yaml::{Node, Tree, content_hash};

/// A revision to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its name, as git knows it.
    pub revision: String,
    /// Compare with it, and not with its merge base with HEAD.
    pub exact: bool,
}

/// Who a document is: group, kind, namespace and name; of one that is no object what it says.
type Identity = (String, String, String, String);

/// The documents of a revision.
#[derive(Debug, Default)]
struct Documents {
    /// What the objects of an identity say.
    objects: FxHashMap<Identity, FxHashSet<u64>>,
    /// What other documents say.
    others: FxHashSet<u64>,
}

/// Keeps of a report what is new since the revision.
pub(super) fn narrow(report: &mut Report, since: &Since, options: &Options) -> Result<(), Error> {
    let near = options
        .paths
        .iter()
        .find_map(|path| path.canonicalize().ok());
    let near = near.unwrap_or_else(|| PathBuf::from("."));
    let revision = Revision::checkout(&near, &since.revision, since.exact)
        .map_err(|error| Error::Usage(format!("--since: {error}")))?;
    let known = fingerprints(&revision, options)?;
    let documents = documents(&revision);
    let files: Vec<Vec<(u32, u32, bool)>> = report
        .files
        .par_iter()
        .map(|file| changed(&file.text, &documents))
        .collect();
    let is_changed = |location: Location| {
        let documents = files.get(location.file as usize);
        let at = location.start.offset;
        documents.is_some_and(|documents| {
            let own = documents
                .iter()
                .find(|(start, end, _)| *start <= at && at <= *end);
            own.is_none_or(|(_, _, is_changed)| *is_changed)
        })
    };
    let mut findings = std::mem::take(&mut report.findings);
    findings.retain_mut(|finding| {
        let is_new = !known.contains(&finding.fingerprint.digest(finding.rule.code));
        keeps(finding, &is_changed) || is_new
    });
    report.findings = findings;
    let count = |severity| {
        let findings = report.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    report.summary.errors = count(Severity::Error);
    report.summary.warnings = count(Severity::Warning);
    report.summary.infos = count(Severity::Info);
    Ok(())
}

/// Whether a place of a finding is in a document that changed; notes a related place if it is not
/// the finding's own.
fn keeps(finding: &mut Diagnostic, is_changed: &impl Fn(Location) -> bool) -> bool {
    let origin = finding.origin.iter().map(|step| step.location);
    if finding.location.into_iter().chain(origin).any(is_changed) {
        return true;
    }
    let mut related = finding.related.iter();
    let changed = related.position(|place| place.location.is_some_and(is_changed));
    finding.changed = changed;
    changed.is_some()
}

/// The fingerprints of what is found in the revision.
fn fingerprints(revision: &Revision, options: &Options) -> Result<FxHashSet<String>, Error> {
    let moved = |paths: &[PathBuf]| -> Vec<PathBuf> {
        paths
            .iter()
            .filter_map(|path| revision.path(path))
            .collect()
    };
    let paths = moved(&options.paths);
    if paths.is_empty() {
        return Ok(FxHashSet::default());
    }
    // What lies outside of the repository is as it is.
    let or_same = |path: &PathBuf| revision.path(path).unwrap_or_else(|| path.clone());
    let source = |source: &MeshConfigSource| match source {
        MeshConfigSource::File(path) => MeshConfigSource::File(or_same(path)),
        inline @ MeshConfigSource::Inline(..) => inline.clone(),
    };
    let folder = revision.folder();
    let mut before = Options {
        paths,
        with: options.with.iter().map(or_same).collect(),
        mesh_config: options.mesh_config.as_ref().map(or_same),
        configured_mesh_config: options.configured_mesh_config.as_ref().map(source),
        ignored: options
            .ignored
            .iter()
            .map(|patterns| patterns.moved(&revision.workdir, &folder))
            .collect(),
        policy: Policy {
            baseline: None,
            ..options.policy.clone()
        },
        since: None,
        ..options.clone()
    };
    for world in &mut before.configured {
        world.roots = moved(&world.roots);
        world.with = moved(&world.with);
        world.mesh_config = world.mesh_config.as_ref().map(source);
    }
    before.configured.retain(|world| !world.roots.is_empty());
    // A world that is asked for may be new.
    let report = match super::run(&before) {
        Ok(report) => report,
        Err(Error::Usage(_)) if !before.worlds.is_empty() => Report::default(),
        Err(error) => return Err(error),
    };
    let findings = report.findings.iter();
    Ok(findings
        .map(|finding| finding.fingerprint.digest(finding.rule.code))
        .collect())
}

/// The documents of all YAML files of the revision.
fn documents(revision: &Revision) -> Documents {
    let folder = revision.folder();
    let files: Vec<PathBuf> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    let parts: Vec<Vec<(Option<Identity>, u64)>> = files
        .par_iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| {
            of_text(&text)
                .into_iter()
                .map(|(_, _, who, what)| (who, what))
                .collect()
        })
        .collect();
    let mut documents = Documents::default();
    for (who, what) in parts.into_iter().flatten() {
        match who {
            Some(who) => {
                documents.objects.entry(who).or_default().insert(what);
            }
            None => {
                documents.others.insert(what);
            }
        }
    }
    documents
}

/// The documents of a text: where each begins and ends, who it is, and what it says. A text that is
/// no YAML is one document.
fn of_text(text: &str) -> Vec<(u32, u32, Option<Identity>, u64)> {
    let tree = Tree::parse(text);
    let is_yaml = tree
        .documents()
        .iter()
        .all(|document| document.error.is_none());
    if !is_yaml {
        let lines: Vec<&str> = text.lines().collect();
        return vec![(0, u32::MAX, None, hash(&lines))];
    }
    let mut found = Vec::new();
    for document in tree.documents() {
        let Some(root) = tree.root(document) else {
            continue;
        };
        let span = document.span;
        found.push((span.start, span.end, identity(root), content_hash(root)));
    }
    found
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    use std::hash::BuildHasher as _;
    rustc_hash::FxBuildHasher.hash_one(value)
}

fn identity(root: Node<'_>) -> Option<Identity> {
    let text = |node: Option<Node<'_>>| node.and_then(Node::text).unwrap_or_default().to_owned();
    let metadata = root.get("metadata");
    let name = text(metadata.and_then(|metadata| metadata.get("name")));
    let api_version = text(root.get("apiVersion"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = text(root.get("kind"));
    let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
    (!name.is_empty() && !kind.is_empty()).then(|| (group.to_owned(), kind, namespace, name))
}

/// Where the documents of a text begin and end, and whether each says what no document of its
/// identity said before.
fn changed(text: &Arc<str>, before: &Documents) -> Vec<(u32, u32, bool)> {
    let documents = of_text(text).into_iter();
    documents
        .map(|(start, end, who, what)| {
            let is_known = match &who {
                Some(who) => before
                    .objects
                    .get(who)
                    .is_some_and(|own| own.contains(&what)),
                None => before.others.contains(&what),
            };
            (start, end, !is_known)
        })
        .collect()
}
