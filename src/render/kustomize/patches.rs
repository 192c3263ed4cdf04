//! Patches: reading them, finding their objects, applying them.

use super::super::value::{Key, Map, Node, Trace, Value};
use super::super::{RelatedOrigin, Sources, What};
use super::json6902::{self, Operation};
use super::merge::merge;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::resource::{Resource, place_of};
use super::schema::Schema;
use super::selector::Selector;

/// A patch that has been read.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    pub(super) content: Content,
    pub(super) target: Option<Selector>,
    pub(super) target_place: Option<Trace>,
    pub(super) allow_name: bool,
    pub(super) allow_kind: bool,
    /// Whether applying it counts as a change of identity (`patches`, not `patchesJson6902`).
    pub(super) remembers: bool,
    /// The entry.
    pub(super) trace: Trace,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Merge(Vec<Resource>),
    Json(Vec<Operation>),
}

/// What tells the types of lists.
#[derive(Clone, Copy)]
pub(super) struct Types<'t> {
    pub(super) schema: &'t Schema,
    pub(super) sources: &'t Sources,
}

impl Patch {
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.content, Content::Merge(objects) if objects.is_empty())
    }

    /// Applies it. What fails for one object is reported by itself.
    pub(super) fn apply(
        &self,
        objects: &mut Objects,
        types: &Types<'_>,
        report: Report<'_>,
    ) -> Result<()> {
        match (&self.content, &self.target) {
            (Content::Merge(patches), None) => {
                for patch in patches {
                    let outcome = find(objects, patch)
                        .and_then(|index| self.merge_into(objects, index, patch, types));
                    if let Err(problem) = outcome {
                        report(problem)?;
                    }
                }
            }
            (Content::Merge(patches), Some(target)) => {
                let Some(patch) = patches.first() else {
                    return Ok(());
                };
                let patch = &with_text_metadata(patch);
                for index in Self::selected(objects, target)? {
                    if let Err(problem) = self.merge_into(objects, index, patch, types) {
                        report(problem)?;
                    }
                }
            }
            (Content::Json(operations), Some(target)) => {
                for index in Self::selected(objects, target)? {
                    if let Err(problem) = self.run_on(objects, index, operations) {
                        report(problem)?;
                    }
                }
                objects.renamed();
            }
            (Content::Json(_), None) => {}
        }
        Ok(())
    }

    fn selected(objects: &Objects, target: &Selector) -> Result<Vec<usize>> {
        let mut selected = Vec::new();
        for (index, resource) in objects.list().iter().enumerate() {
            if target.matches(resource)? {
                selected.push(index);
            }
        }
        Ok(selected)
    }

    fn merge_into(
        &self,
        objects: &mut Objects,
        index: usize,
        patch: &Resource,
        types: &Types<'_>,
    ) -> Result<()> {
        let Some(resource) = objects.get_mut(index) else {
            return Ok(());
        };
        let before = resource.clone();
        if self.allow_name || self.allow_kind {
            resource.remember();
        }
        let mut node = patch.node().clone();
        if let Some(target) = &self.target_place {
            node.retrace(&mut |trace| {
                *trace = trace
                    .clone()
                    .with(target.place, What::Patch, "selects the objects");
            });
            // A patch with a target is for whatever version the objects have.
            let none = Node::scalar(
                super::super::value::Scalar::implicit(""),
                before.trace().inexact(),
            );
            let version = before.node().get("apiVersion").unwrap_or(&none);
            if let Some(map) = node.as_map_mut() {
                map.set(
                    Key::new("apiVersion", version.trace.clone()),
                    version.clone(),
                );
            }
        }
        let own = std::mem::replace(resource.node_mut(), Node::map(before.trace().clone()));
        let merged = match merge(own, &node, types.schema, types.sources) {
            Ok(merged) => merged,
            Err(mut problem) => {
                *resource = before;
                problem.message = format!("{}, in {}", problem.message, resource.identity());
                return Err(problem);
            }
        };
        let Some(merged) = merged.filter(|node| !node.is_empty()) else {
            return Ok(());
        };
        *resource.node_mut() = merged;
        if !self.allow_kind {
            restore(resource, &before, None, "kind");
        }
        if !self.allow_name {
            restore(resource, &before, Some("metadata"), "name");
        }
        restore(resource, &before, Some("metadata"), "namespace");
        if resource.node().size() > super::MOST_NODES {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                self.trace.place,
                format!("{} becomes too large", before.identity()),
            ));
        }
        if self.allow_name || self.allow_kind {
            resource.renamed.push(RelatedOrigin {
                place: self.trace.place,
                what: What::Patch,
                note: "renames it",
            });
            objects.renamed();
        }
        Ok(())
    }

    fn run_on(&self, objects: &mut Objects, index: usize, operations: &[Operation]) -> Result<()> {
        let Some(resource) = objects.get_mut(index) else {
            return Ok(());
        };
        let who = resource.identity().to_string();
        let mut object = resource.node().clone();
        let keeps_book = self.remembers || !resource.history.is_empty();
        if keeps_book {
            // kustomize notes former identities in annotations, so that there are some.
            let trace = object.trace.inexact();
            let make = || Node::map(trace.clone());
            if let Some(map) = object.as_map_mut() {
                let metadata = map.get_or_insert_with(Key::new("metadata", trace.clone()), make);
                if let Some(map) = metadata.as_map_mut() {
                    let annotations =
                        map.get_or_insert_with(Key::new("annotations", trace.clone()), make);
                    if annotations.is_null() {
                        *annotations = make();
                    }
                }
            }
        }
        let mut patched = json6902::apply(&object, operations, &who)?;
        if let Some(target) = &self.target_place {
            let place = target.place;
            let known = |trace: &Trace| trace.what == What::Patch;
            patched.retrace(&mut |trace| {
                if known(trace) && !trace.related().is_empty() {
                    *trace = trace
                        .clone()
                        .with(place, What::Patch, "selects the objects");
                }
            });
        }
        if keeps_book
            && let Some(metadata) = patched.as_map_mut().and_then(|map| map.get_mut("metadata"))
            && let Some(map) = metadata.as_map_mut()
            && map.get("annotations").is_some_and(Node::is_empty)
        {
            map.remove("annotations");
        }
        if self.remembers {
            resource.remember();
        }
        *resource.node_mut() = patched;
        Ok(())
    }
}

/// The one object that a patch without a target is for.
fn find(objects: &mut Objects, patch: &Resource) -> Result<usize> {
    let wanted = patch.identity();
    let found = objects.find(&wanted);
    match found.as_slice() {
        [index] => return Ok(*index),
        [] => {}
        several => {
            let mut problem = Problem::new(
                ProblemKind::PatchTarget,
                place_of(patch),
                format!("the patch may be for several objects that are or were {wanted}"),
            )
            .help("name the object in a `target`");
            for resource in several
                .iter()
                .take(4)
                .filter_map(|index| objects.list().get(*index))
            {
                problem = problem.near(RelatedOrigin {
                    place: place_of(resource),
                    what: resource.trace().what,
                    note: "may be meant",
                });
            }
            return Err(problem);
        }
    }
    let problem = Problem::new(
        ProblemKind::PatchTarget,
        place_of(patch),
        format!(
            "no object is {wanted} of {}, which the patch is for",
            wanted.gvk.api_version()
        ),
    )
    .of_absence();
    let alike = objects.named(&wanted.name);
    let near = alike
        .iter()
        .filter_map(|index| objects.list().get(*index))
        .find(|resource| resource.kind() == wanted.gvk.kind);
    let Some(near) = near else {
        return Err(problem);
    };
    let identity = near.original();
    let (own, theirs) = (identity.effective_namespace(), wanted.effective_namespace());
    let help = if identity.gvk != wanted.gvk {
        format!(
            "the {} there is of {}",
            identity.gvk.kind,
            identity.gvk.api_version()
        )
    } else if own != theirs && !identity.namespace.is_empty() {
        format!("the one there has `namespace: {own}`, and the patch must say so")
    } else {
        format!("the one there is {identity}")
    };
    Err(problem.help(help).near(RelatedOrigin {
        place: place_of(near),
        what: near.trace().what,
        note: "is near",
    }))
}

/// Sets a field back to what it was before a patch.
fn restore(resource: &mut Resource, before: &Resource, parent: Option<&str>, field: &str) {
    fn parent_of<'n>(root: &'n Node, parent: Option<&str>) -> Option<&'n Node> {
        parent.map_or(Some(root), |parent| root.get(parent))
    }
    let was = parent_of(before.node(), parent)
        .and_then(|node| node.as_map()?.entry(field))
        .cloned();
    let now = parent_of(resource.node(), parent).and_then(|node| node.get(field));
    if was.as_ref().map(|entry| &entry.value) == now {
        return;
    }
    let root = resource.node_mut();
    let trace = root.trace.inexact();
    let Some(mut map) = root.as_map_mut() else {
        return;
    };
    if let Some(parent) = parent {
        let node = map.get_or_insert_with(Key::new(parent, trace.clone()), || Node::map(trace));
        let Some(inner) = node.as_map_mut() else {
            return;
        };
        map = inner;
    }
    match was {
        Some(entry) => map.set(entry.key, entry.value),
        None => {
            map.remove(field);
        }
    }
}

/// Labels and annotations of a patch with a target are read as texts.
fn with_text_metadata(patch: &Resource) -> Resource {
    let is_text = |node: &Node| {
        node.as_map().is_none_or(|map: &Map| {
            map.iter().all(|entry| {
                entry
                    .value
                    .as_scalar()
                    .is_some_and(|scalar| scalar.tag == super::super::value::Tag::Str)
            })
        })
    };
    let mut patch = patch.clone();
    for field in ["labels", "annotations"] {
        if patch.metadata(field).is_none_or(is_text) {
            continue;
        }
        let map = patch.node_mut().as_map_mut().and_then(|map| {
            map.get_mut("metadata")?
                .as_map_mut()?
                .get_mut(field)?
                .as_map_mut()
        });
        for entry in map.into_iter().flat_map(Map::iter_mut) {
            let text = entry.value.text().cloned().unwrap_or_default();
            entry.value.value = Value::Scalar(super::super::value::Scalar::string(text));
        }
    }
    patch
}
