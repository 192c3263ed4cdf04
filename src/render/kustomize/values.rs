//! Values that are written to fields.

use ecow::EcoString;

use super::super::value::{Scalar, Trace};
use super::file::Text;
use super::namespace::{Namespace, Subjects};
use super::objects::Objects;
use super::paths;
use super::problem::{Problem, ProblemKind, Result};

/// A field that a value is written to.
pub(super) struct ValueTarget {
    pub(super) value: EcoString,
    pub(super) trace: Trace,
    pub(super) select: Option<super::selector::Selector>,
    pub(super) path: EcoString,
    pub(super) position: i64,
}

impl ValueTarget {
    pub(super) fn apply(&self, objects: &mut Objects) -> Result<()> {
        for index in 0..objects.len() {
            let Some(resource) = objects.get_mut(index) else {
                break;
            };
            if let Some(select) = &self.select
                && !select.matches(resource)?
            {
                continue;
            }
            if self.path == "metadata/namespace" {
                let namespace = Namespace {
                    name: Text {
                        text: self.value.clone(),
                        trace: self.trace.clone(),
                    },
                    fields: Vec::new(),
                    unset_only: false,
                    subjects: Subjects::Default,
                };
                namespace.write(resource)?;
                continue;
            }
            let parts = super::fieldspec::split_path(&self.path, '/');
            let root = resource.node_mut();
            let fault = |reason: String| {
                Problem::new(ProblemKind::BadKustomization, self.trace.place, reason)
            };
            let found =
                paths::find(root, &parts, Some(paths::Kind::Scalar), &self.trace).map_err(fault)?;
            for way in &found.ways {
                let Some(node) = paths::follow(root, way) else {
                    continue;
                };
                let Some(old) = node.text().cloned() else {
                    return Err(fault(format!(
                        "a value goes to a scalar, not to {}",
                        node.type_name()
                    )));
                };
                let new = if self.position > 0 {
                    insert_part(&old, self.position - 1, &self.value)
                } else {
                    self.value.clone()
                };
                let trace = self
                    .trace
                    .inexact()
                    .with_trace(&node.trace, "was here before");
                node.overwrite(Scalar::implicit(new), trace);
            }
        }
        objects.renamed();
        Ok(())
    }
}

/// Puts a part into a file path at a position.
fn insert_part(path: &str, position: i64, part: &str) -> EcoString {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = usize::try_from(position).unwrap_or(0).min(parts.len());
    parts.insert(at, part);
    let joined = parts.join("/");
    if absolute {
        ecow::eco_format!("/{joined}")
    } else {
        joined.into()
    }
}
