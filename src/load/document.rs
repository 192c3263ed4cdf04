//! Recognises and decodes the documents of a chunk of text.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::comments::{Comment, of_tree};
use super::loaded::{Options, Other};
use super::problem::{Problem, ProblemKind};
use super::unseen::{Kustomization, Lead, Made, Subject, kustomization};
use super::world::Gap;
use crate::model::decode::Undecoded;
use crate::model::kinds::{AnyBody, Dialect, Kind};
use crate::model::{Header, Manifest, Metadata, ObjectId, Position, Str, Suppress, schema};
use crate::yaml::{self, DecodeOptions, Document, Node, Span, Trail, Tree, Value};

/// What a chunk of a source holds. Bytes count from the beginning of the source, objects and
/// documents from that of the chunk.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) objects: Vec<Manifest>,
    pub(super) problems: Vec<Problem>,
    pub(super) gaps: Vec<Gap>,
    pub(super) made: Vec<Made>,
    pub(super) leads: Vec<Lead>,
    pub(super) kustomizations: Vec<Kustomization>,
    pub(super) comments: Vec<Comment>,
    pub(super) others: Vec<Other>,
    pub(super) is_broken: bool,
    pub(super) patches: Vec<String>,
    pub(super) starts: Vec<u32>,
}

impl Part {
    /// Adds the chunk that follows.
    pub(super) fn append(&mut self, mut next: Part) {
        let objects = length(&self.objects);
        let documents = length(&self.starts);
        for manifest in &mut next.objects {
            manifest.header.position.document += documents;
        }
        for object in next.problems.iter_mut().filter_map(|p| p.object.as_mut()) {
            object.0 += objects;
        }
        self.objects.append(&mut next.objects);
        self.problems.append(&mut next.problems);
        let shift = |id: &mut ObjectId| id.0 += objects;
        next.gaps
            .iter_mut()
            .filter_map(|gap| gap.object.as_mut())
            .for_each(shift);
        next.made
            .iter_mut()
            .map(|made| &mut made.object)
            .for_each(shift);
        let of_leads = next
            .leads
            .iter_mut()
            .filter_map(|lead| lead.gap.object.as_mut());
        of_leads.for_each(shift);
        self.gaps.append(&mut next.gaps);
        self.made.append(&mut next.made);
        self.leads.append(&mut next.leads);
        self.kustomizations.append(&mut next.kustomizations);
        self.comments.append(&mut next.comments);
        self.others.append(&mut next.others);
        self.is_broken |= next.is_broken;
        self.patches.append(&mut next.patches);
        self.starts.append(&mut next.starts);
    }
}

/// Loads the chunk of a source that begins at byte `start`.
pub(super) fn part(start: u32, text: &str, context: bool, options: &Options) -> Part {
    let tree = Tree::parse(text);
    let mut loader = Loader {
        words: FxHashMap::default(),
        start,
        context,
        options,
        is_beyond_istioctl: false,
        part: Part::default(),
    };
    loader.comments(&tree);
    let mut chunks = Chunks::default();
    for document in tree.documents() {
        loader.is_beyond_istioctl = chunks.is_passed_over(&tree, document);
        loader.document(&tree, document);
    }
    loader.part
}

/// The fields of an object whose body is its `spec`.
pub(crate) const TOP_LEVEL: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];

struct Loader<'a> {
    /// One string for each apiVersion and kind of the chunk.
    words: FxHashMap<String, Str>,
    start: u32,
    context: bool,
    options: &'a Options,
    /// Whether istioctl does not read what is loaded now.
    is_beyond_istioctl: bool,
    part: Part,
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
    /// Notes comments that speak to meshlint.
    fn comments(&mut self, tree: &Tree<'_>) {
        let start = self.start;
        for mut comment in of_tree(tree) {
            comment.span = self.in_source(comment.span);
            comment.covers = comment.covers.map(|span| self.in_source(span));
            comment.is_head &= start == 0;
            self.part.comments.push(comment);
        }
    }

    fn document(&mut self, tree: &Tree<'_>, document: &Document) {
        let number = length(&self.part.starts);
        let start = self.start + document.span.start;
        self.part.starts.push(start);
        if let Some(error) = &document.error {
            self.part.is_broken = true;
            let kind = ProblemKind::Syntax {
                why: error.message.clone(),
                unquoted: unquoted(tree.text(), error.span),
            };
            self.problem(kind, None, Some(error.span));
            self.part.gaps.push(gap(document.span.text(tree.text())));
            return;
        }
        if let Some(unread) = document.unread {
            self.problem(ProblemKind::Unread, None, Some(unread));
        }
        let Some(root) = tree.root(document) else {
            return;
        };
        let before = self.part.objects.len();
        let position = |item| Position {
            document: number,
            item,
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
                    self.object(node, position(item), api_version, item_kind);
                }
            }
            _ => self.object(root, position(0), "", ""),
        }
        // The object that a key stands in: the only one of the document, if it is one.
        let is_one = self.part.objects.len() == before + 1;
        let object = is_one.then(|| ObjectId(u32::try_from(before).unwrap_or(u32::MAX)));
        for key in &document.duplicate_keys {
            let kind = ProblemKind::DuplicateKey(key.text(tree.text()).to_owned());
            self.problem(kind, object, Some(*key));
        }
    }

    fn problem(&mut self, kind: ProblemKind, object: Option<ObjectId>, span: Option<Span>) {
        let span = span.map(|span| self.in_source(span));
        self.part.problems.push(Problem { kind, object, span });
    }

    /// Notes a bad value of an object.
    fn value(&mut self, problem: yaml::Problem, object: ObjectId) {
        let span = Some(problem.span);
        self.problem(ProblemKind::Value(problem), Some(object), span);
    }

    /// A span of the chunk as one of the source.
    fn in_source(&self, span: Span) -> Span {
        Span {
            start: self.start + span.start,
            end: self.start + span.end,
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
    fn object(&mut self, root: Node<'_>, position: Position, api_version: &str, kind: &str) {
        let text = |key| {
            root.get(key)
                .and_then(Node::as_str)
                .filter(|s| !s.is_empty())
        };
        let (Some(api_version), Some(kind_name)) = (
            text("apiVersion").or(Some(api_version).filter(|s| !s.is_empty())),
            text("kind").or(Some(kind).filter(|s| !s.is_empty())),
        ) else {
            self.part.others.push(Other {
                api_version: text("apiVersion").map(Str::from),
                kind: text("kind").map(Str::from),
                has_metadata: root.get("metadata").is_some(),
            });
            self.patches(root);
            if ["resources", "helmCharts", "bases"]
                .iter()
                .any(|key| root.get(key).is_some())
            {
                self.part.kustomizations.push(kustomization(root));
            }
            return;
        };
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if group == "kustomize.config.k8s.io" {
            self.patches(root);
            self.part.kustomizations.push(kustomization(root));
        }
        let known = Kind::find(group, kind_name);
        let kind = known.filter(|kind| kind.versions().contains(&version));
        let id = ObjectId(length(&self.part.objects));
        let decoded = root.get("metadata").map(|node| {
            let trail = Trail::top("metadata");
            yaml::decode::<Metadata>(node, &trail, DecodeOptions::default())
        });
        let mut broken = false;
        let mut is_beyond_istioctl = self.is_beyond_istioctl;
        let mut metadata = match decoded {
            Some(decoded) => {
                is_beyond_istioctl |= decoded.is_broken();
                for problem in decoded.problems {
                    self.value(problem, id);
                }
                broken = decoded.templated;
                decoded.value
            }
            None => Metadata::default(),
        };
        let subject = Subject {
            root,
            group,
            kind: kind_name,
            namespace: &metadata.namespace,
            name: &metadata.name,
            id,
        };
        let mut unseen = subject.unseen();
        self.part.gaps.append(&mut unseen.gaps);
        self.part.made.append(&mut unseen.made);
        self.part.leads.append(&mut unseen.leads);
        let is_unplaced = metadata.namespace.is_empty() && kind.is_some_and(Kind::is_namespaced);
        if let Some(kind) = kind {
            if !kind.is_namespaced() {
                metadata.namespace = Str::new();
            } else if is_unplaced {
                metadata.namespace = self.options.namespace.clone();
            }
        }
        let header = Header {
            api_version: self.word(api_version),
            kind: self.word(kind_name),
            namespace: metadata.namespace.clone(),
            is_unplaced: is_unplaced && !self.options.is_namespace_given,
            name: if metadata.name.is_empty() {
                metadata.generate_name.clone()
            } else {
                metadata.name.clone()
            },
            position,
            fingerprint: fingerprint(root),
            is_beyond_istioctl,
            suppress: suppress(&metadata),
        };
        let Some(kind) = kind else {
            self.opaque(header, known, id);
            return;
        };
        // `istioctl install -f` reads an IstioOperator without ever sending it to a cluster.
        if kind != Kind::IstioOperator && header.name.is_empty() {
            self.problem(ProblemKind::NoName(header.kind.clone()), Some(id), None);
        }
        self.top_level(root, kind, id);
        let undecoded = Undecoded::new(root, kind);
        let body = AnyBody::decode(kind, metadata, &undecoded, broken);
        self.part.objects.push(Manifest {
            header,
            body: Some(body),
        });
        for problem in undecoded.into_problems() {
            self.value(problem, id);
        }
        if !self.context {
            for problem in schema::validate(kind, root) {
                self.problem(ProblemKind::Schema(problem), Some(id), None);
            }
        }
    }

    /// Notes an object of a kind without a model, or of a version that is not known.
    fn opaque(&mut self, header: Header, known: Option<Kind>, id: ObjectId) {
        // `extensions/v1beta1` Deployments, Knative's Services: what they hold is not known.
        if Kind::ALL.iter().any(|kind| kind.name() == header.kind) {
            let namespace = Some(header.namespace.clone()).filter(|name| !name.is_empty());
            self.part.gaps.push(Gap {
                kind: header.kind.clone(),
                namespace: namespace.or_else(|| Some(self.options.namespace.clone())),
                because: format!("a {} of the input could not be read", header.kind),
                ..Gap::default()
            });
        }
        if let Some(known) = known {
            let versions = known.versions().iter();
            let kind = ProblemKind::NotServed {
                kind: header.kind.clone(),
                api_version: header.api_version.clone(),
                served: versions.map(|v| join(known.group(), v)).collect(),
            };
            self.problem(kind, Some(id), None);
        }
        self.part.objects.push(Manifest { header, body: None });
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
            self.part.patches.extend(name.map(str::to_owned));
        }
    }

    /// Notes unknown fields beside `spec`.
    fn top_level(&mut self, root: Node<'_>, kind: Kind, id: ObjectId) {
        if kind.dialect() == Dialect::Open || !kind.has_spec_model() {
            return;
        }
        for (key, _) in root.entries() {
            let Some(text) = key.text() else { continue };
            if TOP_LEVEL.contains(&text) || yaml::is_placeholder(text) {
                continue;
            }
            let kind = ProblemKind::BesideSpec(text.to_owned());
            self.problem(kind, Some(id), Some(key.span()));
        }
    }
}

/// The value on the line of a syntax error that begins with a character of YAML's own, as text
/// without its quotes does.
fn unquoted(text: &str, place: Span) -> Option<String> {
    let before = text.get(..place.start as usize)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let value = line.split_once(": ").map_or(line, |(_, value)| value);
    let value = value.trim().trim_start_matches("- ");
    let is_meant_as_text = value.starts_with(['{', '@', '`', '%', '*']) && value.len() <= 80;
    (is_meant_as_text && !value.contains('\'')).then(|| value.to_owned())
}

/// A number for what a node says, whatever its layout.
fn fingerprint(root: Node<'_>) -> u64 {
    fn add(node: Node<'_>, hasher: &mut FxHasher) {
        match node.value() {
            Value::Mapping => {
                for (key, value) in node.entries() {
                    add(key, hasher);
                    add(value, hasher);
                }
                1_u8.hash(hasher);
            }
            Value::Sequence => {
                for item in node.items() {
                    add(item, hasher);
                }
                2_u8.hash(hasher);
            }
            Value::Scalar(_) => {
                node.type_name().hash(hasher);
                node.text().hash(hasher);
            }
        }
    }
    let mut hasher = FxHasher::default();
    add(root, &mut hasher);
    hasher.finish()
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
        name: value("name:", true),
        because: "a document of the input could not be read".to_owned(),
        ..Gap::default()
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
    let value = |key| metadata.annotations.get(key).cloned();
    let suppress = Suppress {
        own: value("meshlint.io/ignore"),
        kiali: value("kiali.io/ignore-validations"),
        istio: value("galley.istio.io/analyze-suppress"),
    };
    (suppress != Suppress::default()).then(|| Box::new(suppress))
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
