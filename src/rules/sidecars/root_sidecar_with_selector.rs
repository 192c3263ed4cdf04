//! KIA1006: the mesh's default Sidecar with a selector.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::Sidecar;
use crate::rules::common::words;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "root-sidecar-with-selector",
    codes: &[Code::KIA1006],
    runs: &[Run::Sidecar(root_sidecar_with_selector)],
};

fn root_sidecar_with_selector(sidecar: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    let home = mesh.places.namespace_of(sidecar.id);
    let selector = sidecar.spec.workload_selector.as_ref();
    let Some(selector) = selector.filter(|selector| !selector.labels.is_empty()) else {
        return;
    };
    if mesh.places.is_own_root(home) {
        let message = format!(
            "Sidecars of the root namespace {} are the mesh's default, but this one is for workloads with {} alone",
            sidecar.namespace(),
            words::labels(&selector.labels)
        );
        findings.push(
            Finding::new(Code::KIA1006, sidecar.id, "spec/workloadSelector", message).help(
                "remove workloadSelector, or move the Sidecar to the namespace of the workloads",
            ),
        );
    }
}
