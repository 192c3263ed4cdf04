//! Charts that a kustomization lists.

use ecow::EcoString;

use super::follow::Gitops;
use super::release::{Layer, Release};
use crate::render::value::Node;
use crate::render::{Rendered, join, kustomize};

impl Gitops<'_> {
    /// Renders an entry of `helmCharts` whose chart is in the repository.
    pub fn chart(&self, entry: &kustomize::Chart<'_>) -> Option<Vec<Rendered>> {
        chart(self, entry)
    }
}

/// Renders an entry of `helmCharts` whose chart is in the repository; `None` for all others, and
/// for a chart with mistakes.
pub(in crate::render) fn chart(
    gitops: &Gitops<'_>,
    chart: &kustomize::Chart<'_>,
) -> Option<Vec<Rendered>> {
    let entry = chart.entry;
    let text = |key: &str| {
        let text = entry.get(key).and_then(Node::text);
        text.map(EcoString::as_str).filter(|text| !text.is_empty())
    };
    let name = text("name")?;
    let home = chart
        .globals
        .and_then(|globals| globals.get("chartHome"))
        .and_then(Node::text)
        .map_or("charts", EcoString::as_str);
    let path = join(&join(chart.folder, home)?, name)?;
    gitops.sources.files().kind(&path)?;
    let mut values = Vec::new();
    let files = entry.get("additionalValuesFiles").and_then(Node::as_list);
    let first = entry.get("valuesFile").into_iter();
    for file in first.chain(files.into_iter().flatten()) {
        values.push(Layer::File {
            path: join(chart.folder, file.text()?)?,
            place: file.trace.place,
        });
    }
    if let Some(inline) = entry.get("valuesInline") {
        values.push(Layer::Tree(inline.clone()));
    }
    let versions = entry.get("apiVersions").and_then(Node::as_list);
    let release = Release {
        chart: path,
        name: text("releaseName").unwrap_or(name).into(),
        namespace: text("namespace")
            .or(chart.namespace)
            .unwrap_or("default")
            .into(),
        values,
        kube_version: text("kubeVersion").map(Into::into),
        api_versions: versions
            .into_iter()
            .flatten()
            .filter_map(|version| version.text().cloned())
            .collect(),
        place: entry.trace.place,
        lenient: gitops.lenient,
    };
    let released = gitops.engines.release(&release)?;
    released.faults.is_empty().then_some(released.objects)
}
