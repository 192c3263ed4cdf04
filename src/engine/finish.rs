//! The last steps on the findings of a run: what they need to know of its files.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::repository::Repository;
use crate::diagnostics::{self, Commented, Filter, Outcome, Policy, ReportFile, Surroundings};
use crate::load::{ADDRESS, Comment, Loaded, comments_of};
use crate::worlds::{Plan, is_below};

/// Finishes the findings of sources that are one world; `root` is the root of the repository that
/// they are in, if any.
pub(crate) fn plain(
    outcome: &mut Outcome,
    sources: &[Arc<Loaded>],
    root: Option<&Path>,
    is_whole: bool,
    policy: &Policy,
    filter: &Filter,
) {
    let own = || sources.iter().filter(|source| !source.file.context);
    let commented = own()
        .filter(|source| !source.comments.is_empty())
        .map(|source| Commented {
            path: &source.file.path,
            comments: &source.comments,
            is_whole: true,
        });
    let looked_at = LookedAt::new(
        is_whole,
        policy,
        own().map(|source| {
            let path = from_root(root, &source.file.path);
            (path, &**source)
        }),
    );
    diagnostics::finish(
        outcome,
        policy,
        filter,
        Surroundings {
            commented: commented.collect(),
            file: &|path| {
                own()
                    .find(|source| *source.file.path == *path)
                    .and_then(|s| file(s))
            },
            from_root: &|path| from_root(root, path),
            is_looked_at: &|subject| looked_at.has(subject),
        },
    );
}

/// Finishes the findings of the worlds of a repository. `is_whole` says that all of its worlds were
/// judged.
pub(super) fn worlds(
    outcome: &mut Outcome,
    repository: &Repository,
    plan: &Plan,
    is_whole: bool,
    policy: &Policy,
    filter: &Filter,
) {
    let is_named = |path: &str| repository.named.iter().any(|named| is_below(path, named));
    let read: FxHashSet<&str> = plan
        .worlds
        .iter()
        .flat_map(|world| world.files.iter().map(String::as_str))
        .collect();
    let loaded: FxHashSet<&str> = repository
        .files
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    let mut files: Vec<(String, &str, Vec<Comment>)> = repository
        .files
        .iter()
        .filter(|(path, source)| {
            !source.comments.is_empty() && !source.file.context && read.contains(path.as_str())
        })
        .map(|(path, source)| {
            (
                source.file.path.to_string(),
                path.as_str(),
                source.comments.clone(),
            )
        })
        .collect();
    // What is no manifest by itself: kustomizations, patches, values, templates.
    let mut others: Vec<&str> = read.difference(&loaded).copied().collect();
    others.sort_unstable();
    for path in others {
        let Some(source) = repository.sources.open(path) else {
            continue;
        };
        let text = repository.sources.text(source);
        if text.contains(ADDRESS) {
            let shown = format!("{}{path}", repository.shown_below);
            files.push((shown, path, comments_of(&text)));
        }
    }
    let commented = files.iter().map(|(shown, path, comments)| Commented {
        path: shown,
        comments,
        is_whole: is_whole && is_named(path),
    });
    let from_root = |path: &str| {
        let below = path.strip_prefix(&*repository.shown_below);
        below.unwrap_or(path).to_owned()
    };
    let is_all = is_whole && repository.named.iter().any(String::is_empty);
    let named = repository
        .files
        .iter()
        .filter(|(path, _)| is_named(path))
        .map(|(path, source)| (path.clone(), &**source));
    let looked_at = LookedAt::new(is_all, policy, named);
    let file = |path: &str| {
        let own = repository
            .files
            .iter()
            .find(|(_, own)| *own.file.path == *path);
        if let Some((_, source)) = own {
            return file(source);
        }
        let source = repository.sources.open(&from_root(path))?;
        Some(ReportFile {
            path: path.to_owned(),
            text: repository.sources.text(source),
            bom: false,
        })
    };
    diagnostics::finish(
        outcome,
        policy,
        filter,
        Surroundings {
            commented: commented.collect(),
            file: &file,
            from_root: &from_root,
            is_looked_at: &|subject| looked_at.has(subject),
        },
    );
}

/// The file of a source, for a report.
fn file(source: &Loaded) -> Option<ReportFile> {
    Some(ReportFile {
        path: source.file.path.to_string(),
        text: source.text.read()?,
        bom: source.bom,
    })
}

/// What a run looked at, for entries of the baseline that know nothing.
enum LookedAt {
    /// All of the repository.
    All,
    /// These objects, as their own manifests name them, and these files.
    Some(FxHashSet<String>),
}

impl LookedAt {
    fn new<'l>(
        is_all: bool,
        policy: &Policy,
        sources: impl Iterator<Item = (String, &'l Loaded)>,
    ) -> Self {
        if is_all || policy.baseline.is_none() {
            return Self::All;
        }
        let mut known = FxHashSet::default();
        for (path, source) in sources {
            known.insert(path);
            for object in source.objects.iter() {
                let header = &object.header;
                let namespace = if header.is_unplaced {
                    ""
                } else {
                    &header.namespace
                };
                let subject = diagnostics::Subject::Object {
                    kind: header.kind.to_string(),
                    namespace: namespace.to_owned(),
                    name: header.name.to_string(),
                };
                known.insert(subject.to_string());
            }
        }
        Self::Some(known)
    }

    fn has(&self, subject: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(known) => known.contains(subject),
        }
    }
}

/// A path of a report, from the root of the repository where it lies below.
fn from_root(root: Option<&Path>, path: &str) -> String {
    let full = Path::new(path).canonicalize();
    let below = full.ok().and_then(|full| {
        let below = full.strip_prefix(root?).ok()?;
        Some(below.to_string_lossy().replace('\\', "/"))
    });
    below.unwrap_or_else(|| path.to_owned())
}
