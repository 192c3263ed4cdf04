//! One release of a helmfile: its chart, its values, what it installs.

use ecow::EcoString;

use super::environment::Environment;
use super::{File, Run, ValuesError, folder_of, is_false, list, map_of, missing};
use crate::render::gitops::{Layer, Object, Release};
use crate::render::value::{Node, Scalar};
use crate::render::{Place, join};

/// Fields of a release that change what its chart makes.
const CHANGES: [&str; 4] = [
    "strategicMergePatches",
    "jsonPatches",
    "transformers",
    "dependencies",
];

/// What templates of a release see of it.
struct About {
    name: EcoString,
    namespace: EcoString,
    parameters: Node,
}

impl Run<'_> {
    /// Installs a release.
    pub(super) fn release(
        &mut self,
        release: &Node,
        templates: Option<&Node>,
        file: &File<'_>,
        environment: &Environment,
    ) {
        let release = &with_templates(release, templates);
        if is_false(release.get("installed")) {
            return;
        }
        let condition = release.get("condition").and_then(Node::text);
        let condition = condition.map(|path| environment.value(path));
        if let Some(Some(value)) = condition
            && is_false(Some(value))
        {
            return;
        }
        let place = release.trace.place;
        let Some(name) = release.get("name").and_then(Node::text) else {
            return;
        };
        let Some(about) = self.about(name, release, environment) else {
            self.unknown(None, format!("release {name} can't be evaluated"), place);
            return;
        };
        let chart = self
            .filled(release.get("chart"), &about)
            .unwrap_or_default();
        let chart_place = release.get("chart").map_or(place, |node| node.trace.place);
        let owner = format!("chart {chart} (release {} of {})", about.name, file.path);
        let is_changed = CHANGES.iter().any(|field| release.get(field).is_some());
        // Whether a condition holds whose value nobody sets is not known.
        let is_open = matches!(condition, Some(None));
        let path = join(folder_of(file.path), &chart).filter(|path| self.is_chart(path));
        let Some(path) = path.filter(|_| !is_changed && !is_open) else {
            self.unknown(Some(about.namespace), owner, chart_place);
            return;
        };
        let Some(values) = self.values(release, &about, file) else {
            self.unknown(Some(about.namespace), owner, chart_place);
            return;
        };
        self.install(
            &Release {
                chart: path,
                name: about.name,
                namespace: about.namespace,
                values,
                kube_version: None,
                api_versions: Vec::new(),
                place,
                lenient: true,
            },
            &owner,
        );
    }

    fn is_chart(&self, path: &str) -> bool {
        let files = self.helmfiles.sources.files();
        let is_there = |path: Option<String>| path.is_some_and(|path| files.kind(&path).is_some());
        is_there(join(path, "Chart.yaml")) || (path.ends_with(".tgz") && files.kind(path).is_some())
    }

    fn about(&self, name: &EcoString, release: &Node, environment: &Environment) -> Option<About> {
        let trace = release.trace.inexact();
        let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
        let chart = release.get("chart").and_then(Node::text);
        let written = release.get("namespace").and_then(Node::text);
        let own = map_of(
            &trace,
            [
                ("Name", word(name)),
                ("Namespace", word(written.map_or("", EcoString::as_str))),
                ("Chart", word(chart.map_or("", EcoString::as_str))),
                (
                    "Labels",
                    release
                        .get("labels")
                        .cloned()
                        .unwrap_or_else(|| Node::map(trace.clone())),
                ),
            ],
        );
        let mut about = About {
            name: name.clone(),
            namespace: self.helmfiles.namespace.into(),
            parameters: environment.parameters(&trace, Some(own)),
        };
        about.name = self.filled(release.get("name"), &about)?.into();
        if written.is_some_and(|namespace| !namespace.is_empty()) {
            about.namespace = self.filled(release.get("namespace"), &about)?.into();
        }
        Some(about)
    }

    /// A text, in which the release may stand; `None` if it can't be evaluated.
    fn filled(&self, node: Option<&Node>, about: &About) -> Option<String> {
        let text = node?.text()?;
        if !text.contains("{{") {
            return Some(text.to_string());
        }
        self.evaluate(text, &about.parameters)
    }

    /// The values over those of the chart, in order; `None` if some can't be known.
    fn values(&mut self, release: &Node, about: &About, file: &File<'_>) -> Option<Vec<Layer>> {
        let mut layers = Vec::new();
        let handler = release.get("missingFileHandler").and_then(Node::text);
        let skips =
            handler.is_some_and(|handler| matches!(handler.as_str(), "Warn" | "Info" | "Debug"));
        for entry in list(release, "values") {
            if entry.text().is_none() {
                layers.push(Layer::Tree(entry.clone()));
                continue;
            }
            let place = entry.trace.place;
            let written = self.filled(Some(entry), about)?;
            let path = join(folder_of(file.path), &written)?;
            match self.values_file(&path, &about.parameters, place) {
                Ok(_) if !path.ends_with(".gotmpl") => layers.push(Layer::File { path, place }),
                Ok(values) => layers.push(Layer::Tree(values)),
                Err(ValuesError::Missing) if skips => {}
                Err(ValuesError::Missing) => self.fault(missing(place, &written), &about.namespace),
                Err(ValuesError::NotEvaluated) => return None,
            }
        }
        if !list(release, "secrets").is_empty() {
            let because = format!("encrypted values of release {}", about.name);
            let place = release
                .get("secrets")
                .map_or(release.trace.place, |node| node.trace.place);
            self.unknown(Some(about.namespace.clone()), because, place);
        }
        for (field, as_text) in [("set", false), ("setString", true)] {
            for entry in list(release, field) {
                layers.push(self.set(entry, as_text, about)?);
            }
        }
        Some(layers)
    }

    /// An entry of `set`.
    fn set(&self, entry: &Node, as_text: bool, about: &About) -> Option<Layer> {
        let name = entry.get("name")?.text()?;
        let list = entry.get("values").and_then(Node::as_list);
        let value = match list {
            Some(list) => {
                let items: Option<Vec<String>> = list
                    .iter()
                    .map(|item| self.filled(Some(item), about))
                    .collect();
                format!("{{{}}}", items?.join(","))
            }
            None => self.filled(entry.get("value"), about)?.replace(',', "\\,"),
        };
        Some(Layer::Set {
            text: format!("{name}={value}"),
            as_text,
            place: entry.trace.place,
        })
    }

    /// Renders the chart of a release.
    fn install(&mut self, release: &Release, owner: &str) {
        let Some(released) = self.helmfiles.engines.release(release) else {
            self.unknown(
                Some(release.namespace.clone()),
                owner.to_owned(),
                release.place,
            );
            return;
        };
        let files: Vec<String> = released.files;
        if !released.faults.is_empty() {
            self.output.unrendered.extend(files.iter().cloned());
        }
        self.output.files.extend(files);
        self.output.folders.insert(release.chart.clone());
        self.output.unknown.extend(released.unknown);
        for fault in released.faults {
            let because = format!("{owner}: {}", fault.message);
            let place: Place = fault.place;
            self.unknown(Some(release.namespace.clone()), because, place);
            self.output.faults.push(fault);
        }
        let objects = released.objects.into_iter().filter_map(Object::new);
        let objects = objects.map(|object| (object, release.namespace.clone()));
        self.output.objects.extend(objects);
    }
}

/// A release over the templates that it inherits.
fn with_templates(release: &Node, templates: Option<&Node>) -> Node {
    let mut base: Option<Node> = None;
    for entry in list(release, "inherit") {
        let name = entry.get("template").and_then(Node::text);
        let template = name.and_then(|name| templates?.get(name));
        base = match (base, template) {
            (Some(base), Some(template)) => Some(base.overlaid(template)),
            (base, template) => base.or_else(|| template.cloned()),
        };
    }
    match base {
        Some(base) => base.overlaid(release),
        None => release.clone(),
    }
}
