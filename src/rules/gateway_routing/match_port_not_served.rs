//! MESH1022: a match for a port that nothing has where the rule acts.

use rustc_hash::FxHashSet;

use super::SHOWN;
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::routing::{Acts, Binding, GatewayServer, HostPort};
use crate::model::Object;
use crate::model::networking::{Gateway, VirtualService};
use crate::rules::common::lists::numbers;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;
use crate::yaml::edit::{Change, NewScalar};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "match-port-not-served",
    codes: &[Code::MESH1022],
    runs: &[Run::VirtualService(match_port_not_served)],
};

fn match_port_not_served(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    let spec = &service.spec;
    let mut blocks = spec.rules().flat_map(|rule| rule.matches());
    // A delegate acts where the VirtualService does that names it.
    if spec.hosts.is_empty() || !blocks.any(|block| block.port != 0) {
        return;
    }
    let binding = mesh.routing.binding(service);
    if binding.has_unknown {
        return;
    }
    let in_mesh = if binding.is_for_mesh {
        match ports_in_mesh(service, mesh) {
            Some(ports) => ports,
            None => return,
        }
    } else {
        Vec::new()
    };
    let known = Ports {
        service,
        binding: &binding,
        in_mesh,
        at_all: at(&binding.gateways, mesh),
        mesh,
    };
    for rule in spec.rules() {
        for (at, block) in rule.matches().enumerate() {
            if block.port == 0 {
                continue;
            }
            let acts = mesh.routing.acts(service, &binding, block.gateways);
            let path = rule.match_path(at).field("port");
            findings.extend(known.finding(&acts, block.gateways.is_empty(), block.port, path));
        }
    }
}

/// The servers of some Gateways; `None` if some of them cannot be known.
fn at<'m>(gateways: &[&'m Object<Gateway>], mesh: &Mesh) -> Option<Vec<GatewayServer<'m>>> {
    let mut servers = Vec::new();
    for gateway in gateways {
        let before = servers.len();
        servers.extend(mesh.routing.servers(gateway));
        if servers.len() - before < gateway.spec.servers.len() {
            return None;
        }
    }
    Some(servers)
}

/// The ports of all hosts of a VirtualService; `None` if the input does not show them all.
fn ports_in_mesh<'m>(
    service: &'m Object<VirtualService>,
    mesh: &'m Mesh,
) -> Option<Vec<HostPort<'m>>> {
    let mut ports = Vec::new();
    for name in &service.spec.hosts {
        let host = mesh.registry.parse(name, service.namespace());
        if host.is_wildcard() || is_unresolved(mesh, name) {
            return None;
        }
        let own = mesh.routing.ports_of_host(&host, service.id);
        if own.is_empty() {
            return None;
        }
        ports.extend(own);
    }
    Some(ports)
}

/// Which ports there are where the rules of a VirtualService act.
struct Ports<'a, 'm> {
    service: &'a Object<VirtualService>,
    binding: &'a Binding<'m>,
    in_mesh: Vec<HostPort<'a>>,
    /// The servers of all Gateways that it is bound to.
    at_all: Option<Vec<GatewayServer<'m>>>,
    mesh: &'m Mesh,
}

impl Ports<'_, '_> {
    fn finding(
        &self,
        acts: &Acts<'_>,
        is_everywhere: bool,
        port: u32,
        path: FieldPath,
    ) -> Option<Finding> {
        let narrowed;
        let servers = if is_everywhere {
            self.at_all.as_ref()?
        } else {
            narrowed = at(acts.gateways(self.binding), self.mesh)?;
            &narrowed
        };
        let hosts: &[HostPort<'_>] = if acts.in_sidecars { &self.in_mesh } else { &[] };
        if servers.is_empty() && hosts.is_empty()
            || servers.iter().any(|server| server.number == port)
            || hosts.iter().any(|own| own.number == port)
            || acts.in_sidecars && self.mesh.routing.is_listener_of_sidecars(port)
        {
            return None;
        }
        let mut finding = Finding::new(
            Code::MESH1022,
            self.service.id,
            path.clone(),
            message(self.service, servers, hosts, port),
        );
        for server in servers.iter().take(SHOWN) {
            let what = format!("a server with port {}", server.number);
            finding = finding.related(server.gateway.id, server.port_path().field("number"), what);
        }
        for own in hosts.iter().take(SHOWN) {
            finding = finding.related(own.object(), own.path(), "a port of the host");
        }
        let own = servers.iter().map(|server| server.number);
        let own: FxHashSet<u32> = own.chain(hosts.iter().map(|own| own.number)).collect();
        let mut own = own.into_iter();
        Some(match (own.next(), own.next()) {
            (Some(only), None) => {
                let what = if servers.is_empty() {
                    "the port that clients call"
                } else {
                    "the port of the Gateway's server, not that of its pods"
                };
                let order = format!("write {only}");
                let new = Change::Replace(NewScalar::Integer(i64::from(only)));
                finding
                    .help(format!("write {only}: match.port is {what}"))
                    .fix(Fix::hazardous(order).change(self.service.id, path, new))
            }
            _ => finding.help("name one of these ports, or leave port out"),
        })
    }
}

fn message(
    service: &Object<VirtualService>,
    servers: &[GatewayServer<'_>],
    hosts: &[HostPort<'_>],
    port: u32,
) -> String {
    let mut in_servers: Vec<u32> = servers.iter().map(|server| server.number).collect();
    in_servers.sort_unstable();
    in_servers.dedup();
    let mut in_hosts: Vec<u32> = hosts.iter().map(|own| own.number).collect();
    in_hosts.sort_unstable();
    in_hosts.dedup();
    let gateways = servers
        .iter()
        .map(|server| format!("{}/{}", server.gateway.namespace(), server.gateway.name()));
    let at_gateways = || {
        format!(
            "no server of Gateway {} has port {port} (there is {})",
            some_of(gateways),
            numbers(in_servers)
        )
    };
    let in_mesh = |lead: &str| {
        format!(
            "{lead}{} has no port {port} (it has {})",
            some_of(&service.spec.hosts),
            numbers(in_hosts)
        )
    };
    let what = match (servers.is_empty(), hosts.is_empty()) {
        (false, true) => at_gateways(),
        (true, _) => in_mesh(""),
        (false, false) => format!("{}{}", at_gateways(), in_mesh(", and ")),
    };
    format!("{what}: the match never holds")
}
