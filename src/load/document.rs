//! Recognises and decodes the documents of a chunk.

use rustc_hash::FxHashMap;

use super::chunk::Chunk;
use super::problems::{self, finding, in_file, nearest};
use crate::diagnostics::{Code, Finding};
use crate::mesh::Gap;
use crate::model::decode::Body;
use crate::model::kinds::{Dialect, Kind};
use crate::model::{Header, Metadata, ObjectId, Objects, Place, Str, Suppress, schema};
use crate::yaml::{self, DecodeOptions, Document, Node, Tree, Value};

/// A document that is no object, for telling what else it may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// `apiVersion`, if it is text.
    pub api_version: Option<Str>,
    /// `kind`, if it is text.
    pub kind: Option<Str>,
    /// Whether it has `metadata`.
    pub has_metadata: bool,
}

/// What a chunk holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects, numbered from 0.
    pub objects: Objects,
    /// Findings about what could not be read; their object ids count from 0 too.
    pub findings: Vec<Finding>,
    /// Documents that are no objects.
    pub others: Vec<Other>,
    /// Documents that could not be parsed.
    pub broken: usize,
    /// What broken documents may have held.
    pub gaps: Vec<Gap>,
    /// Whether some key is itself a mapping, as an unquoted `{{ name }}` parses.
    pub has_mapping_as_key: bool,
    /// Files that a kustomization names as patches.
    pub patches: Vec<String>,
    /// Objects of kinds without a model, by apiVersion and kind.
    pub unread: FxHashMap<(Str, Str), usize>,
}

/// Loads a chunk. Objects that need a namespace and name none go to `namespace`. The index of the
/// chunk in the objects' places is filled in when the run is put together.
pub fn load(chunk: Chunk, text: &str, context: bool, namespace: &str) -> Loaded {
    let tree = Tree::parse(text);
    let mut loader = Loader {
        words: FxHashMap::default(),
        chunk,
        context,
        namespace,
        is_beyond_istioctl: false,
        loaded: Loaded::default(),
    };
    let mut chunks = Chunks::default();
    loader.loaded.has_mapping_as_key = text.contains("{{") && tree.has_collection_as_key();
    for document in tree.documents() {
        loader.is_beyond_istioctl = chunks.is_passed_over(&tree, document);
        loader.document(&tree, document);
    }
    loader.loaded
}

struct Loader<'a> {
    /// One string for each apiVersion and kind of the chunk.
    words: FxHashMap<String, Str>,
    chunk: Chunk,
    context: bool,
    namespace: &'a str,
    /// Whether istioctl does not read what is loaded now.
    is_beyond_istioctl: bool,
    loaded: Loaded,
}

/// The parts into which istioctl cuts a file: at lines of `---` and white space alone. Of each it
/// reads the first document, so that what follows `--- # a comment` is passed over.
#[derive(Default)]
struct Chunks {
    has_document: bool,
}

impl Chunks {
    fn is_passed_over(&mut self, tree: &Tree<'_>, document: &Document) -> bool {
        let text = tree.text().get(document.span.start as usize..);
        let line = text.and_then(|text| text.lines().next());
        let marker = line.and_then(|line| line.strip_prefix("---"));
        if marker.is_some_and(|rest| rest.trim().is_empty()) {
            self.has_document = false;
        }
        let is_empty = document.error.is_none() && tree.root(document).is_none();
        let is_passed_over = self.has_document;
        self.has_document |= !is_empty;
        is_passed_over
    }
}

impl Loader<'_> {
    fn document(&mut self, tree: &Tree<'_>, document: &Document) {
        if let Some(error) = &document.error {
            self.loaded.broken += 1;
            let message = format!("cannot read this document as YAML: {}", error.message);
            let mut finding =
                Finding::in_file(Code::MESH0001, in_file(self.chunk, error.span), message);
            finding = finding.help("mend the syntax; the other documents of the file were checked");
            self.loaded.findings.push(finding);
            self.loaded.gaps.push(gap(document.span.text(tree.text())));
            return;
        }
        let Some(root) = tree.root(document) else {
            return;
        };
        let before = self.loaded.objects.headers.len();
        let place = Place {
            chunk: 0,
            document: document.span.start,
            item: 0,
        };
        let api_version = root
            .get("apiVersion")
            .and_then(Node::as_str)
            .unwrap_or_default();
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        match (kind.strip_suffix("List"), root.get("items")) {
            (Some(item_kind), Some(items))
                if !api_version.is_empty() && items.value() == Value::Sequence =>
            {
                let is_whole = items.items().all(|item| item.value() == Value::Mapping);
                self.is_beyond_istioctl |= !item_kind.is_empty() || !is_whole;
                for (item, node) in (1..).zip(items.items()) {
                    self.object(node, Place { item, ..place }, api_version, item_kind);
                }
            }
            _ => self.object(root, place, "", ""),
        }
        for key in &document.duplicate_keys {
            // The object that the key stands in: the only one of the document, if it is one.
            let mut finding = Finding::in_file(
                Code::MESH0005,
                in_file(self.chunk, *key),
                format!(
                    "the key {:?} stands here a second time",
                    key.text(tree.text())
                ),
            )
            .help("remove one of the two, or merge their values; the last one wins");
            if self.loaded.objects.headers.len() == before + 1 {
                finding.object = Some(ObjectId(u32::try_from(before).unwrap_or(u32::MAX)));
            }
            self.loaded.findings.push(finding);
        }
    }

    /// The one string for an apiVersion or kind.
    fn word(&mut self, text: &str) -> Str {
        if let Some(word) = self.words.get(text) {
            return word.clone();
        }
        let word = Str::from(text);
        self.words.insert(text.to_owned(), word.clone());
        word
    }

    /// Loads one object. `api_version` and `kind` are those that a typed list gives its items.
    fn object(&mut self, root: Node<'_>, place: Place, api_version: &str, kind: &str) {
        let text = |key| {
            root.get(key)
                .and_then(Node::as_str)
                .filter(|s| !s.is_empty())
        };
        let (Some(api_version), Some(kind_name)) = (
            text("apiVersion").or(Some(api_version).filter(|s| !s.is_empty())),
            text("kind").or(Some(kind).filter(|s| !s.is_empty())),
        ) else {
            self.loaded.others.push(Other {
                api_version: text("apiVersion").map(Str::from),
                kind: text("kind").map(Str::from),
                has_metadata: root.get("metadata").is_some(),
            });
            self.patches(root);
            return;
        };
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if group == "kustomize.config.k8s.io" {
            self.patches(root);
        }
        let known = Kind::find(group, kind_name);
        let kind = known.filter(|kind| kind.versions().contains(&version));
        let id = ObjectId(u32::try_from(self.loaded.objects.headers.len()).unwrap_or(u32::MAX));
        let decoded = root
            .get("metadata")
            .map(|node| yaml::decode::<Metadata>(node, DecodeOptions::default()));
        let mut broken = false;
        let mut is_beyond_istioctl = self.is_beyond_istioctl;
        let mut metadata = match decoded {
            Some(decoded) => {
                is_beyond_istioctl |= decoded.is_broken();
                for mut problem in decoded.problems {
                    problem.path = format!("metadata/{}", problem.path);
                    self.loaded.findings.push(finding(&problem, id, self.chunk));
                }
                broken = decoded.templated;
                decoded.value
            }
            None => Metadata::default(),
        };
        let is_unplaced = metadata.namespace.is_empty() && kind.is_some_and(Kind::is_namespaced);
        if let Some(kind) = kind {
            if !kind.is_namespaced() {
                metadata.namespace = Str::new();
            } else if is_unplaced {
                metadata.namespace = self.namespace.into();
            }
        }
        let suppress = suppress(&metadata);
        let (api_version, kind_name) = (self.word(api_version), self.word(kind_name));
        self.loaded.objects.headers.push(Header {
            api_version: api_version.clone(),
            kind: kind_name.clone(),
            namespace: metadata.namespace.clone(),
            is_unplaced,
            name: if metadata.name.is_empty() {
                metadata.generate_name.clone()
            } else {
                metadata.name.clone()
            },
            place,
            context: self.context,
            is_beyond_istioctl,
            suppress,
        });
        let Some(kind) = kind else {
            *self
                .loaded
                .unread
                .entry((api_version.clone(), kind_name.clone()))
                .or_default() += 1;
            // `extensions/v1beta1` Deployments, Knative's Services: what they hold is not known.
            if Kind::ALL.iter().any(|kind| kind.name() == kind_name) {
                let namespace = Some(metadata.namespace).filter(|name| !name.is_empty());
                self.loaded.gaps.push(Gap {
                    kind: kind_name.clone(),
                    namespace: Some(namespace.unwrap_or_else(|| self.namespace.into())),
                });
            }
            if let Some(known) = known {
                let versions: Vec<String> =
                    known.versions().iter().map(|v| join(group, v)).collect();
                self.loaded.findings.push(
                    Finding::new(
                        Code::MESH0006,
                        id,
                        "apiVersion",
                        format!("{kind_name} is not served as {api_version}"),
                    )
                    .help(format!("use {}", versions.join(" or "))),
                );
            }
            return;
        };
        // `istioctl install -f` reads an IstioOperator without ever sending it to a cluster.
        let needs_name = kind != Kind::IstioOperator;
        if needs_name && metadata.name.is_empty() && metadata.generate_name.is_empty() {
            self.loaded.findings.push(
                Finding::new(
                    Code::MESH0007,
                    id,
                    "metadata",
                    format!("this {kind_name} has no name"),
                )
                .help("add metadata.name"),
            );
        }
        self.top_level(root, kind, id);
        let body = Body::new(root, kind);
        self.loaded.objects.add(kind, id, metadata, &body, broken);
        for problem in body.into_problems() {
            self.loaded.findings.push(finding(&problem, id, self.chunk));
        }
        if !self.context {
            let problems = schema::validate(kind, root).into_iter();
            self.loaded
                .findings
                .extend(problems.map(|problem| problems::schema(problem, id)));
        }
    }

    /// Notes the files that a kustomization names as patches.
    fn patches(&mut self, root: Node<'_>) {
        let lists = ["patchesStrategicMerge", "patches", "patchesJson6902"];
        for item in lists
            .iter()
            .filter_map(|key| root.get(key))
            .flat_map(Node::items)
        {
            let name = item
                .as_str()
                .or_else(|| item.get("path").and_then(Node::as_str));
            self.loaded.patches.extend(name.map(str::to_owned));
        }
    }

    /// Notes unknown fields beside `spec`.
    fn top_level(&mut self, root: Node<'_>, kind: Kind, id: ObjectId) {
        const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];
        if kind.dialect() == Dialect::Open || !kind.has_spec_model() {
            return;
        }
        for (key, _) in root.entries() {
            let Some(text) = key.text() else { continue };
            if FIELDS.contains(&text) || yaml::is_placeholder(text) {
                continue;
            }
            let help = match nearest(text, FIELDS) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!(
                    "the fields are {}; should it stand below spec?",
                    FIELDS.join(", ")
                ),
            };
            let message = format!("there is no field {text:?} beside spec");
            let mut finding = Finding::new(Code::MESH0002, id, text, message).help(help);
            finding.span = Some(in_file(self.chunk, key.span()));
            self.loaded.findings.push(finding);
        }
    }
}

/// What a document that cannot be parsed seems to hold, read off its lines.
fn gap(text: &str) -> Gap {
    let value = |key: &str, indent: bool| {
        text.lines().find_map(|line| {
            let rest = if indent { line.trim_start() } else { line };
            let value = rest.strip_prefix(key)?.trim().trim_matches(['"', '\'']);
            (!value.is_empty()).then(|| Str::from(value))
        })
    };
    Gap {
        kind: value("kind:", false).unwrap_or_default(),
        namespace: value("namespace:", true),
    }
}

fn join(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

fn suppress(metadata: &Metadata) -> Option<Box<Suppress>> {
    if metadata.annotations.is_empty() {
        return None;
    }
    let kiali = metadata
        .annotations
        .get("kiali.io/ignore-validations")
        .cloned();
    let istio = metadata
        .annotations
        .get("galley.istio.io/analyze-suppress")
        .cloned();
    (kiali.is_some() || istio.is_some()).then(|| Box::new(Suppress { kiali, istio }))
}
