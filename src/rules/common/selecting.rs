//! Which pods the Sidecars or Telemetries of a namespace select together.

use crate::mesh::Quirks;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::mesh::analysis::selectors::selector_text;
use crate::mesh::analysis::{Analysis, Pod, PodId};
use crate::model::{Labels, ObjectId, Str};

/// An object that selects pods of its namespace.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Selecting<'m> {
    pub(in crate::rules) id: ObjectId,
    pub(in crate::rules) namespace: &'m Str,
    pub(in crate::rules) name: &'m Str,
    pub(in crate::rules) labels: &'m Labels,
}

/// Objects with one selector, and the pods that it selects.
pub(in crate::rules) struct Group<'m> {
    pub(in crate::rules) members: Vec<Selecting<'m>>,
    pub(in crate::rules) pods: Vec<&'m Pod>,
}

/// The objects by selector, and for each pod the groups that select it.
pub(in crate::rules) struct Selected<'m> {
    pub(in crate::rules) groups: Vec<Group<'m>>,
    by_pod: FxHashMap<PodId, Vec<usize>>,
}

impl<'m> Selected<'m> {
    pub(in crate::rules) fn new(
        objects: impl Iterator<Item = Selecting<'m>>,
        analysis: Analysis<'m>,
    ) -> Self {
        let mut by_selector: BTreeMap<(&Str, String), Vec<Selecting<'m>>> = BTreeMap::new();
        for object in objects {
            let key = (object.namespace, selector_text(object.labels));
            by_selector.entry(key).or_default().push(object);
        }
        let mut by_pod: FxHashMap<PodId, Vec<usize>> = FxHashMap::default();
        let mut groups = Vec::with_capacity(by_selector.len());
        for mut members in by_selector.into_values() {
            members.sort_by_key(|member| member.name);
            let Some(first) = members.first().copied() else {
                continue;
            };
            let pods: Vec<&Pod> = analysis
                .pods_matching(first.namespace, first.labels)
                .collect();
            for pod in &pods {
                by_pod.entry(pod.id).or_default().push(groups.len());
            }
            groups.push(Group { members, pods });
        }
        Self { groups, by_pod }
    }

    /// Those that select the pod, in the order of their names.
    fn selecting(&self, pod: PodId) -> Vec<Selecting<'m>> {
        let groups = self.by_pod.get(&pod).into_iter().flatten();
        let mut all: Vec<Selecting<'m>> = groups
            .filter_map(|group| self.groups.get(*group))
            .flat_map(|group| group.members.iter().copied())
            .collect();
        all.sort_by_key(|member| member.name);
        all
    }

    /// For each group the pods that others select too, with those who do: one pod for each group,
    /// or under the quirk every one, within reason.
    pub(in crate::rules) fn contested(
        &self,
        group: &Group<'m>,
        quirks: Quirks,
        is_free: impl Fn(&Pod) -> bool,
    ) -> Vec<(&'m Pod, Vec<Selecting<'m>>)> {
        const MOST: usize = 100;
        let pods = group
            .pods
            .iter()
            .filter(|pod| is_free(pod) && self.count(pod.id) > 1);
        pods.take(if quirks.every_case_is_reported {
            MOST
        } else {
            1
        })
        .map(|pod| (*pod, self.selecting(pod.id)))
        .collect()
    }

    /// The number of those that select the pod.
    fn count(&self, pod: PodId) -> usize {
        let groups = self.by_pod.get(&pod).into_iter().flatten();
        groups
            .filter_map(|group| self.groups.get(*group))
            .map(|group| group.members.len())
            .sum()
    }
}
