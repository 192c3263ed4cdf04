//! Words and questions that checks of several kinds share.

use crate::mesh::{Mesh, Workload, WorkloadKind};
use crate::model::Labels;
use crate::yaml::is_placeholder;

/// How many names a did-you-mean looks at; past that, guessing costs more than it helps.
const CANDIDATES: usize = 200;

/// `app=reviews, version=v1`
pub(crate) fn labels(labels: &Labels) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(", ")
}

/// Whether a value is only known once something fills it in, so that no finding may rest on it.
pub(crate) fn is_unresolved(mesh: &Mesh, text: &str) -> bool {
    !mesh.quirks.placeholders_are_text && is_placeholder(text)
}

/// The name most like `text`, if one is near and there are not too many.
pub(crate) fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let names: Vec<&str> = names.take(CANDIDATES + 1).collect();
    if names.len() > CANDIDATES {
        return None;
    }
    crate::nearest::nearest(text, &names)
}

/// The kind of a workload as manifests write it.
pub(crate) fn kind(workload: &Workload) -> &'static str {
    match workload.kind {
        WorkloadKind::Deployment => "Deployment",
        WorkloadKind::ReplicaSet => "ReplicaSet",
        WorkloadKind::StatefulSet => "StatefulSet",
        WorkloadKind::DaemonSet => "DaemonSet",
        WorkloadKind::Rollout => "Rollout",
        WorkloadKind::Custom => "workload",
        WorkloadKind::ReplicationController => "ReplicationController",
        WorkloadKind::DeploymentConfig => "DeploymentConfig",
        WorkloadKind::Job => "Job",
        WorkloadKind::CronJob => "CronJob",
        WorkloadKind::Pod => "Pod",
        WorkloadKind::WorkloadGroup => "WorkloadGroup",
    }
}
