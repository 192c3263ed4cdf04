//! Name prefixes and suffixes.

use super::super::RelatedOrigin;
use super::super::value::Scalar;
use super::fieldspec::{FieldSpec, Make, for_each_field};
use super::file::Text;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Report, Result};

/// Which end of a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The front.
    Prefix,
    /// The back.
    Suffix,
}

/// A prefix or suffix for the names of all objects.
#[derive(Debug, Clone)]
pub(super) struct Affix {
    pub(super) end: End,
    pub(super) text: Text,
    pub(super) fields: Vec<FieldSpec>,
}

impl Affix {
    /// Writes it. Definitions of custom resources, API services and namespaces keep their names.
    pub(super) fn apply(&self, objects: &mut Objects, report: Report<'_>) -> Result<()> {
        let note = match self.end {
            End::Prefix => "adds the prefix",
            End::Suffix => "adds the suffix",
        };
        for resource in objects.list_mut() {
            let original = resource.original().gvk;
            let keeps = match original.kind.as_str() {
                "CustomResourceDefinition" | "Namespace" => true,
                "APIService" => original.group == "apiregistration.k8s.io",
                _ => false,
            };
            if keeps {
                continue;
            }
            for spec in &self.fields {
                if !original.is_selected_by(&spec.gvk) {
                    continue;
                }
                if spec.path == "metadata/name" && !self.text.text.is_empty() {
                    match self.end {
                        End::Prefix => resource.prefixes.push(self.text.text.clone()),
                        End::Suffix => resource.suffixes.push(self.text.text.clone()),
                    }
                    resource.remember();
                    resource.renamed.push(RelatedOrigin {
                        place: self.text.trace.place,
                        what: self.text.trace.what,
                        note,
                    });
                }
                let written = for_each_field(
                    resource,
                    spec,
                    Make::Nothing,
                    &self.text.trace,
                    &mut |node| {
                        let Some(old) = node.as_scalar().filter(|scalar| !scalar.is_null()) else {
                            if node.is_null() {
                                return Ok(());
                            }
                            return Err(Problem::new(
                                ProblemKind::BadKustomization,
                                None,
                                format!("a name is a string, not {}", node.type_name()),
                            ));
                        };
                        let (own, affix) = (&old.text, &self.text.text);
                        let new = match self.end {
                            End::Prefix => ecow::eco_format!("{affix}{own}"),
                            End::Suffix => ecow::eco_format!("{own}{affix}"),
                        };
                        let trace = node.trace.inexact().with(
                            self.text.trace.place,
                            self.text.trace.what,
                            note,
                        );
                        node.overwrite(Scalar::implicit(new), trace);
                        Ok(())
                    },
                );
                if let Err(problem) = written {
                    report(problem)?;
                }
            }
        }
        Ok(())
    }
}
