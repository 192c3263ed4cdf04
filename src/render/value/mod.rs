//! A tree of YAML values that can be changed and knows where each part was written.
//!
//! Scalars keep their text, their tag and how they were written, and get their meaning late:
//! renderers write over texts, and what a text means depends on what it replaces.

mod fold;
mod json;
mod map;
mod print;
mod read;
mod resolve;
mod trace;

use ecow::EcoString;

pub use json::to_json;
pub use map::{Entry, Key, Map};
pub use print::{NotPrintable, print};
pub use read::{Inline, Reader, read_inside};
pub use resolve::{Meaning, Reads, json_plain, resolve_plain};
pub use trace::Trace;

/// What a scalar was resolved to when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Nothing yet: the text tells.
    Implicit,
    /// Null.
    Null,
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// A number with a fraction or an exponent.
    Float,
    /// Text.
    Str,
    /// A date, with or without a time.
    Timestamp,
}

impl Tag {
    /// What a scalar of it is, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Implicit => "a scalar",
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Float => "a number",
            Self::Str => "a string",
            Self::Timestamp => "a date",
        }
    }
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block, line by line.
    Literal,
    /// As a folded block.
    Folded,
}

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its text, quotes and escapes resolved.
    pub text: EcoString,
    /// Its type.
    pub tag: Tag,
    /// How it is written.
    pub style: Style,
}

impl Scalar {
    /// Text.
    pub fn string(text: impl Into<EcoString>) -> Self {
        Self {
            text: text.into(),
            tag: Tag::Str,
            style: Style::Plain,
        }
    }

    /// A plain scalar whose text tells what it is.
    pub fn implicit(text: impl Into<EcoString>) -> Self {
        Self {
            text: text.into(),
            tag: Tag::Implicit,
            style: Style::Plain,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A mapping.
    Map(Map),
    /// A list.
    List(Vec<Node>),
    /// A scalar.
    Scalar(Scalar),
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub trace: Trace,
    /// Whether it is a collection in brackets or braces.
    pub is_flow: bool,
}

impl Node {
    /// A value.
    pub const fn new(value: Value, trace: Trace) -> Self {
        Self {
            value,
            trace,
            is_flow: false,
        }
    }

    /// A scalar.
    pub const fn scalar(scalar: Scalar, trace: Trace) -> Self {
        Self::new(Value::Scalar(scalar), trace)
    }

    /// An empty mapping.
    pub fn map(trace: Trace) -> Self {
        Self::new(Value::Map(Map::default()), trace)
    }

    /// The tree with another over it: maps are merged, all else replaces, null takes away.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        let (Some(own), Some(other)) = (self.as_map(), over.as_map()) else {
            return over.clone();
        };
        let mut out = own.clone();
        for entry in other {
            if entry.value.is_null() {
                out.remove(&entry.key.text);
                continue;
            }
            let value = match out.get(&entry.key.text) {
                Some(old) => old.overlaid(&entry.value),
                None => entry.value.clone(),
            };
            out.set(entry.key.clone(), value);
        }
        Self::new(Value::Map(out), self.trace.clone())
    }

    /// The mapping.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The scalar.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar, whatever its type.
    pub fn text(&self) -> Option<&EcoString> {
        self.as_scalar().map(|scalar| &scalar.text)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// Whether it is null or a collection without entries.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Map(map) => map.is_empty(),
            Value::List(list) => list.is_empty(),
            Value::Scalar(scalar) => scalar.is_null(),
        }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// What the node is, for messages.
    pub const fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Scalar(scalar) => match scalar.style {
                Style::Plain => match scalar.tag {
                    Tag::Null => "null",
                    Tag::Bool => "a boolean",
                    Tag::Int => "an integer",
                    Tag::Float => "a number",
                    Tag::Str | Tag::Implicit | Tag::Timestamp => "a string",
                },
                _ => "a string",
            },
        }
    }

    /// How many nodes it holds, itself included; keys count as their values do.
    pub fn size(&self) -> usize {
        match &self.value {
            Value::Map(map) => 1 + map.iter().map(|entry| entry.value.size()).sum::<usize>(),
            Value::List(list) => 1 + list.iter().map(Node::size).sum::<usize>(),
            Value::Scalar(_) => 1,
        }
    }

    /// Writes `scalar` over what is there, as kustomize does: over a scalar the text and the type
    /// change, and how it is written stays.
    pub fn overwrite(&mut self, scalar: Scalar, trace: Trace) {
        let style = match &self.value {
            Value::Scalar(old) => old.style,
            _ => scalar.style,
        };
        self.value = Value::Scalar(Scalar { style, ..scalar });
        self.trace = trace;
    }

    /// Changes the places of all nodes and keys.
    pub fn retrace(&mut self, change: &mut impl FnMut(&mut Trace)) {
        change(&mut self.trace);
        match &mut self.value {
            Value::Map(map) => {
                for entry in map.iter_mut() {
                    change(&mut entry.key.trace);
                    entry.value.retrace(change);
                }
            }
            Value::List(list) => list.iter_mut().for_each(|item| item.retrace(change)),
            Value::Scalar(_) => {}
        }
    }

    /// Whether two trees hold the same, whatever their places and styles.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|entry| {
                        b.get(&entry.key.text)
                            .is_some_and(|value| entry.value.same(value))
                    })
            }
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Value::Scalar(a), Value::Scalar(b)) => a.meaning() == b.meaning(),
            _ => false,
        }
    }
}
