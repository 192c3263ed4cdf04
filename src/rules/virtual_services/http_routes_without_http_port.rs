//! MESH1003: HTTP routes of hosts that have no HTTP port.

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::registry::Protocol;
use crate::mesh::routing::MESH_GATEWAY;
use crate::mesh::{Host, Mesh};
use crate::model::Object;
use crate::model::ObjectId;
use crate::model::networking::VirtualService;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "http-routes-without-http-port",
    codes: &[Code::MESH1003],
    runs: &[Run::VirtualService(http_routes_without_http_port)],
};

fn http_routes_without_http_port(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let spec = &service.spec;
    let is_of_mesh =
        spec.gateways.is_empty() || spec.gateways.iter().any(|name| name == MESH_GATEWAY);
    if mesh.quirks.run_time_plays_no_part
        || !is_of_mesh
        || spec.http.is_empty()
        || spec.hosts.is_empty()
    {
        return;
    }
    let mut ports: Vec<Port> = Vec::new();
    for name in &spec.hosts {
        match ports_of(service, name, mesh) {
            Some(own) => ports.extend(own),
            None => return,
        }
    }
    if ports.is_empty() || ports.iter().any(|port| port.protocol.may_be_http()) {
        return;
    }
    let names = some_of(ports.iter().map(|port| port.words.as_str()));
    let what = if ports.len() == 1 {
        "its only port is TCP to Istio"
    } else {
        "all of its ports are TCP to Istio"
    };
    let message = format!(
        "http routes for {} have no effect in sidecars: {what} ({names})",
        some_of(&spec.hosts)
    );
    let help = "name the port http-... or set appProtocol: http if it speaks HTTP; else use tls or tcp routes";
    let mut finding = Finding::new(Code::MESH1003, service.id, "spec/http", message).help(help);
    for port in ports.iter().take(RELATED) {
        finding = finding.related(port.object, port.path.as_str(), "a port of the host");
    }
    // Gateways route by HTTP whatever the port of the host is.
    if spec.gateways.len() > 1 {
        finding.severity = Severity::Warning;
    }
    findings.push(finding);
}

/// How many ports a finding names as related places.
const RELATED: usize = 10;

/// A port of a host.
struct Port {
    object: ObjectId,
    path: String,
    words: String,
    protocol: Protocol,
}

/// The ports of a host; `None` if the input does not show them all.
fn ports_of(service: &Object<VirtualService>, name: &str, mesh: &Mesh) -> Option<Vec<Port>> {
    let host = mesh.registry.destination_host(name, service.namespace());
    if host.is_wildcard() || is_unresolved(mesh, name) {
        return None;
    }
    let mut ports = service_ports(&host, mesh);
    for entry in mesh.routing.service_entries_for(&host, service.id) {
        ports.extend(entry.spec.ports.iter().enumerate().map(|(at, port)| Port {
            object: entry.id,
            path: format!("spec/ports[{at}]"),
            words: format!("{} ({})", port.name, port.number),
            protocol: Protocol::of_port(port),
        }));
    }
    (!ports.is_empty()).then_some(ports)
}

fn service_ports(host: &Host<'_>, mesh: &Mesh) -> Vec<Port> {
    let Some(service) = mesh.registry.service(host) else {
        return Vec::new();
    };
    let ports = service.spec.spec.ports.iter().enumerate();
    ports
        .map(|(at, port)| {
            let said = port.app_protocol.as_ref().unwrap_or(&port.name);
            Port {
                object: service.id,
                path: format!("spec/ports[{at}]"),
                words: format!("{said} ({})", port.port),
                protocol: Protocol::of_service_port(port),
            }
        })
        .collect()
}
