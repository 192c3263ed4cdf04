//! Reading the files that a kustomization names.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecow::EcoString;

use super::super::value::{Inline, Node, Reader, Reads, Style, Trace, Value};
use super::super::{EntryKind, RelatedOrigin, SourceId, Sources, What, join};
use super::file::Text;
use super::near;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;
use crate::yaml::{Document, Span, Tree};

/// Reads files for the kustomization of one folder.
pub(super) struct Loader<'l> {
    pub(super) sources: &'l Sources,
    /// The folder, links resolved.
    pub(super) folder: &'l str,
    /// Whether files must lie in or below the folder.
    pub(super) restrict: bool,
    /// The files that were read.
    pub(super) inputs: &'l mut BTreeSet<String>,
    /// What stands in the files.
    pub(super) what: What,
}

/// What an entry names.
pub(super) enum Named {
    File(String),
    Folder(String),
}

impl Loader<'_> {
    /// What a path leads to.
    pub(super) fn find(&self, path: &str) -> Option<Named> {
        let full = join(self.folder, path)?;
        match self.sources.files().kind(&full)? {
            EntryKind::File => Some(Named::File(full)),
            EntryKind::Folder => Some(Named::Folder(full)),
        }
    }

    /// The problem of a path that leads nowhere.
    pub(super) fn missing(&self, path: &str, trace: &Trace) -> Box<Problem> {
        if is_remote(path) {
            let message = format!("`{path}` is fetched from elsewhere");
            let mut problem = Problem::new(ProblemKind::Foreign, trace.place, message);
            problem.address = Some(path.to_owned());
            return problem;
        }
        let problem = Problem::new(
            ProblemKind::Missing,
            trace.place,
            format!("there is no file or folder `{path}`"),
        );
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let entries = join(self.folder, folder).map(|folder| self.sources.files().entries(&folder));
        let entries = entries.unwrap_or_default();
        match near(name, entries.iter().map(|entry| entry.name.as_str())) {
            Some(found) if folder == "." => problem.help(format!("did you mean `{found}`?")),
            Some(found) => problem.help(format!("did you mean `{folder}/{found}`?")),
            None => problem,
        }
    }

    /// The path of a file that may be read.
    fn allowed(&mut self, path: &str, trace: &Trace) -> Result<String> {
        let Some(Named::File(full)) = self.find(path) else {
            return Err(self.missing(path, trace));
        };
        let canonical = self
            .sources
            .files()
            .canonical(&full)
            .unwrap_or_else(|| full.clone());
        if self.restrict && !is_below(&canonical, self.folder) {
            return Err(Problem::new(
                ProblemKind::OutsideRoot,
                trace.place,
                format!("`{path}` is outside the folder of the kustomization that names it"),
            )
            .help("kustomize reads files only in or below the folder; list a folder with a kustomization instead"));
        }
        self.inputs.insert(full.clone());
        Ok(full)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&mut self, path: &str, trace: &Trace) -> Result<(Arc<[u8]>, SourceId)> {
        let full = self.allowed(path, trace)?;
        let files = self.sources.files();
        let found = files.read(&full).zip(self.sources.open(&full));
        found.ok_or_else(|| self.missing(path, trace))
    }

    /// The text of a file.
    pub(super) fn text(&mut self, path: &str, trace: &Trace) -> Result<(Arc<str>, SourceId)> {
        let full = self.allowed(path, trace)?;
        let id = self
            .sources
            .open(&full)
            .ok_or_else(|| self.missing(path, trace))?;
        Ok((self.sources.text(id), id))
    }

    /// The objects of a file.
    pub(super) fn resources(&mut self, path: &str, trace: &Trace) -> Result<Vec<Resource>> {
        let (text, source) = self.text(path, trace)?;
        self.objects(&text, source, None)
    }

    /// The objects of a text that stands in the kustomization.
    pub(super) fn inline_resources(&self, text: &Text) -> Result<Vec<Resource>> {
        let inline = self.inline(text);
        self.objects(&text.text, text.trace.place.source, Some(&inline))
    }

    pub(super) fn inline(&self, text: &Text) -> Inline {
        let place = text.trace.place;
        Inline::new(&text.text, place.span, &self.sources.text(place.source))
    }

    pub(super) fn objects(
        &self,
        text: &str,
        source: SourceId,
        inline: Option<&Inline>,
    ) -> Result<Vec<Resource>> {
        let nodes = Self::documents(text, source, inline, Reads::Resource, self.what)?;
        let alone = nodes.len() == 1;
        let mut queue: std::collections::VecDeque<Node> = nodes.into();
        let mut objects = Vec::new();
        while let Some(mut node) = queue.pop_front() {
            if node.is_empty() {
                continue;
            }
            check(&node)?;
            let is_list = node
                .get("kind")
                .and_then(Node::text)
                .is_some_and(|kind| kind.ends_with("List"));
            let items = node
                .as_map_mut()
                .filter(|_| is_list)
                .and_then(|map| map.remove("items"));
            let Some(items) = items else {
                objects.push(Resource::read(node));
                continue;
            };
            let is_plain = alone
                && node
                    .get("kind")
                    .and_then(Node::text)
                    .is_some_and(|kind| kind == "List" || kind == "ResourceList");
            match items.value.value {
                Value::List(list) => queue.extend(list.into_iter().map(|mut item| {
                    if !is_plain {
                        through_json(&mut item);
                    }
                    item
                })),
                Value::Scalar(scalar) if scalar.is_null() => {}
                _ => {
                    return Err(Problem::new(
                        ProblemKind::BadResource,
                        items.value.trace.place,
                        format!(
                            "the items of a list are a list, not {}",
                            items.value.type_name()
                        ),
                    ));
                }
            }
        }
        Ok(objects)
    }

    /// The documents of a text that are not empty.
    pub(super) fn documents(
        text: &str,
        source: SourceId,
        inline: Option<&Inline>,
        reads: Reads,
        what: What,
    ) -> Result<Vec<Node>> {
        let reader = Reader {
            source,
            text,
            what,
            reads,
            inline,
        };
        let tree = Tree::parse(text);
        let mut nodes = Vec::new();
        for document in tree.documents() {
            if let Some(problem) = fault(&tree, document, &reader) {
                return Err(problem);
            }
            if let Some(root) = tree.root(document) {
                nodes.push(reader.read(root));
            }
        }
        Ok(nodes)
    }

    /// The one document of a file that configures the build; null when there is none.
    pub(super) fn configuration(&mut self, path: &str, trace: &Trace) -> Result<Option<Node>> {
        let (text, source) = self.text(path, trace)?;
        let nodes = Self::documents(&text, source, None, Reads::Kubernetes, What::Kustomization)?;
        Ok(nodes.into_iter().next())
    }
}

/// Whether a path is in or below a folder.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What keeps a document from being read.
fn fault(tree: &Tree<'_>, document: &Document, reader: &Reader<'_>) -> Option<Box<Problem>> {
    if let Some(error) = &document.error {
        return Some(Problem::new(
            ProblemKind::BadResource,
            reader.place(error.span),
            format!("this is no YAML: {}", error.message),
        ));
    }
    let second = document
        .duplicate_keys
        .first()
        .filter(|_| reader.reads == Reads::Resource)?;
    let key = second.text(reader.text);
    let mut problem = Problem::new(
        ProblemKind::BadResource,
        reader.place(*second),
        format!("the key {key} stands twice in one mapping"),
    );
    if let Some(first) = tree
        .root(document)
        .and_then(|root| first_key(root, *second))
    {
        problem = problem.near(RelatedOrigin {
            place: reader.place(first),
            what: reader.what,
            note: "is the first",
        });
    }
    Some(problem)
}

/// Where the key that is repeated at `second` stands first.
fn first_key(node: crate::yaml::Node<'_>, second: Span) -> Option<Span> {
    if !(node.span().start <= second.start && second.end <= node.span().end) || node.is_alias() {
        return None;
    }
    let keys: Vec<_> = node.raw_entries().map(|(key, _)| key).collect();
    if let Some(repeated) = keys.iter().find(|key| key.span() == second) {
        let first = keys.iter().find(|key| key.text() == repeated.text())?;
        return Some(first.span());
    }
    node.raw_entries()
        .map(|(_, value)| value)
        .chain(node.items())
        .find_map(|child| first_key(child, second))
}

/// Whether a document is an object.
fn check(node: &Node) -> Result<()> {
    let fault = |message: &str| Problem::new(ProblemKind::BadResource, node.trace.place, message);
    if node.as_map().is_none() {
        return Err(fault(&format!(
            "a document is an object, not {}",
            node.type_name()
        )));
    }
    let text = |path: &[&str]| {
        node.at(path)
            .filter(|node| !node.is_null())
            .and_then(Node::text)
    };
    let Some(kind) = text(&["kind"]).filter(|kind| !kind.is_empty()) else {
        return Err(fault("the object has no kind"));
    };
    if kind.ends_with("List") {
        return Ok(());
    }
    if text(&["metadata", "name"]).is_none_or(EcoString::is_empty) {
        if node.at(&["metadata", "generateName"]).is_some() {
            return Err(fault("kustomize takes no object with `generateName`")
                .help("give it `metadata.name`"));
        }
        return Err(fault(&format!("the {kind} has no `metadata.name`")));
    }
    Ok(())
}

/// An item of a list is printed as JSON and read again.
fn through_json(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => map
            .iter_mut()
            .for_each(|entry| through_json(&mut entry.value)),
        Value::List(list) => list.iter_mut().for_each(through_json),
        Value::Scalar(scalar) => {
            if let Some(mut normal) = scalar.through_json() {
                if normal.tag == super::super::value::Tag::Str {
                    normal.style = Style::Double;
                }
                if normal.text != scalar.text {
                    node.trace.exact = false;
                }
                *scalar = normal;
            }
        }
    }
}

/// Whether an entry names something that is fetched from elsewhere.
pub(super) fn is_remote(path: &str) -> bool {
    let schemes = [
        "http://", "https://", "ssh://", "file://", "git::", "git@", "oci://",
    ];
    let hosts = [
        "github.com/",
        "github.com:",
        "gitlab.com/",
        "bitbucket.org/",
        "gh:",
    ];
    let lower = path.to_ascii_lowercase();
    if schemes
        .iter()
        .chain(&hosts)
        .any(|start| lower.starts_with(start))
    {
        return true;
    }
    let host = path.split(['/', ':']).next().unwrap_or_default();
    let has_host = host.contains('.') && !host.starts_with('.') && host.len() > 2;
    has_host && (path.contains("?ref=") || path.contains("//") || path.contains("_git/"))
        || path.contains("?ref=") && !path.starts_with('.')
        || path.contains('@') && path.contains(':') && !path.starts_with('.')
}
