//! Mappings.

use ecow::EcoString;

use super::{Node, Trace};

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

impl<'m> IntoIterator for &'m mut Map {
    type Item = &'m mut Entry;
    type IntoIter = std::slice::IterMut<'m, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl FromIterator<Entry> for Map {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
        }
    }
}
