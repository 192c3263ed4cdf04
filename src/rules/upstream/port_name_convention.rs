//! IST0118: ports whose protocol Istio cannot tell from their name.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::core::Service;
use crate::path;
use crate::rules::services::protocols::{telling_field, unclear_ports};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "port-name-convention",
    codes: &[Code::IST0118],
    runs: &[Run::Service(port_name_convention)],
};

fn port_name_convention(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    if service.spec.is_external_name() {
        return;
    }
    for (index, port) in unclear_ports(service, mesh) {
        let target = port
            .target_port
            .as_ref()
            .map_or_else(|| "0".to_owned(), ToString::to_string);
        let what = match &port.app_protocol {
            Some(protocol) => format!("appProtocol {protocol:?}"),
            None => format!("name {:?}", port.name),
        };
        let message = format!(
            "the {what} of port {} (target port {target}) tells Istio no protocol",
            port.port
        );
        let path = path!["spec", "ports", index, "port"];
        findings.push(
            Finding::new(Code::IST0118, service.id, path, message)
                .points_at(telling_field(port, index))
                .help(
                    "name the port PROTOCOL-SUFFIX, such as http-web or tcp-metrics, or set \
                     appProtocol",
                ),
        );
    }
}
