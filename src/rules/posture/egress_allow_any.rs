//! MESH2110: workloads may call anything outside the mesh.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::places::ConfigSource;
use crate::model::Object;
use crate::model::mesh_config::OutboundMode;
use crate::model::networking::{OutboundMode as SidecarMode, Sidecar};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "egress-allow-any",
    codes: &[Code::MESH2110],
    runs: &[Run::Mesh(of_mesh), Run::Sidecar(of_sidecar)],
};

const HELP: &str = "set the mode to REGISTRY_ONLY, and add ServiceEntries for what may be called";

fn of_mesh(mesh: &Mesh, findings: &mut Findings) {
    for plane in mesh.places.control_planes() {
        let (object, path) = match plane.source {
            ConfigSource::ConfigMap(object) => (object, "data/mesh/outboundTrafficPolicy/mode"),
            ConfigSource::Operator(object) => (object, ""),
            ConfigSource::None | ConfigSource::User => continue,
        };
        let mode = plane.config.outbound_traffic_policy.mode;
        if mode == OutboundMode::RegistryOnly || mesh.is_context(object) {
            continue;
        }
        let message =
            "every workload may call any host outside the mesh: outboundTrafficPolicy is ALLOW_ANY";
        findings.push(Finding::new(Code::MESH2110, object, path, message).help(HELP));
    }
}

fn of_sidecar(sidecar: &Object<Sidecar>, _: &Mesh, findings: &mut Findings) {
    let policy = sidecar.spec.outbound_traffic_policy.as_ref();
    let is_any = policy
        .and_then(|policy| policy.mode)
        .is_some_and(|mode| mode == SidecarMode::AllowAny);
    if is_any {
        let message = "these workloads may call any host outside the mesh: outboundTrafficPolicy is ALLOW_ANY";
        let path = "spec/outboundTrafficPolicy/mode";
        findings.push(Finding::new(Code::MESH2110, sidecar.id, path, message).help(HELP));
    }
}
