//! Which workloads of a namespace some policies are for.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::mesh::indices::SelectorIndex;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::attachment::Attached;
use crate::model::core::Service;
use crate::model::security::AuthorizationPolicy;
use crate::model::{Labels, Object, ObjectId};

/// Policies by the labels of the workloads that they are for.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// The policies for all workloads of a namespace: the first of each.
    wide: FxHashMap<NamespaceId, ObjectId>,
    index: SelectorIndex,
    owners: Vec<ObjectId>,
    ranges: FxHashMap<NamespaceId, Range<u32>>,
}

impl Policies {
    /// Policies with their namespace and the labels that they select, `None` for all workloads.
    pub(super) fn new(mut list: Vec<(NamespaceId, Option<Labels>, ObjectId)>) -> Self {
        list.sort_by_key(|(namespace, ..)| *namespace);
        let mut policies = Self::default();
        let mut selectors: Vec<Labels> = Vec::new();
        for (namespace, labels, owner) in list {
            let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
                policies.wide.entry(namespace).or_insert(owner);
                continue;
            };
            let item = u32::try_from(selectors.len()).unwrap_or(u32::MAX);
            selectors.push(labels);
            policies.owners.push(owner);
            let range = policies.ranges.entry(namespace).or_insert(item..item);
            range.end = item + 1;
        }
        policies.index = SelectorIndex::build(selectors.iter());
        policies
    }

    /// A policy of the namespace that is for a workload with these labels.
    pub(super) fn applying(&self, namespace: NamespaceId, labels: &Labels) -> Option<ObjectId> {
        if let Some(wide) = self.wide.get(&namespace) {
            return Some(*wide);
        }
        let range = self.ranges.get(&namespace)?.clone();
        let item = self.index.selecting(range, labels).into_iter().next()?;
        self.owners.get(item as usize).copied()
    }
}

/// The Services that a policy targets.
pub(super) fn targeted_services<'m>(
    mesh: &'m Mesh,
    policy: &'m Object<AuthorizationPolicy>,
) -> impl Iterator<Item = &'m Object<Service>> {
    policy
        .spec
        .targets()
        .filter(|target| target.is("", "Service") && !target.name.is_empty())
        .filter_map(|target| {
            mesh.places
                .named(policy.namespace(), &target.name)
                .services()
        })
        .filter(|service| !service.spec.spec.selector.is_empty())
}
