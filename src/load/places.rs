//! Which folders the input holds, and what follows for objects that lead to some: a folder of another
//! repository, or one that is left out, may hold anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Loaded;
use super::unseen::{Lead, is_remote, of_lines};
use super::world::Gap;
use crate::input::lexical;
use crate::yaml::is_placeholder;

/// The root of the repository that `paths` are in: the nearest folder above the first that holds
/// `.git`, else the folder itself; `None` for a file outside a repository.
pub fn root(paths: &[PathBuf]) -> Option<PathBuf> {
    let first = paths.first()?.canonicalize().ok()?;
    let repository = first
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    match repository {
        Some(root) => Some(root.to_owned()),
        None => first.is_dir().then_some(first),
    }
}

/// The folders that hold a source, however deep.
pub(super) fn folders(sources: &[Arc<Loaded>]) -> FxHashSet<PathBuf> {
    let mut folders = FxHashSet::default();
    for loaded in sources {
        let location = loaded.file.location.as_deref();
        for folder in location
            .into_iter()
            .flat_map(|file| file.ancestors().skip(1))
        {
            if !folders.insert(folder.to_owned()) {
                break;
            }
        }
    }
    folders
}

/// What is unknown because objects lead to folders that the input does not hold. A repository is
/// taken for this one if most of the folders that its URL comes with are here.
pub fn of_leads(leads: &[Lead], sources: &[Arc<Loaded>], root: Option<&Path>) -> Vec<Gap> {
    let folders = folders(sources);
    let is_here = |lead: &Lead| {
        let is_literal = !is_placeholder(&lead.path);
        is_literal && root.is_some_and(|root| folders.contains(&lexical(&root.join(&lead.path))))
    };
    let mut votes: FxHashMap<&str, usize> = FxHashMap::default();
    for lead in leads.iter().filter(|lead| is_here(lead)) {
        *votes.entry(&lead.repository).or_default() += 1;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let is_own = |lead: &Lead| votes.get(lead.repository.as_str()) == Some(&most);
    let missing = leads.iter().filter(|lead| !(is_here(lead) && is_own(lead)));
    missing.map(|lead| lead.gap.clone()).collect()
}

/// What kustomizations bring that the input does not hold: charts, remote and missing resources.
pub fn of_kustomizations(sources: &[Arc<Loaded>]) -> Vec<Gap> {
    let folders = folders(sources);
    let files: FxHashSet<&Path> = sources
        .iter()
        .filter_map(|s| s.file.location.as_deref())
        .collect();
    let mut gaps = Vec::new();
    for loaded in sources {
        let Some(folder) = loaded.file.location.as_deref().and_then(Path::parent) else {
            continue;
        };
        for kustomization in &loaded.kustomizations {
            let mut gap = |namespace: &str, what: &str| {
                let is_known = !namespace.is_empty() && !is_placeholder(namespace);
                gaps.push(Gap {
                    is_application: true,
                    namespace: is_known.then(|| namespace.into()),
                    because: format!("{} brings {what}", loaded.file.path),
                    ..Gap::default()
                });
            };
            for chart in &kustomization.charts {
                let namespace = if chart.is_empty() {
                    &kustomization.namespace
                } else {
                    chart
                };
                gap(namespace, "a chart");
            }
            if kustomization.generates {
                gap(&kustomization.namespace, "what a generator makes");
            }
            for entry in &kustomization.resources {
                let place = lexical(&folder.join(entry));
                if is_remote(entry) {
                    gap(&kustomization.namespace, entry);
                } else if !folders.contains(&place) && !files.contains(place.as_path()) {
                    gap(
                        &kustomization.namespace,
                        &format!("{entry}, which the input does not hold"),
                    );
                }
            }
        }
    }
    gaps
}

/// The files that kustomizations list.
pub fn listed(sources: &[Arc<Loaded>]) -> FxHashSet<PathBuf> {
    let mut listed = FxHashSet::default();
    for loaded in sources {
        let folder = loaded.file.location.as_deref().and_then(Path::parent);
        for kustomization in folder.map(|_| &loaded.kustomizations).into_iter().flatten() {
            let entries = kustomization
                .resources
                .iter()
                .filter(|entry| !is_remote(entry));
            listed.extend(entries.filter_map(|entry| Some(lexical(&folder?.join(entry)))));
        }
    }
    listed
}

/// What the text of a template seems to hold.
pub fn of_template(loaded: &Loaded) -> Vec<Gap> {
    let text = loaded.text.read().unwrap_or_default();
    of_template_text(&text, &loaded.file.path)
}

/// What the text of a template, shown under the name `path`, seems to hold.
pub fn of_template_text(text: &str, path: &str) -> Vec<Gap> {
    of_lines(text, &format!("{path} is a template, which is not read"))
}
