//! Replica counts.

use super::super::value::{Scalar, Tag};
use super::fieldspec::{FieldSpec, Make, for_each_field};
use super::file::Replica;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Result};

/// Writes the count into the objects of that name; one at least must be there.
pub(super) fn apply(replica: &Replica, fields: &[FieldSpec], objects: &mut Objects) -> Result<()> {
    let named = objects.named(&replica.name);
    let trace = replica
        .count
        .as_ref()
        .map_or_else(|| replica.trace.inexact(), |count| count.trace.clone());
    let count = replica.count.as_ref().map_or(0, |count| count.value);
    let mut found = false;
    for spec in fields {
        for index in &named {
            let Some(resource) = objects.get_mut(*index) else {
                continue;
            };
            let fits = resource
                .former()
                .chain([resource.identity()])
                .any(|id| id.name == replica.name && id.gvk.is_selected_by(&spec.gvk));
            if !fits {
                continue;
            }
            found = true;
            for_each_field(resource, spec, Make::Scalar, &trace, &mut |node| {
                let old = node.trace.clone();
                let mut trace = trace.clone();
                if old.place != trace.place {
                    trace = trace.with_trace(&old, "was here before");
                }
                let scalar = Scalar {
                    tag: Tag::Int,
                    ..Scalar::implicit(ecow::eco_format!("{count}"))
                };
                if node.as_scalar().is_none() {
                    return Err(Problem::new(
                        ProblemKind::BadReplicas,
                        None,
                        format!("a count goes to a number, not to {}", node.type_name()),
                    ));
                }
                node.overwrite(scalar, trace);
                Ok(())
            })?;
        }
    }
    if found {
        return Ok(());
    }
    let mut kinds: Vec<&str> = fields.iter().map(|spec| spec.gvk.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    Err(Problem::new(
        ProblemKind::BadReplicas,
        replica.trace.place,
        format!("no {} is called `{}`", kinds.join(", "), replica.name),
    )
    .of_absence())
}
