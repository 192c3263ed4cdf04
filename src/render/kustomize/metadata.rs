//! `buildMetadata`: annotations about where objects come from and what changed them.

use std::fmt::Write as _;

use ecow::EcoString;

use super::super::value::{Key, Map, Node, Scalar, Trace, Value};
use super::file::Kustomization;
use super::identity::Identity;
use super::objects::Objects;
use super::resource::Resource;

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The version whose behaviour is rendered.
const VERSION: &str = "kustomize-v5.8.2";

/// Which annotations are made, and where the build stands, relative to its root.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    path: String,
    trace: Trace,
}

impl Marks {
    /// The marks of a build; `None` when none are asked for.
    pub(super) fn new(k: &Kustomization) -> Option<Self> {
        let first = k.build_metadata.first()?;
        Some(Self {
            path: String::new(),
            trace: first.trace.inexact(),
        })
    }

    /// Further down, in an entry's folder.
    pub(super) fn enter(&self, entry: &str) -> Self {
        Self {
            path: join(&self.path, entry),
            trace: self.trace.clone(),
        }
    }

    /// Says of an object of a file where it is from.
    pub(super) fn mark_file(&self, resource: &mut Resource, entry: &str) {
        let text = ecow::eco_format!("path: {}\n", join(&self.path, entry));
        annotate(resource, ORIGIN, text, &self.trace);
    }

    /// Says where a configuration that stands in the kustomization is from.
    pub(super) fn mark_inline(&self, resource: &mut Resource, file: &str) {
        self.mark_file(resource, file);
    }

    /// What configures something, as text of an annotation.
    pub(super) fn configured(&self, file: &str, kind: &str) -> EcoString {
        ecow::eco_format!(
            "configuredIn: {}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {kind}\n",
            join(&self.path, file)
        )
    }

    /// Says of a generated object what made it, unless it says so already.
    pub(super) fn mark_generated(&self, resource: &mut Resource, text: EcoString) {
        if resource.annotation(ORIGIN).is_none() {
            annotate(resource, ORIGIN, text, &self.trace);
        }
    }

    /// Says of all objects what ran over them.
    pub(super) fn mark_transformed(&self, objects: &mut Objects, text: &EcoString) {
        for resource in objects.list_mut() {
            if resource.annotation(ORIGIN).is_none() {
                annotate(resource, ORIGIN, text.clone(), &self.trace);
                continue;
            }
            let mut list =
                EcoString::from(resource.annotation(TRANSFORMATIONS).unwrap_or_default());
            for (index, line) in text.lines().enumerate() {
                let _ = writeln!(list, "{}{line}", if index == 0 { "- " } else { "  " });
            }
            annotate(resource, TRANSFORMATIONS, list, &self.trace);
        }
    }
}

/// What configured a transformer or generator that a file holds.
pub(super) fn configured_by(config: &Resource) -> Option<EcoString> {
    let origin = config.annotation(ORIGIN)?;
    let path = origin.strip_prefix("path: ")?.trim_end();
    let Identity {
        gvk,
        name,
        namespace,
    } = config.identity();
    let mut text = ecow::eco_format!(
        "configuredIn: {path}\nconfiguredBy:\n  apiVersion: {}\n  kind: {}\n  name: {name}\n",
        gvk.api_version(),
        gvk.kind
    );
    if !namespace.is_empty() {
        let _ = writeln!(text, "  namespace: {namespace}");
    }
    Some(text)
}

/// Keeps the origin of what a generated object is merged into.
pub(super) fn keep_origin(new: &mut Resource, old: &Resource) {
    if let Some(origin) = old.annotation(ORIGIN) {
        let trace = old.trace().inexact();
        annotate(new, ORIGIN, origin.into(), &trace);
    }
}

/// Puts the last marks on, takes off those that are not asked for, and makes texts of all
/// annotations.
pub(super) fn finish(k: &Kustomization, objects: &mut Objects) {
    let wants = |option: &str| k.build_metadata.iter().find(|text| text.text == option);
    let managed = wants("managedByLabel").map(|text| text.trace.clone());
    let (origins, transformations) = (
        wants("originAnnotations").is_some(),
        wants("transformerAnnotations").is_some(),
    );
    for index in 0..objects.len() {
        let Some(resource) = objects.get_mut(index) else {
            break;
        };
        if let Some(trace) = &managed {
            set(
                resource,
                "labels",
                MANAGED_BY,
                VERSION.into(),
                &trace.inexact(),
            );
        }
        let Some(annotations) = resource.metadata("annotations") else {
            continue;
        };
        let drops =
            |key: &str| key == ORIGIN && !origins || key == TRANSFORMATIONS && !transformations;
        let is_done = annotations.as_map().is_some_and(|map: &Map| {
            !map.is_empty()
                && map.iter().all(|entry| {
                    !drops(&entry.key.text)
                        && entry.key.is_string
                        && entry
                            .value
                            .as_scalar()
                            .is_some_and(|scalar| scalar.tag == super::super::value::Tag::Str)
                })
        });
        if is_done {
            continue;
        }
        let Some(metadata) = resource
            .node_mut()
            .as_map_mut()
            .and_then(|map| map.get_mut("metadata")?.as_map_mut())
        else {
            continue;
        };
        let Some(annotations) = metadata.get_mut("annotations") else {
            continue;
        };
        if let Some(map) = annotations.as_map_mut() {
            map.retain(|entry| !drops(&entry.key.text));
            for entry in map.iter_mut() {
                entry.key.is_string = true;
                let text = entry.value.text().cloned().unwrap_or_default();
                if entry
                    .value
                    .as_scalar()
                    .is_none_or(|scalar| scalar.tag != super::super::value::Tag::Str)
                {
                    entry.value.value = Value::Scalar(Scalar::string(text));
                }
            }
        }
        if annotations.as_map().is_none_or(Map::is_empty) {
            metadata.remove("annotations");
        }
    }
}

fn join(folder: &str, entry: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(entry.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn annotate(resource: &mut Resource, key: &str, text: EcoString, trace: &Trace) {
    set(resource, "annotations", key, text, trace);
}

fn set(resource: &mut Resource, field: &str, key: &str, text: EcoString, trace: &Trace) {
    let make = || Node::map(trace.clone());
    let Some(root) = resource.node_mut().as_map_mut() else {
        return;
    };
    let metadata = root.get_or_insert_with(Key::new("metadata", trace.clone()), make);
    let Some(metadata) = metadata.as_map_mut() else {
        return;
    };
    let map = metadata.get_or_insert_with(Key::new(field, trace.clone()), make);
    if map.is_null() {
        *map = make();
    }
    if let Some(map) = map.as_map_mut() {
        map.set(
            Key::new(key, trace.clone()),
            Node::scalar(Scalar::string(text), trace.clone()),
        );
    }
}
