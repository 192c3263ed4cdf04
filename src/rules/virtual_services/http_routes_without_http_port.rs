//! MESH1003: HTTP routes of hosts that have no HTTP port.

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::mesh::registry::Protocol;
use crate::mesh::routing::{Declared, HostPort, MESH_GATEWAY};
use crate::model::Object;
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
    let mut ports: Vec<HostPort<'_>> = Vec::new();
    for name in &spec.hosts {
        let host = mesh.registry.destination_host(name, service.namespace());
        if host.is_wildcard() || is_unresolved(mesh, name) {
            return;
        }
        let own = mesh.routing.ports_of_host(&host, service.id);
        if own.is_empty() {
            return;
        }
        ports.extend(own);
    }
    if ports.iter().any(|port| port.protocol.may_be_http()) {
        return;
    }
    let names = some_of(ports.iter().map(words));
    let what = if ports.len() == 1 {
        "its only port is not HTTP to Istio"
    } else {
        "none of its ports is HTTP to Istio"
    };
    let message = format!(
        "http routes for {} have no effect in sidecars: {what} ({names})",
        some_of(&spec.hosts)
    );
    let is_tls = ports.iter().any(|port| port.protocol == Protocol::Tls);
    let is_external = |port: &HostPort<'_>| matches!(port.declared, Declared::Entry(..));
    let help = if is_tls && ports.iter().any(is_external) {
        "use tls routes for clients that speak TLS; to route requests, declare the port as HTTP with \
         targetPort 443, and originate TLS by a DestinationRule"
    } else {
        "name the port http-... or set appProtocol: http if it speaks HTTP; else use tls or tcp routes"
    };
    let mut finding = Finding::new(Code::MESH1003, service.id, "spec/http", message).help(help);
    for port in ports.iter().take(RELATED) {
        finding = finding.related(port.object(), port.path(), "a port of the host");
    }
    // Gateways route by HTTP whatever the port of the host is.
    if spec.gateways.iter().any(|name| name != MESH_GATEWAY) {
        finding.severity = Severity::Warning;
    }
    findings.push(finding);
}

/// How many ports a finding names as related places.
const RELATED: usize = 10;

/// `tcp-web (80)`: what says the protocol, and the number.
fn words(port: &HostPort<'_>) -> String {
    match port.said() {
        "" => port.number.to_string(),
        said => format!("{said} ({})", port.number),
    }
}
