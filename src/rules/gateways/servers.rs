//! The servers of Gateways as the listeners that istiod makes of them: those of one address, port
//! and workload meet.

use rustc_hash::{FxHashMap, FxHashSet};

use super::gateways;
use crate::mesh::{Mesh, NamespaceId, Workload, WorkloadId};
use crate::model::networking::{Gateway, Server};
use crate::model::{IntOrString, Object};
use crate::rules::common::words::is_unresolved;

/// What a server speaks, as far as it decides who can share a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Speaks {
    /// HTTP in plain text; the routes of all such servers are joined.
    Http,
    /// The same, answered with a redirect to HTTPS.
    Redirect,
    /// TLS, told apart by server name.
    Tls,
    /// Plain TCP, told apart by nothing.
    Tcp,
}

/// A server of a Gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Served<'m> {
    pub(super) gateway: &'m Object<Gateway>,
    /// The index in `spec/servers`.
    pub(super) index: usize,
    pub(super) server: &'m Server,
    pub(super) speaks: Speaks,
    /// The number of the port as written.
    pub(super) number: u32,
}

impl Served<'_> {
    /// Where its port stands.
    pub(super) fn port_path(&self) -> String {
        format!("spec/servers[{}]/port", self.index)
    }

    /// The protocol as written.
    pub(super) fn protocol(&self) -> &str {
        let port = self.server.port.as_ref();
        port.map_or("", |port| port.protocol.as_str())
    }
}

/// Servers that meet on one listener, in load order.
pub(super) type Listener<'m> = Vec<Served<'m>>;

/// Whose proxies a Gateway configures: workloads of the input, or, where it shows none, all that
/// answer to the selector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose<'m> {
    Workload(WorkloadId),
    Selector(Vec<(&'m str, &'m str)>),
}

/// How many workloads of one Gateway are looked at.
const WORKLOADS: usize = 20;

/// The listeners that more than one server asks for.
pub(super) fn shared_listeners(mesh: &Mesh) -> Vec<Listener<'_>> {
    let mut order: Vec<Listener<'_>> = Vec::new();
    let mut numbers: FxHashMap<(Whose<'_>, &str, u32), usize> = FxHashMap::default();
    for gateway in current(mesh) {
        let selector = &gateway.spec.selector;
        if selector.values().any(|value| is_unresolved(mesh, value)) {
            continue;
        }
        let workloads = workloads(gateway, mesh);
        let ports = target_ports(&workloads, mesh);
        let mut whose: Vec<Whose<'_>> = workloads
            .iter()
            .map(|(id, _)| Whose::Workload(*id))
            .collect();
        if whose.is_empty() {
            whose.push(Whose::Selector(selector.sorted()));
        }
        for (index, server) in gateway.spec.servers.iter().enumerate() {
            let Some(served) = served(gateway, index, server) else {
                continue;
            };
            let port = ports.get(&served.number).copied();
            let port = port.unwrap_or(served.number);
            for whose in &whose {
                let key = (whose.clone(), server.bind.as_str(), port);
                let number = *numbers.entry(key).or_insert_with(|| {
                    order.push(Vec::new());
                    order.len() - 1
                });
                if let Some(listener) = order.get_mut(number) {
                    listener.push(served);
                }
            }
        }
    }
    order.retain(|listener| listener.len() > 1);
    order
}

fn served<'m>(
    gateway: &'m Object<Gateway>,
    index: usize,
    server: &'m Server,
) -> Option<Served<'m>> {
    let port = server.port.as_ref()?;
    let redirects = server.tls.as_ref().is_some_and(|tls| tls.https_redirect);
    let speaks = match port.protocol.to_uppercase().as_str() {
        "HTTP" if redirects => Speaks::Redirect,
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" => Speaks::Http,
        "HTTPS" | "TLS" => Speaks::Tls,
        "TCP" | "MONGO" | "MYSQL" | "REDIS" => Speaks::Tcp,
        _ => return None,
    };
    Some(Served {
        gateway,
        index,
        server,
        speaks,
        number: port.number,
    })
}

/// The Gateways; of several versions of one, as overlays have them, the last.
fn current(mesh: &Mesh) -> Vec<&Object<Gateway>> {
    let mut seen: FxHashSet<(NamespaceId, &str)> = FxHashSet::default();
    let all: Vec<_> = gateways(mesh).collect();
    let mut last: Vec<_> = all
        .into_iter()
        .rev()
        .filter(|gateway| seen.insert((mesh.places.namespace_of(gateway.id), gateway.name())))
        .collect();
    last.reverse();
    last
}

fn workloads<'m>(gateway: &Object<Gateway>, mesh: &'m Mesh) -> Vec<(WorkloadId, &'m Workload)> {
    let home = mesh.places.namespace_of(gateway.id);
    let scoped = mesh.places.control_plane_or_first(home).scopes_gateways;
    let only = scoped.then_some(home);
    mesh.workloads
        .ids_matching(only, &gateway.spec.selector)
        .take(WORKLOADS)
        .filter_map(|id| Some((id, mesh.workloads.get(id)?)))
        .collect()
}

/// The ports that the Services of gateway workloads lead on to another one: istiod listens there.
fn target_ports(workloads: &[(WorkloadId, &Workload)], mesh: &Mesh) -> FxHashMap<u32, u32> {
    let mut targets = FxHashMap::default();
    for (_, workload) in workloads {
        for service in mesh
            .registry
            .services_selecting(workload.namespace, &workload.labels)
        {
            for port in &service.spec.spec.ports {
                if let Some(IntOrString::Int(target)) = &port.target_port
                    && let (Ok(from), Ok(to)) = (u32::try_from(port.port), u32::try_from(*target))
                    && to > 0
                {
                    targets.entry(from).or_insert(to);
                }
            }
        }
    }
    targets
}
