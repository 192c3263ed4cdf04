//! Environments of helmfiles: their names and their values.

use super::{File, Run, ValuesError, folder_of, list, map_of};
use crate::render::join;
use crate::render::value::{Node, Scalar, Trace};
use crate::yaml::Tree;

/// An environment as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    name: String,
    values: Option<Node>,
}

impl Environment {
    /// An environment without values.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            values: None,
        }
    }

    /// The environment as helmfiles have it that another one lists: values are their own.
    pub(super) fn nested(&self) -> Self {
        Self::new(&self.name)
    }

    /// The value at a path such as `redis.enabled`.
    pub(super) fn value(&self, path: &str) -> Option<&Node> {
        let keys: Vec<&str> = path.split('.').collect();
        self.values.as_ref()?.at(&keys)
    }

    /// What templates see, of a release as well if they are its own.
    pub(super) fn parameters(&self, trace: &Trace, release: Option<Node>) -> Node {
        let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
        let empty = || Node::map(trace.clone());
        let values = self.values.clone().unwrap_or_else(empty);
        let environment = map_of(
            trace,
            [("Name", word(&self.name)), ("Values", values.clone())],
        );
        let entries = [
            ("Environment", environment),
            ("StateValues", values.clone()),
            ("Values", values),
            ("Namespace", word("")),
        ];
        let release = release.map(|release| ("Release", release));
        map_of(trace, entries.into_iter().chain(release))
    }

    fn extend(&mut self, values: &Node) {
        self.values = Some(match &self.values {
            Some(known) => known.overlaid(values),
            None => values.clone(),
        });
    }
}

/// The lines of a top-level field, from its key to the next one, and where they begin.
pub(super) fn block<'t>(text: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let mut at = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let ends = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '{')
            || line.starts_with("---");
        if let Some(start) = start.filter(|_| ends) {
            return Some((start, text.get(start..at)?));
        }
        let is_key = line
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(':'));
        if is_key {
            start = Some(at);
        }
        at += line.len();
    }
    Some((start?, text.get(start?..)?))
}

/// The names of the environments that a helmfile has.
pub(super) fn names(text: &str) -> Vec<String> {
    let Some((_, block)) = block(text, "environments") else {
        return Vec::new();
    };
    let tree = Tree::parse(block);
    let root = tree.documents().first().and_then(|first| tree.root(first));
    let environments = root.and_then(|root| root.get("environments"));
    let entries = environments
        .into_iter()
        .flat_map(crate::yaml::Node::entries);
    entries
        .filter_map(|(key, _)| key.text().map(ToOwned::to_owned))
        .collect()
}

impl Run<'_> {
    /// Takes the values that a part of a helmfile gives the environment, which templates in the same
    /// part may already use.
    pub(super) fn set_values(
        &mut self,
        part: &str,
        file: &File<'_>,
        environment: &mut Environment,
    ) {
        let read = |key: &str| {
            let (at, text) = block(part, key)?;
            file.tree(text, at)
        };
        if let Some(node) = read("values") {
            self.add_values(list(&node, "values"), file, environment);
        }
        let Some(node) = read("environments") else {
            return;
        };
        let name = environment.name.clone();
        let own = node.at(&["environments", &name]);
        let values = own.map(|own| list(own, "values")).unwrap_or_default();
        self.add_values(values, file, environment);
    }

    /// Lays values over those of the environment: files and mappings, in order.
    fn add_values(&mut self, entries: &[Node], file: &File<'_>, environment: &mut Environment) {
        for entry in entries {
            let Some(written) = entry.text() else {
                environment.extend(entry);
                continue;
            };
            let parameters = environment.parameters(&entry.trace, None);
            let name = if written.contains("{{") {
                self.evaluate(written, &parameters)
            } else {
                Some(written.to_string())
            };
            let path = name.and_then(|name| join(folder_of(file.path), &name));
            let values = path.map(|path| self.values_file(&path, &parameters, entry.trace.place));
            match values {
                Some(Ok(values)) => environment.extend(&values),
                Some(Err(ValuesError::Missing | ValuesError::NotEvaluated)) | None => {
                    let because = format!("values {written} of environment {}", environment.name);
                    self.unknown(None, because, entry.trace.place);
                }
            }
        }
    }
}
