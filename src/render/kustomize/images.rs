//! New names, tags and digests of images.

use ecow::EcoString;
use regex::Regex;

use super::super::value::{Node, Scalar, Value};
use super::fieldspec::{FieldSpec, Make, for_each_field, split_path, visit};
use super::file::Image;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;

/// An entry of `images`, ready to match.
#[derive(Debug)]
pub(super) struct Images<'i> {
    image: &'i Image,
    fields: &'i [FieldSpec],
    /// `None` when the name is no pattern: then nothing matches.
    pattern: Option<Regex>,
}

impl<'i> Images<'i> {
    pub(super) fn new(image: &'i Image, fields: &'i [FieldSpec]) -> Self {
        let pattern = format!(
            "^{}(:[a-zA-Z0-9_.{{}}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{{}}-]*)?$",
            image.name
        );
        Self {
            image,
            fields,
            pattern: super::selector::compile(&pattern).ok(),
        }
    }

    fn matches(&self, text: &str) -> bool {
        self.pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    }

    /// Writes it wherever the image stands; tells whether it did anywhere.
    pub(super) fn apply(&self, objects: &mut Objects) -> Result<bool> {
        let mut found = false;
        if self.pattern.is_none() {
            return Ok(false);
        }
        for index in 0..objects.len() {
            let Some(resource) = objects.get_mut(index) else {
                break;
            };
            if resource.kind() == "CustomResourceDefinition" {
                continue;
            }
            if self.is_in(resource.node()) {
                found = true;
                self.write_containers(resource.node_mut());
            }
            found |= self.write_fields(resource)?;
        }
        Ok(found)
    }

    /// Whether the image stands in some list of containers, at any depth.
    fn is_in(&self, node: &Node) -> bool {
        match &node.value {
            Value::Map(map) => map.iter().any(|entry| {
                self.is_in(&entry.value)
                    || (is_containers(&entry.key.text)
                        && entry
                            .value
                            .as_list()
                            .unwrap_or_default()
                            .iter()
                            .any(|item| {
                                item.get("image")
                                    .and_then(Node::text)
                                    .is_some_and(|text| self.matches(text))
                            }))
            }),
            Value::List(list) => list.iter().any(|item| self.is_in(item)),
            Value::Scalar(_) => false,
        }
    }

    fn write_containers(&self, node: &mut Node) {
        match &mut node.value {
            Value::Map(map) => {
                for entry in map.iter_mut() {
                    self.write_containers(&mut entry.value);
                    if !is_containers(&entry.key.text) {
                        continue;
                    }
                    let Value::List(list) = &mut entry.value.value else {
                        continue;
                    };
                    for item in list {
                        if let Some(image) = item.as_map_mut().and_then(|map| map.get_mut("image"))
                        {
                            self.write(image);
                        }
                    }
                }
            }
            Value::List(list) => list.iter_mut().for_each(|item| self.write_containers(item)),
            Value::Scalar(_) => {}
        }
    }

    fn write_fields(&self, resource: &mut Resource) -> Result<bool> {
        let mut found = false;
        for spec in self.fields {
            let mut is_there = false;
            if resource.gvk().is_selected_by(&spec.gvk) {
                visit(resource.node(), &split_path(&spec.path, '/'), &mut |_| {
                    is_there = true;
                });
                is_there |= spec.path.contains("[]");
            }
            if !is_there {
                continue;
            }
            for_each_field(
                resource,
                spec,
                Make::Nothing,
                &self.image.trace,
                &mut |node| {
                    if node.as_scalar().is_none() {
                        return Err(Problem::new(
                            ProblemKind::BadKustomization,
                            None,
                            format!("an image is a string, not {}", node.type_name()),
                        ));
                    }
                    found |= self.write(node);
                    Ok(())
                },
            )?;
        }
        Ok(found)
    }

    fn write(&self, node: &mut Node) -> bool {
        let Some(old) = node.as_scalar().filter(|scalar| self.matches(&scalar.text)) else {
            return false;
        };
        let (mut name, mut tag, mut digest) = split(&old.text);
        let image = self.image;
        let given = |text: &'i Option<super::file::Text>| {
            text.as_ref().filter(|text| !text.text.is_empty())
        };
        let (new_name, new_tag) = (given(&image.new_name), given(&image.new_tag));
        let (new_digest, suffix) = (given(&image.digest), given(&image.tag_suffix));
        if let Some(new) = new_name {
            name.clone_from(&new.text);
        }
        match (new_tag, new_digest, suffix) {
            (Some(new), Some(hash), _) => {
                tag.clone_from(&new.text);
                digest.clone_from(&hash.text);
            }
            (Some(new), None, _) => {
                tag.clone_from(&new.text);
                digest.clear();
            }
            (None, Some(hash), _) => {
                tag.clear();
                digest.clone_from(&hash.text);
            }
            (None, None, Some(suffix)) => {
                tag.push_str(&suffix.text);
                digest.clear();
            }
            _ => {}
        }
        if !tag.is_empty() {
            name = ecow::eco_format!("{name}:{tag}");
        }
        if !digest.is_empty() {
            name = ecow::eco_format!("{name}@{digest}");
        }
        let was = node.trace.clone();
        // Of several fields the last one is what a reader would look at first.
        let trace = match [new_digest, new_tag, suffix, new_name]
            .into_iter()
            .flatten()
            .next()
        {
            Some(field) => field.trace.inexact().with_trace(&was, "was here before"),
            None => was,
        };
        node.overwrite(Scalar::implicit(name), trace);
        true
    }
}

fn is_containers(key: &str) -> bool {
    matches!(key, "containers" | "initContainers")
}

/// Name, tag and digest of an image.
fn split(image: &str) -> (EcoString, EcoString, EcoString) {
    let slash = image.find('/').unwrap_or(0);
    let search = image.get(slash..).unwrap_or(image);
    let at = search.find('@').map(|at| at + slash);
    let colon = search.find(':').map(|at| at + slash);
    let piece = |from: usize, to: usize| EcoString::from(image.get(from..to).unwrap_or_default());
    let none = EcoString::new;
    match (colon, at) {
        (colon, Some(at)) if colon.is_none_or(|colon| at < colon) => {
            (piece(0, at), none(), piece(at + 1, image.len()))
        }
        (Some(colon), Some(at)) => (
            piece(0, colon),
            piece(colon + 1, at),
            piece(at + 1, image.len()),
        ),
        (Some(colon), None) => (piece(0, colon), piece(colon + 1, image.len()), none()),
        (None, _) => (image.into(), none(), none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_a_tag_and_a_digest() {
        for (image, parts) in [
            ("web", ("web", "", "")),
            ("web:1", ("web", "1", "")),
            ("host:5000/web", ("host:5000/web", "", "")),
            ("host:5000/web:1", ("host:5000/web", "1", "")),
            ("web@sha256:00", ("web", "", "sha256:00")),
            ("a/web:1@sha256:00", ("a/web", "1", "sha256:00")),
        ] {
            let (name, tag, digest) = split(image);
            assert_eq!(
                (name.as_str(), tag.as_str(), digest.as_str()),
                parts,
                "{image}"
            );
        }
    }
}
