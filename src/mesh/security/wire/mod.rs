//! What goes over the wire between two workloads: which proxy each has, what the client sends, what
//! the server accepts, and what comes of it.
//!
//! Answers what istiod configures, in both modes; nothing is read from a cluster. Workloads alike
//! are one class, as clients ([`Client`]) and as servers ([`Server`]): the questions take classes, so
//! that nobody need enumerate pairs of workloads. [`Wire::callers`] tells which clients a Service
//! need be asked about.
//!
//! | question | answer |
//! |---|---|
//! | [`Wire::proxy`] | sidecar, ambient, gateway, waypoint or none |
//! | [`Wire::accepts`] | what a port of a workload takes, and the PeerAuthentication that says so |
//! | [`Wire::way`], [`Way::to`] | what a client sends, and the DestinationRule that says so |
//! | [`verdict`] | what comes of both |

mod classes;
mod peers;
mod proxies;
mod rules;
mod sends;
mod targets;
mod verdict;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use classes::{Caller, Callers, Client, ClientId, Server, ServerId};
pub use peers::{Mode, PeerDecision};
pub use proxies::Proxy;
pub use rules::Group;
pub use sends::{Reason, RuleDecision, Sends, Sent, Way};
pub use targets::{Backends, Port, Target};
pub use verdict::{Accepts, Verdict, verdict};

use super::kiali::PeerPolicy;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::registry::Registry;
use crate::mesh::workloads::{WorkloadId, Workloads};
use crate::model::core::PodSpec;
use crate::model::{ObjectId, Objects};
use classes::End;
use peers::Peers;
use rules::Rules;
use targets::{ServerEnd, Targets};

/// What goes over the wire.
#[derive(Debug)]
pub struct Wire {
    objects: Arc<Objects>,
    places: Arc<Places>,
    workloads: Arc<Workloads>,
    peers: Peers,
    rules: Rules,
    targets: Targets,
    /// By workload.
    ends: Vec<End>,
    clients: Vec<Client>,
    servers: Vec<Server>,
    /// Ports at which gateways end the mesh's own TLS, by workload.
    mesh_tls: FxHashMap<WorkloadId, Vec<i64>>,
}

impl Wire {
    pub(super) fn build(
        objects: Arc<Objects>,
        places: Arc<Places>,
        workloads: Arc<Workloads>,
        registry: &Registry,
        stand_ins: &[PeerPolicy],
    ) -> Self {
        let mut wire = Self {
            peers: Peers::build(&objects, &places, stand_ins),
            rules: Rules::build(&objects, &places, registry),
            objects,
            places,
            workloads,
            targets: Targets::default(),
            ends: Vec::new(),
            clients: Vec::new(),
            servers: Vec::new(),
            mesh_tls: FxHashMap::default(),
        };
        wire.classify();
        wire.find_gateways();
        let targets = Targets::build(
            &wire.objects,
            |object| wire.places.namespace_of(object),
            &registry.identity_domain,
            &wire.workloads,
            |id| wire.server_end(id),
        );
        wire.targets = targets;
        wire
    }

    fn server_end(&self, id: WorkloadId) -> ServerEnd {
        let server = self.server_of(id);
        let class = self.server(server);
        let spec = self.workloads.get(id);
        let spec = spec.and_then(|workload| workload.pod_spec(&self.objects));
        ServerEnd {
            server,
            has_tls_label: class.is_some_and(|class| class.has_tls_label),
            is_gateway: class.is_some_and(|class| class.proxy.is_gateway()),
            account: spec.map_or("default", PodSpec::account).into(),
        }
    }

    fn end(&self, workload: WorkloadId) -> End {
        self.ends.get(workload.index()).copied().unwrap_or_default()
    }

    /// The proxy of a workload.
    pub fn proxy(&self, workload: WorkloadId) -> Proxy {
        self.end(workload).proxy
    }

    /// Whether the input settles which proxy a workload has: the Namespace is there, or the pods say
    /// it themselves.
    pub fn is_proxy_settled(&self, workload: WorkloadId) -> bool {
        self.end(workload).is_settled
    }

    /// The class of a workload as a client.
    pub fn client_of(&self, workload: WorkloadId) -> ClientId {
        self.end(workload).client
    }

    /// The class of a workload as a server.
    pub fn server_of(&self, workload: WorkloadId) -> ServerId {
        self.end(workload).server
    }

    /// The class of clients of this number.
    pub fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(id.0 as usize)
    }

    /// The classes of clients that have workloads.
    pub fn clients(&self) -> impl Iterator<Item = (ClientId, &Client)> {
        (0u32..)
            .map(ClientId)
            .zip(&self.clients)
            .filter(|(_, client)| !client.workloads.is_empty())
    }

    /// The class of servers of this number.
    pub fn server(&self, id: ServerId) -> Option<&Server> {
        self.servers.get(id.0 as usize)
    }

    /// What a port of the workload accepts, the workload's own (see [`Wire::workload_port`]).
    pub fn accepts(&self, server: ServerId, port: i64) -> Accepts {
        let Some(server) = self.server(server) else {
            return Accepts::NoSidecar;
        };
        let root = self.root_of(server.namespace);
        let (mode, by) = match server.proxy {
            Proxy::None | Proxy::Gateway | Proxy::Waypoint => return Accepts::NoSidecar,
            Proxy::Sidecar => self
                .peers
                .accepted(server.namespace, root, server.policy, port),
            Proxy::Ambient => {
                self.peers
                    .accepted_by_ztunnel(server.namespace, root, server.policy, port)
            }
        };
        Accepts::Mode(mode, by)
    }

    /// The mode of a namespace, which is what clients know of it, and whether the mesh's.
    pub fn namespace_mode(&self, namespace: NamespaceId) -> (Mode, Option<PeerDecision>) {
        self.peers
            .accepted(namespace, self.root_of(namespace), None, 0)
    }

    /// The verdict on what a client sends to a backend behind a port of a Service.
    pub fn verdict(
        &self,
        way: &Way<'_>,
        sends: &Sends,
        server: ServerId,
        workload: WorkloadId,
        port: &Port<'_>,
    ) -> Verdict {
        let accepts = self.accepts(server, self.workload_port(port.declared, workload));
        if sends.in_tunnel {
            return Verdict::Tls;
        }
        if sends.sent == Sent::Mtls {
            if way.refuses_identity(workload) {
                return Verdict::Broken;
            }
            if self.ends_mesh_tls(workload, port.number()) {
                return Verdict::Mtls;
            }
        }
        verdict(sends.sent, accepts.mode(), port.protocol)
    }

    /// The DestinationRules that hold for clients of a class and a Service, merged.
    pub fn group(&self, client: &Client, target: &Target) -> Option<&Group> {
        if !client.proxy.is_envoy() {
            return None;
        }
        let root = self.root_of(target.namespace);
        self.rules
            .group(client, &target.keys, target.namespace, root, &self.places)
    }

    /// The identity of a workload under mutual TLS: `<trust domain>/ns/<namespace>/sa/<account>`.
    pub fn identity(&self, workload: WorkloadId) -> Option<String> {
        let workload = self.workloads.get(workload)?;
        let domain = &self
            .places
            .control_plane_or_first(workload.namespace)
            .config
            .trust_domain;
        let account = workload
            .pod_spec(&self.objects)
            .map_or("default", PodSpec::account);
        let namespace = self.places.name(workload.namespace);
        Some(format!("{domain}/ns/{namespace}/sa/{account}"))
    }

    /// Whether automatic mutual TLS is on for clients of Services of a namespace.
    pub fn is_auto(&self, namespace: NamespaceId) -> bool {
        self.places
            .control_plane_or_first(namespace)
            .auto_mtls
            .is_on()
    }

    /// The object of a DestinationRule that a group is made of.
    pub fn rule_object(&self, position: u32) -> Option<ObjectId> {
        let rules = &self.objects.destination_rules;
        rules.get(position as usize).map(|rule| rule.id)
    }

    fn root_of(&self, namespace: NamespaceId) -> NamespaceId {
        self.places.control_plane_or_first(namespace).root_namespace
    }
}

#[cfg(test)]
mod tests;
