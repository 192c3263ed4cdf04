//! MESH1004: routes that send plain HTTP to a port of TLS, and ports of TLS that are declared as
//! HTTP.

use super::settings::{settings, words};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::registry::Protocol;
use crate::mesh::routing::{Acts, Binding, Declared, HostPort};
use crate::mesh::{Host, Mesh, NamespaceId};
use crate::model::gateway_api::HttpRoute;
use crate::model::networking::{
    ClientTlsMode, Destination, DestinationRule, Location, RuleKind, ServiceEntry, VirtualService,
};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::requests::is_routed_by_istio;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "plain-http-to-tls-port",
    codes: &[Code::MESH1004],
    runs: &[
        Run::VirtualService(of_virtual_service),
        Run::HttpRoute(of_http_route),
        Run::ServiceEntry(of_service_entry),
    ],
};

/// Which proxies send the requests.
enum Senders {
    /// The pods of gateways in these namespaces.
    Gateways(Vec<NamespaceId>),
    /// Sidecars, or gateways that the input does not show.
    Anyone,
}

fn of_virtual_service(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    // A delegate acts where the VirtualService does that names it.
    if service.spec.http.is_empty() || service.spec.hosts.is_empty() {
        return;
    }
    let binding = mesh.routing.binding(service);
    let mut has_http_port = None;
    for rule in service
        .spec
        .rules()
        .filter(|rule| rule.kind == RuleKind::Http)
    {
        let mut targets = rule.destinations().filter_map(|(at, to)| {
            let host = mesh
                .registry
                .destination_host(&to.host, service.namespace());
            Some((at, to, host, tls_port(to, &host, service.id, mesh)?))
        });
        let Some(first) = targets.next() else {
            continue;
        };
        let acts = mesh.routing.rule_acts(service, &binding, &rule);
        let has_http_port = *has_http_port.get_or_insert_with(|| may_have_http_port(service, mesh));
        let Some(senders) = senders(&acts, &binding, has_http_port, mesh) else {
            continue;
        };
        for (at, to, host, port) in std::iter::once(first).chain(targets) {
            if may_originate(&host, &port, &to.subset, &senders, mesh) {
                continue;
            }
            let path = rule.destination_path(at);
            let path = if to.port.is_some() {
                path.field("port")
            } else {
                path
            };
            findings.push(finding(service.id, path, &to.host, &port));
        }
    }
}

/// The port of TLS that a destination leads to; `None` if it speaks something else, or may.
fn tls_port<'m>(
    to: &Destination,
    host: &Host<'_>,
    subject: ObjectId,
    mesh: &'m Mesh,
) -> Option<HostPort<'m>> {
    if is_unresolved(mesh, &to.host) {
        return None;
    }
    let mut ports = mesh.routing.ports_of_host(host, subject);
    match to.port {
        Some(asked) => ports.retain(|port| port.number == asked.number),
        None if ports.len() > 1 => return None,
        None => {}
    }
    let is_tls = |port: &HostPort<'_>| port.protocol == Protocol::Tls;
    let first = *ports.first()?;
    ports.iter().all(is_tls).then_some(first)
}

/// Whether a host of a VirtualService has a port on which sidecars route requests.
fn may_have_http_port(service: &Object<VirtualService>, mesh: &Mesh) -> bool {
    service.spec.hosts.iter().any(|name| {
        let host = mesh.registry.parse(name, service.namespace());
        let ports = mesh.routing.ports_of_host(&host, service.id);
        ports.iter().any(|port| port.protocol.may_be_http())
    })
}

/// Who sends the requests of a rule; `None` for nobody.
fn senders(
    acts: &Acts<'_>,
    binding: &Binding<'_>,
    has_http_port: bool,
    mesh: &Mesh,
) -> Option<Senders> {
    if acts.in_sidecars && has_http_port || acts.elsewhere {
        return Some(Senders::Anyone);
    }
    let gateways = acts.gateways(binding);
    if gateways.is_empty() {
        return None;
    }
    let mut namespaces = Vec::new();
    for gateway in gateways {
        let pods = mesh.routing.gateway_pods(gateway);
        if !pods.are_shown() {
            return Some(Senders::Anyone);
        }
        namespaces.extend(&pods.namespaces);
    }
    namespaces.sort_unstable();
    namespaces.dedup();
    Some(Senders::Gateways(namespaces))
}

/// Whether one of the senders may speak TLS to a port: a DestinationRule that it reads says so, or a
/// BackendTLSPolicy.
fn may_originate(
    host: &Host<'_>,
    port: &HostPort<'_>,
    subset: &str,
    senders: &Senders,
    mesh: &Mesh,
) -> bool {
    if let Declared::Service(service, declared) = port.declared
        && mesh.routing.has_backend_tls(service, &declared.name)
    {
        return true;
    }
    let home = mesh.places.namespace_of(port.object());
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let rules = mesh.routing.destination_rules_covering(*host);
    rules.iter().any(|rule| {
        if !rule.broken && !speaks_tls(&rule.spec, port.number, subset) {
            return false;
        }
        let Senders::Gateways(namespaces) = senders else {
            return true;
        };
        let own = mesh.places.namespace_of(rule.id);
        namespaces.iter().any(|namespace| {
            [*namespace, home, root].contains(&own)
                && mesh.visibility.exports_destination_rule(rule, *namespace)
        })
    })
}

/// Whether a rule makes its readers speak TLS to a port.
fn speaks_tls(rule: &DestinationRule, port: u32, subset: &str) -> bool {
    settings(rule).iter().any(|setting| {
        setting.mode != ClientTlsMode::Disable
            && setting.is_for(port)
            && setting.subset.is_none_or(|own| own == subset)
    })
}

fn finding(object: ObjectId, path: FieldPath, host: &str, port: &HostPort<'_>) -> Finding {
    let message = format!(
        "the route sends plain HTTP to port {} of {host}, which is declared as {}: the server answers \
         400 or resets the connection",
        words(port),
        port.said()
    );
    Finding::new(Code::MESH1004, object, path, message)
        .help(format!(
            "add a DestinationRule for {host} with tls mode SIMPLE for port {}, or route to a port of plain \
             HTTP; if this one is plain HTTP, declare it so",
            port.number
        ))
        .related(port.object(), port.path(), "the port is declared here")
}

fn of_http_route(route: &Object<HttpRoute>, mesh: &Mesh, findings: &mut Findings) {
    let mut is_of_istio = None;
    for (i, rule) in route.spec.rules.iter().enumerate() {
        for (j, backend) in rule.backend_refs.iter().enumerate() {
            let backend = backend.reference();
            let Some(number) = backend.port.filter(|_| backend.is_service()) else {
                continue;
            };
            let namespace = backend.namespace(route.namespace());
            let service = mesh.named(namespace, &backend.name).services();
            let mut ports = service.into_iter().flat_map(HostPort::of_service);
            let port = ports.find(|port| port.number == number);
            let Some(port) = port.filter(|port| port.protocol == Protocol::Tls) else {
                continue;
            };
            let is_of_istio = *is_of_istio.get_or_insert_with(|| is_routed_by_istio(route, mesh));
            let domain = &mesh.registry.identity_domain;
            let host = Host::cluster(&backend.name, namespace, domain);
            if !is_of_istio || may_originate(&host, &port, "", &Senders::Anyone, mesh) {
                continue;
            }
            let path = path!["spec", "rules", i, "backendRefs", j, "port"];
            let mut finding = finding(route.id, path, &backend.name, &port);
            finding.help = Some(format!(
                "add a BackendTLSPolicy for Service {}, or route to a port of plain HTTP; if this one is \
                 plain HTTP, declare it so",
                backend.name
            ));
            findings.push(finding);
        }
    }
}

/// The port of HTTPS that an external host has.
const HTTPS: u32 = 443;

fn of_service_entry(entry: &Object<ServiceEntry>, mesh: &Mesh, findings: &mut Findings) {
    let spec = &entry.spec;
    if spec.location != Location::MeshExternal || spec.workload_selector.is_some() {
        return;
    }
    for port in HostPort::of_entry(entry) {
        let Declared::Entry(_, declared) = port.declared else {
            continue;
        };
        let mut endpoints = spec.endpoints.iter();
        let is_elsewhere = declared.target_port != 0
            || endpoints.any(|endpoint| {
                let mapped = endpoint.ports.get(&declared.name);
                mapped.is_some_and(|mapped| *mapped != HTTPS)
            });
        let is_plain = port.protocol == Protocol::Http && port.number == HTTPS;
        if !is_plain || is_elsewhere {
            continue;
        }
        let mut hosts = spec.hosts.iter();
        let is_covered = hosts.any(|name| {
            let host = mesh.registry.parse(name, entry.namespace());
            is_unresolved(mesh, name) || may_originate(&host, &port, "", &Senders::Anyone, mesh)
        });
        if !is_covered {
            findings.push(declared_as_http(entry, &port));
        }
    }
}

fn declared_as_http(entry: &Object<ServiceEntry>, port: &HostPort<'_>) -> Finding {
    let host = entry.spec.hosts.first().map_or("", |host| host.as_str());
    let path = port.path().field("protocol");
    let message = format!(
        "port 443 of {host} is declared as {}: clients that speak plain HTTP to it get 400 from the \
         server, and TLS of clients is refused by their proxy, which expects HTTP",
        port.said()
    );
    Finding::new(Code::MESH1004, entry.id, path.clone(), message)
        .help(
            "write protocol: HTTPS if clients speak TLS themselves; to leave TLS to the proxy, add a \
             DestinationRule with tls mode SIMPLE for the port",
        )
        .fix(Fix::hazardous("write HTTPS").write(entry.id, path, "HTTPS"))
}
