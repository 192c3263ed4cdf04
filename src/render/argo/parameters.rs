//! The parameters of `ApplicationSets`: trees for Go templates, flat names for the old templates.

use ecow::EcoString;

use super::fasttemplate::Flat;
use crate::render::value::{Key, Map, Meaning, Node, Scalar, Trace, Value};

/// The parameters of one Application.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    /// The tree.
    pub(super) tree: Node,
}

impl Parameters {
    /// None.
    pub(super) fn new(trace: &Trace) -> Self {
        Self {
            tree: Node::map(trace.clone()),
        }
    }

    /// Sets the value at a path of keys; maps on the way come into being.
    pub(super) fn set(&mut self, path: &[&str], value: Node) {
        let mut at = &mut self.tree;
        for (index, key) in path.iter().enumerate() {
            let trace = at.trace.clone();
            if at.as_map().is_none() {
                *at = Node::map(trace.clone());
            }
            let Some(map) = at.as_map_mut() else { return };
            if index + 1 == path.len() {
                map.set(Key::new(*key, trace), value);
                return;
            }
            at = map.get_or_insert_with(Key::new(*key, trace.clone()), || Node::map(trace));
        }
    }

    /// Sets a text.
    pub(super) fn text(&mut self, path: &[&str], text: &str, trace: &Trace) {
        self.set(path, Node::scalar(Scalar::string(text), trace.clone()));
    }

    /// With all entries of a mapping.
    pub(super) fn extend(&mut self, map: &Map) {
        if let Some(own) = self.tree.as_map_mut() {
            for entry in map {
                match (own.get_mut(&entry.key.text), &entry.value.value) {
                    (Some(old), Value::Map(new)) if old.as_map().is_some() => {
                        let mut inner = Parameters { tree: old.clone() };
                        inner.extend(new);
                        *old = inner.tree;
                    }
                    _ => own.set(entry.key.clone(), entry.value.clone()),
                }
            }
        }
    }

    /// The flat names: keys joined by dots, indices in brackets.
    pub(super) fn flat(&self) -> Flat {
        let mut flat = Flat::new();
        flatten(&self.tree, "", &mut flat, 0);
        flat
    }
}

fn flatten(node: &Node, name: &str, flat: &mut Flat, depth: usize) {
    if depth > 64 {
        return;
    }
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                let name = if name.is_empty() {
                    entry.key.text.to_string()
                } else {
                    format!("{name}.{}", entry.key.text)
                };
                flatten(&entry.value, &name, flat, depth + 1);
            }
        }
        Value::List(list) => {
            for (index, item) in list.iter().enumerate() {
                flatten(item, &format!("{name}[{index}]"), flat, depth + 1);
            }
        }
        Value::Scalar(scalar) => {
            flat.insert(name.to_owned(), shown(scalar).to_string());
        }
    }
}

/// A scalar as text.
pub(super) fn shown(scalar: &Scalar) -> EcoString {
    match scalar.meaning() {
        Meaning::Null => EcoString::new(),
        Meaning::Bool(value) => if value { "true" } else { "false" }.into(),
        Meaning::Int(number) => ecow::eco_format!("{number}"),
        Meaning::Float(number) => ecow::eco_format!("{number}"),
        Meaning::Str(text) => text,
        Meaning::Invalid(_) => scalar.text.clone(),
    }
}

/// A name as Kubernetes takes it: small letters, digits, dashes and dots, 253 characters.
pub(super) fn normalized(name: &str) -> String {
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(253)
        .collect();
    name.trim_matches(['-', '.']).to_owned()
}
