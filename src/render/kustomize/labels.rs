//! Labels and annotations for all objects.

use super::super::value::{Key, Node, Scalar};
use super::fieldspec::{FieldSpec, Make, for_each_field};
use super::file::{Kustomization, Text};
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::tables::Tables;

/// Entries that are put into fields of all objects.
#[derive(Debug, Clone)]
pub(super) struct Entries {
    pub(super) pairs: Vec<(Text, Text)>,
    pub(super) fields: Vec<FieldSpec>,
}

impl Entries {
    /// The labels of a kustomization, in the order in which they are put on.
    pub(super) fn labels(k: &Kustomization, tables: &Tables) -> Vec<Result<Self>> {
        let mut all: Vec<Result<Self>> = Vec::new();
        for labels in &k.labels {
            let mut fields = labels.fields.clone();
            let mut merge = |table: &[FieldSpec]| {
                table.iter().try_for_each(|spec| {
                    spec.clone().merge(&mut fields).map_err(|spec| {
                        Problem::new(
                            ProblemKind::BadKustomization,
                            labels.trace.place,
                            format!(
                                "the field {} is configured with another `create` already",
                                spec.path
                            ),
                        )
                    })
                })
            };
            let metadata = [FieldSpec::new(
                super::identity::Gvk::default(),
                "metadata/labels",
                true,
            )];
            let merged = merge(&tables.labels).and_then(|()| {
                if labels.include_selectors {
                    return merge(&tables.common_labels);
                }
                if labels.include_templates {
                    merge(&tables.template_labels)?;
                }
                if labels.include_claims {
                    merge(&tables.claim_labels)?;
                }
                merge(&metadata)
            });
            all.push(merged.map(|()| Self {
                pairs: labels.pairs.clone(),
                fields,
            }));
        }
        if !k.common_labels.is_empty() {
            all.push(Ok(Self {
                pairs: k.common_labels.clone(),
                fields: tables.common_labels.clone(),
            }));
        }
        all
    }

    /// Puts the entries on; what has the key is overwritten.
    pub(super) fn apply(&self, objects: &mut Objects, report: Report<'_>) -> Result<()> {
        for resource in objects.list_mut() {
            for (key, value) in &self.pairs {
                for spec in &self.fields {
                    let written =
                        for_each_field(resource, spec, Make::Map, &key.trace, &mut |node| {
                            let beside = node.trace.clone();
                            let type_name = node.type_name();
                            let Some(map) = node.as_map_mut() else {
                                if node.is_null() {
                                    return Ok(());
                                }
                                return Err(Problem::new(
                                    ProblemKind::BadKustomization,
                                    None,
                                    format!(
                                        "labels and annotations go to a mapping, not to {type_name}"
                                    ),
                                ));
                            };
                            let scalar = Scalar::string(value.text.clone());
                            if let Some(old) = map.get_mut(&key.text) {
                                let trace = value
                                    .trace
                                    .clone()
                                    .with_trace(&old.trace, "was here before");
                                old.overwrite(scalar, trace);
                            } else {
                                let trace = value.trace.clone().with(
                                    beside.place,
                                    beside.what,
                                    "is what it was added to",
                                );
                                map.push(
                                    Key::new(key.text.clone(), key.trace.clone()),
                                    Node::scalar(scalar, trace),
                                );
                            }
                            Ok(())
                        });
                    if let Err(problem) = written {
                        report(problem)?;
                    }
                }
            }
        }
        Ok(())
    }
}
