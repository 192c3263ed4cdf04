//! Workloads: controllers, bare Pods and WorkloadGroups, found by name, label and namespace.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::mesh::indices::selectors::LabelIndex;
use crate::mesh::places::catalogue::Catalogue;
use crate::mesh::places::namespaces::{NamespaceId, Namespaces};
use crate::mesh::settings::Quirks;
use crate::mesh::workloads::list;
use crate::mesh::workloads::pods::PodState;
use crate::model::core::PodSpec;
use crate::model::{Labels, ObjectId, Objects, Str};
use crate::yaml::is_placeholder;

/// The dense number of a workload; those of one namespace follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct WorkloadId(pub u32);

impl WorkloadId {
    /// The id as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What makes a workload's Pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkloadKind {
    /// `Deployment`
    Deployment,
    /// `ReplicaSet` without a Deployment
    ReplicaSet,
    /// `StatefulSet`
    StatefulSet,
    /// `DaemonSet`
    DaemonSet,
    /// Argo `Rollout`
    Rollout,
    /// A controller of a kind that meshlint does not know, seen through what it owns
    Custom,
    /// `ReplicationController`
    ReplicationController,
    /// `DeploymentConfig`
    DeploymentConfig,
    /// `Job`
    Job,
    /// `CronJob`
    CronJob,
    /// A `Pod` on its own
    Pod,
    /// `WorkloadGroup`: machines outside the cluster
    WorkloadGroup,
}

impl WorkloadKind {
    /// The kind's name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Rollout => "Rollout",
            Self::Custom => "workload",
            Self::ReplicationController => "ReplicationController",
            Self::DeploymentConfig => "DeploymentConfig",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Pod => "pod",
            Self::WorkloadGroup => "WorkloadGroup",
        }
    }
}

/// One workload.
#[derive(Debug, Clone)]
pub struct Workload {
    /// What makes its Pods.
    pub kind: WorkloadKind,
    /// The namespace.
    pub namespace: NamespaceId,
    /// The name.
    pub name: Str,
    /// The manifest that defines it (for a custom controller: what it owns).
    pub object: ObjectId,
    /// The labels that selectors are held against: those of the Pod template, of the bare Pod, or
    /// of a WorkloadGroup's entries.
    pub labels: Labels,
    /// The labels that decide about waypoints: `labels`, or a WorkloadGroup's own.
    pub template_labels: Labels,
    /// Annotations of the Pod template or the bare Pod.
    pub template_annotations: Labels,
    /// Annotations of the manifest itself.
    pub annotations: Labels,
    /// Its Pods, derived from the template where the input holds none and it is not scaled to 0.
    pub pods: Vec<PodState>,
    /// Service accounts that it runs under, without repetition.
    pub accounts: Vec<Str>,
    /// Position of the manifest among those of its kind.
    pub(in crate::mesh) position: u32,
    /// Whether Flagger runs a copy of it with labels of its own.
    pub(in crate::mesh) has_primary_copy: bool,
}

impl Workload {
    /// Whether it has Pods, loaded or derived.
    pub fn has_pods(&self) -> bool {
        !self.pods.is_empty()
    }

    /// Whether some Pod is redirected to ztunnel.
    pub fn is_ambient(&self) -> bool {
        self.pods.iter().any(|pod| pod.is_ambient)
    }

    /// Whether every Pod has a sidecar; also when there is no Pod.
    pub fn has_sidecars(&self) -> bool {
        self.pods.iter().all(|pod| pod.has_sidecar)
    }

    /// Whether some Pod has a sidecar.
    pub fn has_some_sidecar(&self) -> bool {
        self.pods.iter().any(|pod| pod.has_sidecar)
    }

    /// The application that it belongs to: the first of the labels
    /// `service.istio.io/canonical-name`, `app.kubernetes.io/name` and `app` that is present.
    pub fn app(&self) -> Option<&Str> {
        APP_LABELS.iter().find_map(|key| self.labels.get(key))
    }

    /// Whether its Pods may get the label `key` only when they are made, so that the manifest
    /// does not show the value: hashes that controllers add, labels that the injector adds, and
    /// labels that Flagger gives the copy it runs. Such labels are unknown, not absent.
    pub fn may_have_runtime_label(&self, key: &str) -> bool {
        use WorkloadKind as K;
        let by_controller: &[&str] = match self.kind {
            K::Deployment | K::ReplicaSet => &["pod-template-hash"],
            K::Rollout => &["rollouts-pod-template-hash", "role"],
            K::StatefulSet => &[
                "controller-revision-hash",
                "statefulset.kubernetes.io/pod-name",
                "apps.kubernetes.io/pod-index",
            ],
            K::DaemonSet => &["controller-revision-hash", "pod-template-generation"],
            K::Job | K::CronJob => &[
                "job-name",
                "controller-uid",
                "batch.kubernetes.io/job-name",
                "batch.kubernetes.io/controller-uid",
                "batch.kubernetes.io/job-completion-index",
            ],
            K::DeploymentConfig => &["deployment", "deploymentconfig"],
            K::Custom => &["pod-template-hash", "rollouts-pod-template-hash"],
            K::ReplicationController | K::Pod | K::WorkloadGroup => &[],
        };
        by_controller.contains(&key)
            || self.has_some_sidecar() && BY_INJECTOR.contains(&key)
            || self.has_primary_copy && FLAGGER_LABELS.contains(&key)
    }

    /// Whether `selector` may select its Pods at run time: by the labels that the manifest shows,
    /// by labels that are added later, or by values with placeholders.
    pub fn may_match(&self, selector: &Labels) -> bool {
        selector
            .iter()
            .all(|(key, value)| match self.labels.get(key) {
                Some(own) => {
                    own == value
                        || is_placeholder(own)
                        || is_placeholder(value)
                        || self.has_primary_copy
                            && FLAGGER_LABELS.contains(&key.as_str())
                            && value.strip_suffix("-primary") == Some(own)
                }
                None => self.may_have_runtime_label(key),
            })
    }

    /// What its Pods run; `None` for WorkloadGroups and for custom controllers without a template.
    pub fn pod_spec<'m>(&self, objects: &'m Objects) -> Option<&'m PodSpec> {
        list::pod_spec(self, objects)
    }
}

const APP_LABELS: [&str; 3] = [
    "service.istio.io/canonical-name",
    "app.kubernetes.io/name",
    "app",
];

/// Labels that the injector adds.
const BY_INJECTOR: [&str; 3] = [
    "service.istio.io/canonical-name",
    "service.istio.io/canonical-revision",
    "security.istio.io/tlsMode",
];

/// Labels that Flagger takes for the name of an application, and rewrites in its copy.
const FLAGGER_LABELS: [&str; 3] = ["app", "name", "app.kubernetes.io/name"];

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
#[derive(Debug, Default)]
pub struct Workloads {
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
}

impl Workloads {
    pub(in crate::mesh) fn build(
        objects: &Objects,
        catalogue: &Catalogue,
        namespaces: &Namespaces,
        quirks: Quirks,
        lenient: bool,
    ) -> Self {
        let mut list = list::workloads(objects, catalogue, namespaces, quirks);
        list.sort_by_key(|workload| workload.namespace);
        let starts = starts(&list, namespaces.len());
        let hidden = namespaces
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
            has_copies: list.iter().any(|workload| workload.has_primary_copy),
            list,
            starts,
            hidden,
            labels,
            unresolved,
            lenient,
            accounts,
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
