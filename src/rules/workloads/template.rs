//! Where the metadata of pods stands in manifests of workloads.

use crate::mesh::{Workload, WorkloadKind};
use crate::path;
use crate::yaml::FieldPath;

/// The path of an annotation of the pods.
pub(super) fn annotation_path(workload: &Workload, key: &str) -> FieldPath {
    match workload.kind {
        WorkloadKind::Pod => path!["metadata", "annotations", key],
        WorkloadKind::CronJob => path![
            "spec",
            "jobTemplate",
            "spec",
            "template",
            "metadata",
            "annotations",
            key
        ],
        _ => path!["spec", "template", "metadata", "annotations", key],
    }
}
