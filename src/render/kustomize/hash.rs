//! The hash that generated objects carry in their names.

use ecow::EcoString;
use sha2::{Digest, Sha256};

use super::super::RelatedOrigin;
use super::super::value::{Node, Value};
use super::json::{json, string};
use super::objects::Objects;
use super::resource::Resource;

/// Appends the hash of its content to the name of each object that wants one.
pub(super) fn apply(objects: &mut Objects) {
    if !objects.list().iter().any(|resource| resource.needs_hash) {
        return;
    }
    for resource in objects.list_mut() {
        if !resource.needs_hash {
            continue;
        }
        let hash = hash(resource);
        resource.remember();
        let name = ecow::eco_format!("{}-{hash}", resource.name());
        let trace = resource
            .generator
            .clone()
            .or_else(|| resource.metadata("name").map(|name| name.trace.clone()))
            .unwrap_or_else(|| resource.trace().clone());
        let renamed = resource
            .metadata("name")
            .map(|name| name.trace.clone())
            .map_or_else(
                || trace.clone(),
                |old| {
                    trace
                        .clone()
                        .with_trace(&old, "is the name without the hash")
                },
            );
        resource.set_name(name);
        if let Some(node) = resource
            .node_mut()
            .as_map_mut()
            .and_then(|map| map.get_mut("metadata"))
            .and_then(|metadata| metadata.as_map_mut()?.get_mut("name"))
        {
            node.trace = renamed.inexact();
        }
        resource.renamed.push(RelatedOrigin {
            place: trace.place,
            what: trace.what,
            note: "adds a hash of the content",
        });
    }
}

fn hash(resource: &Resource) -> EcoString {
    let mut text = String::from("{");
    let node = resource.node();
    match resource.kind() {
        "ConfigMap" => {
            if let Some(binary) = node
                .get("binaryData")
                .filter(|node| node.as_map().is_some())
            {
                text.push_str("\"binaryData\":");
                json(binary, None, &mut text);
                text.push(',');
            }
            text.push_str("\"data\":");
            data(node.get("data"), &mut text);
            text.push_str(",\"kind\":\"ConfigMap\",\"name\":\"\"}");
        }
        "Secret" => {
            text.push_str("\"data\":");
            data(node.get("data"), &mut text);
            text.push_str(",\"kind\":\"Secret\",\"name\":\"\"");
            if let Some(strings) = node
                .get("stringData")
                .filter(|node| node.as_map().is_some())
            {
                text.push_str(",\"stringData\":");
                json(strings, None, &mut text);
            }
            text.push_str(",\"type\":");
            data(node.get("type"), &mut text);
            text.push('}');
        }
        _ => {
            text.clear();
            json(node, None, &mut text);
        }
    }
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(5)
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| match nibble {
            0 => 'g',
            1 => 'h',
            3 => 'k',
            10 => 'm',
            14 => 't',
            digit => char::from_digit(u32::from(digit), 16).unwrap_or('g'),
        })
        .collect()
}

/// A field that is the empty text when it isn't there, and its text when it is a scalar.
fn data(node: Option<&Node>, out: &mut String) {
    match node.map(|node| (&node.value, node)) {
        None => out.push_str("\"\""),
        Some((Value::Scalar(scalar), _)) => string(&scalar.text, out),
        Some((_, node)) => {
            json(node, None, out);
        }
    }
}
