//! Putting objects into a namespace.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::super::value::{Key, Node, Scalar, Trace};
use super::super::{RelatedOrigin, What};
use super::fieldspec::{FieldSpec, Make, for_each_field};
use super::file::Text;
use super::identity::Gvk;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::resource::{Resource, place_of};

/// Which subjects of role bindings follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

/// A namespace for all objects.
#[derive(Debug, Clone)]
pub(super) struct Namespace {
    pub(super) name: Text,
    pub(super) fields: Vec<FieldSpec>,
    pub(super) unset_only: bool,
    pub(super) subjects: Subjects,
}

impl Namespace {
    /// Puts all objects into the namespace. Those of Helm charts stay where the chart has them.
    pub(super) fn apply(&self, objects: &mut Objects, report: Report<'_>) -> Result<()> {
        let mut ids: FxHashMap<_, usize> = FxHashMap::default();
        for resource in objects.list() {
            *ids.entry(resource.identity().normal()).or_default() += 1;
        }
        let list = objects.list_mut();
        for index in 0..list.len() {
            let Some(resource) = list.get_mut(index) else {
                break;
            };
            if resource.from_chart || resource.node().is_empty() {
                continue;
            }
            let before = resource.identity().normal();
            resource.remember();
            if let Err(problem) = self.write(resource) {
                report(problem)?;
            }
            let after = resource.identity().normal();
            resource.renamed.push(RelatedOrigin {
                place: self.name.trace.place,
                what: self.name.trace.what,
                note: "sets the namespace",
            });
            if let Some(count) = ids.get_mut(&before) {
                *count -= 1;
            }
            let count = ids.entry(after.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let place = place_of(resource);
                let others = list.iter().enumerate();
                let other = others
                    .filter(|(at, _)| *at != index)
                    .find(|(_, other)| other.identity().normal() == after)
                    .map(|(_, other)| other);
                let mut problem = Problem::new(
                    ProblemKind::NamespaceConflict,
                    self.name.trace.place,
                    format!("namespace `{}` makes two objects {after}", self.name.text),
                )
                .near(RelatedOrigin {
                    place,
                    what: What::Base,
                    note: "is one of them",
                });
                if let Some(other) = other {
                    problem = problem.near(RelatedOrigin {
                        place: place_of(other),
                        what: other.trace().what,
                        note: "is the other",
                    });
                }
                report(problem)?;
            }
        }
        Ok(())
    }

    /// Writes the namespace into the fields of one object.
    pub(super) fn write(&self, resource: &mut Resource) -> Result<()> {
        let is_core_v1 = resource.gvk().api_version() == "v1";
        if !resource.gvk().is_cluster_scoped() {
            let spec = FieldSpec::new(Gvk::default(), "metadata/namespace", true);
            for_each_field(
                resource,
                &spec,
                Make::Scalar,
                &self.name.trace,
                &mut |node| {
                    self.set(node);
                    Ok(())
                },
            )?;
        }
        let binds = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
        if binds {
            self.write_subjects(resource);
        }
        for spec in &self.fields {
            let is_subjects =
                matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
                    && spec.path == "subjects/namespace";
            if spec.path == "metadata/namespace"
                || (!is_core_v1 && spec.path == "metadata/name")
                || (binds && is_subjects)
            {
                continue;
            }
            for_each_field(
                resource,
                spec,
                Make::Scalar,
                &self.name.trace,
                &mut |node| {
                    if node.as_scalar().is_none() {
                        return Err(Problem::new(
                            ProblemKind::BadKustomization,
                            None,
                            format!(
                                "the namespace goes to a scalar, not to {}",
                                node.type_name()
                            ),
                        ));
                    }
                    self.set(node);
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn set(&self, node: &mut Node) {
        if self.unset_only && node.text().is_some_and(|text| !text.is_empty()) && !node.is_null() {
            return;
        }
        let old = node.trace.clone();
        let is_new = old.place == self.name.trace.place;
        let mut trace = self.name.trace.clone();
        if !is_new {
            trace = trace.with_trace(&old, "was here before");
        }
        node.overwrite(Scalar::string(self.name.text.clone()), trace);
    }

    fn write_subjects(&self, resource: &mut Resource) {
        let (field, wanted) = match self.subjects {
            Subjects::None => return,
            Subjects::Default => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let follows = |subject: &Node| {
            subject
                .get(field)
                .and_then(Node::text)
                .is_some_and(|text| text == wanted)
        };
        let subjects = resource.node().get("subjects").and_then(Node::as_list);
        if !subjects.is_some_and(|list| list.iter().any(follows)) {
            return;
        }
        let map = resource.node_mut().as_map_mut();
        let Some(subjects) = map.and_then(|map| map.get_mut("subjects")) else {
            return;
        };
        let super::super::value::Value::List(list) = &mut subjects.value else {
            return;
        };
        for subject in list.iter_mut().filter(|subject| follows(subject)) {
            let Some(map) = subject.as_map_mut() else {
                continue;
            };
            let trace: Trace = self.name.trace.clone();
            let node = map.get_or_insert_with(Key::new("namespace", trace.inexact()), || {
                Node::scalar(Scalar::string(EcoString::new()), trace)
            });
            self.set(node);
        }
    }
}
