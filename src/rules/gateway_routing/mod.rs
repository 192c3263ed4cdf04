//! Checks of what requests meet at Istio's Gateways: whether the rules of a VirtualService act
//! there, and where they lead. They judge by what istiod gives the gateway's proxies, and run
//! outside upstream mode alone.

mod egress_gateway_leg_missing;
mod gateway_routes_to_itself;
mod http_routes_on_passthrough;
mod leads;
mod match_port_not_served;
mod original_destination_at_gateway;
mod source_match_at_gateway;
mod tls_routes_on_terminated_tls;
mod virtual_service_hidden_from_gateway;
mod virtual_service_without_gateway;

use super::Check;
use crate::mesh::Mesh;
use crate::mesh::routing::GatewayServer;
use crate::model::Object;
use crate::model::networking::{RuleKind, VirtualService};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    egress_gateway_leg_missing::CHECK,
    gateway_routes_to_itself::CHECK,
    http_routes_on_passthrough::CHECK,
    match_port_not_served::CHECK,
    original_destination_at_gateway::CHECK,
    source_match_at_gateway::CHECK,
    tls_routes_on_terminated_tls::CHECK,
    virtual_service_hidden_from_gateway::CHECK,
    virtual_service_without_gateway::CHECK,
];

/// The servers that the rules of a kind meet: those with one of the hosts, at the Gateways where
/// one of the rules acts. `None` if they cannot all be known, or sidecars have a part in it.
fn servers_met<'m>(
    service: &Object<VirtualService>,
    kind: RuleKind,
    mesh: &'m Mesh,
) -> Option<Vec<GatewayServer<'m>>> {
    let routing = &mesh.routing;
    let binding = routing.binding(service);
    if !binding.is_to_known_gateways() {
        return None;
    }
    let rules = service.spec.rules().filter(|rule| rule.kind == kind);
    let mut met = rustc_hash::FxHashSet::default();
    for rule in rules {
        let acts = routing.rule_acts(service, &binding, &rule);
        met.extend(acts.gateways(&binding).iter().map(|gateway| gateway.id));
        if met.len() == binding.gateways.len() {
            break;
        }
    }
    let mut servers = Vec::new();
    let gateways = binding.gateways.iter();
    for gateway in gateways.filter(|gateway| met.contains(&gateway.id)) {
        let hosts = routing.full_hosts(service);
        servers.extend(routing.servers_for(gateway, hosts, service.namespace())?);
    }
    Some(servers)
}

/// What a server does with connections, where that is not what a rule needs.
fn deed(server: &GatewayServer<'_>) -> String {
    let mode = server.tls_mode();
    let mode = mode.map_or_else(String::new, |mode| format!(" (mode {mode})"));
    match server.takes() {
        Some(RuleKind::Tls) => format!("passes TLS through{mode}"),
        Some(RuleKind::Http) if mode.is_empty() => "is plain HTTP".to_owned(),
        Some(RuleKind::Http) => format!("terminates TLS{mode}"),
        Some(RuleKind::Tcp) if mode.is_empty() => "is plain TCP".to_owned(),
        Some(RuleKind::Tcp) => format!(
            "terminates TLS and takes what is inside for TCP{mode}, protocol {}",
            server.protocol()
        ),
        None => format!("leads TLS to the service that its server name tells{mode}"),
    }
}

/// `port 443 of Gateway istio-system/public`.
fn place(server: &GatewayServer<'_>) -> String {
    format!(
        "port {} of Gateway {}/{}",
        server.number,
        server.gateway.namespace(),
        server.gateway.name()
    )
}

/// How many places a finding names.
const SHOWN: usize = 5;

/// ` and 2 other servers`, of so many servers of which one is named.
fn and_others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " and another server".to_owned(),
        more => format!(" and {} other servers", more - 1),
    }
}
