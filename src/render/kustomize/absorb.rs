//! Taking generated objects in: as new ones, or over those whose identity they have.

use super::super::value::{Key, Node, Scalar, Value};
use super::generators::{base64, fault};
use super::objects::Objects;
use super::problem::Result;
use super::resource::{Behavior, Resource};

/// Takes a generated object in: added, or in place of the one whose identity it has.
pub(super) fn absorb(objects: &mut Objects, mut new: Resource) -> Result<()> {
    let identity = new.identity();
    let found = objects.find(&identity);
    let index = match (found.as_slice(), new.behavior) {
        ([], Behavior::Create) => return objects.append(new),
        ([], _) => {
            return Err(fault(
                new.generator.as_ref().unwrap_or(new.trace()),
                format!("{identity} is not there, so nothing can be merged into it or replaced"),
            ));
        }
        ([_], Behavior::Create) => {
            return Err(fault(
                new.generator.as_ref().unwrap_or(new.trace()),
                format!("{identity} is there already"),
            )
            .help("`behavior: merge` or `behavior: replace` changes it"));
        }
        ([index], _) => *index,
        _ => {
            return Err(fault(
                new.generator.as_ref().unwrap_or(new.trace()),
                format!("several objects were {identity}"),
            ));
        }
    };
    let Some(old) = objects.list().get(index).cloned() else {
        return Ok(());
    };
    for field in ["labels", "annotations"] {
        unite(&mut new, &old, &["metadata", field]);
    }
    for field in ["name", "namespace"] {
        match old.metadata(field).and_then(Node::as_scalar) {
            Some(scalar) => {
                let scalar = Scalar::implicit(scalar.text.clone());
                let trace = old.metadata(field).map(|node| node.trace.clone());
                new.set_metadata(field, scalar, trace.unwrap_or_else(|| old.trace().clone()));
            }
            None => {
                if let Some(metadata) = new
                    .node_mut()
                    .as_map_mut()
                    .and_then(|map| map.get_mut("metadata"))
                    && let Some(map) = metadata.as_map_mut()
                {
                    map.remove(field);
                }
            }
        }
    }
    if new.behavior == Behavior::Merge {
        let mut source = old.clone();
        if new.kind() == "Secret" {
            encode_string_data(&mut source);
        }
        super::metadata::keep_origin(&mut new, &old);
        unite(&mut new, &source, &["data"]);
        unite(&mut new, &old, &["binaryData"]);
        if let Some(map) = new.node_mut().as_map_mut()
            && map.get("data").is_some_and(Node::is_empty)
        {
            map.remove("data");
        }
    }
    new.needs_hash &= old.needs_hash;
    new.history = old.history;
    new.prefixes = old.prefixes;
    new.suffixes = old.suffixes;
    new.behavior = old.behavior;
    new.chain = old.chain;
    new.renamed = old.renamed;
    new.variables = old.variables;
    if let Some(slot) = objects.list_mut().get_mut(index) {
        *slot = new;
    }
    Ok(())
}

/// Adds what only the old object has in a field; all becomes text.
fn unite(new: &mut Resource, old: &Resource, path: &[&str]) {
    let Some(theirs) = old.node().at(path).and_then(Node::as_map).cloned() else {
        return;
    };
    if theirs.is_empty() {
        return;
    }
    let mut node = new.node_mut();
    for key in path {
        let trace = node.trace.clone();
        let Some(map) = node.as_map_mut() else { return };
        node = map.get_or_insert_with(Key::new(*key, trace.clone()), || Node::map(trace));
    }
    let Some(map) = node.as_map_mut() else { return };
    for entry in theirs {
        let text = entry.value.text().cloned().unwrap_or_default();
        match map.get_mut(&entry.key.text) {
            Some(own) => {
                own.trace = own
                    .trace
                    .clone()
                    .with_trace(&entry.value.trace, "was here before");
            }
            None => map.push(
                entry.key,
                Node::scalar(Scalar::string(text), entry.value.trace),
            ),
        }
    }
}

/// Reads a Secret's `stringData` as data.
fn encode_string_data(secret: &mut Resource) {
    let Some(map) = secret.node_mut().as_map_mut() else {
        return;
    };
    let Some(strings) = map.remove("stringData") else {
        return;
    };
    let Value::Map(strings) = strings.value.value else {
        return;
    };
    let trace = secret.trace().clone();
    let Some(map) = secret.node_mut().as_map_mut() else {
        return;
    };
    let data = map.get_or_insert_with(Key::new("data", trace.clone()), || Node::map(trace));
    let Some(data) = data.as_map_mut() else {
        return;
    };
    for entry in strings {
        let text = entry.value.text().cloned().unwrap_or_default();
        let scalar = Scalar::string(base64(text.as_bytes()));
        data.set(entry.key, Node::scalar(scalar, entry.value.trace.inexact()));
    }
}
