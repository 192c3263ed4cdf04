//! The values that an Application gives a chart: files, texts, parameters, and the names that Argo CD
//! puts into them.

use super::application::{Application, text};
use crate::render::flux::is_true;
use crate::render::gitops::{Fault, FaultKind, Layer};
use crate::render::value::{Inline, Node, Reader, Reads};
use crate::render::{Sources, What, join};
use crate::yaml::Tree;
use ecow::EcoString;

impl Application<'_> {
    /// The values over those of the chart, in order.
    pub(super) fn values(
        &self,
        sources: &Sources,
        settings: Option<&Node>,
        folder: &str,
        environment: &[(&str, String)],
    ) -> Result<Vec<Layer>, Fault> {
        let mut layers = Vec::new();
        let skip_missing = is_true(settings.and_then(|node| node.get("ignoreMissingValueFiles")));
        let list = |key: &str| {
            let list = settings
                .and_then(|node| node.get(key))
                .and_then(Node::as_list);
            list.unwrap_or_default()
        };
        for file in list("valueFiles") {
            let Some(written) = file.text() else { continue };
            let place = file.trace.place;
            let path = self.file(written, folder, environment);
            let found = match &path {
                Some(Some(path)) => sources.matching(path),
                // A file of another repository.
                Some(None) => continue,
                None => Vec::new(),
            };
            if found.is_empty() && !skip_missing {
                return Err(Fault::new(
                    FaultKind::MissingPath,
                    place,
                    format!("there is no values file {written}, so Argo CD renders nothing"),
                )
                .help("name a file that is there, or set ignoreMissingValueFiles"));
            }
            layers.extend(found.into_iter().map(|path| Layer::File { path, place }));
        }
        let tree = settings
            .and_then(|node| node.get("valuesObject"))
            .filter(|node| !node.is_empty());
        if let Some(tree) = tree {
            layers.push(Layer::Tree(tree.clone()));
        } else if let Some(node) = settings.and_then(|node| node.get("values")) {
            layers.extend(inline_values(sources, node).map(Layer::Tree));
        }
        for parameter in list("parameters") {
            let (Some(name), Some(value)) = (parameter.get("name"), parameter.get("value")) else {
                continue;
            };
            let value_text = substituted(value.text().map_or("", EcoString::as_str), environment);
            layers.push(Layer::Set {
                text: format!(
                    "{}={}",
                    name.text().map_or("", EcoString::as_str),
                    escaped(&value_text)
                ),
                as_text: is_true(parameter.get("forceString")),
                place: value.trace.place,
            });
        }
        for parameter in list("fileParameters") {
            let (Some(name), Some(path)) = (parameter.get("name"), parameter.get("path")) else {
                continue;
            };
            let written = path.text().map_or("", EcoString::as_str);
            let content = self
                .file(written, folder, environment)
                .flatten()
                .and_then(|path| sources.open(&path))
                .map(|source| sources.text(source));
            if let Some(content) = content {
                layers.push(Layer::Set {
                    text: format!(
                        "{}={}",
                        name.text().map_or("", EcoString::as_str),
                        escaped(&content)
                    ),
                    as_text: true,
                    place: path.trace.place,
                });
            }
        }
        Ok(layers)
    }

    /// The path of a values file: below the chart, from the root, or in the source that a `$ref`
    /// names; `Some(None)` for one of another repository.
    fn file(
        &self,
        written: &str,
        folder: &str,
        environment: &[(&str, String)],
    ) -> Option<Option<String>> {
        if let Some(rest) = written.strip_prefix('$') {
            let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
            if let Some(root) = self.refs.get(name) {
                return match root {
                    Some(root) => join(root, &substituted(path, environment)).map(Some),
                    None => Some(None),
                };
            }
        }
        let written = substituted(written, environment);
        match written.strip_prefix('/') {
            Some(path) => join("", path).map(Some),
            None => join(folder, &written).map(Some),
        }
    }

    /// What Argo CD puts into file names and parameters.
    pub(super) fn environment(&self, source: &Node) -> Vec<(&'static str, String)> {
        let field = |key: &str| text(Some(source), key).unwrap_or_default().to_owned();
        vec![
            (
                "ARGOCD_APP_NAMESPACE",
                self.namespace.clone().unwrap_or_default().to_string(),
            ),
            ("ARGOCD_APP_NAME", self.object.identity.name.to_string()),
            ("ARGOCD_APP_SOURCE_PATH", field("path")),
            ("ARGOCD_APP_SOURCE_REPO_URL", field("repoURL")),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", field("targetRevision")),
            ("ARGOCD_APP_REVISION", field("targetRevision")),
        ]
    }
}

/// The tree of `helm.values`, a text that stands inside a scalar.
fn inline_values(sources: &Sources, node: &Node) -> Option<Node> {
    let text = node.text()?;
    let tree = Tree::parse(text);
    let root = tree.root(tree.documents().first()?)?;
    let place = node.trace.place;
    let inline = Inline::new(text, place.span, &sources.text(place.source));
    let reader = Reader {
        source: place.source,
        text,
        what: What::Values,
        reads: Reads::Kubernetes,
        inline: Some(&inline),
    };
    Some(reader.read(root))
}

/// Replaces `$NAME` and `${NAME}` by what the environment has.
fn substituted(text: &str, environment: &[(&str, String)]) -> String {
    let mut text = text.to_owned();
    // Longer names first, since one may begin with another.
    let mut names: Vec<&(&str, String)> = environment.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in names {
        text = text
            .replace(&format!("${{{name}}}"), value)
            .replace(&format!("${name}"), value);
    }
    text
}

/// A value for `--set`, in which a comma would end it.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut before = ' ';
    for c in value.chars() {
        if c == ',' && before != '\\' {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}
