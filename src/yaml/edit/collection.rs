//! The entries or items of a collection as they are written.

use rustc_hash::FxHashMap;

use crate::yaml::locate::camel_case;
use crate::yaml::tree::Shape;
use crate::yaml::{Node, Span, Style};

/// A mapping or a list, looked up by key or index without walking it again.
pub(super) struct Collection<'t> {
    /// The entries or items, keys of mappings first; merge keys unresolved.
    pub(super) children: Vec<(Option<Node<'t>>, Node<'t>)>,
    /// Where each of them stands; `None` where that cannot be told.
    pub(super) parts: Option<Vec<Part>>,
    /// By key, and by its camelCase form: which entry, and whether there are others.
    keys: FxHashMap<String, (usize, bool)>,
    /// The keys that merge keys bring.
    merged: Vec<String>,
}

/// An entry or item as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Where its key or dash stands, or the item itself in brackets.
    pub(super) start: usize,
    /// The end of its value.
    pub(super) end: usize,
}

impl<'t> Collection<'t> {
    pub(super) fn new(node: Node<'t>, text: &str) -> Self {
        let entries = node.raw_entries().map(|(key, value)| (Some(key), value));
        let items = node.items().map(|item| (None, item));
        let children: Vec<_> = entries.chain(items).collect();
        let mut keys: FxHashMap<String, (usize, bool)> = FxHashMap::default();
        for (ordinal, (key, _)) in children.iter().enumerate() {
            let Some(text) = key.and_then(Node::text) else {
                continue;
            };
            keys.entry(text.to_owned())
                .and_modify(|(_, is_repeated)| *is_repeated = true)
                .or_insert((ordinal, false));
            if text.contains('_') {
                keys.entry(camel_case(text)).or_insert((ordinal, false));
            }
        }
        let merged = if node.raw().merges {
            let brought = node.entries().filter_map(|(key, _)| key.text());
            brought.map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        Self {
            parts: parts(node, text),
            children,
            keys,
            merged,
        }
    }

    /// Which entry has this key, if one does and no other.
    pub(super) fn only(&self, key: &str) -> Option<usize> {
        let (ordinal, is_repeated) = *self.keys.get(key)?;
        (!is_repeated).then_some(ordinal)
    }

    /// Whether an entry has this key, here or through a merge key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key) || self.merged.iter().any(|other| other == key)
    }
}

/// Where the entries or items of a collection stand, in order.
fn parts(container: Node<'_>, source: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    if container.raw().shape == Shape::Mapping {
        for (key, value) in container.raw_entries() {
            let key_span = key.span();
            let end = if value.span().is_empty() {
                let key_end = key_span.end as usize;
                let after = source.get(key_end..)?;
                let colon = after.len() - after.trim_start().len();
                if after.get(colon..)?.starts_with(':') {
                    key_end + colon + 1
                } else {
                    key_end
                }
            } else {
                end_of(value, source)?
            };
            parts.push(Part {
                start: key_span.start as usize,
                end,
            });
        }
        return Some(parts);
    }
    let is_flow = container.style() == Style::Flow;
    let mut from = 0;
    for item in container.items() {
        let start = match (is_flow, parts.is_empty()) {
            (true, _) => item.span().start as usize,
            (false, true) => source
                .get(..item.span().start as usize)?
                .trim_end()
                .len()
                .checked_sub(1)?,
            (false, false) => next_token(source, from)?,
        };
        if !is_flow && !source.get(start..)?.starts_with('-') {
            return None;
        }
        let end = if item.span().is_empty() {
            start + usize::from(!is_flow)
        } else {
            end_of(item, source)?
        };
        parts.push(Part { start, end });
        from = end;
    }
    Some(parts)
}

/// The end of a value, line breaks after it left out.
fn end_of(value: Node<'_>, source: &str) -> Option<usize> {
    let Span { start, end } = value.span();
    let text = source.get(start as usize..end as usize)?;
    Some(start as usize + text.trim_end().len())
}

/// The first character from `at` on that is neither white space nor in a comment.
fn next_token(source: &str, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let rest = source.get(at..)?;
        let token = rest.trim_start();
        at += rest.len() - token.len();
        if !token.starts_with('#') {
            return (!token.is_empty()).then_some(at);
        }
        at += token.find('\n')?;
    }
}
