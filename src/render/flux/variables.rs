//! The variables of a Kustomization: inline ones, and those of ConfigMaps and Secrets.

use super::substitute::{Variable, Variables};
use crate::render::base64;
use crate::render::gitops::Object;
use crate::render::value::Node;

/// Reads `spec.postBuild`; `find` looks an object up by kind, namespace and name.
pub(super) fn variables<'o>(
    spec: &Node,
    namespace: &str,
    mut find: impl FnMut(&str, &str, &str) -> Option<&'o Object>,
    notes: &mut Vec<String>,
) -> Variables {
    let mut variables = Variables {
        always: spec
            .get("postBuild")
            .and_then(|build| build.get("substituteStrategy"))
            .and_then(Node::text)
            .is_some_and(|text| text == "Always"),
        ..Variables::default()
    };
    let from = spec
        .at(&["postBuild", "substituteFrom"])
        .and_then(Node::as_list)
        .unwrap_or_default();
    for entry in from {
        let text = |key: &str| {
            let text = entry.get(key).and_then(Node::text);
            text.map(ecow::EcoString::as_str).unwrap_or_default()
        };
        let (kind, name) = (text("kind"), text("name"));
        if let Some(object) = find(kind, namespace, name) {
            add(&mut variables, object);
        } else {
            variables.are_partial = true;
            notes.push(format!(
                "{kind} {namespace}/{name} is not in the repository"
            ));
        }
    }
    let inline = spec.at(&["postBuild", "substitute"]).and_then(Node::as_map);
    for entry in inline.into_iter().flatten() {
        if let Some(scalar) = entry.value.as_scalar() {
            let variable = Variable {
                value: Some(scalar.text.to_string()),
                place: entry.value.trace.place,
            };
            variables.known.insert(entry.key.text.to_string(), variable);
        }
    }
    variables
}

/// Adds the data of a ConfigMap or Secret. Of an encrypted Secret the names are known alone.
fn add(variables: &mut Variables, object: &Object) {
    let node = object.node();
    let is_encrypted = node.get("sops").is_some() || object.identity.kind == "SealedSecret";
    let is_secret = object.identity.kind == "Secret";
    for (field, is_encoded) in [("data", is_secret), ("stringData", false)] {
        for entry in node.get(field).and_then(Node::as_map).into_iter().flatten() {
            let text = entry.value.text().map(ToString::to_string);
            let value = text.filter(|text| !is_encrypted && !text.starts_with("ENC["));
            let value = if is_encoded {
                value.and_then(|text| base64::decode_text(&text))
            } else {
                value
            };
            let variable = Variable {
                value,
                place: entry.value.trace.place,
            };
            variables.known.insert(entry.key.text.to_string(), variable);
        }
    }
}
