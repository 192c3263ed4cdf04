//! A tree of YAML values that can be changed and knows where each part was written.
//!
//! Scalars keep their text, their tag and how they were written, and get their meaning late:
//! renderers write over texts, and what a text means depends on what it replaces.

mod json;
mod print;
mod read;
mod resolve;

use std::sync::Arc;

use ecow::EcoString;

use super::{Origin, Place, RelatedOrigin, What};

pub use json::to_json;
pub use print::{NotPrintable, print};
pub use read::{Inline, Reader, read_inside};
pub use resolve::{Meaning, Reads, json_plain, resolve_plain};

/// Where a part was written, and what else took part: an [`Origin`] that is cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The place.
    pub place: Place,
    /// What stands there.
    pub what: What,
    /// Whether the text there is this scalar.
    pub exact: bool,
    related: Option<Arc<Vec<RelatedOrigin>>>,
}

/// Places that one trace remembers beside its own; what took part first is kept.
const MOST_RELATED: usize = 16;

impl Trace {
    /// A part that is written at `place`.
    pub const fn new(place: Place, what: What) -> Self {
        Self {
            place,
            what,
            exact: false,
            related: None,
        }
    }

    /// The same place, which is not the scalar itself.
    #[must_use]
    pub fn inexact(&self) -> Self {
        Self {
            exact: false,
            ..self.clone()
        }
    }

    /// The same place, as something else.
    #[must_use]
    pub fn as_what(&self, what: What) -> Self {
        Self {
            what,
            ..self.clone()
        }
    }

    /// With one more place that took part.
    #[must_use]
    pub fn with(mut self, place: Place, what: What, note: &'static str) -> Self {
        self.relate(RelatedOrigin { place, what, note });
        self
    }

    /// With another part that took part, and all that took part in it.
    #[must_use]
    pub fn with_trace(mut self, other: &Trace, note: &'static str) -> Self {
        self.relate(RelatedOrigin {
            place: other.place,
            what: other.what,
            note,
        });
        for related in other.related() {
            self.relate(*related);
        }
        self
    }

    /// The other places, from the inside outwards.
    pub fn related(&self) -> &[RelatedOrigin] {
        self.related.as_deref().map_or(&[], Vec::as_slice)
    }

    fn relate(&mut self, related: RelatedOrigin) {
        if related.place == self.place {
            return;
        }
        let list = Arc::make_mut(self.related.get_or_insert_default());
        if list.len() < MOST_RELATED && !list.contains(&related) {
            list.push(related);
        }
    }

    /// The trace of what something else has rendered.
    pub fn from_origin(origin: &Origin) -> Self {
        let mut trace = Self::new(origin.place, origin.what);
        trace.exact = origin.exact;
        for related in &origin.related {
            trace.relate(*related);
        }
        trace
    }

    /// The origin.
    pub fn origin(&self) -> Origin {
        Origin {
            place: self.place,
            what: self.what,
            exact: self.exact,
            related: self.related().to_vec(),
        }
    }
}

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
                for entry in &mut map.entries {
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

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: EcoString,
    /// Where it was written.
    pub trace: Trace,
    /// Whether it is text; a number, a boolean or null is no key of a JSON object.
    pub is_string: bool,
}

impl Key {
    /// A key that is text.
    pub fn new(text: impl Into<EcoString>, trace: Trace) -> Self {
        Self {
            text: text.into(),
            trace,
            is_string: true,
        }
    }
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A mapping, in the order in which it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    entries: Vec<Entry>,
}

impl Map {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries in order.
    #[allow(clippy::iter_without_into_iter, reason = "no loop asks for it")]
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// The entry under `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under `key`.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let entry = self.entries.iter_mut().find(|entry| entry.key.text == key);
        entry.map(|entry| &mut entry.value)
    }

    /// The value under the key, which is added with `make` when it isn't there.
    pub fn get_or_insert_with(&mut self, key: Key, make: impl FnOnce() -> Node) -> &mut Node {
        let known = self
            .entries
            .iter()
            .position(|entry| entry.key.text == key.text);
        let index = known.unwrap_or_else(|| {
            self.push(key, make());
            self.entries.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or just pushed")]
        &mut self.entries[index].value
    }

    /// Sets the value under the key, which keeps its own place when it is there.
    pub fn set(&mut self, key: Key, value: Node) {
        match self.get_mut(&key.text) {
            Some(old) => *old = value,
            None => self.push(key, value),
        }
    }

    /// Appends an entry whose key is not there yet.
    pub fn push(&mut self, key: Key, value: Node) {
        self.entries.push(Entry { key, value });
    }

    /// Takes the entry under `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let index = self
            .entries
            .iter()
            .position(|entry| entry.key.text == key)?;
        Some(self.entries.remove(index))
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'m> IntoIterator for &'m Map {
    type Item = &'m Entry;
    type IntoIter = std::slice::Iter<'m, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Entry> for Map {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
        }
    }
}
