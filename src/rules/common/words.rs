//! Words and questions that checks of several kinds share.

use crate::mesh::{Mesh, Workload, WorkloadKind};
use crate::model::Labels;
use crate::nearest::nearest_word;
use crate::yaml::is_placeholder;

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

/// Names in a message: each once, at most three, and how many more there are.
pub(crate) fn some_of<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<N> = Vec::new();
    let mut seen = rustc_hash::FxHashSet::default();
    for name in names {
        if seen.insert(name.as_ref().to_owned()) && shown.len() < SHOWN {
            shown.push(name);
        }
    }
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    match seen.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The name most like `text`, for help alone.
pub(crate) fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    nearest_word(text, names).map(|near| near.what)
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
