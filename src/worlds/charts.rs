//! Charts that nothing deploys: with their default values, the values files of their tests, or one
//! for each environment that they have values for.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::gitops::Found;
use super::group::PieceKind;
use super::inventory::Inventory;
use super::leaves::{Document, Leaf, document};
use super::paths::{folder_of, is_below};
use super::plan::Repository;
use crate::render::gitops::{FaultKind, Layer, Object, Release, Unknown};
use crate::render::{EntryKind, Place, Sources, join};
use crate::yaml::{Node, Span, Tree};

/// Folders whose subfolders are environments.
const HOMES: [&str; 6] = ["env", "envs", "environments", "values", "config", "deploy"];

/// The leaves of charts that nothing installs; `installed` are those that helmfiles do.
pub(super) fn find(
    repository: Repository<'_>,
    inventory: &Inventory,
    found: &Found,
    installed: &BTreeSet<String>,
) -> Vec<Leaf> {
    let sources = repository.sources;
    let tops: Vec<&String> = inventory
        .charts
        .iter()
        .filter(|chart| !inventory.is_aside(chart))
        .filter(|chart| !found.reached_folders.contains(*chart) && !installed.contains(*chart))
        .filter(|chart| {
            !inventory
                .charts
                .iter()
                .any(|other| other != *chart && is_below(chart, other))
        })
        .collect();
    let used: BTreeSet<String> = tops
        .iter()
        .flat_map(|chart| local_dependencies(sources, chart))
        .collect();
    let mut leaves = Vec::new();
    for chart in tops {
        if used.contains(chart) || is_library(sources, chart) {
            continue;
        }
        leaves.extend(of_chart(repository, chart));
    }
    leaves
}

/// The folders of charts that a chart depends on by `file://`.
fn local_dependencies(sources: &Sources, chart: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["Chart.yaml", "requirements.yaml"] {
        let Some(text) = text_of(sources, chart, name) else {
            continue;
        };
        let tree = Tree::parse(&text);
        let Some(root) = tree.documents().first().and_then(|first| tree.root(first)) else {
            continue;
        };
        let entries = root.get("dependencies").into_iter().flat_map(Node::items);
        found.extend(entries.filter_map(|entry| {
            let path = entry.get("repository")?.text()?.strip_prefix("file://")?;
            join(chart, path)
        }));
    }
    found
}

fn text_of(sources: &Sources, folder: &str, name: &str) -> Option<std::sync::Arc<str>> {
    let source = sources.open(&join(folder, name)?)?;
    Some(sources.text(source))
}

/// A field of `Chart.yaml`.
fn field(sources: &Sources, chart: &str, name: &str) -> Option<String> {
    let text = text_of(sources, chart, "Chart.yaml")?;
    let tree = Tree::parse(&text);
    let root = tree.root(tree.documents().first()?)?;
    root.get(name).and_then(Node::text).map(ToOwned::to_owned)
}

fn is_library(sources: &Sources, chart: &str) -> bool {
    field(sources, chart, "type").as_deref() == Some("library")
}

/// The leaves of one chart.
fn of_chart(repository: Repository<'_>, chart: &str) -> Vec<Leaf> {
    let sources = repository.sources;
    let base = chart.rsplit('/').next().unwrap_or_default();
    let name = field(sources, chart, "name").unwrap_or_else(|| base.to_owned());
    let environments = environments(sources, chart);
    if !environments.is_empty() {
        let leaves = environments.into_iter().filter_map(|(environment, path)| {
            let mut leaf = rendered(repository, chart, &name, Some(path))?;
            leaf.environment = Some(environment);
            Some(leaf)
        });
        return leaves.collect();
    }
    let mut leaves: Vec<Leaf> = rendered(repository, chart, &name, None)
        .into_iter()
        .collect();
    for (test, path) in test_values(sources, chart) {
        if let Some(mut leaf) = rendered(repository, chart, &name, Some(path)) {
            leaf.name = format!("{name}/{test}");
            leaves.push(leaf);
        }
    }
    leaves
}

/// Renders a chart under its own name; `None` where charts aren't rendered.
fn rendered(
    repository: Repository<'_>,
    chart: &str,
    name: &str,
    values: Option<String>,
) -> Option<Leaf> {
    let source = repository.sources.open(&join(chart, "Chart.yaml")?)?;
    let place = Place {
        source,
        span: Span::default(),
    };
    let namespace: EcoString = repository.namespace.into();
    let release = Release {
        chart: chart.to_owned(),
        name: name.into(),
        namespace: namespace.clone(),
        values: values
            .into_iter()
            .map(|path| Layer::File { path, place })
            .collect(),
        kube_version: None,
        api_versions: Vec::new(),
        place,
        lenient: true,
    };
    let released = repository.engines.release(&release)?;
    let unknown = released.faults.iter().map(|fault| Unknown {
        namespace: Some(namespace.clone()),
        because: format!("chart {name}: {}", fault.message),
        place: fault.place,
        cluster: EcoString::new(),
    });
    let unknown = unknown.chain(released.unknown.iter().cloned()).collect();
    let files: BTreeSet<String> = released.files.into_iter().collect();
    let has_failed = !released.faults.is_empty();
    // Nobody installs a chart with what it wants others to set.
    let is_default = release.values.is_empty();
    let faults = released.faults.into_iter();
    let faults = faults.filter(|fault| !(is_default && fault.kind == FaultKind::HelmDemand));
    let documents: Vec<Document> = released
        .objects
        .into_iter()
        .filter_map(Object::new)
        .map(|object| document(&object, None))
        .collect();
    Some(Leaf {
        path: chart.to_owned(),
        kind: PieceKind::Helm,
        name: name.to_owned(),
        documents,
        unrendered: if has_failed {
            files.clone()
        } else {
            BTreeSet::new()
        },
        files,
        unknown,
        faults: faults.collect(),
        ..Leaf::default()
    })
}

/// The values files of a chart's tests: `ci/NAME-values.yaml`.
fn test_values(sources: &Sources, chart: &str) -> Vec<(String, String)> {
    let Some(folder) = join(chart, "ci") else {
        return Vec::new();
    };
    let entries = sources.files().entries(&folder);
    entries
        .into_iter()
        .filter_map(|entry| {
            let name = entry.name.strip_suffix("-values.yaml")?;
            Some((name.to_owned(), join(&folder, &entry.name)?))
        })
        .collect()
}

/// The environments that a chart has values for, in order.
fn environments(sources: &Sources, chart: &str) -> Vec<(String, String)> {
    let keys = keys(sources, &join(chart, "values.yaml").unwrap_or_default());
    let mut found: Vec<(String, String)> = Vec::new();
    let mut folders = vec![chart.to_owned()];
    folders.extend(["values"].iter().filter_map(|name| join(chart, name)));
    folders.push(folder_of(chart).to_owned());
    for folder in folders {
        let is_values = folder.rsplit('/').next() == Some("values") && folder != chart;
        let is_beside = folder == folder_of(chart) && folder != chart;
        for entry in sources.files().entries(&folder) {
            if entry.kind != EntryKind::File {
                continue;
            }
            let Some(environment) = environment_of(&entry.name, is_values) else {
                continue;
            };
            let Some(path) = join(&folder, &entry.name) else {
                continue;
            };
            if !is_beside || fits(sources, &path, &keys) {
                found.push((environment, path));
            }
        }
    }
    for home in HOMES {
        let Some(home) = join(chart, home) else {
            continue;
        };
        for entry in sources.files().entries(&home) {
            let Some(path) = join(&home, &format!("{}/values.yaml", entry.name)) else {
                continue;
            };
            if entry.kind == EntryKind::Folder && fits(sources, &path, &keys) {
                found.push((entry.name, path));
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// The environment in the name of a values file.
fn environment_of(name: &str, is_in_values: bool) -> Option<String> {
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))?;
    let environment = stem
        .strip_prefix("values-")
        .or_else(|| stem.strip_prefix("values."))
        .or_else(|| stem.strip_suffix("-values"))
        .or_else(|| (is_in_values && stem != "values").then_some(stem))?;
    let is_word = environment
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (!environment.is_empty() && is_word && environment != "schema").then(|| environment.to_owned())
}

/// The top-level keys of a YAML file.
fn keys(sources: &Sources, path: &str) -> BTreeSet<String> {
    let Some(source) = sources.open(path) else {
        return BTreeSet::new();
    };
    let text = sources.text(source);
    let tree = Tree::parse(&text);
    let Some(root) = tree.documents().first().and_then(|first| tree.root(first)) else {
        return BTreeSet::new();
    };
    root.entries()
        .filter_map(|(key, _)| key.text().map(ToOwned::to_owned))
        .collect()
}

/// Whether most keys of a values file are the chart's.
fn fits(sources: &Sources, path: &str, known: &BTreeSet<String>) -> bool {
    let own = keys(sources, path);
    !own.is_empty()
        && own
            .iter()
            .filter(|key| known.contains(*key) || *key == "global")
            .count()
            * 2
            > own.len()
}
