//! MESH1018: requests that sidecars send to an egress gateway which does not send them on.

use rustc_hash::FxHashSet;

use super::leads::{Lead, lead};
use super::place;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::routing::GatewayServer;
use crate::mesh::{Host, Mesh};
use crate::model::networking::{Gateway, RuleKind, VirtualService};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "egress-gateway-leg-missing",
    codes: &[Code::MESH1018],
    runs: &[Run::VirtualService(egress_gateway_leg_missing)],
};

/// How many hosts of a VirtualService, and how many objects with one host, are looked at.
const LOOKED_AT: usize = 50;

fn egress_gateway_leg_missing(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let binding = mesh.routing.binding(service);
    let is_open = service.spec.hosts.is_empty() || mesh.routing.has_open_bindings();
    if !binding.is_for_mesh || is_open {
        return;
    }
    let mut external: Option<Vec<&str>> = None;
    let mut told: FxHashSet<(ObjectId, Option<u32>, RuleKind)> = FxHashSet::default();
    for rule in service.spec.rules() {
        if !mesh.routing.rule_acts(service, &binding, &rule).in_sidecars {
            continue;
        }
        for (at, to) in rule.destinations() {
            let Some(lead) = lead(to, service.namespace(), mesh) else {
                continue;
            };
            let port = to.port.map(|port| port.number);
            if !told.insert((lead.service.id, port, rule.kind)) {
                continue;
            }
            let hosts = external.get_or_insert_with(|| external_hosts(service, mesh));
            let lost: Vec<(&str, Lost<'_>)> = hosts
                .iter()
                .filter_map(|host| Some((*host, lost(host, &lead, mesh)?)))
                .collect();
            let Some((_, first)) = lost.first() else {
                continue;
            };
            let leg = Leg {
                service,
                kind: rule.kind,
                lead: &lead,
                hosts: some_of(lost.iter().map(|(host, _)| host)),
            };
            let path = rule.destination_path(at).field("host");
            findings.push(leg.finding(first, path));
        }
    }
}

/// The hosts of a VirtualService that ServiceEntries have.
fn external_hosts<'a>(service: &'a Object<VirtualService>, mesh: &Mesh) -> Vec<&'a str> {
    let hosts = service.spec.hosts.iter().take(LOOKED_AT);
    let is_external = |host: &&str| {
        let full = Host::external(host);
        !is_unresolved(mesh, host)
            && !mesh
                .routing
                .service_entries_for(&full, service.id)
                .is_empty()
    };
    hosts
        .map(|host| host.as_str())
        .filter(is_external)
        .collect()
}

/// Why the gateway does not send requests for a host on.
enum Lost<'m> {
    /// No server there has the host.
    NoServer(&'m Object<Gateway>),
    /// No VirtualService that is bound to the Gateway of this server has a rule for the host.
    NoRule(GatewayServer<'m>),
}

/// Whether the gateway loses the requests for a host; `None` if it does not, or that is unknown.
fn lost<'m>(host: &str, lead: &Lead<'m>, mesh: &'m Mesh) -> Option<Lost<'m>> {
    let mut servers = Vec::new();
    for (workload, port) in &lead.addresses {
        if mesh.routing.are_hosts_limited(*workload, *port) {
            // Which namespaces the rules of the gateway stand in is left open.
            return None;
        }
        servers.extend(mesh.routing.servers_at(*workload, *port, host, "")?);
    }
    let Some(first) = servers.first().copied() else {
        return no_server(host, lead, mesh);
    };
    let goes_on = |server: &GatewayServer<'_>| {
        let Some(kind) = server.takes() else {
            return true;
        };
        let mut bound = mesh.routing.bound_with_host(server.gateway, host);
        let has_rule = bound
            .by_ref()
            .take(LOOKED_AT)
            .any(|service| has_rule_at(service, kind, server.gateway, mesh));
        has_rule || bound.next().is_some()
    };
    (!servers.iter().any(goes_on)).then_some(Lost::NoRule(first))
}

/// No server has the host. Where a VirtualService for it is bound to a Gateway there, IST0132 says
/// so.
fn no_server<'m>(host: &str, lead: &Lead<'m>, mesh: &'m Mesh) -> Option<Lost<'m>> {
    let mut first = None;
    for (workload, _) in &lead.addresses {
        for (number, gateway) in mesh.routing.gateways_taking(*workload).enumerate() {
            let is_bound = || {
                let mut bound = mesh.routing.bound_with_host(gateway, host);
                bound.next().is_some()
            };
            if number >= LOOKED_AT || is_bound() {
                return None;
            }
            first = first.or(Some(gateway));
        }
    }
    first.map(Lost::NoServer)
}

/// Whether a rule of the kind acts at a Gateway.
fn has_rule_at(
    service: &Object<VirtualService>,
    kind: RuleKind,
    gateway: &Object<Gateway>,
    mesh: &Mesh,
) -> bool {
    let binding = mesh.routing.binding(service);
    let mut rules = service.spec.rules().filter(|rule| rule.kind == kind);
    rules.any(|rule| {
        let acts = mesh.routing.rule_acts(service, &binding, &rule);
        acts.is_at(gateway.id, &binding)
    })
}

/// What a rule of the sidecars sends to a gateway that loses it.
struct Leg<'a, 'm> {
    service: &'a Object<VirtualService>,
    kind: RuleKind,
    lead: &'a Lead<'m>,
    /// The hosts that are lost, in words.
    hosts: String,
}

impl Leg<'_, '_> {
    fn finding(&self, lost: &Lost<'_>, path: FieldPath) -> Finding {
        let (what, outcome) = match self.kind {
            RuleKind::Http => ("requests", "it answers 404"),
            RuleKind::Tls | RuleKind::Tcp => ("connections", "it closes them"),
        };
        let (cause, help, gateway, place) = match lost {
            Lost::NoRule(server) => self.no_rule(server),
            Lost::NoServer(gateway) => (
                "no server of a Gateway has that host on the port".to_owned(),
                format!(
                    "add the host to a server of Gateway {}, and bind a VirtualService to it that \
                     leads to the external host",
                    named(gateway, self.service)
                ),
                *gateway,
                path!["spec", "servers"],
            ),
        };
        let message = format!(
            "{what} for {} are sent to the gateway behind {}, where {cause}: {outcome}",
            self.hosts,
            self.lead.service.name()
        );
        Finding::new(Code::MESH1018, self.service.id, path, message)
            .help(help)
            .related(gateway.id, place, "the Gateway of these pods")
            .related(
                self.lead.service.id,
                "spec/selector",
                "leads to the pods of the gateway",
            )
    }

    fn no_rule<'m>(
        &self,
        server: &GatewayServer<'m>,
    ) -> (String, String, &'m Object<Gateway>, FieldPath) {
        let kind = server.takes().unwrap_or(self.kind).as_str();
        let name = named(server.gateway, self.service);
        (
            format!(
                "no {kind} rule of a VirtualService routes that on from {}",
                place(server)
            ),
            format!(
                "bind the VirtualService to Gateway {name} too, and add a {kind} rule with match \
                 gateways: [{name}] that leads to the external host"
            ),
            server.gateway,
            path!["spec", "servers", server.index, "hosts"],
        )
    }
}

/// A Gateway as a VirtualService would name it.
fn named(gateway: &Object<Gateway>, service: &Object<VirtualService>) -> String {
    if gateway.namespace() == service.namespace() {
        gateway.name().to_owned()
    } else {
        format!("{}/{}", gateway.namespace(), gateway.name())
    }
}
