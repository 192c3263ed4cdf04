//! MESH1016: servers of Gateways that cannot share their port.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::{GatewayServer, Speaks};
use crate::model::ObjectId;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-port-protocols",
    codes: &[Code::MESH1016],
    runs: &[Run::Mesh(gateway_port_protocols)],
};

fn gateway_port_protocols(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let mut told: FxHashSet<(ObjectId, usize)> = FxHashSet::default();
    for listener in mesh.routing.shared_listeners() {
        let mut told_of = |served: &GatewayServer<'_>, other: &GatewayServer<'_>| {
            let is_judged = !served.gateway.broken && !mesh.objects.is_context(served.gateway.id);
            if is_judged && told.insert((served.gateway.id, served.index)) {
                findings.push(finding(served, other));
            }
        };
        // One partner of each kind suffices: every server is held against these alone.
        let mut partners: Vec<GatewayServer<'_>> = Vec::new();
        for served in &listener {
            for partner in &partners {
                if clash(partner, served)
                    && mesh
                        .evidence
                        .are_together(partner.gateway.id, served.gateway.id)
                {
                    told_of(partner, served);
                    told_of(served, partner);
                }
            }
            let is_known = |other: &GatewayServer<'_>| {
                is_plain_http(other.speaks) == is_plain_http(served.speaks)
                    && other.speaks == served.speaks
                    && other.gateway.id == served.gateway.id
            };
            if partners.len() < PARTNERS && !partners.iter().any(is_known) {
                partners.push(*served);
            }
        }
    }
}

/// With how many servers of a listener the others are compared.
const PARTNERS: usize = 16;

const fn is_plain_http(speaks: Speaks) -> bool {
    matches!(speaks, Speaks::Http | Speaks::Redirect)
}

/// Whether istiod keeps only one of two servers. Within one Gateway the order decides: a server
/// in plain text after one with TLS becomes a filter chain without a match beside it.
fn clash(earlier: &GatewayServer<'_>, later: &GatewayServer<'_>) -> bool {
    let is_one_gateway = earlier.gateway.id == later.gateway.id;
    match (earlier.speaks, later.speaks) {
        (Speaks::Tls, Speaks::Tls) => false,
        (Speaks::Tls, _) => !is_one_gateway,
        (Speaks::Tcp, Speaks::Tcp) => true,
        (a, b) => !(is_plain_http(a) && is_plain_http(b)),
    }
}

fn finding(served: &GatewayServer<'_>, other: &GatewayServer<'_>) -> Finding {
    let (own, theirs) = (served.protocol(), other.protocol());
    let who = if served.gateway.id == other.gateway.id {
        format!("server {} of this Gateway", other.index)
    } else {
        format!(
            "Gateway {}/{} for the same workloads",
            other.gateway.namespace(),
            other.gateway.name()
        )
    };
    let led = if served.number == other.number {
        String::new()
    } else {
        format!(" (both lead to one port; there it is {})", other.number)
    };
    let message = format!(
        "port {} is {own} here and {theirs} in {who}{led}: istiod keeps only one of the servers, and \
         the hosts of the other are not served",
        served.number
    );
    Finding::new(
        Code::MESH1016,
        served.gateway.id,
        served.port_path(),
        message,
    )
    .help("give one of the servers another port, or both the same protocol")
    .related(
        other.gateway.id,
        other.port_path(),
        format!("port {} is {theirs} here", other.number),
    )
}
