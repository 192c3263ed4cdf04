//! From a parsed document to a value tree, with the place of every part.

use super::resolve::{Reads, resolve_plain};
use super::{Key, Map, Node, Scalar, Style, Tag, Trace, Value};
use crate::render::{Place, SourceId, What};
use crate::yaml::{self, Span};

/// A text that stands inside a scalar of a source, such as a patch in a kustomization: which line
/// of it stands where.
#[derive(Debug, Clone)]
pub struct Inline {
    /// The scalar.
    scalar: Span,
    /// Start of each line in the text, and in the source; `None` where the text is not written as
    /// it stands (folded, escaped).
    lines: Vec<(u32, Option<u32>)>,
}

impl Inline {
    /// Finds the lines of `text`, the value of the scalar at `scalar`, in the source.
    pub fn new(text: &str, scalar: Span, source: &str) -> Self {
        let mut lines = Vec::new();
        let mut at = scalar.start as usize;
        let end = (scalar.end as usize).min(source.len());
        let mut start = 0_usize;
        for line in text.split('\n') {
            let content = line.trim_end_matches('\r');
            let rest = source.get(at..end).unwrap_or_default();
            let found = if content.is_empty() {
                None
            } else {
                find_line(rest, content).map(|offset| at + offset)
            };
            if let Some(found) = found {
                at = found + content.len();
            }
            let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            lines.push((narrow(start), found.map(narrow)));
            start += line.len() + 1;
        }
        Self { scalar, lines }
    }

    /// The place in the source of what stands at `span` in the text.
    pub fn place(&self, span: Span) -> Span {
        let line = self
            .lines
            .partition_point(|(start, _)| *start <= span.start)
            .checked_sub(1)
            .and_then(|index| self.lines.get(index));
        match line {
            Some((start, Some(at))) => {
                let from = at.saturating_add(span.start - start);
                let to = from.saturating_add(span.end.saturating_sub(span.start));
                Span {
                    start: from.min(self.scalar.end),
                    end: to.min(self.scalar.end),
                }
            }
            _ => self.scalar,
        }
    }
}

/// Where the next line that ends with `content` has it; only the next few lines are looked at, as
/// the lines of a text follow one another.
fn find_line(rest: &str, content: &str) -> Option<usize> {
    let mut start = 0;
    for line in rest.split_inclusive('\n').take(64) {
        if let Some(offset) = line.find(content) {
            return Some(start + offset);
        }
        start += line.len();
    }
    None
}

/// The tree of a YAML text that stands inside a scalar, all of it at the scalar's place; `None` for a
/// text without a document that can be read.
pub fn read_inside(text: &str, scalar: &Trace) -> Option<Node> {
    let tree = yaml::Tree::parse(text);
    let root = tree.root(tree.documents().first()?)?;
    let reader = Reader {
        source: scalar.place.source,
        text,
        what: scalar.what,
        reads: Reads::Kubernetes,
        inline: None,
    };
    let mut node = reader.read(root);
    let whole = scalar.inexact();
    node.retrace(&mut |own| *own = whole.clone());
    Some(node)
}

/// How the nodes of a document are read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// The source in which places are.
    pub source: SourceId,
    /// The text that was parsed.
    pub text: &'r str,
    /// What stands there.
    pub what: What,
    /// Whose rules tell what a plain scalar is.
    pub reads: Reads,
    /// When the text stands inside a scalar of the source.
    pub inline: Option<&'r Inline>,
}

impl Reader<'_> {
    /// Reads a node and all below it.
    pub fn read(&self, node: yaml::Node<'_>) -> Node {
        self.node(node, None)
    }

    /// The place of a span of the text.
    pub fn place(&self, span: Span) -> Place {
        Place {
            source: self.source,
            span: self.inline.map_or(span, |inline| inline.place(span)),
        }
    }

    fn trace(&self, span: Span, alias: Option<Span>, exact: bool) -> Trace {
        let mut trace = Trace::new(self.place(span), self.what);
        trace.exact = exact && alias.is_none() && self.inline.is_none();
        match alias {
            Some(alias) => trace.with(self.place(alias), self.what, "is used here"),
            None => trace,
        }
    }

    /// Whether an anchor or a tag stands before a node: then its text is not all of it.
    fn is_decorated(&self, span: Span) -> bool {
        let start = span.start as usize;
        let before = self.text.get(..start).unwrap_or_default().as_bytes();
        let line = before.iter().rev().take(256).take_while(|b| **b != b'\n');
        let mut word_end = true;
        let mut seen_word = false;
        let mut last = b' ';
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                if !word_end {
                    break;
                }
            } else {
                word_end = false;
                seen_word = true;
                last = *byte;
            }
        }
        seen_word && matches!(last, b'&' | b'!')
    }

    fn node(&self, node: yaml::Node<'_>, alias: Option<Span>) -> Node {
        let alias = if node.is_alias() && alias.is_none() {
            Some(node.span())
        } else {
            alias
        };
        let resolved = node.resolved();
        let span = resolved.span();
        match resolved.value() {
            yaml::Value::Mapping => Node {
                value: Value::Map(self.map(resolved, alias)),
                trace: self.trace(span, alias, false),
                is_flow: resolved.style() == yaml::Style::Flow,
            },
            yaml::Value::Sequence => Node {
                value: Value::List(
                    resolved
                        .items()
                        .map(|item| self.node(item, alias))
                        .collect(),
                ),
                trace: self.trace(span, alias, false),
                is_flow: resolved.style() == yaml::Style::Flow,
            },
            yaml::Value::Scalar(_) => {
                let header = self.block_header(resolved);
                let scalar = self.scalar(resolved, header);
                let span = Span {
                    start: header.unwrap_or(span.start),
                    ..span
                };
                let exact = !self.is_decorated(span)
                    && !span.is_empty()
                    && scalar.tag != Tag::Timestamp
                    && (header.is_some() || !matches!(resolved.style(), yaml::Style::Block));
                Node::scalar(scalar, self.trace(span, alias, exact))
            }
        }
    }

    /// A block scalar whose last line has no line end, as the file ends there: kustomize adds
    /// none.
    fn without_end<'t>(&self, text: &'t str, span: Span) -> &'t str {
        let last = self.text.rfind('\n').map_or(0, |at| at + 1);
        let is_last = span.end as usize > last;
        let has_content = self
            .text
            .get(last..)
            .is_some_and(|line| !line.trim().is_empty());
        if is_last && has_content {
            return text.strip_suffix('\n').unwrap_or(text);
        }
        text
    }

    /// Where the `|` or `>` of a block scalar stands, which is before its text.
    fn block_header(&self, node: yaml::Node<'_>) -> Option<u32> {
        if node.style() != yaml::Style::Block {
            return None;
        }
        let start = node.span().start as usize;
        if self.text.get(start..)?.starts_with(['|', '>']) {
            return Some(node.span().start);
        }
        let before = self.text.get(..start)?;
        let at = before.rfind(['|', '>'])?;
        let between = before.get(at + 1..)?;
        let (header, rest) = between.split_once('\n')?;
        let header = header.split(" #").next().unwrap_or_default().trim();
        let is_header = header
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        (is_header && rest.trim().is_empty())
            .then(|| u32::try_from(at).ok())
            .flatten()
    }

    fn scalar(&self, node: yaml::Node<'_>, header: Option<u32>) -> Scalar {
        let text = match node.text() {
            // What isn't there has no text, whatever the parser says.
            _ if node.span().is_empty() && node.style() == yaml::Style::Plain => "",
            text => text.unwrap_or_default(),
        };
        let start = header.unwrap_or(node.span().start) as usize;
        let first = self.text.get(start..).and_then(|text| text.chars().next());
        let style = match (node.style(), first) {
            (yaml::Style::Plain, _) => Style::Plain,
            (yaml::Style::Block, Some('>')) => Style::Folded,
            (yaml::Style::Block, _) => Style::Literal,
            (_, Some('\'')) => Style::Single,
            _ => Style::Double,
        };
        let text = if style == Style::Literal || style == Style::Folded {
            self.without_end(text, node.span())
        } else {
            text
        };
        Scalar {
            text: text.into(),
            tag: if style == Style::Plain {
                resolve_plain(text, self.reads)
            } else {
                Tag::Str
            },
            style,
        }
    }

    fn map(&self, node: yaml::Node<'_>, alias: Option<Span>) -> Map {
        let own = node.span();
        let merge = node
            .raw_entries()
            .find(|(key, _)| key.text() == Some("<<") && key.style() == yaml::Style::Plain)
            .map(|(key, _)| key.span());
        node.entries()
            .map(|(key, value)| {
                let key_span = key.resolved().span();
                let is_merged = key_span.start < own.start || key_span.end > own.end;
                let alias = match merge {
                    Some(merge) if is_merged => alias.or(Some(merge)),
                    _ => alias,
                };
                let text = key.written().unwrap_or_default();
                let is_string = key.text().is_some()
                    && (self.reads == Reads::Kubernetes
                        || key.resolved().style() != yaml::Style::Plain
                        || matches!(resolve_plain(text, self.reads), Tag::Str | Tag::Timestamp));
                super::Entry {
                    key: Key {
                        text: text.into(),
                        trace: self.trace(key_span, alias, true),
                        is_string,
                    },
                    value: self.node(value, alias),
                }
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_text_are_found_in_the_source() {
        let source = "patch: |-\n    - op: add\n\n      path: /a\nnext: x\n";
        let text = "- op: add\n\n  path: /a";
        let scalar = Span {
            start: 7,
            end: u32::try_from(source.find("\nnext").unwrap()).unwrap(),
        };
        let inline = Inline::new(text, scalar, source);
        let at = u32::try_from(text.find("/a").unwrap()).unwrap();
        let found = inline.place(Span {
            start: at,
            end: at + 2,
        });
        assert_eq!(found.text(source), "/a");
        assert_eq!(found.start as usize, source.find("/a").unwrap());
    }

    #[test]
    fn a_text_with_escapes_is_where_its_scalar_is() {
        let source = "patch: \"a\\nb\\x41\"\n";
        let scalar = Span { start: 7, end: 17 };
        let inline = Inline::new("a\nbA", scalar, source);
        assert_eq!(inline.place(Span { start: 2, end: 4 }), scalar);
    }
}
