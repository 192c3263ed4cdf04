//! Tokens to nodes: the grammar of a document.

use rustc_hash::FxHashMap;

use super::Span;
use super::node::Style;
use super::scan::{ScalarStyle, ScalarToken, Scanner, Tag, Token, TokenKind};
use super::tree::{Data, Shape, SyntaxError};

/// Nesting of collections beyond which a document is refused.
pub(super) const DEPTH_LIMIT: u32 = 400;
/// The end of a collection that is still open.
const OPEN: u32 = u32::MAX;

/// Where a node stands.
#[derive(Debug, Clone, Copy)]
struct Context {
    /// Whether a block collection may stand there.
    block: bool,
    /// Whether a block sequence may begin at the column of its parent.
    indentless: bool,
    /// Whether it is a key.
    key: bool,
    /// The collections around it.
    depth: u32,
}

/// Anchor and tag of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Properties {
    anchor: Option<Span>,
    tag: Option<Tag>,
}

/// Composes the nodes of one document after another.
#[derive(Debug)]
pub(super) struct Composer<'s> {
    pub(super) text: &'s str,
    pub(super) scanner: Scanner<'s>,
    pub(super) nodes: Vec<Data>,
    /// The node of each anchor.
    anchors: FxHashMap<&'s str, u32>,
    /// Whether the document has an alias.
    pub(super) aliased: bool,
    /// Keys that stand a second time in one mapping.
    pub(super) duplicates: Vec<Span>,
    /// Room for the keys of a mapping.
    pub(super) keys: Vec<u32>,
    /// Where the last node ends that is complete.
    end: u32,
}

impl<'s> Composer<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self {
            text,
            scanner: Scanner::new(text),
            nodes: Vec::with_capacity((text.len() / 14).min(1 << 16) + 8),
            anchors: FxHashMap::default(),
            aliased: false,
            duplicates: Vec::new(),
            keys: Vec::new(),
            end: 0,
        }
    }

    /// The index of the next node.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn begin(&mut self) {
        self.anchors.clear();
        self.aliased = false;
        self.duplicates.clear();
    }

    /// The root of a document and all below it.
    pub(super) fn root(&mut self) -> Result<(), SyntaxError> {
        self.node(Context {
            block: true,
            indentless: false,
            key: false,
            depth: 0,
        })
    }

    fn node(&mut self, context: Context) -> Result<(), SyntaxError> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Alias {
            self.scanner.take()?;
            return self.alias(token.span);
        }
        let mut properties = Properties::default();
        let mut end = token.span.start;
        loop {
            match token.kind {
                TokenKind::Anchor if properties.anchor.is_none() => {
                    properties.anchor = Some(token.span);
                }
                TokenKind::Tag(tag) if properties.tag.is_none() => {
                    if tag == Tag::UndefinedHandle {
                        return Err(self.error(token, "found undefined tag handle"));
                    }
                    properties.tag = Some(tag);
                }
                _ => break,
            }
            end = token.span.end;
            self.scanner.take()?;
            token = self.scanner.peek()?;
        }
        if let Some(anchor) = properties.anchor {
            let name = Span {
                start: anchor.start + 1,
                ..anchor
            };
            self.anchors.insert(name.text(self.text), self.next());
        }
        match token.kind {
            TokenKind::Scalar(scalar) => {
                self.scanner.take()?;
                self.tagged(scalar, token.span, properties.tag, context.key)
            }
            TokenKind::BlockEntry if context.indentless => self.indentless_sequence(context),
            TokenKind::BlockSequenceStart if context.block => self.block_sequence(context),
            TokenKind::BlockMappingStart if context.block => self.block_mapping(context),
            TokenKind::FlowSequenceStart => self.flow_sequence(context),
            TokenKind::FlowMappingStart => self.flow_mapping(context),
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let value = Span { start: end, end };
                let scalar = ScalarToken {
                    style: ScalarStyle::Plain,
                    value,
                    cooked: false,
                };
                self.tagged(scalar, value, properties.tag, context.key)
            }
            _ => Err(self.error(token, "did not find expected node content")),
        }
    }

    fn block_sequence(&mut self, context: Context) -> Result<(), SyntaxError> {
        let start = self.scanner.take()?.span.start;
        let index = self.open(Shape::Sequence, Style::Block, start, context.depth)?;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::BlockEntry => {
                    self.scanner.take()?;
                    let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                    self.item(token, &ends, context)?;
                }
                TokenKind::BlockEnd => {
                    self.scanner.take()?;
                    return self.close(index, None);
                }
                _ => return Err(self.error(token, "did not find expected '-' indicator")),
            }
        }
    }

    fn indentless_sequence(&mut self, context: Context) -> Result<(), SyntaxError> {
        let start = self.scanner.peek()?.span.start;
        let index = self.open(Shape::Sequence, Style::Block, start, context.depth)?;
        loop {
            let token = self.scanner.peek()?;
            if token.kind != TokenKind::BlockEntry {
                return self.close(index, None);
            }
            self.scanner.take()?;
            let ends = [
                TokenKind::BlockEntry,
                TokenKind::Key,
                TokenKind::Value,
                TokenKind::BlockEnd,
            ];
            self.item(token, &ends, context)?;
        }
    }

    /// The item behind a `-`: nothing where one of `ends` follows.
    fn item(
        &mut self,
        dash: Token,
        ends: &[TokenKind],
        context: Context,
    ) -> Result<(), SyntaxError> {
        if ends.contains(&self.scanner.peek()?.kind) {
            self.empty(dash.span.end);
            return Ok(());
        }
        self.node(Context {
            block: true,
            indentless: false,
            key: false,
            depth: context.depth + 1,
        })
    }

    fn block_mapping(&mut self, context: Context) -> Result<(), SyntaxError> {
        let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        let start = self.scanner.take()?.span.start;
        let index = self.open(Shape::Mapping, Style::Block, start, context.depth)?;
        let inner = Context {
            block: true,
            indentless: true,
            key: false,
            depth: context.depth + 1,
        };
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::Key => self.scanner.take()?,
                TokenKind::BlockEnd => {
                    self.scanner.take()?;
                    return self.close(index, None);
                }
                _ => return Err(self.error(token, "did not find expected key")),
            };
            if ends.contains(&self.scanner.peek()?.kind) {
                self.empty(token.span.end);
            } else {
                self.node(Context { key: true, ..inner })?;
            }
            let colon = self.scanner.peek()?;
            if colon.kind != TokenKind::Value {
                self.empty(colon.span.start);
                continue;
            }
            self.scanner.take()?;
            if ends.contains(&self.scanner.peek()?.kind) {
                self.empty(colon.span.end);
            } else {
                self.node(inner)?;
            }
        }
    }

    fn flow_sequence(&mut self, context: Context) -> Result<(), SyntaxError> {
        let start = self.scanner.take()?.span.start;
        let index = self.open(Shape::Sequence, Style::Flow, start, context.depth)?;
        let end = TokenKind::FlowSequenceEnd;
        let mut is_first = true;
        loop {
            let mut token = self.scanner.peek()?;
            if !is_first && token.kind == TokenKind::FlowEntry {
                self.scanner.take()?;
                token = self.scanner.peek()?;
            } else if !is_first && token.kind != end {
                return Err(self.error(token, "did not find expected ',' or ']'"));
            }
            is_first = false;
            if token.kind == end {
                self.scanner.take()?;
                return self.close(index, Some(token.span.end));
            }
            if token.kind == TokenKind::Key {
                // `[a: b]` is a sequence of a mapping.
                let depth = context.depth + 1;
                let pair = self.open(Shape::Mapping, Style::Flow, token.span.start, depth)?;
                self.flow_pair(end, depth)?;
                self.close(pair, None)?;
            } else {
                self.flow_node(context.depth, false)?;
            }
        }
    }

    fn flow_mapping(&mut self, context: Context) -> Result<(), SyntaxError> {
        let start = self.scanner.take()?.span.start;
        let index = self.open(Shape::Mapping, Style::Flow, start, context.depth)?;
        let end = TokenKind::FlowMappingEnd;
        let mut is_first = true;
        loop {
            let mut token = self.scanner.peek()?;
            if !is_first && token.kind == TokenKind::FlowEntry {
                self.scanner.take()?;
                token = self.scanner.peek()?;
            } else if !is_first && token.kind != end {
                return Err(self.error(token, "did not find expected ',' or '}'"));
            }
            is_first = false;
            if token.kind == end {
                self.scanner.take()?;
                return self.close(index, Some(token.span.end));
            }
            if token.kind == TokenKind::Key {
                self.flow_pair(end, context.depth)?;
            } else {
                // A key alone.
                self.flow_node(context.depth, true)?;
                let next = self.scanner.peek()?;
                self.empty(next.span.start);
            }
        }
    }

    /// Key and value between brackets that end with `end`.
    fn flow_pair(&mut self, end: TokenKind, depth: u32) -> Result<(), SyntaxError> {
        self.scanner.take()?;
        let token = self.scanner.peek()?;
        let ends = [TokenKind::FlowEntry, end];
        if token.kind == TokenKind::Value || ends.contains(&token.kind) {
            self.empty(token.span.start);
        } else {
            self.flow_node(depth, true)?;
        }
        let colon = self.scanner.peek()?;
        if colon.kind != TokenKind::Value {
            self.empty(colon.span.start);
            return Ok(());
        }
        self.scanner.take()?;
        let token = self.scanner.peek()?;
        if ends.contains(&token.kind) {
            self.empty(token.span.start);
            return Ok(());
        }
        self.flow_node(depth, false)
    }

    fn flow_node(&mut self, depth: u32, key: bool) -> Result<(), SyntaxError> {
        self.node(Context {
            block: false,
            indentless: false,
            key,
            depth: depth + 1,
        })
    }

    fn alias(&mut self, span: Span) -> Result<(), SyntaxError> {
        let name = Span {
            start: span.start + 1,
            ..span
        }
        .text(self.text);
        let Some(&target) = self.anchors.get(name) else {
            return Err(SyntaxError {
                span,
                message: format!("unknown anchor '{name}' referenced"),
            });
        };
        let is_open = |node: &Data| node.next == OPEN;
        if self.nodes.get(target as usize).is_none_or(is_open) {
            return Err(SyntaxError {
                span,
                message: format!("anchor '{name}' value contains itself"),
            });
        }
        self.aliased = true;
        self.push(Data {
            span,
            value: Span {
                start: target,
                end: 0,
            },
            shape: Shape::Alias,
            ..Data::EMPTY
        });
        Ok(())
    }

    /// Nothing, where a value could stand.
    fn empty(&mut self, at: u32) {
        let span = Span { start: at, end: at };
        self.push(Data {
            span,
            value: span,
            ..Data::EMPTY
        });
    }

    pub(super) fn push(&mut self, mut node: Data) {
        node.next = self.next().saturating_add(1);
        self.end = node.span.end;
        self.nodes.push(node);
    }

    /// Opens a collection below `depth` others and gives its index.
    pub(super) fn open(
        &mut self,
        shape: Shape,
        style: Style,
        start: u32,
        depth: u32,
    ) -> Result<u32, SyntaxError> {
        if depth >= DEPTH_LIMIT {
            let message = "the document nests too deeply";
            return Err(SyntaxError::at(self.text, start as usize, message));
        }
        let index = self.next();
        self.nodes.push(Data {
            span: Span { start, end: start },
            next: OPEN,
            shape,
            style,
            ..Data::EMPTY
        });
        Ok(index)
    }

    /// Closes a collection; without an `end` of its own it ends with the last node in it.
    pub(super) fn close(&mut self, index: u32, end: Option<u32>) -> Result<(), SyntaxError> {
        let next = self.next();
        let end = end.unwrap_or(self.end);
        let Some(node) = self.nodes.get_mut(index as usize) else {
            return Ok(());
        };
        node.next = next;
        node.span.end = end.max(node.span.start);
        self.end = node.span.end;
        if node.shape == Shape::Mapping {
            self.check_keys(index, next)?;
        }
        Ok(())
    }

    pub(super) fn error(&self, token: Token, message: &str) -> SyntaxError {
        SyntaxError::at(self.text, token.span.start as usize, message)
    }
}
