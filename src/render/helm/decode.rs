//! YAML to values: of files, and of texts that templates made.

use crate::render::value as tree;
use crate::render::{Place, SourceId, What};
use crate::yaml::{Node, Scalar, Span, Style, SyntaxError, Tree, Value, resolve};

use super::fault::{Fault, Res};
use super::floats::float_g;
use super::text::{EXACT, LITERAL, OriginId, Piece, Text, UNKNOWN};
use super::track::Tracker;
use super::value::{Entry, Key, Map, UNKNOWN_VALUE, Val, key};

/// Nesting beyond which a text is refused.
const DEEPEST: usize = 128;
/// Values that one text may stand for.
const MOST: usize = 1_000_000;

/// Where the text of a tree comes from.
enum Input<'t> {
    /// A file, whose nodes are origins themselves.
    Source { source: SourceId, what: What },
    /// A text with origins of its own.
    Text(&'t Text),
}

struct Decoder<'t> {
    tracker: &'t mut Tracker,
    input: Input<'t>,
    text: &'t str,
    count: usize,
}

/// What is wrong with a text, and where.
pub(super) struct Bad {
    pub(super) span: Span,
    pub(super) message: String,
}

impl From<&SyntaxError> for Bad {
    fn from(error: &SyntaxError) -> Self {
        Self {
            span: error.span,
            message: error.message.clone(),
        }
    }
}

/// The first document of a file; nil when there is none.
pub(super) fn file(
    tracker: &mut Tracker,
    source: SourceId,
    what: What,
    text: &str,
) -> Result<Val, Bad> {
    let tree = Tree::parse(text);
    let input = Input::Source { source, what };
    first_document(tracker, input, text, &tree)
}

/// The values of a tree that another renderer made.
pub(super) fn tree(tracker: &mut Tracker, node: &tree::Node) -> Res<Val> {
    tree_value(tracker, node, 0)
}

fn tree_value(tracker: &mut Tracker, node: &tree::Node, depth: usize) -> Res<Val> {
    if depth > DEEPEST {
        return Err(Fault::limit("the values nest too deeply"));
    }
    let trace = &node.trace;
    let mut place = |text: Option<&str>| {
        let text = text.filter(|_| trace.exact);
        tracker.node(trace.place, trace.what, text)
    };
    match &node.value {
        tree::Value::Map(entries) => {
            let origin = place(None);
            let mut map = Map::new();
            for entry in entries {
                let name = &entry.key.text;
                let trace = &entry.key.trace;
                let origin = tracker.node(trace.place, trace.what, Some(name));
                let entry = Entry {
                    key: origin,
                    val: tree_value(tracker, &entry.value, depth + 1)?,
                };
                map.insert(key(name), entry);
            }
            Ok(Val::map(map).with_origin(origin))
        }
        tree::Value::List(items) => {
            let origin = place(None);
            let items = items
                .iter()
                .map(|item| tree_value(tracker, item, depth + 1))
                .collect::<Res<Vec<_>>>()?;
            Ok(Val::list(items)?.with_origin(origin))
        }
        tree::Value::Scalar(scalar) => {
            let origin = place(Some(&scalar.text));
            let is_text = scalar.style != tree::Style::Plain || scalar.tag == tree::Tag::Str;
            let meaning = if is_text {
                Scalar::Str(&scalar.text)
            } else {
                resolve(&scalar.text)
            };
            let val = match meaning {
                Scalar::Null => Val::nil(),
                Scalar::Bool(value) => value.into(),
                #[expect(clippy::cast_precision_loss, reason = "all numbers become floats")]
                Scalar::Int(value) => (value as f64).into(),
                Scalar::Float(value) => value.into(),
                Scalar::Str(text) => Text::of(text.as_bytes(), Piece::exact(origin)).into(),
            };
            Ok(val.with_origin(origin))
        }
    }
}

/// The value of a text that a template made; the error is Go's.
pub(super) fn yaml(tracker: &mut Tracker, text: &Text) -> Result<Val, String> {
    let lossy = text.lossy();
    let tree = Tree::parse(&lossy);
    let input = Input::Text(text);
    first_document(tracker, input, &lossy, &tree).map_err(|bad| {
        let before = lossy.get(..bad.span.start as usize).unwrap_or_default();
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        // Nothing is said of the first line.
        let place = match lines {
            0 => String::new(),
            lines => format!("line {}: ", lines + 1),
        };
        format!(
            "error converting YAML to JSON: yaml: {place}{}",
            bad.message
        )
    })
}

fn first_document(
    tracker: &mut Tracker,
    input: Input<'_>,
    text: &str,
    tree: &Tree<'_>,
) -> Result<Val, Bad> {
    let Some(document) = tree.documents().first() else {
        return Ok(Val::nil());
    };
    if let Some(error) = &document.error {
        return Err(error.into());
    }
    let Some(root) = tree.root(document) else {
        return Ok(Val::nil());
    };
    let mut decoder = Decoder {
        tracker,
        input,
        text,
        count: 0,
    };
    decoder.value(root, 0)
}

impl Decoder<'_> {
    fn value(&mut self, node: Node<'_>, depth: usize) -> Result<Val, Bad> {
        self.count += 1;
        if depth > DEEPEST || self.count > MOST {
            return Err(Bad {
                span: node.span(),
                message: "the document nests too deeply or is too large".to_owned(),
            });
        }
        // What an alias stands for is written at its anchor.
        let place = node.resolved();
        match node.value() {
            Value::Scalar(scalar) => Ok(self.scalar(place, scalar)),
            Value::Sequence => {
                let items = node
                    .items()
                    .map(|item| self.value(item, depth + 1))
                    .collect::<Result<Vec<_>, _>>()?;
                let list = Val::list(items).map_err(|fault| Bad {
                    span: node.span(),
                    message: fault.message.clone(),
                })?;
                Ok(list.with_origin(self.origin(place.span(), None)))
            }
            Value::Mapping => {
                let mut map = Map::new();
                for (name, value) in node.entries() {
                    let entry = Entry {
                        key: self.origin(name.span(), name.text()),
                        val: self.value(value, depth + 1)?,
                    };
                    map.insert(key_of(name), entry);
                }
                Ok(Val::map(map).with_origin(self.origin(place.span(), None)))
            }
        }
    }

    /// The origin of what stands at a span: of a scalar with the text it stands for.
    fn origin(&mut self, span: Span, text: Option<&str>) -> OriginId {
        match &self.input {
            Input::Source { source, what } => {
                let source = *source;
                self.tracker.node(Place { source, span }, *what, text)
            }
            Input::Text(source) => {
                let part = source.slice(span.start as usize..span.end as usize);
                match whole(&part) {
                    Some(piece) if piece.flags & LITERAL != 0 => {
                        let what = self.tracker.what(piece.origin);
                        match self.tracker.place_in(piece, 0, part.len()) {
                            Some(place) => self.tracker.node(place, what, text),
                            None => piece.origin,
                        }
                    }
                    Some(piece) => piece.origin,
                    None => self.tracker.of_text(&part),
                }
            }
        }
    }

    /// The origin of a scalar. One with an anchor is also written elsewhere, so that its text is
    /// not told: to change it changes more.
    fn scalar_origin(&mut self, node: Node<'_>, text: &str) -> OriginId {
        let mut span = node.span();
        let before = self.text.get(..span.start as usize).unwrap_or_default();
        if node.style() == Style::Block {
            span.start = header_start(before).unwrap_or(span.start);
        }
        let line = before.rsplit('\n').next().unwrap_or_default();
        let word = line
            .trim_end()
            .rsplit([' ', '\t', ',', '[', '{'])
            .next()
            .unwrap_or_default();
        let has_properties = word.starts_with(['&', '!']);
        self.origin(span, (!has_properties).then_some(text))
    }

    fn scalar(&mut self, node: Node<'_>, scalar: Scalar<'_>) -> Val {
        let written = node.text().unwrap_or_default();
        let span = node.span();
        let mut val = match scalar {
            Scalar::Null => Val::nil(),
            Scalar::Bool(value) => value.into(),
            #[expect(clippy::cast_precision_loss, reason = "all numbers become floats")]
            Scalar::Int(value) => (value as f64).into(),
            Scalar::Float(value) => value.into(),
            Scalar::Str(text) => return self.string(node, text).into(),
        };
        val.origin = self.scalar_origin(node, written);
        if let Input::Text(source) = &self.input
            && source
                .slice(span.start as usize..span.end as usize)
                .is_unknown()
        {
            val.flags |= UNKNOWN_VALUE;
        }
        val
    }

    fn string(&mut self, node: Node<'_>, text: &str) -> Text {
        let span = node.span();
        let (start, end) = (span.start as usize, span.end as usize);
        let rest = self.text.get(end..).unwrap_or_default();
        let cut_off =
            node.style() == Style::Block && !self.text.ends_with('\n') && rest.trim().is_empty();
        // A block scalar that ends with the text has no line end that it could keep.
        let text = match text.strip_suffix('\n') {
            Some(cut) if cut_off => cut,
            _ => text,
        };
        let Input::Text(source) = &self.input else {
            let origin = self.scalar_origin(node, text);
            return Text::of(text.as_bytes(), Piece::exact(origin));
        };
        let part = source.slice(start..end);
        match whole(&part) {
            Some(piece) if piece.flags & LITERAL != 0 => {
                let unknown = piece.flags & UNKNOWN;
                let origin = self.scalar_origin(node, text);
                let piece = Piece {
                    flags: EXACT | unknown,
                    ..Piece::exact(origin)
                };
                return Text::of(text.as_bytes(), piece);
            }
            Some(piece) => return Text::of(text.as_bytes(), piece),
            None => {}
        }
        let inner = match node.style() {
            Style::Quoted => start + 1..end.saturating_sub(1),
            _ => start..end,
        };
        // A text that is not UTF-8 has other offsets here; then the bytes differ.
        if self.text.get(inner.clone()) == Some(text)
            && source.bytes().get(inner.clone()) == Some(text.as_bytes())
        {
            return source.slice(inner);
        }
        let flags = if part.is_unknown() { UNKNOWN } else { 0 };
        let found = whole(&source.slice(inner)).filter(|piece| piece.flags & LITERAL == 0);
        let piece = match found {
            Some(piece) => piece,
            None => Piece {
                origin: self.tracker.of_text(&part),
                flags,
                ..Piece::PLAIN
            },
        };
        Text::of(text.as_bytes(), piece)
    }
}

/// Where the header of a block scalar starts whose content starts after `before`.
fn header_start(before: &str) -> Option<u32> {
    let line_end = before.trim_end().len();
    let line_start = before.get(..line_end)?.rfind('\n').map_or(0, |at| at + 1);
    let line = before.get(line_start..line_end)?;
    let bare = line.split(" #").next().unwrap_or(line);
    let at = bare.rfind(['|', '>'])?;
    let tail = bare.get(at + 1..)?;
    let is_header = tail
        .chars()
        .all(|char| char.is_ascii_digit() || "+- \t\r".contains(char));
    is_header.then(|| super::text::offset(line_start + at))
}

/// The only piece of a text that is more than white space; `None` when there are several.
pub(super) fn whole(text: &Text) -> Option<Piece> {
    if let Some(piece) = text.single() {
        return Some(piece);
    }
    let mut found: Option<Piece> = None;
    for (start, piece) in text.pieces_in(0..text.len()) {
        let bytes = text
            .bytes()
            .get(start..piece.end as usize)
            .unwrap_or_default();
        if piece.origin == OriginId::NONE && bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match &mut found {
            None => found = Some(piece),
            Some(known)
                if known.origin == piece.origin
                    && piece.origin != OriginId::NONE
                    && known.flags & EXACT == piece.flags & EXACT =>
            {
                known.end = piece.end;
            }
            Some(_) => return None,
        }
    }
    found
}

/// A key as a string, as the conversion to JSON makes it.
fn key_of(node: Node<'_>) -> Key {
    match node.value() {
        Value::Scalar(Scalar::Bool(value)) => key(if value { "true" } else { "false" }),
        Value::Scalar(Scalar::Int(value)) => key(value.to_string()),
        Value::Scalar(Scalar::Float(value)) => key(float_g(value)),
        Value::Scalar(Scalar::Null) => key("null"),
        _ => key(node.text().unwrap_or_default()),
    }
}
