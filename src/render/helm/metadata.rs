//! `Chart.yaml` and `requirements.yaml`.

use super::chart::{TextFile, bad_yaml};
use super::problem::{Problem, ProblemKind};
use super::semver::Version;
use crate::render::Place;
use crate::yaml::{Node, Scalar, Span, Tree, Value};

/// What the renderer needs of a chart's metadata.
#[derive(Debug, Clone, Default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) api_version: String,
    /// `application`, `library` or nothing.
    pub(super) kind: String,
    pub(super) kube_version: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// A dependency as a chart names it.
#[derive(Debug, Clone, Default)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) repository: String,
    pub(super) condition: String,
    pub(super) tags: Vec<String>,
    pub(super) alias: String,
    pub(super) imports: Vec<Import>,
    pub(super) place: Option<Place>,
}

/// An entry of `import-values`.
#[derive(Debug, Clone)]
pub(super) enum Import {
    /// A table under `exports` of the dependency.
    Export(String),
    /// A table of the dependency and where it goes.
    Table { child: String, parent: String },
}

/// A scalar as a string field takes it.
pub(super) fn string_of(node: Node<'_>) -> Option<String> {
    match node.value() {
        Value::Scalar(Scalar::Str(text)) => Some(text.to_owned()),
        Value::Scalar(Scalar::Null) => Some(String::new()),
        Value::Scalar(Scalar::Bool(value)) => Some(value.to_string()),
        Value::Scalar(Scalar::Int(value)) => Some(value.to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "Helm goes through 32 bits")]
        Value::Scalar(Scalar::Float(value)) => Some(short_float(value as f32)),
        Value::Sequence | Value::Mapping => None,
    }
}

/// The shortest digits that give a 32-bit float back.
pub(super) fn short_float(value: f32) -> String {
    let shortest: f64 = value
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(value));
    super::floats::float_g(shortest)
}

fn text(node: Node<'_>, key: &str) -> String {
    node.get(key).and_then(string_of).unwrap_or_default()
}

impl Metadata {
    /// Reads `Chart.yaml`.
    pub(super) fn read(file: &TextFile) -> Result<Self, Problem> {
        let tree = Tree::parse(&file.text);
        let Some(root) = root(&tree, file, "Chart.yaml")? else {
            return Ok(Self {
                api_version: "v1".to_owned(),
                ..Self::default()
            });
        };
        if root.value() != Value::Mapping {
            return Err(bad_yaml(
                file,
                "Chart.yaml",
                root.span(),
                "it is no mapping",
            ));
        }
        for key in ["name", "version", "apiVersion", "type", "kubeVersion"] {
            if let Some(node) = root.get(key)
                && string_of(node).is_none()
            {
                let message = format!("{key} is no string");
                return Err(bad_yaml(file, "Chart.yaml", node.span(), &message));
            }
        }
        let api_version = text(root, "apiVersion");
        Ok(Self {
            name: text(root, "name"),
            version: text(root, "version"),
            api_version: if api_version.is_empty() {
                "v1".to_owned()
            } else {
                api_version
            },
            kind: text(root, "type"),
            kube_version: text(root, "kubeVersion"),
            dependencies: dependencies(root, file),
        })
    }

    /// Reads the dependencies of `requirements.yaml`.
    pub(super) fn read_requirements(&mut self, file: &TextFile) -> Result<(), Problem> {
        let tree = Tree::parse(&file.text);
        if let Some(root) = root(&tree, file, "requirements.yaml")?
            && root.get("dependencies").is_some()
        {
            self.dependencies = dependencies(root, file);
        }
        Ok(())
    }

    /// Refuses metadata that Helm refuses.
    pub(super) fn validate(&self, file: &TextFile) -> Result<(), Problem> {
        let tree = Tree::parse(&file.text);
        let root = tree
            .documents()
            .first()
            .and_then(|document| tree.root(document));
        let fault = |key: &str, message: String| {
            let span = root.and_then(|root| root.get(key)).map(|node| node.span());
            let place = Place {
                source: file.source,
                span: span.unwrap_or_default(),
            };
            Problem::new(ProblemKind::Chart, message).at(place)
        };
        if self.name.is_empty() {
            return Err(fault("name", "Chart.yaml has no name".to_owned()));
        }
        if matches!(self.name.as_str(), "." | "..") || self.name.contains(['/', '\\']) {
            let message = format!("Chart.yaml: the name {:?} is not valid", self.name);
            return Err(fault("name", message));
        }
        if self.version.is_empty() {
            return Err(fault("version", "Chart.yaml has no version".to_owned()));
        }
        if Version::parse(&self.version).is_none() {
            let message = format!("Chart.yaml: {:?} is not a version", self.version);
            return Err(fault("version", message));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            let message = format!(
                "Chart.yaml: the type is {:?}; it must be application or library",
                self.kind
            );
            return Err(fault("type", message));
        }
        for (index, dependency) in self.dependencies.iter().enumerate() {
            let name = dependency.used_name();
            let before = self.dependencies.iter().take(index);
            if before.into_iter().any(|other| other.used_name() == name) {
                let message = format!("more than one dependency has the name or alias {name:?}");
                let mut problem = fault("dependencies", message);
                problem.place = dependency.place.or(problem.place);
                return Err(problem);
            }
        }
        Ok(())
    }
}

impl Dependency {
    /// The name under which its values and templates stand.
    pub(super) fn used_name(&self) -> &str {
        if self.alias.is_empty() {
            &self.name
        } else {
            &self.alias
        }
    }
}

fn root<'t>(tree: &'t Tree<'t>, file: &TextFile, shown: &str) -> Result<Option<Node<'t>>, Problem> {
    let Some(document) = tree.documents().first() else {
        return Ok(None);
    };
    if let Some(error) = &document.error {
        return Err(bad_yaml(file, shown, error.span, &error.message));
    }
    Ok(tree.root(document))
}

fn dependencies(root: Node<'_>, file: &TextFile) -> Vec<Dependency> {
    let Some(list) = root.get("dependencies") else {
        return Vec::new();
    };
    let entries = list.items().filter(|item| item.value() == Value::Mapping);
    entries
        .map(|item| Dependency {
            name: text(item, "name"),
            version: text(item, "version"),
            repository: text(item, "repository"),
            condition: text(item, "condition"),
            tags: item
                .get("tags")
                .map(|tags| tags.items().filter_map(string_of).collect())
                .unwrap_or_default(),
            alias: text(item, "alias"),
            imports: item
                .get("import-values")
                .map(|imports| imports.items().filter_map(import).collect())
                .unwrap_or_default(),
            place: Some(Place {
                source: file.source,
                span: item.get("name").map_or_else(Span::default, Node::span),
            }),
        })
        .collect()
}

fn import(node: Node<'_>) -> Option<Import> {
    if node.value() == Value::Mapping {
        return Some(Import::Table {
            child: text(node, "child"),
            parent: text(node, "parent"),
        });
    }
    node.as_str().map(|name| Import::Export(name.to_owned()))
}
