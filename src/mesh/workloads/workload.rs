//! A workload: a controller, a bare Pod or a WorkloadGroup, with its labels, pods and accounts.

use super::list;
use super::pods::PodState;
use crate::mesh::places::NamespaceId;
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
    /// Its Pods, derived from the template where the input holds none and it is not scaled to 0.
    pub pods: Vec<PodState>,
    /// Service accounts that it runs under, without repetition.
    pub accounts: Vec<Str>,
    /// Position of the manifest among those of its kind.
    pub(super) position: u32,
    /// Whether Flagger runs a copy of it with labels of its own.
    pub(super) has_primary_copy: bool,
    /// Whether labels or annotations say that no sidecar is injected.
    pub(super) is_injection_off: bool,
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
                None => match self.injected_label(key) {
                    Some(own) => own == value,
                    None => self.may_have_runtime_label(key),
                },
            })
    }

    /// The value that the injector gives a label which the template lacks (Istio's
    /// `pkg/kube/labels`): that of the canonical name and revision. `None` for other labels, and
    /// where nothing is injected.
    fn injected_label(&self, key: &str) -> Option<&str> {
        let first = |keys: &[&str]| {
            let mut own = keys.iter().filter_map(|key| self.labels.get(key));
            own.next().map(Str::as_str)
        };
        if self.is_injection_off || self.is_ambient() {
            return None;
        }
        match key {
            "service.istio.io/canonical-name" => {
                Some(first(&["app.kubernetes.io/name", "app"]).unwrap_or(&self.name))
            }
            "service.istio.io/canonical-revision" => {
                Some(first(&["app.kubernetes.io/version", "version"]).unwrap_or("latest"))
            }
            _ => None,
        }
    }

    /// What its Pods run; `None` for WorkloadGroups and for custom controllers without a template.
    pub fn pod_spec<'m>(&self, objects: &'m Objects) -> Option<&'m PodSpec> {
        list::pod_spec(self, objects)
    }
}

pub(super) const APP_LABELS: [&str; 3] = [
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
