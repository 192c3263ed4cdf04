//! Helmfiles: the charts of the repository that they install, with the values of one environment.
//!
//! A helmfile is read part by part, as helmfile does: each part is a Go template over the values of
//! the environment, which the parts before it may set. What can't be evaluated without running
//! something (`exec`, `requiredEnv`, remote charts and files) is unknown.

mod environment;
mod release;

use std::collections::BTreeSet;

use ecow::EcoString;

use super::gitops::{Cluster, Engines, Fault, FaultKind, Object, Unknown};
use super::value::{Entry, Key, Node, Reader, Reads, Trace, Value, read_inside};
use super::{EntryKind, Place, SourceId, Sources, What, join};
use crate::yaml::{Span, Tree};
use environment::Environment;

/// Helmfiles that list each other are followed so far.
const DEEPEST: usize = 16;
/// Releases of one helmfile and those that it lists.
const MOST_RELEASES: usize = 10_000;

/// What a helmfile installs in one environment.
#[derive(Debug, Default)]
pub struct Output {
    /// The objects, each with the namespace of its release.
    pub objects: Vec<(Object, EcoString)>,
    /// What can't be known.
    pub unknown: Vec<Unknown>,
    /// The mistakes.
    pub faults: Vec<Fault>,
    /// Files that were read.
    pub files: BTreeSet<String>,
    /// Folders of charts that were rendered.
    pub folders: BTreeSet<String>,
    /// Files whose charts could not be rendered.
    pub unrendered: BTreeSet<String>,
}

/// Where helmfiles are read.
#[derive(Clone, Copy)]
pub struct Helmfiles<'h> {
    /// The files of the repository.
    pub sources: &'h Sources,
    /// Renderers of charts and Go templates.
    pub engines: &'h dyn Engines,
    /// The namespace of releases that name none.
    pub namespace: &'h str,
}

impl Helmfiles<'_> {
    /// The environments of a helmfile that decide about what it installs; none if it is the same in
    /// all of them.
    pub fn environments(&self, path: &str) -> Vec<String> {
        let Some(text) = self.sources.open(path).map(|id| self.sources.text(id)) else {
            return Vec::new();
        };
        let is_decided = ["{{", "condition:", ".gotmpl"]
            .iter()
            .any(|sign| text.contains(sign));
        if is_decided {
            environment::names(&text)
        } else {
            Vec::new()
        }
    }

    /// The helmfiles that a helmfile lists.
    pub fn listed(&self, path: &str) -> Vec<String> {
        let Some(text) = self.sources.open(path).map(|id| self.sources.text(id)) else {
            return Vec::new();
        };
        let Some((_, entries)) = environment::block(&text, "helmfiles") else {
            return Vec::new();
        };
        let tree = Tree::parse(entries);
        let Some(root) = tree.documents().first().and_then(|first| tree.root(first)) else {
            return Vec::new();
        };
        let entries = root.get("helmfiles").into_iter();
        let entries = entries.flat_map(crate::yaml::Node::items);
        entries
            .filter_map(|entry| entry.text().or_else(|| entry.get("path")?.text()))
            .flat_map(|entry| self.found(path, entry))
            .collect()
    }

    /// What a helmfile installs in an environment.
    pub fn render(&self, path: &str, environment: &str) -> Output {
        let mut run = Run {
            helmfiles: *self,
            output: Output::default(),
            left: MOST_RELEASES,
        };
        run.file(path, &Environment::new(environment), 0);
        run.output
    }

    /// The helmfiles that an entry of a helmfile names: a file, the files of a folder, or those
    /// that a pattern fits.
    fn found(&self, helmfile: &str, entry: &str) -> Vec<String> {
        let Some(path) = join(folder_of(helmfile), entry) else {
            return Vec::new();
        };
        if self.sources.files().kind(&path) != Some(EntryKind::Folder) {
            return self.sources.matching(&path);
        }
        let usual = ["helmfile.yaml", "helmfile.yaml.gotmpl", "helmfile.yml"];
        let usual = usual.iter().filter_map(|name| join(&path, name));
        let usual: Vec<String> = usual
            .filter(|path| self.sources.files().kind(path) == Some(EntryKind::File))
            .take(1)
            .collect();
        if !usual.is_empty() {
            return usual;
        }
        let entries = self.sources.files().entries(&path);
        entries
            .into_iter()
            .filter(|entry| is_yaml(&entry.name))
            .filter_map(|entry| join(&path, &entry.name))
            .collect()
    }
}

fn is_yaml(name: &str) -> bool {
    let name = name.strip_suffix(".gotmpl").unwrap_or(name);
    name.ends_with(".yaml") || name.ends_with(".yml")
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// One helmfile on its way, in one environment.
struct Run<'h> {
    helmfiles: Helmfiles<'h>,
    output: Output,
    left: usize,
}

impl Run<'_> {
    /// Reads a helmfile and those that it lists.
    fn file(&mut self, path: &str, environment: &Environment, depth: usize) {
        let sources = self.helmfiles.sources;
        let Some(source) = sources.open(path) else {
            return;
        };
        self.output.files.insert(path.to_owned());
        let text = sources.text(source);
        let mut environment = environment.clone();
        let mut parts = Vec::new();
        for (start, part) in parts_of(&text) {
            let file = File {
                path,
                source,
                start,
            };
            self.set_values(part, &file, &mut environment);
            let Some(node) = self.part(part, &file, &environment) else {
                self.unknown(None, format!("{path} can't be evaluated"), file.place());
                continue;
            };
            parts.push((node, file));
        }
        let templates = parts.iter().find_map(|(node, _)| node.get("templates"));
        for (node, file) in &parts {
            for release in list(node, "releases") {
                if self.left == 0 {
                    return;
                }
                self.left -= 1;
                self.release(release, templates, file, &environment);
            }
            for entry in list(node, "helmfiles") {
                self.nested(entry, file, &environment, depth);
            }
        }
    }

    /// Follows an entry of `helmfiles`.
    fn nested(&mut self, entry: &Node, file: &File<'_>, environment: &Environment, depth: usize) {
        let path = entry.text().or_else(|| entry.get("path")?.text());
        let Some(path) = path else { return };
        let found = self.helmfiles.found(file.path, path);
        if found.is_empty() || depth >= DEEPEST {
            let because = format!("helmfile {path}");
            self.unknown(None, because, entry.trace.place);
            return;
        }
        for path in found.into_iter().filter(|path| path != file.path) {
            if !self.output.files.contains(&path) {
                self.file(&path, &environment.nested(), depth + 1);
            }
        }
    }

    /// A part of a helmfile as a tree: as it stands if it is no template, else what it makes.
    fn part(&self, part: &str, file: &File<'_>, environment: &Environment) -> Option<Node> {
        let is_blank = part.lines().all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with('#') || line == "---"
        });
        if is_blank {
            return Some(Node::map(file.trace()));
        }
        if !part.contains("{{") {
            return file.tree(part, 0);
        }
        let made = self.evaluate(part, &environment.parameters(&file.trace(), None));
        match made {
            Some(text) => read_inside(&text, &file.trace()),
            // Newer versions of helmfile execute only files that say so in their names; what looks
            // like a template elsewhere is for releases.
            None if !file.path.ends_with(".gotmpl") => file.tree(part, 0),
            None => None,
        }
    }

    /// What a template makes; `None` where it can't be evaluated.
    fn evaluate(&self, text: &str, parameters: &Node) -> Option<String> {
        self.helmfiles
            .engines
            .template(text, parameters, true)?
            .ok()
    }

    fn unknown(&mut self, namespace: Option<EcoString>, because: String, place: Place) {
        self.output.unknown.push(Unknown {
            namespace,
            because,
            place,
            cluster: Cluster::new(),
        });
    }

    /// Notes a mistake, and that what it costs is unknown.
    fn fault(&mut self, fault: Fault, namespace: &EcoString) {
        self.unknown(Some(namespace.clone()), fault.message.clone(), fault.place);
        self.output.faults.push(fault);
    }

    /// The tree of a values file, templates executed. The error says why it is not to be had.
    fn values_file(
        &mut self,
        path: &str,
        parameters: &Node,
        place: Place,
    ) -> Result<Node, ValuesError> {
        let sources = self.helmfiles.sources;
        let source = sources.open(path).ok_or(ValuesError::Missing)?;
        self.output.files.insert(path.to_owned());
        let text = sources.text(source);
        let span = Span::default();
        let trace = Trace::new(Place { source, span }, What::Values);
        let empty = || Node::map(Trace::new(place, What::Values));
        if path.ends_with(".gotmpl") {
            let made = self.evaluate(&text, parameters);
            let made = made.ok_or(ValuesError::NotEvaluated)?;
            return Ok(read_inside(&made, &trace).unwrap_or_else(empty));
        }
        let file = File {
            path,
            source,
            start: 0,
        };
        Ok(file.tree(&text, 0).unwrap_or_else(empty))
    }
}

/// Why a values file gives nothing.
enum ValuesError {
    Missing,
    NotEvaluated,
}

/// A part of a file that is read.
struct File<'f> {
    path: &'f str,
    source: SourceId,
    /// Where the part begins.
    start: u32,
}

impl File<'_> {
    fn span(&self, span: Span) -> Span {
        Span {
            start: span.start.saturating_add(self.start),
            end: span.end.saturating_add(self.start),
        }
    }

    /// The tree of a text of the part that begins `at` bytes behind the part's beginning; `None` for
    /// what is no YAML.
    fn tree(&self, text: &str, at: usize) -> Option<Node> {
        let tree = Tree::parse(text);
        let document = tree.documents().first()?;
        if document.error.is_some() {
            return None;
        }
        let reader = Reader {
            source: self.source,
            text,
            what: What::Values,
            reads: Reads::Kubernetes,
            inline: None,
        };
        let at = u32::try_from(at).ok()?;
        let mut node = reader.read(tree.root(document)?);
        node.retrace(&mut |trace| {
            let span = self.span(trace.place.span);
            trace.place.span = Span {
                start: span.start.saturating_add(at),
                end: span.end.saturating_add(at),
            };
        });
        Some(node)
    }

    /// The beginning of the part.
    fn place(&self) -> Place {
        Place {
            source: self.source,
            span: self.span(Span::default()),
        }
    }

    fn trace(&self) -> Trace {
        Trace::new(self.place(), What::Values)
    }
}

/// The parts of a helmfile, each with where it begins.
fn parts_of(text: &str) -> Vec<(u32, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push((start, at));
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push((start, at));
    parts
        .into_iter()
        .filter_map(|(start, end)| {
            let part = text
                .get(start..end)
                .filter(|part| !part.trim().is_empty())?;
            Some((u32::try_from(start).ok()?, part))
        })
        .collect()
}

fn list<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    let list = node.get(key).and_then(Node::as_list);
    list.unwrap_or_default()
}

/// Whether a value says no.
fn is_false(node: Option<&Node>) -> bool {
    node.and_then(Node::text)
        .is_some_and(|text| text == "false")
}

/// A mapping of entries that are made here.
fn map_of<'k>(trace: &Trace, entries: impl IntoIterator<Item = (&'k str, Node)>) -> Node {
    let entries = entries.into_iter().map(|(key, value)| Entry {
        key: Key::new(key, trace.clone()),
        value,
    });
    Node::new(Value::Map(entries.collect()), trace.clone())
}

fn missing(place: Place, path: &str) -> Fault {
    Fault::new(
        FaultKind::MissingPath,
        place,
        format!("there is no values file {path}, so helmfile installs nothing"),
    )
    .help("name a file that is there, or set missingFileHandler: Warn")
}

#[cfg(test)]
mod tests;
