//! The tree of a file: one array of nodes in document order.

use std::sync::Mutex;

use rustc_hash::FxHashMap;

use super::Span;
use super::node::{Node, Style};
use super::stream;

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

impl Data {
    /// Nothing, nowhere.
    pub(super) const EMPTY: Self = Self {
        span: Span { start: 0, end: 0 },
        value: Span { start: 0, end: 0 },
        next: 0,
        shape: Shape::Scalar,
        style: Style::Plain,
        cooked: false,
        merges: false,
        duplicates: false,
    };
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where the problem is: a character or a token.
    pub span: Span,
    /// What is wrong, in the words of the reader behind kubectl.
    pub message: String,
}

impl SyntaxError {
    /// An error at one character of a text.
    pub(super) fn at(text: &str, position: usize, message: &str) -> Self {
        let position = position.min(text.len());
        let next = text.get(position..).and_then(|rest| rest.chars().next());
        let width = match next {
            None | Some('\n' | '\r') => 0,
            Some(c) => c.len_utf8(),
        };
        let start = u32::try_from(position).unwrap_or(u32::MAX);
        let end = u32::try_from(position + width).unwrap_or(u32::MAX);
        Self {
            span: Span { start, end },
            message: message.to_owned(),
        }
    }
}

/// A document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) root: Option<u32>,
    /// From the marker before the document, or its first node, to its end; to where reading
    /// stopped if it could not be read.
    pub span: Span,
    /// Why it could not be read.
    pub error: Option<SyntaxError>,
    /// Keys that stand twice in one mapping: where the later one stands.
    pub duplicate_keys: Vec<Span>,
    /// Where text begins that kubectl does not read: it takes one document of each part between
    /// lines of `---`, so that what follows `...` is lost.
    pub unread: Option<Span>,
}

/// The documents of a file.
#[derive(Debug)]
pub struct Tree<'s> {
    pub(super) text: &'s str,
    pub(super) cooked: String,
    pub(super) nodes: Vec<Data>,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<Span>,
    /// The items of long sequences that were asked for by number.
    pub(super) items: Mutex<FxHashMap<u32, Box<[u32]>>>,
}

impl<'s> Tree<'s> {
    /// Parses a text as kubectl does: parts between lines of `---`, or a stream of JSON values. A
    /// document with a syntax error ends there; parsing goes on at the next part.
    pub fn parse(text: &'s str) -> Self {
        if text.len() < u32::MAX as usize {
            stream::read(text)
        } else {
            Self::too_large(text)
        }
    }

    /// Parses the first document of a text alone. The text may begin with the marker before it.
    pub fn parse_first(text: &'s str) -> Self {
        if text.len() < u32::MAX as usize {
            stream::read_first(text)
        } else {
            Self::too_large(text)
        }
    }

    fn too_large(text: &'s str) -> Self {
        let error = SyntaxError {
            span: Span::default(),
            message: "the file is larger than 4 GiB".to_owned(),
        };
        Tree {
            text,
            cooked: String::new(),
            nodes: Vec::new(),
            documents: vec![Document {
                root: None,
                span: Span::default(),
                error: Some(error),
                duplicate_keys: Vec::new(),
                unread: None,
            }],
            comments: Vec::new(),
            items: Mutex::default(),
        }
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

    /// The comments in file order, `#` included.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The node of an item of a long sequence. Its items are listed when it is first asked about,
    /// so that many questions take no longer than one.
    pub(super) fn item(&self, sequence: u32, number: usize) -> Option<u32> {
        let mut items = match self.items.lock() {
            Ok(items) => items,
            Err(poisoned) => poisoned.into_inner(),
        };
        let list = items.entry(sequence).or_insert_with(|| {
            let node = Node {
                tree: self,
                index: sequence,
            };
            node.items().map(|item| item.index).collect()
        });
        list.get(number).copied()
    }

    pub(super) fn scalar_text(&self, data: &Data) -> &str {
        data.value
            .text(if data.cooked { &self.cooked } else { self.text })
    }
}
