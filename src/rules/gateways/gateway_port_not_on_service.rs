//! IST0162: a Gateway listens on a port that no Service of its workloads has.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::selectors::first_label_path;
use crate::model::Object;
use crate::model::networking::Gateway;
use crate::path;
use crate::rules::common::lists::numbers;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-port-not-on-service",
    codes: &[Code::IST0162],
    runs: &[Run::Gateway(gateway_port_not_on_service)],
};

fn gateway_port_not_on_service(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    let Some(workloads) = super::workloads(gateway, mesh) else {
        return;
    };
    let mut seen: Vec<u32> = Vec::new();
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let Some(port) = &server.port else { continue };
        let is_open = workloads.open_ports.contains(&i64::from(port.number));
        if is_open || seen.contains(&port.number) {
            continue;
        }
        seen.push(port.number);
        let message = format!(
            "the Gateway listens on port {}, but no Service of its workloads (selector {}) has this \
             port or target port",
            port.number, workloads.text
        );
        let path = first_label_path("spec/selector", &gateway.spec.selector);
        let evidence = if workloads.has_service || mesh.settings.closed_world {
            Evidence::Shown
        } else {
            Evidence::NotShown("the input holds no Service of the gateway's workloads".to_owned())
        };
        let mut ports: Vec<i64> = workloads.open_ports.iter().copied().collect();
        ports.sort_unstable();
        let help = if ports.is_empty() {
            "add a Service for the gateway's workloads with this port".to_owned()
        } else {
            format!(
                "add the port to the Service, or use one that it has: {}",
                numbers(ports)
            )
        };
        findings.push(
            Finding::new(Code::IST0162, gateway.id, path, message)
                .points_at(path!["spec", "servers", index, "port", "number"])
                .help(help)
                .given(evidence),
        );
    }
}
