//! What an Application adds to a kustomization.

use crate::render::flux::{entry, is_true, kustomization_of};
use crate::render::value::{Entry, Map, Node, Scalar, Value};

/// What `spec.source.kustomize` adds to the kustomization of the folder.
pub(super) fn amendments(settings: &Node) -> Option<Node> {
    let mut entries: Vec<Entry> = Vec::new();
    for field in [
        "namePrefix",
        "nameSuffix",
        "namespace",
        "replicas",
        "commonAnnotations",
        "patches",
        "components",
    ] {
        if let Some(value) = settings.get(field).filter(|value| !value.is_empty()) {
            entries.push(entry(field, value.clone()));
        }
    }
    if let Some(labels) = settings
        .get("commonLabels")
        .filter(|labels| !labels.is_empty())
    {
        if is_true(settings.get("labelWithoutSelector")) {
            let trace = labels.trace.inexact();
            let mut fields = vec![entry("pairs", labels.clone())];
            if is_true(settings.get("labelIncludeTemplates")) {
                let word = Node::scalar(Scalar::implicit("true"), trace.clone());
                fields.push(entry("includeTemplates", word));
            }
            let item = Node::new(Value::Map(fields.into_iter().collect()), trace.clone());
            entries.push(entry("labels", Node::new(Value::List(vec![item]), trace)));
        } else {
            entries.push(entry("commonLabels", labels.clone()));
        }
    }
    let images: Vec<Node> = settings
        .get("images")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
        .filter_map(image)
        .collect();
    if !images.is_empty() {
        entries.push(entry(
            "images",
            Node::new(Value::List(images), settings.trace.inexact()),
        ));
    }
    (!entries.is_empty()).then(|| kustomization_of(&settings.trace.inexact(), entries))
}

/// An image as Argo CD writes it: `name:tag`, `name@digest`, `name=other:tag`.
fn image(node: &Node) -> Option<Node> {
    let written = node.text()?;
    let (name, rest) = match written.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, written.as_str()),
    };
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    let after = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest.get(after..)?.find(':').map(|at| at + after);
    let (image, tag) = match colon {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let trace = node.trace.inexact();
    let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
    let mut map: Vec<Entry> = vec![entry("name", word(name.unwrap_or(image)))];
    if name.is_some() {
        map.push(entry("newName", word(image)));
    }
    map.extend(tag.map(|tag| entry("newTag", word(tag))));
    map.extend(digest.map(|digest| entry("digest", word(digest))));
    let map: Map = map.into_iter().collect();
    Some(Node::new(Value::Map(map), trace))
}
