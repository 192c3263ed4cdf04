//! The tree of a file: one array of nodes in document order, built from the parser's events.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::Span;
use super::node::{Node, Style};

/// Nodes that the aliases of one document may stand for beyond those written out.
const ALIAS_LIMIT: u64 = 1_000_000;
/// Nesting of collections, aliases followed, beyond which a document is refused.
const DEPTH_LIMIT: u32 = 400;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    Sequence,
    Mapping,
    Alias,
}

/// One node. Its children follow it; `next` is the node after the last of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Data {
    pub(super) span: Span,
    /// Where the value of a scalar stands (in the text, or in the cooked text), or the target of
    /// an alias in `start`.
    pub(super) value: Span,
    pub(super) next: u32,
    pub(super) shape: Shape,
    pub(super) style: Style,
    /// The value of the scalar had escapes or folds and stands in the cooked text.
    pub(super) cooked: bool,
    /// The mapping has a key `<<`.
    pub(super) merges: bool,
    /// The mapping has a key twice.
    pub(super) duplicates: bool,
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where the parser stopped; at most one character long.
    pub span: Span,
    /// What it expected.
    pub message: String,
}

/// A document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) root: Option<u32>,
    /// From the document's first node to its end.
    pub span: Span,
    /// Why it could not be read.
    pub error: Option<SyntaxError>,
    /// Keys that stand twice in one mapping: where the later one stands.
    pub duplicate_keys: Vec<Span>,
}

/// The documents of a file.
#[derive(Debug)]
pub struct Tree<'s> {
    pub(super) text: &'s str,
    pub(super) cooked: String,
    pub(super) nodes: Vec<Data>,
    documents: Vec<Document>,
    comments: Vec<Span>,
}

impl<'s> Tree<'s> {
    /// Parses a text. A document with a syntax error ends there; parsing goes on at the next one.
    pub fn parse(text: &'s str) -> Self {
        let mut tree = Tree {
            text,
            cooked: String::new(),
            nodes: Vec::with_capacity(text.len() / 14 + 8),
            documents: Vec::new(),
            comments: Vec::new(),
        };
        if text.len() >= u32::MAX as usize {
            tree.documents.push(Document {
                root: None,
                span: Span::default(),
                error: Some(SyntaxError {
                    span: Span::default(),
                    message: "the file is larger than 4 GiB".to_owned(),
                }),
                duplicate_keys: Vec::new(),
            });
            return tree;
        }
        Builder::new(&mut tree).run();
        tree
    }

    /// The text that was parsed.
    pub const fn text(&self) -> &'s str {
        self.text
    }

    /// The documents in file order, empty ones included.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The root node of a document; `None` when it is empty or could not be read.
    pub fn root(&self, document: &Document) -> Option<Node<'_>> {
        document.root.map(|index| Node { tree: self, index })
    }

    /// Whether some key of a mapping is itself a collection.
    pub fn has_collection_as_key(&self) -> bool {
        let mappings = (0..)
            .zip(&self.nodes)
            .filter(|(_, data)| data.shape == Shape::Mapping);
        mappings
            .map(|(index, _)| Node { tree: self, index })
            .any(|node| node.raw_entries().any(|(key, _)| key.text().is_none()))
    }

    /// The comments in file order, `#` included.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }
}

/// Builds a tree from events.
struct Builder<'t, 's> {
    tree: &'t mut Tree<'s>,
    /// Open collections.
    open: Vec<u32>,
    /// Node of each anchor id.
    anchors: Vec<(usize, u32)>,
    /// Whether the document has an alias.
    aliased: bool,
    duplicates: Vec<Span>,
    /// Room for the keys of a mapping.
    keys: Vec<u32>,
    /// Where the document starts.
    start: u32,
}

impl<'t, 's> Builder<'t, 's> {
    fn new(tree: &'t mut Tree<'s>) -> Self {
        Self {
            tree,
            open: Vec::new(),
            anchors: Vec::new(),
            aliased: false,
            duplicates: Vec::new(),
            keys: Vec::new(),
            start: 0,
        }
    }

    fn run(&mut self) {
        let mut options = granit_parser::Options::default();
        options.emit_unresolved_aliases = true;
        options.max_buffered_comment_events = usize::MAX;
        let mut parser = Parser::new_from_str_with_options(self.tree.text, options);
        let mut first = self.len();
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((event, span))) => match event {
                    Event::StreamEnd => break,
                    Event::StreamStart => {}
                    Event::DocumentStart(..) => {
                        first = self.len();
                        self.start = offset(span.start.byte_offset());
                        self.begin();
                    }
                    Event::DocumentEnd => {
                        let end = offset(span.start.byte_offset());
                        let document = self.finish(first, end);
                        self.tree.documents.push(document);
                    }
                    Event::Comment(..) => self.tree.comments.push(bytes(&span)),
                    event => self.node(event, bytes(&span)),
                },
                Some(Err(error)) => {
                    let at = offset(error.marker().byte_offset()).min(self.len_text());
                    let width = self
                        .tree
                        .text
                        .get(at as usize..)
                        .and_then(|t| t.chars().next())
                        .map_or(0, |c| {
                            if c == '\n' || c == '\r' {
                                0
                            } else {
                                u32::try_from(c.len_utf8()).unwrap_or(1)
                            }
                        });
                    self.tree.nodes.truncate(first as usize);
                    self.tree.documents.push(Document {
                        root: None,
                        span: Span {
                            start: self.start.min(at),
                            end: at + width,
                        },
                        error: Some(SyntaxError {
                            span: Span {
                                start: at,
                                end: at + width,
                            },
                            message: error.kind().to_string(),
                        }),
                        duplicate_keys: Vec::new(),
                    });
                    first = self.len();
                    self.start = at;
                    self.begin();
                    match parser.proceed_next_document() {
                        Ok(true) => {}
                        Ok(false) | Err(_) => break,
                    }
                }
            }
        }
    }

    fn len(&self) -> u32 {
        u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX)
    }

    fn len_text(&self) -> u32 {
        u32::try_from(self.tree.text.len()).unwrap_or(u32::MAX)
    }

    fn begin(&mut self) {
        self.open.clear();
        self.anchors.clear();
        self.aliased = false;
        self.duplicates.clear();
    }

    fn node(&mut self, event: Event<'s>, span: Span) {
        let index = self.len();
        let mut data = Data {
            span,
            value: Span::default(),
            next: index + 1,
            shape: Shape::Scalar,
            style: Style::Plain,
            cooked: false,
            merges: false,
            duplicates: false,
        };
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                data.style = match style {
                    // `!!str 5` is text whatever it looks like.
                    ScalarStyle::Plain
                        if tag.is_some_and(|tag| tag.core_suffix() == Some("str")) =>
                    {
                        Style::Quoted
                    }
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                (data.value, data.cooked) = self.value(&value);
                self.anchor(anchor, index);
            }
            Event::SequenceStart(style, anchor, _) => {
                data.shape = Shape::Sequence;
                data.style = collection(style);
                self.anchor(anchor, index);
                self.open.push(index);
            }
            Event::MappingStart(style, anchor, _) => {
                data.shape = Shape::Mapping;
                data.style = collection(style);
                self.anchor(anchor, index);
                self.open.push(index);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(start) = self.open.pop() {
                    self.close(start, index, span);
                }
                return;
            }
            Event::Alias(id) => {
                self.aliased = true;
                data.shape = Shape::Alias;
                // Anchor ids grow, so the list is sorted by them.
                let target = self
                    .anchors
                    .binary_search_by_key(&id, |(anchor, _)| *anchor)
                    .ok();
                data.value.start = target
                    .and_then(|at| self.anchors.get(at))
                    .map_or(u32::MAX, |(_, node)| *node);
            }
            Event::UnresolvedAlias(_) => {
                self.aliased = true;
                data.shape = Shape::Alias;
                data.value.start = u32::MAX;
            }
            _ => return,
        }
        self.tree.nodes.push(data);
    }

    fn anchor(&mut self, id: usize, index: u32) {
        if id != 0 {
            self.anchors.push((id, index));
        }
    }

    /// Where the value of a scalar stands: in the text when it is a slice of it.
    #[expect(clippy::ptr_arg, reason = "a borrowed value is a slice of the text")]
    fn value(&mut self, value: &Cow<'s, str>) -> (Span, bool) {
        if let Cow::Borrowed(slice) = value {
            // Within the text's addresses there is nothing but the text.
            let start = (slice.as_ptr() as usize).wrapping_sub(self.tree.text.as_ptr() as usize);
            let end = start.saturating_add(slice.len());
            if end <= self.tree.text.len() {
                return (narrow(start, end), false);
            }
        }
        let start = self.tree.cooked.len();
        self.tree.cooked.push_str(value);
        (narrow(start, self.tree.cooked.len()), true)
    }

    fn close(&mut self, start: u32, next: u32, end: Span) {
        let mut last = 0;
        if let Some(node) = self.tree.nodes.get(next.saturating_sub(1) as usize) {
            last = node.span.end;
        }
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut merges = false;
        let Some(node) = self.tree.nodes.get_mut(start as usize) else {
            return;
        };
        node.next = next;
        node.span.end = if node.style == Style::Flow {
            end.end
        } else {
            last.max(node.span.start)
        };
        if node.shape == Shape::Mapping {
            let mut at = start + 1;
            while at < next {
                let Some(key) = self.tree.nodes.get(at as usize) else {
                    break;
                };
                if key.shape == Shape::Scalar {
                    if key.style == Style::Plain && self.tree.scalar_text(key) == "<<" {
                        merges = true;
                    } else {
                        keys.push(at);
                    }
                }
                let Some(value) = self.tree.nodes.get(key.next as usize) else {
                    break;
                };
                at = value.next;
            }
            let has = self.find_repeated(&keys);
            if let Some(node) = self.tree.nodes.get_mut(start as usize) {
                node.merges = merges;
                node.duplicates = has;
            }
        }
        self.keys = keys;
    }

    /// Notes the keys that stood before already, and says whether there are any.
    fn find_repeated(&mut self, keys: &[u32]) -> bool {
        let before = self.duplicates.len();
        let key = |index: &u32| {
            let node = self.tree.nodes.get(*index as usize)?;
            Some((self.tree.scalar_text(node), node.span))
        };
        if keys.len() <= 12 {
            for (position, (text, span)) in keys.iter().filter_map(key).enumerate() {
                let mut others = keys.iter().take(position).filter_map(key);
                if others.any(|(other, _)| other == text) {
                    self.duplicates.push(span);
                }
            }
        } else {
            let mut seen = rustc_hash::FxHashSet::default();
            for (text, span) in keys.iter().filter_map(key) {
                if !seen.insert(text) {
                    self.duplicates.push(span);
                }
            }
        }
        self.duplicates.len() > before
    }

    fn finish(&mut self, first: u32, end: u32) -> Document {
        let nodes = self.len() > first;
        let span = Span {
            start: self.start,
            end: end.max(self.start),
        };
        let error = if self.aliased {
            self.check_aliases(first)
        } else {
            None
        };
        self.duplicates.sort_unstable();
        let empty = nodes
            && self.tree.nodes.get(first as usize).is_some_and(|node| {
                node.shape == Shape::Scalar && node.style == Style::Plain && node.span.is_empty()
            });
        let root = (nodes && !empty && error.is_none()).then_some(first);
        Document {
            root,
            span,
            error,
            duplicate_keys: std::mem::take(&mut self.duplicates),
        }
    }

    /// Refuses aliases without a target, aliases to what holds them, and documents that aliases
    /// would blow up.
    fn check_aliases(&self, first: u32) -> Option<SyntaxError> {
        let nodes = self.tree.nodes.get(first as usize..)?;
        let mut weight = vec![1_u64; nodes.len()];
        let mut depth = vec![1_u32; nodes.len()];
        let local = |index: u32| (index - first) as usize;
        // Targets stand before their aliases, so subtrees are complete when they are asked for
        // if collections are summed up when they end.
        let mut open: Vec<usize> = Vec::new();
        for at in 0..=nodes.len() {
            while let Some(&top) = open.last() {
                let ends = nodes.get(top).map_or(0, |node| local(node.next));
                if at < ends {
                    break;
                }
                open.pop();
                let (w, d) = (*weight.get(top)?, *depth.get(top)?);
                if let Some(&parent) = open.last() {
                    let sum = weight.get_mut(parent)?;
                    *sum = sum.saturating_add(w);
                    let deep = depth.get_mut(parent)?;
                    *deep = (*deep).max(d + 1);
                }
            }
            let Some(node) = nodes.get(at) else { break };
            let refuse = |message: &str| {
                Some(SyntaxError {
                    span: node.span,
                    message: message.to_owned(),
                })
            };
            let (mut w, mut d) = (1, 1);
            match node.shape {
                Shape::Sequence | Shape::Mapping => {
                    open.push(at);
                    continue;
                }
                Shape::Alias => {
                    let target = node.value.start;
                    if target == u32::MAX {
                        return refuse("the alias has no anchor before it");
                    }
                    let target = local(target);
                    if nodes.get(target).is_some_and(|t| local(t.next) > at) {
                        return refuse("the alias points to a value that holds the alias");
                    }
                    w = *weight.get(target)?;
                    d = *depth.get(target)?;
                }
                Shape::Scalar => {}
            }
            if let Some(&parent) = open.last() {
                let sum = weight.get_mut(parent)?;
                *sum = sum.saturating_add(w);
                let deep = depth.get_mut(parent)?;
                *deep = (*deep).max(d + 1);
                if *sum > ALIAS_LIMIT {
                    return refuse(
                        "the aliases of the document expand to more than a million values",
                    );
                }
                if *deep > DEPTH_LIMIT {
                    return refuse("the aliases of the document nest too deeply");
                }
            }
        }
        let total = weight.first().copied().unwrap_or(0);
        (total > ALIAS_LIMIT.max(nodes.len() as u64 * 2)).then(|| SyntaxError {
            span: nodes
                .first()
                .map(|node| Span {
                    start: node.span.start,
                    end: node.span.start,
                })
                .unwrap_or_default(),
            message: "the aliases of the document expand to more than a million values".to_owned(),
        })
    }
}

impl Tree<'_> {
    pub(super) fn scalar_text(&self, data: &Data) -> &str {
        data.value
            .text(if data.cooked { &self.cooked } else { self.text })
    }
}

fn collection(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

fn narrow(start: usize, end: usize) -> Span {
    Span {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    }
}

fn offset(byte: Option<usize>) -> u32 {
    u32::try_from(byte.unwrap_or(0)).unwrap_or(u32::MAX)
}

fn bytes(span: &granit_parser::Span) -> Span {
    Span {
        start: offset(span.start.byte_offset()),
        end: offset(span.end.byte_offset()),
    }
}
