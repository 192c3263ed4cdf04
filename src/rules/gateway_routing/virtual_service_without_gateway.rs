//! MESH1028: a VirtualService without `gateways`, for a host that a Gateway serves without routes.

use rustc_hash::FxHashSet;

use super::place;
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::routing::{GatewayServer, MESH_GATEWAY, ServedHosts};
use crate::mesh::{Host, Mesh};
use crate::model::networking::{Gateway, VirtualService};
use crate::model::{Object, Str};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "virtual-service-without-gateway",
    codes: &[Code::MESH1028],
    runs: &[Run::Mesh(virtual_service_without_gateway)],
};

/// How many servers with one host are looked at.
const LOOKED_AT: usize = 20;

fn virtual_service_without_gateway(mesh: &Mesh, findings: &mut Findings) {
    if mesh.routing.has_open_bindings() {
        return;
    }
    let mut served: Option<Served<'_>> = None;
    for service in &mesh.objects.virtual_services {
        let is_for_mesh_alone = service
            .spec
            .gateways
            .iter()
            .all(|name| name == MESH_GATEWAY);
        if !is_for_mesh_alone || service.broken || mesh.objects.is_context(service.id) {
            continue;
        }
        let served = served.get_or_insert_with(|| Served::new(mesh));
        let hosts = service.spec.hosts.iter().enumerate();
        let mut unrouted = hosts.filter_map(|(at, host)| {
            let server = served.without_routes(host, service, mesh)?;
            Some((at, host, server))
        });
        // It is one cause, whatever the number of hosts.
        if let Some((at, host, server)) = unrouted.next() {
            findings.push(finding(service, at, host, &server));
        }
    }
}

/// The hosts of all Gateways but `*`, numbered by server.
struct Served<'m> {
    servers: Vec<(&'m Object<Gateway>, usize)>,
    hosts: ServedHosts,
}

impl<'m> Served<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let mut servers: Vec<(&Object<Gateway>, usize)> = Vec::new();
        let mut hosts: Vec<(&str, &str, u32)> = Vec::new();
        for gateway in mesh.routing.gateways() {
            for server in mesh.routing.servers(gateway) {
                if server.takes().is_none() {
                    continue;
                }
                let number = u32::try_from(servers.len()).unwrap_or(u32::MAX);
                servers.push((gateway, server.index));
                let own = server.server.hosts.iter();
                let own = own.filter(|host| *host != "*" && !host.ends_with("/*"));
                hosts.extend(own.map(|host| (host.as_str(), gateway.namespace(), number)));
            }
        }
        let hosts = ServedHosts::new(hosts.into_iter());
        Self { servers, hosts }
    }

    /// The server that has a host which looks like one of the outside, if no VirtualService bound to
    /// its Gateway has it.
    fn without_routes(
        &self,
        host: &Str,
        service: &Object<VirtualService>,
        mesh: &'m Mesh,
    ) -> Option<GatewayServer<'m>> {
        if !is_of_the_outside(host, service, mesh) {
            return None;
        }
        let found = self.hosts.overlapping(host, service.namespace());
        let numbers: Vec<u32> = found.take(LOOKED_AT).collect();
        let mut first = None;
        let mut seen = FxHashSet::default();
        for number in numbers {
            let (gateway, index) = self.servers.get(number as usize)?;
            if !seen.insert(gateway.id) {
                continue;
            }
            let mut bound = mesh.routing.bound_with_host(gateway, host);
            if bound.next().is_some() {
                return None;
            }
            first = first.or(mesh.routing.server(gateway, *index));
        }
        first
    }
}

/// Whether a host is neither a service that the input shows nor a name of the cluster.
fn is_of_the_outside(host: &str, service: &Object<VirtualService>, mesh: &Mesh) -> bool {
    let is_of_cluster = !host.contains('.')
        || host.contains(".svc.")
        || [".svc", ".local"].iter().any(|end| host.ends_with(end));
    if is_of_cluster || host.starts_with('*') || is_unresolved(mesh, host) {
        return false;
    }
    let resolved = mesh.registry.resolve(host, service.namespace());
    let external = Host::external(host);
    let mut entries = mesh.registry.service_entries_covering(&external);
    !resolved.complete && entries.next().is_none()
}

fn finding(
    service: &Object<VirtualService>,
    at: usize,
    host: &str,
    server: &GatewayServer<'_>,
) -> Finding {
    let gateway = server.gateway;
    let name = if gateway.namespace() == service.namespace() {
        gateway.name().to_owned()
    } else {
        format!("{}/{}", gateway.namespace(), gateway.name())
    };
    let has_list = !service.spec.gateways.is_empty();
    let lead = if has_list {
        "only mesh is named as gateway"
    } else {
        "no gateways are named"
    };
    let message = format!(
        "{lead}, so these routes act inside the mesh alone, yet {} serves {host} and has no routes for \
         it: requests from outside get 404",
        place(server)
    );
    let order = format!("add {name} to gateways");
    let fix = Fix::hazardous(order.clone());
    let fix = if has_list {
        let path = path!["spec", "gateways", service.spec.gateways.len()];
        fix.change(
            service.id,
            path,
            Change::Insert(Content::text(name.as_str())),
        )
    } else {
        let list = Content::List(vec![Content::text(name.as_str())]);
        fix.change(service.id, path!["spec", "gateways"], Change::Insert(list))
    };
    let help = if has_list {
        order
    } else {
        format!("add gateways: [{name}], and mesh to it if callers inside are meant as well")
    };
    Finding::new(
        Code::MESH1028,
        service.id,
        path!["spec", "hosts", at],
        message,
    )
    .help(help)
    .related(
        gateway.id,
        path!["spec", "servers", server.index, "hosts"],
        "the Gateway serves the host here",
    )
    .fix(fix)
}
