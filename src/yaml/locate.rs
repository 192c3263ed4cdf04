//! What a field path names in a tree.

use super::Span;
use super::node::{Node, Style, Value};
use super::path::{FieldPath, Step};

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
    /// How many steps of the path were followed.
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

/// Follows `path` from `root`. Where a mapping has keys that hold slashes or brackets, the longest
/// one that fits is taken, however many steps of the path it stands for. A key in `snake_case` is
/// found under its camelCase name.
pub fn locate<'t>(root: Node<'t>, path: &FieldPath) -> Found<'t> {
    let mut found = Found {
        key: None,
        value: root,
        complete: true,
        item: false,
        followed: 0,
    };
    let mut steps = path.steps();
    while let Some(first) = steps.first() {
        let step = match first {
            Step::Item(index) => {
                let item = found.value.item(*index as usize);
                item.map(|value| (None, value, 1))
            }
            Step::Key(_) => entry(found.value.entries(), steps)
                .map(|Entry { key, value, length }| (Some(key), value, length)),
        };
        let Some((key, value, length)) = step else {
            found.complete = false;
            break;
        };
        found.item = key.is_none();
        found.key = key.or(found.key);
        found.value = value;
        found.followed += length;
        steps = steps.get(length..).unwrap_or_default();
    }
    found
}

/// An entry of a mapping that a path leads to.
#[derive(Debug, Clone, Copy)]
struct Entry<'t> {
    key: Node<'t>,
    value: Node<'t>,
    /// How many steps the key stands for.
    length: usize,
}

/// The entry that `steps` lead to: of those that fit the one with the longest key.
fn entry<'t>(
    entries: impl Iterator<Item = (Node<'t>, Node<'t>)>,
    steps: &[Step],
) -> Option<Entry<'t>> {
    let mut best: Option<Entry<'t>> = None;
    for (key, value) in entries {
        let Some(text) = key.text() else { continue };
        let length = match fits(text, steps) {
            0 if text.contains('_') => fits(&camel_case(text), steps),
            length => length,
        };
        if length > best.map_or(0, |best| best.length) {
            best = Some(Entry { key, value, length });
        }
    }
    best
}

/// How many of the first steps a key stands for when they are printed; 0 if it is another key.
fn fits(key: &str, steps: &[Step]) -> usize {
    let Some((Step::Key(first), others)) = steps.split_first() else {
        return 0;
    };
    let Some(mut rest) = key.strip_prefix(first.as_str()) else {
        return 0;
    };
    let mut length = 1;
    for step in others {
        if rest.is_empty() {
            break;
        }
        let tail = match step {
            Step::Key(next) => rest
                .strip_prefix('/')
                .and_then(|tail| tail.strip_prefix(next.as_str())),
            Step::Item(index) => rest.strip_prefix(&*format!("[{index}]")),
        };
        let Some(tail) = tail else { return 0 };
        rest = tail;
        length += 1;
    }
    if rest.is_empty() { length } else { 0 }
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
        locate(root, &path.into()).span().text(text)
    }

    #[test]
    fn the_longest_key_that_fits_is_taken() {
        let text = "a: 1\na/b: 2\na/b[0]: 3\nhost_name: 4\nc: [{d/e: 5}]\n";
        for (path, value) in [
            ("a", "1"),
            ("a/b", "2"),
            ("a/b[0]", "3"),
            ("hostName", "4"),
            ("host_name", "4"),
            ("c[0]/d/e", "5"),
            ("a/c", "a"),
        ] {
            assert_eq!(underlined(text, path), value, "{path}");
        }
    }

    #[test]
    fn a_block_scalar_in_a_list_is_shown_by_its_first_line() {
        let text = "- |\n  \u{183} first\n  second\n- >-\n\n  third\n";
        assert_eq!(underlined(text, "[0]"), "\u{183} first");
        assert_eq!(underlined(text, "[1]"), "third");
        assert_eq!(underlined("|-\n \u{183}-!:", ""), "\u{183}-!:");
    }
}
