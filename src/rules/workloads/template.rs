//! Where the template of pods stands in manifests of workloads.

use crate::mesh::{Workload, WorkloadKind};
use crate::path;
use crate::yaml::FieldPath;

/// The path of the template: the metadata and the spec of the pods stand below.
pub(super) fn template_path(workload: &Workload) -> FieldPath {
    match workload.kind {
        WorkloadKind::Pod => FieldPath::root(),
        WorkloadKind::CronJob => path!["spec", "jobTemplate", "spec", "template"],
        _ => path!["spec", "template"],
    }
}

/// The path of an annotation of the pods.
pub(super) fn annotation_path(workload: &Workload, key: &str) -> FieldPath {
    template_path(workload).join(&path!["metadata", "annotations", key])
}
