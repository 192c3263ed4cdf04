//! MESH1001: HTTP routes for hosts whose connections the gateway passes on unread.

use super::{SHOWN, and_others, deed, place, servers_met};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{RuleKind, VirtualService};
use crate::rules::common::words::some_of;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "http-routes-on-passthrough",
    codes: &[Code::MESH1001],
    runs: &[Run::VirtualService(http_routes_on_passthrough)],
};

fn http_routes_on_passthrough(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let spec = &service.spec;
    if spec.http.is_empty() {
        return;
    }
    let Some(servers) = servers_met(service, RuleKind::Http, mesh) else {
        return;
    };
    let takes_requests = |kind| kind == Some(RuleKind::Http);
    let Some(first) = servers.first() else {
        // That no server has the hosts is IST0132's to say.
        return;
    };
    if servers.iter().any(|server| takes_requests(server.takes())) {
        return;
    }
    let message = format!(
        "http routes do nothing on {}, which {}{}: requests for {} meet none of them",
        place(first),
        deed(first),
        and_others(servers.len()),
        some_of(&spec.hosts)
    );
    let help = if first.takes() == Some(RuleKind::Tcp) {
        "serve the hosts on a port of protocol HTTP, or of HTTPS with mode SIMPLE and a certificate; for \
         TCP use tcp routes"
    } else {
        "terminate TLS at the Gateway (protocol HTTPS, mode SIMPLE and a certificate), or use tls routes \
         with sniHosts in place of http"
    };
    let mut finding = Finding::new(Code::MESH1001, service.id, "spec/http", message).help(help);
    for server in servers.iter().take(SHOWN) {
        let what = format!("port {} {}", server.number, deed(server));
        finding = finding.related(server.gateway.id, server.telling_path(), what);
    }
    findings.push(finding);
}
