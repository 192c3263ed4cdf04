//! MESH1019: rules that act at a gateway and lead back to it.

use super::leads::lead;
use super::place;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::{Acts, Binding, GatewayServer, Speaks};
use crate::model::networking::{
    HeaderOperations, HttpMatchRequest, HttpRoute, HttpRouteDestination, Rule, RuleMatch,
    VirtualService,
};
use crate::model::{Object, Str};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-routes-to-itself",
    codes: &[Code::MESH1019],
    runs: &[Run::VirtualService(gateway_routes_to_itself)],
};

/// How many hosts of a VirtualService, and how many earlier rules, are looked at.
const LOOKED_AT: usize = 50;

fn gateway_routes_to_itself(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if service.spec.gateways.is_empty() || service.spec.hosts.is_empty() {
        return;
    }
    let binding = mesh.routing.binding(service);
    if binding.gateways.is_empty() {
        return;
    }
    let hosts: Vec<String> = mesh.routing.full_hosts(service).take(LOOKED_AT).collect();
    for rule in service.spec.rules() {
        let acts = mesh.routing.rule_acts(service, &binding, &rule);
        if acts.gateways(&binding).is_empty() || rule.http().is_some_and(changes_requests) {
            continue;
        }
        for (at, to) in rule.destinations() {
            let changed = rule.http().and_then(|http| http.route.get(at));
            if changed.is_some_and(changes_headers) {
                continue;
            }
            let Some(lead) = lead(to, service.namespace(), mesh) else {
                continue;
            };
            let circle = Circle {
                service,
                rule: &rule,
                acts: &acts,
                binding: &binding,
                mesh,
            };
            let addresses = lead.addresses.iter();
            let mut servers = addresses.flat_map(|(workload, port)| {
                let servers = hosts.iter().filter_map(|host| {
                    mesh.routing
                        .servers_at(*workload, *port, host, service.namespace())
                });
                servers.flatten()
            });
            let Some(server) = servers.find(|server| circle.is_closed_by(server)) else {
                continue;
            };
            let gateway = server.gateway;
            let message = format!(
                "the rule also acts on {}, and {} leads to the pods of that very gateway: requests go \
                 round in a circle until they fail with 503",
                place(&server),
                to.host
            );
            let path = rule.destination_path(at).field("host");
            let finding = Finding::new(Code::MESH1019, service.id, path, message)
                .help(
                    "limit the rule to sidecars with match gateways: [mesh], and add one for the gateway \
                     that leads to the host itself",
                )
                .related(gateway.id, "spec/selector", "selects these pods")
                .related(lead.service.id, "spec/selector", "leads to these pods");
            findings.push(finding);
        }
    }
}

/// Whether a request that comes back is not the one that was sent: another rule may take it then.
fn changes_requests(route: &HttpRoute) -> bool {
    let rewrites = route.rewrite.as_ref().is_some_and(|rewrite| {
        !rewrite.authority.is_empty()
            || !rewrite.uri.is_empty()
            || rewrite.uri_regex_rewrite.is_some()
    });
    let headers = route.headers.as_ref();
    let request = headers.and_then(|headers| headers.request.as_ref());
    rewrites || request.is_some_and(is_any)
}

fn changes_headers(to: &HttpRouteDestination) -> bool {
    let headers = to.headers.as_ref();
    let request = headers.and_then(|headers| headers.request.as_ref());
    request.is_some_and(is_any)
}

fn is_any(operations: &HeaderOperations) -> bool {
    !operations.set.is_empty() || !operations.add.is_empty() || !operations.remove.is_empty()
}

/// A rule that acts where it leads to.
struct Circle<'a, 'm> {
    service: &'a Object<VirtualService>,
    rule: &'a Rule<'a>,
    acts: &'a Acts<'m>,
    binding: &'a Binding<'m>,
    mesh: &'m Mesh,
}

impl Circle<'_, '_> {
    /// Whether what arrives at a server is taken by the rule again.
    fn is_closed_by(&self, server: &GatewayServer<'_>) -> bool {
        let takes_it = server.takes() == Some(self.rule.kind)
            && server.speaks != Speaks::Redirect
            && self.acts.is_at(server.gateway.id, self.binding);
        takes_it && self.holds(self.rule, server) && !self.is_ended_before(server)
    }

    /// Whether a rule takes something that arrives at a server.
    fn holds(&self, rule: &Rule<'_>, server: &GatewayServer<'_>) -> bool {
        let mut matches = rule.matches().peekable();
        matches.peek().is_none() || matches.any(|block| self.is_for(&block, server))
    }

    /// Whether a match is for a server, as far as gateway and port tell.
    fn is_for(&self, block: &RuleMatch<'_>, server: &GatewayServer<'_>) -> bool {
        let acts = self
            .mesh
            .routing
            .acts(self.service, self.binding, block.gateways);
        acts.is_at(server.gateway.id, self.binding)
            && (block.port == 0 || block.port == server.number)
    }

    /// Whether an earlier rule takes all that this one would.
    fn is_ended_before(&self, server: &GatewayServer<'_>) -> bool {
        let kind = self.rule.kind;
        let rules = self.service.spec.rules();
        let mut earlier = rules
            .filter(|rule| rule.kind == kind)
            .take(self.rule.index)
            .take(LOOKED_AT);
        earlier.any(|rule| {
            let mut matches = rule.matches().enumerate().peekable();
            let takes_all = matches.peek().is_none();
            takes_all
                || matches
                    .any(|(at, block)| self.is_for(&block, server) && self.is_as_wide(&rule, at))
        })
    }

    /// Whether a match of an earlier rule takes what this rule takes, gateways and ports aside. Of
    /// TLS and TCP that is assumed.
    fn is_as_wide(&self, earlier: &Rule<'_>, at: usize) -> bool {
        let (Some(earlier), Some(own)) = (earlier.http(), self.rule.http()) else {
            return true;
        };
        let Some(block) = earlier.matches.get(at).map(conditions) else {
            return false;
        };
        block == HttpMatchRequest::default()
            || !own.matches.is_empty() && own.matches.iter().all(|own| conditions(own) == block)
    }
}

/// What a match asks of a request, whatever the gateway and port.
fn conditions(block: &HttpMatchRequest) -> HttpMatchRequest {
    let is_every_path =
        |uri: &crate::model::networking::StringMatch| uri.prefix.as_deref() == Some("/");
    HttpMatchRequest {
        name: Str::default(),
        gateways: Vec::new(),
        port: 0,
        stat_prefix: Str::default(),
        uri: block.uri.clone().filter(|uri| !is_every_path(uri)),
        ..block.clone()
    }
}
