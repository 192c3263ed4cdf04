//! Field paths (`spec/http[0]/route[1]/weight`) and what they name in a tree.

use super::Span;
use super::node::{Node, Style, Value};

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
pub struct Found<'t> {
    /// The key of the deepest mapping entry on the way, if any.
    pub key: Option<Node<'t>>,
    /// The deepest node on the way.
    pub value: Node<'t>,
    /// Whether the whole path exists.
    pub complete: bool,
    /// Whether the last step was into a list.
    pub item: bool,
    /// How much of the path was followed, in bytes.
    pub followed: usize,
}

impl Found<'_> {
    /// The span that a report underlines: the value where it stands on one line, else the key of
    /// the block; for a path that goes on where the document ends, the key of the nearest parent.
    pub fn span(&self) -> Span {
        if (self.complete || self.item)
            && let Some(span) = one_line(self.value)
            && self.complete
        {
            return span;
        }
        if self.item {
            return item_span(self.value);
        }
        self.key.map_or_else(|| item_span(self.value), Node::span)
    }

    /// The span of the key, for findings about a block as a whole.
    pub fn key_span(&self) -> Span {
        match self.key {
            Some(key) if !self.item => key.span(),
            _ => self.span(),
        }
    }
}

/// The span of a scalar (or alias) that is written on one line.
fn one_line(node: Node<'_>) -> Option<Span> {
    if node.is_alias() {
        return Some(node.span());
    }
    match node.value() {
        Value::Scalar(_) if node.style() != Style::Block && !node.span().is_empty() => {
            Some(node.span())
        }
        _ => None,
    }
}

/// The token that stands for an item of a list: its first key, or the first of its items.
fn item_span(node: Node<'_>) -> Span {
    let mut node = node;
    loop {
        if let Some(span) = one_line(node) {
            return span;
        }
        let next = match node.value() {
            Value::Mapping => node.raw_entries().next().map(|(key, _)| key),
            Value::Sequence => node.items().next(),
            Value::Scalar(_) => None,
        };
        if let Some(next) = next {
            node = next;
        } else {
            let span = node.span();
            // An empty collection is its brackets; a block scalar its first line.
            let first = span.text(node.tree.text()).lines().next();
            let length = match (node.value(), first) {
                (Value::Scalar(_), Some(line)) => line.trim_end().len(),
                (Value::Scalar(_), None) => 0,
                _ => return span,
            };
            return Span {
                start: span.start,
                end: u32::try_from(length).map_or(span.end, |length| span.start + length),
            };
        }
    }
}

/// Follows `path` from `root`. Keys may hold slashes and brackets
/// (`metadata/annotations/sidecar.istio.io/inject`): the longest key that fits is taken. A key in
/// `snake_case` is found under its camelCase name.
pub fn locate<'t>(root: Node<'t>, path: &str) -> Found<'t> {
    let mut found = Found {
        key: None,
        value: root,
        complete: true,
        item: false,
        followed: 0,
    };
    let mut rest = path;
    while !rest.is_empty() {
        let step = match rest.strip_prefix('[') {
            Some(tail) => index(found.value, tail).map(|(value, tail)| (None, value, tail)),
            None => entry(found.value, rest).map(|(key, value, tail)| (Some(key), value, tail)),
        };
        let Some((key, value, tail)) = step else {
            found.complete = false;
            break;
        };
        found.item = key.is_none();
        if key.is_some() {
            found.key = key;
        }
        found.value = value;
        rest = tail;
        found.followed = path.len() - rest.len();
    }
    found
}

fn index<'t, 'p>(node: Node<'t>, rest: &'p str) -> Option<(Node<'t>, &'p str)> {
    let (number, tail) = rest.split_once(']')?;
    let value = node.item(number.parse().ok()?)?;
    Some((value, tail.strip_prefix('/').unwrap_or(tail)))
}

fn entry<'t, 'p>(node: Node<'t>, rest: &'p str) -> Option<(Node<'t>, Node<'t>, &'p str)> {
    let mut best: Option<(usize, Node<'t>, Node<'t>, &'p str)> = None;
    for (key, value) in node.entries() {
        let Some(text) = key.text() else { continue };
        let length = match rest.strip_prefix(text) {
            Some(tail) if ends_step(tail) => text.len(),
            _ if text.contains('_') => {
                let camel = camel_case(text);
                match rest.strip_prefix(camel.as_str()) {
                    Some(tail) if ends_step(tail) => camel.len(),
                    _ => continue,
                }
            }
            _ => continue,
        };
        if best.as_ref().is_none_or(|(longest, ..)| length > *longest) {
            let tail = rest.get(length..).unwrap_or_default();
            best = Some((length, key, value, tail.strip_prefix('/').unwrap_or(tail)));
        }
    }
    best.map(|(_, key, value, tail)| (key, value, tail))
}

fn ends_step(tail: &str) -> bool {
    tail.is_empty() || tail.starts_with(['/', '['])
}

/// The camelCase name that protobuf JSON gives to a `snake_case` field.
pub(super) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::yaml::Tree;

    fn underlined<'t>(text: &'t str, path: &str) -> &'t str {
        let tree = Tree::parse(text);
        let root = tree.root(tree.documents().first().unwrap()).unwrap();
        locate(root, path).span().text(text)
    }

    #[test]
    fn a_block_scalar_in_a_list_is_shown_by_its_first_line() {
        let text = "- |\n  \u{183} first\n  second\n- >-\n\n  third\n";
        assert_eq!(underlined(text, "[0]"), "\u{183} first");
        assert_eq!(underlined(text, "[1]"), "third");
        assert_eq!(underlined("|-\n \u{183}-!:", ""), "\u{183}-!:");
    }
}
