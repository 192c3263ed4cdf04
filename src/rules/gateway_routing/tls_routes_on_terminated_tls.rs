//! MESH1002: TLS routes for hosts whose TLS the gateway terminates.

use super::{SHOWN, and_others, deed, place, servers_met};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{RuleKind, VirtualService};
use crate::rules::common::words::some_of;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "tls-routes-on-terminated-tls",
    codes: &[Code::MESH1002],
    runs: &[Run::VirtualService(tls_routes_on_terminated_tls)],
};

fn tls_routes_on_terminated_tls(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let spec = &service.spec;
    if spec.tls.is_empty() || !spec.http.is_empty() {
        return;
    }
    let Some(servers) = servers_met(service, RuleKind::Tls, mesh) else {
        return;
    };
    let Some(first) = servers.first() else {
        return;
    };
    let is_ended = |kind| matches!(kind, Some(RuleKind::Http | RuleKind::Tcp));
    if !servers.iter().all(|server| is_ended(server.takes())) {
        return;
    }
    let outcome = if first.takes() == Some(RuleKind::Http) {
        "requests get 404"
    } else {
        "connections are reset"
    };
    let message = format!(
        "tls routes do nothing on {}, which {}{}: for {} {outcome}",
        place(first),
        deed(first),
        and_others(servers.len()),
        some_of(&spec.hosts)
    );
    let fitting = match first.takes() {
        Some(RuleKind::Tcp) => "tcp",
        _ => "http",
    };
    let help = format!(
        "use {fitting} routes, or set the server's tls mode to PASSTHROUGH, so that TLS is passed on by \
         its server name"
    );
    let mut finding = Finding::new(Code::MESH1002, service.id, "spec/tls", message).help(help);
    for server in servers.iter().take(SHOWN) {
        let what = format!("port {} {}", server.number, deed(server));
        finding = finding.related(server.gateway.id, server.telling_path(), what);
    }
    findings.push(finding);
}
