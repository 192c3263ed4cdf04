//! IST0167: a Sidecar for workloads in ambient mode, which have no sidecar.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::ObjectId;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ineffective-sidecar",
    codes: &[Code::IST0167],
    runs: &[Run::Mesh(ineffective_sidecar)],
};

fn ineffective_sidecar(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    for sidecar in analysis.sidecars() {
        let namespace = sidecar.namespace();
        let labels = sidecar.spec.workload_selector.as_ref();
        let labels = labels.map(|selector| &selector.labels);
        match labels.filter(|labels| !labels.is_empty()) {
            Some(labels) => {
                let mut pods = analysis.pods_matching(namespace, labels);
                if pods.any(|pod| pod.is_ambient) {
                    findings.push(in_ambient(sidecar.id, "a workload that it selects"));
                }
            }
            None if analysis.is_ambient_namespace(namespace) => {
                findings.push(in_ambient(sidecar.id, "its namespace"));
            }
            None => {}
        }
    }
}

fn in_ambient(sidecar: ObjectId, what: &str) -> Finding {
    let message = format!("the Sidecar has no effect: {what} is in ambient mode");
    Finding::new(Code::IST0167, sidecar, "", message)
        .points_at("metadata/name")
        .help("remove the Sidecar, or take the workloads out of ambient mode")
}
