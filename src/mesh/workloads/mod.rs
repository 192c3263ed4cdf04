//! What runs: workloads, and the pods that they have or would get.
//!
//! Answers: which workloads are in a namespace, have some labels, belong to an application or run
//! under a service account; has a pod a sidecar or is it in ambient mode. What policies make of
//! workloads is answered in security. Stands on places.

mod inbound;
mod labelled;
mod list;
mod pods;
mod ports;
mod workload;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

pub use pods::PodState;
pub use workload::{Workload, WorkloadId, WorkloadKind};

use crate::mesh::Quirks;
use crate::mesh::indices::LabelIndex;
use crate::mesh::places::{NamespaceId, Places};
use crate::model::{Labels, Objects, Str};
use crate::yaml::is_placeholder;
use labelled::Labelled;
use workload::APP_LABELS;

/// Labels that are unknown before Pods are made, whatever makes them.
const RUNTIME_LABELS: [&str; 12] = [
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "role",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "job-name",
    "deployment",
    "deploymentconfig",
    "service.istio.io/canonical-name",
    "service.istio.io/canonical-revision",
    "security.istio.io/tlsMode",
];

/// All workloads.
#[derive(Debug)]
pub struct Workloads {
    objects: Arc<Objects>,
    places: Arc<Places>,
    labelled: Labelled,
    list: Vec<Workload>,
    /// Where each namespace's workloads begin, and the end.
    starts: Vec<u32>,
    /// Namespaces that checks do not know: their workloads are left out of mesh-wide questions.
    hidden: Vec<Range<u32>>,
    labels: LabelIndex,
    /// Workloads with a label value that holds a placeholder.
    unresolved: Vec<u32>,
    /// Whether labels that the manifests do not show are unknown rather than absent.
    lenient: bool,
    /// Whether Flagger makes copies of some workloads.
    has_copies: bool,
    accounts: FxHashSet<(NamespaceId, Str)>,
    /// Whether some workload has a sidecar; found out when first asked.
    has_sidecars: OnceLock<bool>,
}

impl Workloads {
    /// Finds all workloads.
    pub(in crate::mesh) fn build(
        objects: Arc<Objects>,
        places: Arc<Places>,
        quirks: Quirks,
    ) -> Self {
        let mut list = list::workloads(&objects, &places, quirks);
        for workload in &mut list {
            workload.is_injection_off = is_injection_off(workload, &objects, &places);
        }
        list.sort_by_key(|workload| workload.namespace);
        let starts = starts(&list, places.len());
        let hidden = places
            .iter()
            .filter(|(_, namespace)| !namespace.is_known)
            .map(|(id, _)| range(&starts, id))
            .filter(|range| !range.is_empty())
            .collect();
        let labels = LabelIndex::build(list.iter().map(|workload| &workload.labels));
        let unresolved = (0u32..)
            .zip(&list)
            .filter(|(_, workload)| workload.labels.values().any(|value| is_placeholder(value)))
            .map(|(index, _)| index)
            .collect();
        let mut accounts = FxHashSet::default();
        for workload in &list {
            for account in &workload.accounts {
                accounts.insert((workload.namespace, account.clone()));
            }
        }
        Self {
            labelled: Labelled::default(),
            has_copies: list.iter().any(|workload| workload.has_primary_copy),
            list,
            starts,
            hidden,
            labels,
            unresolved,
            lenient: !quirks.runtime_labels_do_not_exist,
            accounts,
            has_sidecars: OnceLock::new(),
            objects,
            places,
        }
    }

    /// The workload of this id.
    pub fn get(&self, id: WorkloadId) -> Option<&Workload> {
        self.list.get(id.index())
    }

    /// All workloads, namespace by namespace, in load order within each kind.
    pub fn iter(&self) -> impl Iterator<Item = (WorkloadId, &Workload)> {
        (0u32..).map(WorkloadId).zip(&self.list)
    }

    /// All workloads as a slice, for work in parallel; index and [`WorkloadId`] agree.
    pub fn as_slice(&self) -> &[Workload] {
        &self.list
    }

    /// The workloads of a namespace.
    pub fn of(&self, namespace: NamespaceId) -> &[Workload] {
        let range = range(&self.starts, namespace);
        self.list
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// The ids of the workloads of a namespace.
    pub fn ids_of(&self, namespace: NamespaceId) -> impl Iterator<Item = WorkloadId> {
        range(&self.starts, namespace).map(WorkloadId)
    }

    /// The workloads of a namespace that carry all labels of `selector` (an empty one selects
    /// all). The work is proportional to the rarest label.
    pub fn matching<'a>(
        &'a self,
        namespace: NamespaceId,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Workload> + 'a {
        self.select(range(&self.starts, namespace), selector)
    }

    /// The workloads of all known namespaces that carry all labels of `selector`.
    pub fn matching_anywhere<'a>(
        &'a self,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Workload> + 'a {
        self.labels
            .matching(0..self.len(), selector)
            .filter(|item| !self.is_hidden(*item))
            .filter_map(|item| self.list.get(item as usize))
    }

    /// The ids of the workloads that carry all labels of `selector`, of a namespace or (`None`)
    /// of all known ones.
    pub fn ids_matching<'a>(
        &'a self,
        namespace: Option<NamespaceId>,
        selector: &'a Labels,
    ) -> impl Iterator<Item = WorkloadId> + 'a {
        let items = namespace.map_or(0..self.len(), |id| range(&self.starts, id));
        self.labels
            .matching(items, selector)
            .filter(move |item| namespace.is_some() || !self.is_hidden(*item))
            .map(WorkloadId)
    }

    /// Whether `selector` selects a workload of the namespace. Outside upstream mode labels that
    /// are only known at run time count as selected (see [`Workload::may_match`]); this is the
    /// question behind 'no matching workload'.
    pub fn has_match(&self, namespace: NamespaceId, selector: &Labels) -> bool {
        let range = range(&self.starts, namespace);
        self.select(range.clone(), selector).next().is_some()
            || self.lenient && self.may_have_match(range, selector)
    }

    /// Whether `selector` selects a workload of any known namespace; lenient as
    /// [`Workloads::has_match`].
    pub fn has_match_anywhere(&self, selector: &Labels) -> bool {
        self.matching_anywhere(selector).next().is_some()
            || self.lenient && self.may_have_match(0..self.len(), selector)
    }

    /// Whether a workload of the namespace belongs to the application `app`, see
    /// [`Workload::app`] (upstream: `HasMatchingWorkloads`).
    pub fn has_app(&self, namespace: NamespaceId, app: &str) -> bool {
        let range = range(&self.starts, namespace);
        APP_LABELS.iter().any(|key| {
            self.labels
                .with_label(range.clone(), key, app)
                .filter_map(|item| self.list.get(item as usize))
                .any(|workload| workload.app().is_some_and(|own| own == app))
        })
    }

    /// Whether a workload of the namespace runs under the service account.
    pub fn has_account(&self, namespace: NamespaceId, account: &str) -> bool {
        self.accounts.contains(&(namespace, Str::from(account)))
    }

    /// The service accounts that workloads run under, without repetition, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (NamespaceId, &Str)> {
        self.accounts
            .iter()
            .map(|(namespace, account)| (*namespace, account))
    }

    /// Whether some workload has a sidecar.
    pub fn has_sidecars_anywhere(&self) -> bool {
        *self
            .has_sidecars
            .get_or_init(|| self.list.iter().any(Workload::has_some_sidecar))
    }

    /// The number of workloads.
    pub fn len(&self) -> u32 {
        u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is no workload.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn select<'a>(
        &'a self,
        items: Range<u32>,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Workload> + 'a {
        self.labels
            .matching(items, selector)
            .filter_map(|item| self.list.get(item as usize))
    }

    fn is_hidden(&self, item: u32) -> bool {
        self.hidden.iter().any(|range| range.contains(&item))
    }

    /// Whether a workload may match by labels that the manifests do not show.
    fn may_have_match(&self, items: Range<u32>, selector: &Labels) -> bool {
        let vague = |key: &Str, value: &Str| {
            RUNTIME_LABELS.contains(&key.as_str())
                || is_placeholder(value)
                || self.has_copies && value.ends_with("-primary")
        };
        let possible = |item: u32| {
            items.contains(&item)
                && self
                    .list
                    .get(item as usize)
                    .is_some_and(|workload| workload.may_match(selector))
        };
        if self.unresolved.iter().any(|item| possible(*item)) {
            return true;
        }
        if !selector.iter().any(|(key, value)| vague(key, value)) {
            return false;
        }
        let plain: Labels = selector
            .iter()
            .filter(|(key, value)| !vague(key, value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        self.labels.matching(items.clone(), &plain).any(possible)
    }
}

fn starts(list: &[Workload], namespaces: usize) -> Vec<u32> {
    let mut starts = vec![0u32; namespaces + 1];
    for workload in list {
        if let Some(count) = starts.get_mut(workload.namespace.index() + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

fn range(starts: &[u32], namespace: NamespaceId) -> Range<u32> {
    let at = |index: usize| starts.get(index).copied().unwrap_or_default();
    at(namespace.index())..at(namespace.index() + 1)
}

/// Whether the namespace, the Pod template or its network keep the injector out.
fn is_injection_off(workload: &Workload, objects: &Objects, places: &Places) -> bool {
    const INJECT: &str = "sidecar.istio.io/inject";
    let own = workload.labels.get(INJECT);
    match own
        .or_else(|| workload.template_annotations.get(INJECT))
        .map(Str::as_str)
    {
        Some("true") => return false,
        Some(_) => return true,
        None => {}
    }
    let namespace = places.get(workload.namespace);
    namespace.labels.has("istio-injection", "disabled")
        || workload
            .pod_spec(objects)
            .is_some_and(|pod| pod.host_network)
}
