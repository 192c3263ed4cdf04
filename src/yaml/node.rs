//! A view of one node of a tree.

use super::Span;
use super::compose::DEPTH_LIMIT;
use super::scalar::{self, Scalar};
use super::tree::{Data, Shape, Tree};

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// An unquoted scalar.
    Plain,
    /// A scalar in quotes (or tagged as a string).
    Quoted,
    /// A block scalar or a block collection.
    Block,
    /// A collection in brackets or braces.
    Flow,
}

/// What a node holds, aliases followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'t> {
    /// A scalar.
    Scalar(Scalar<'t>),
    /// A sequence; see [`Node::items`].
    Sequence,
    /// A mapping; see [`Node::entries`].
    Mapping,
}

/// Items of a sequence that are found by counting.
const NEAR: usize = 16;

/// One node of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) index: u32,
}

impl<'t> Node<'t> {
    pub(super) fn raw(self) -> &'t Data {
        self.tree
            .nodes
            .get(self.index as usize)
            .unwrap_or(&Data::EMPTY)
    }

    /// The node itself, or the target when it is an alias.
    #[must_use]
    pub fn resolved(self) -> Node<'t> {
        let mut node = self;
        // A chain of aliases cannot be longer than the array; each step goes backwards.
        while node.raw().shape == Shape::Alias && node.raw().value.start < node.index {
            node.index = node.raw().value.start;
        }
        node
    }

    /// Where the node stands; for an alias the place of the alias.
    pub fn span(self) -> Span {
        self.raw().span
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.raw().style
    }

    /// Whether the node is an alias.
    pub fn is_alias(self) -> bool {
        self.raw().shape == Shape::Alias
    }

    /// What it holds.
    pub fn value(self) -> Value<'t> {
        let node = self.resolved();
        let data = node.raw();
        match data.shape {
            Shape::Sequence => Value::Sequence,
            Shape::Mapping => Value::Mapping,
            Shape::Scalar | Shape::Alias => {
                let text = node.tree.scalar_text(data);
                Value::Scalar(match data.style {
                    Style::Plain => scalar::resolve(text),
                    _ => Scalar::Str(text),
                })
            }
        }
    }

    /// The text of a scalar, whatever its type; `None` for collections.
    pub fn text(self) -> Option<&'t str> {
        let node = self.resolved();
        let data = node.raw();
        (data.shape == Shape::Scalar).then(|| node.tree.scalar_text(data))
    }

    /// The text of a scalar as it is written: keys that stand without quotes are what JSON has for
    /// them otherwise, so that `on` is `true`.
    pub fn written(self) -> Option<&'t str> {
        let node = self.resolved();
        let data = node.raw();
        let is_made = data.shape == Shape::Scalar && data.style == Style::Plain && data.cooked;
        let text = data.span.text(node.tree.text());
        if is_made && !text.starts_with('*') && !text.contains(['\n', '\r']) {
            return Some(text);
        }
        self.text()
    }

    /// The text of a scalar that is a string.
    pub fn as_str(self) -> Option<&'t str> {
        match self.value() {
            Value::Scalar(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing, `~` or `null`.
    pub fn is_null(self) -> bool {
        self.value() == Value::Scalar(Scalar::Null)
    }

    /// The name of the node's type for messages.
    pub fn type_name(self) -> &'static str {
        match self.value() {
            Value::Scalar(scalar) => scalar.type_name(),
            Value::Sequence => "a list",
            Value::Mapping => "a mapping",
        }
    }

    /// Whether the mapping has a key twice or a merge key.
    pub(super) fn is_irregular(self) -> bool {
        let data = self.resolved().raw();
        data.duplicates || data.merges
    }

    /// The entries of a mapping as they are written: merge keys unresolved, repeated keys twice.
    pub fn raw_entries(self) -> impl Iterator<Item = (Node<'t>, Node<'t>)> {
        let node = self.resolved();
        let data = node.raw();
        let end = if data.shape == Shape::Mapping {
            data.next
        } else {
            0
        };
        let mut at = node.index + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let key = Node {
                tree: node.tree,
                index: at,
            };
            let value = Node {
                tree: node.tree,
                index: key.raw().next,
            };
            at = value.raw().next.max(at + 1);
            Some((key, value))
        })
    }

    /// The entries of a mapping as they count: of repeated keys the last, and what merge keys
    /// (`<<`) bring at their places, so that a merge wins over the keys before it alone. Empty for
    /// other nodes.
    pub fn entries(self) -> Entries<'t> {
        if !self.is_irregular() {
            let node = self.resolved();
            let data = node.raw();
            let end = if data.shape == Shape::Mapping {
                data.next
            } else {
                0
            };
            return Entries::Plain {
                tree: node.tree,
                at: node.index + 1,
                end,
            };
        }
        let mut collected = Collected::default();
        self.collect(&mut collected, 0);
        Entries::Collected(collected.list.into_iter())
    }

    /// Adds the entries in the order in which the decoder of go-yaml 2 sets them.
    fn collect(self, collected: &mut Collected<'t>, depth: u32) {
        for (key, value) in self.raw_entries() {
            let Some(text) = key.text() else { continue };
            if text != "<<" || key.style() != Style::Plain {
                collected.set(text, key, value);
            } else if depth < DEPTH_LIMIT {
                if value.value() == Value::Sequence {
                    // The first of a list wins.
                    let items: Vec<_> = value.items().collect();
                    for item in items.into_iter().rev() {
                        item.collect(collected, depth + 1);
                    }
                } else {
                    value.collect(collected, depth + 1);
                }
            }
        }
    }

    /// The items of a sequence. Empty for other nodes.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> {
        let node = self.resolved();
        let data = node.raw();
        let end = if data.shape == Shape::Sequence {
            data.next
        } else {
            0
        };
        let mut at = node.index + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let item = Node {
                tree: node.tree,
                index: at,
            };
            at = item.raw().next.max(at + 1);
            Some(item)
        })
    }

    /// The item of a sequence by its number.
    pub fn item(self, number: usize) -> Option<Node<'t>> {
        let node = self.resolved();
        if node.raw().shape != Shape::Sequence {
            return None;
        }
        if number < NEAR {
            return self.items().nth(number);
        }
        let index = node.tree.item(node.index, number)?;
        Some(Node { index, ..node })
    }

    /// The entry under `key`: the key's node and the value's.
    pub fn entry(self, key: &str) -> Option<(Node<'t>, Node<'t>)> {
        self.entries().find(|(k, _)| k.text() == Some(key))
    }

    /// The value under `key`.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|(_, value)| value)
    }
}

/// Entries on their way together, a key once.
#[derive(Default)]
struct Collected<'t> {
    list: Vec<(Node<'t>, Node<'t>)>,
    places: rustc_hash::FxHashMap<&'t str, usize>,
}

impl<'t> Collected<'t> {
    fn set(&mut self, text: &'t str, key: Node<'t>, value: Node<'t>) {
        let place = *self.places.entry(text).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(entry) => *entry = (key, value),
            None => self.list.push((key, value)),
        }
    }
}

/// The entries of a mapping.
#[derive(Debug)]
pub enum Entries<'t> {
    /// A mapping without merge keys and repeated keys: read off the tree.
    Plain {
        /// The tree.
        tree: &'t Tree<'t>,
        /// The next key.
        at: u32,
        /// The end of the mapping.
        end: u32,
    },
    /// Any other.
    Collected(std::vec::IntoIter<(Node<'t>, Node<'t>)>),
}

impl<'t> Iterator for Entries<'t> {
    type Item = (Node<'t>, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Entries::Plain { tree, at, end } => {
                if *at >= *end {
                    return None;
                }
                let key = Node { tree, index: *at };
                let value = Node {
                    tree,
                    index: key.raw().next,
                };
                *at = value.raw().next.max(*at + 1);
                Some((key, value))
            }
            Entries::Collected(list) => list.next(),
        }
    }
}
