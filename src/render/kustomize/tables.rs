//! Which fields the transformers write when nothing else is configured, and tables that
//! kustomizations add to them (`configurations`, `crds`).

use std::sync::{Arc, LazyLock};

use super::builtin::built_in;
use super::fieldspec::FieldSpec;
use super::identity::Gvk;

/// References from fields to the names of objects of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct References {
    /// The kind that is referred to.
    pub(super) target: Gvk,
    /// Where its names stand.
    pub(super) fields: Vec<FieldSpec>,
}

/// The field specs of one kustomization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tables {
    pub(super) name_prefix: Vec<FieldSpec>,
    pub(super) name_suffix: Vec<FieldSpec>,
    pub(super) namespace: Vec<FieldSpec>,
    pub(super) common_labels: Vec<FieldSpec>,
    pub(super) labels: Vec<FieldSpec>,
    pub(super) template_labels: Vec<FieldSpec>,
    pub(super) claim_labels: Vec<FieldSpec>,
    pub(super) common_annotations: Vec<FieldSpec>,
    pub(super) references: Vec<References>,
    pub(super) variables: Vec<FieldSpec>,
    pub(super) images: Vec<FieldSpec>,
    pub(super) replicas: Vec<FieldSpec>,
}

impl Tables {
    /// What holds without configuration.
    pub(super) fn default_tables() -> Arc<Self> {
        static DEFAULT: LazyLock<Arc<Tables>> = LazyLock::new(|| {
            let mut tables = built_in();
            tables.sort();
            Arc::new(tables)
        });
        Arc::clone(&DEFAULT)
    }

    /// Adds another's entries; gives the spec that contradicts one that is there.
    pub(super) fn merge(&mut self, other: &Tables) -> Result<(), FieldSpec> {
        let tables = [
            (&mut self.name_prefix, &other.name_prefix),
            (&mut self.name_suffix, &other.name_suffix),
            (&mut self.namespace, &other.namespace),
            (&mut self.common_labels, &other.common_labels),
            (&mut self.labels, &other.labels),
            (&mut self.template_labels, &other.template_labels),
            (&mut self.claim_labels, &other.claim_labels),
            (&mut self.common_annotations, &other.common_annotations),
            (&mut self.variables, &other.variables),
            (&mut self.images, &other.images),
            (&mut self.replicas, &other.replicas),
        ];
        for (own, others) in tables {
            for spec in others {
                spec.clone().merge(own)?;
            }
        }
        for references in &other.references {
            self.refer(references)?;
        }
        self.sort();
        Ok(())
    }

    /// Sorts the entries as kustomize does: of two that overlap, the first one counts.
    pub(super) fn sort(&mut self) {
        for table in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.claim_labels,
            &mut self.common_annotations,
            &mut self.variables,
            &mut self.images,
            &mut self.replicas,
        ] {
            table.sort_by_cached_key(|spec| super::sort::kind_key(&spec.gvk));
        }
        self.references
            .sort_by_cached_key(|references| super::sort::kind_key(&references.target));
    }

    /// Adds references to one kind.
    pub(super) fn refer(&mut self, references: &References) -> Result<(), FieldSpec> {
        let known = self
            .references
            .iter_mut()
            .find(|known| known.target == references.target);
        let Some(known) = known else {
            self.references.push(references.clone());
            return Ok(());
        };
        references
            .fields
            .iter()
            .try_for_each(|spec| spec.clone().merge(&mut known.fields))
    }
}
