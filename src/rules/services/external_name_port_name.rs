//! IST0150: a port of an ExternalName Service whose name tells no protocol but TCP.

use super::protocols::{telling_field, unclear_ports};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::core::Service;
use crate::path;
use crate::rules::common::is_without_istio;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "external-name-port-name",
    codes: &[Code::IST0150],
    runs: &[Run::Service(external_name_port_name)],
};

fn external_name_port_name(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    if !service.spec.is_external_name() || is_without_istio(mesh) {
        return;
    }
    for (index, port) in unclear_ports(service, mesh) {
        let path = path!["spec", "ports", index, "port"];
        let message = "traffic to the ports of an ExternalName service is forwarded only where \
                       their names tell another protocol than TCP";
        findings.push(
            Finding::new(Code::IST0150, service.id, path, message)
                .points_at(telling_field(port, index))
                .help("name the port http, https, tls or grpc, or set appProtocol"),
        );
    }
}
