//! Workloads alike: as clients, as servers, and as the callers that a Service need be asked about.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::Wire;
use super::proxies::{self, Injector, Proxy};
use super::targets::Target;
use crate::mesh::places::NamespaceId;
use crate::mesh::workloads::{WorkloadId, WorkloadKind};
use crate::model::core::PodSpec;
use crate::model::networking::ServerTlsMode;

/// A workload as client and server.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct End {
    pub(super) proxy: Proxy,
    pub(super) is_settled: bool,
    pub(super) client: ClientId,
    pub(super) server: ServerId,
}

/// The dense number of a class of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ClientId(pub u32);

/// The dense number of a class of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ServerId(pub u32);

/// Workloads that send the same to everyone: of one namespace, with the same kind of proxy, selected
/// by the same DestinationRules.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The namespace; [`NamespaceId::NONE`] stands for those about which no rule says anything special.
    pub namespace: NamespaceId,
    /// The proxy.
    pub proxy: Proxy,
    /// The workloads.
    pub workloads: Vec<WorkloadId>,
    /// Positions of the DestinationRules with a workloadSelector that select them.
    pub(in crate::mesh::security::wire) selected: Box<[u32]>,
}

impl Client {
    /// Clients about which no DestinationRule says anything special.
    pub fn usual(proxy: Proxy) -> Self {
        Self {
            proxy,
            ..Self::default()
        }
    }
}

/// Workloads that accept the same from everyone: of one namespace, with the same kind of proxy, under
/// the same PeerAuthentication.
#[derive(Debug, Clone)]
pub struct Server {
    /// The namespace.
    pub namespace: NamespaceId,
    /// The proxy.
    pub proxy: Proxy,
    /// Whether automatic mutual TLS takes it for one that speaks mutual TLS.
    pub has_tls_label: bool,
    /// Whether its sidecar takes HBONE besides.
    pub takes_hbone: bool,
    /// The winner among the PeerAuthentications that select it.
    pub(super) policy: Option<u32>,
}

/// Some workloads as clients of Services.
#[derive(Debug)]
pub struct Callers<'w> {
    wire: &'w Wire,
    /// By class, in the order of namespaces.
    classes: Vec<(ClientId, Vec<WorkloadId>)>,
    by_proxy: Vec<(Proxy, usize)>,
}

/// Clients that send the same to all ports of a Service.
#[derive(Debug, Clone)]
pub struct Caller<'c> {
    /// The class that stands for them.
    pub client: Cow<'c, Client>,
    /// How many workloads they are.
    pub count: usize,
    /// The class, if it is one; else all of this proxy in namespaces that are not special.
    class: Option<ClientId>,
}

impl Callers<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The classes with their workloads, in the order of namespaces.
    pub fn classes(&self) -> &[(ClientId, Vec<WorkloadId>)] {
        &self.classes
    }

    /// The callers of a Service. Each workload is a member of exactly one. They are few: one for each
    /// proxy, and the classes of namespaces about which DestinationRules say something special.
    pub fn of(&self, target: &Target) -> Vec<Caller<'_>> {
        let mut rest = self.by_proxy.clone();
        let mut callers = Vec::new();
        let special = self.wire.special(target);
        for (id, workloads) in special.iter().flat_map(|id| self.of_namespace(*id)) {
            let Some(client) = self.wire.client(*id).filter(|own| own.proxy.is_envoy()) else {
                continue;
            };
            if let Some(entry) = rest.iter_mut().find(|(proxy, _)| *proxy == client.proxy) {
                entry.1 -= workloads.len();
            }
            callers.push(Caller {
                client: Cow::Borrowed(client),
                count: workloads.len(),
                class: Some(*id),
            });
        }
        let others = rest.into_iter().filter(|(_, count)| *count > 0);
        callers.extend(others.map(|(proxy, count)| Caller {
            client: Cow::Owned(Client::usual(proxy)),
            count,
            class: None,
        }));
        callers
    }

    fn of_namespace(&self, namespace: NamespaceId) -> &[(ClientId, Vec<WorkloadId>)] {
        let of = |id: ClientId| self.wire.client(id).map(|client| client.namespace);
        let from = self
            .classes
            .partition_point(|(id, _)| of(*id) < Some(namespace));
        let rest = self.classes.get(from..).unwrap_or_default();
        let count = rest.partition_point(|(id, _)| of(*id) == Some(namespace));
        rest.get(..count).unwrap_or_default()
    }

    /// The workloads that a caller of a Service stands for.
    pub fn members(&self, caller: &Caller<'_>, target: &Target) -> Vec<WorkloadId> {
        let special = self.wire.special(target);
        let is_member = |id: ClientId| match caller.class {
            Some(class) => id == class,
            None => self.wire.client(id).is_some_and(|client| {
                client.proxy == caller.client.proxy
                    && !(client.proxy.is_envoy()
                        && special.binary_search(&client.namespace).is_ok())
            }),
        };
        let classes = self.classes.iter().filter(|(id, _)| is_member(*id));
        classes
            .flat_map(|(_, workloads)| workloads)
            .copied()
            .collect()
    }
}

impl Wire {
    /// Puts workloads into classes.
    pub(super) fn classify(&mut self) {
        let (objects, places) = (self.objects.clone(), self.places.clone());
        let workloads = self.workloads.clone();
        let injector = Injector::new(&objects, &places);
        let none = PodSpec::default();
        let mut clients: FxHashMap<(NamespaceId, Proxy, Box<[u32]>), ClientId> =
            FxHashMap::default();
        let mut servers: FxHashMap<_, ServerId> = FxHashMap::default();
        for (id, workload) in workloads.iter() {
            let spec = workload.pod_spec(&objects).unwrap_or(&none);
            let namespace = workload.namespace;
            let config = &places.control_plane_or_first(namespace).config;
            let proxy = if workload.kind == WorkloadKind::WorkloadGroup {
                Proxy::Sidecar
            } else {
                injector.proxy(workload, spec)
            };
            let selected = if proxy.is_envoy() {
                self.rules.selecting(namespace, &workload.labels)
            } else {
                Box::default()
            };
            let next = self.clients.len();
            let client = *clients
                .entry((namespace, proxy, selected.clone()))
                .or_insert(ClientId(u32::try_from(next).unwrap_or(u32::MAX)));
            if client.0 as usize == next {
                self.clients.push(Client {
                    namespace,
                    proxy,
                    workloads: Vec::new(),
                    selected,
                });
            }
            let is_pods = workload.kind != WorkloadKind::WorkloadGroup;
            if let Some(class) = self.clients.get_mut(client.0 as usize).filter(|_| is_pods) {
                class.workloads.push(id);
            }
            let takes_hbone = proxy == Proxy::Sidecar
                && (workload.labels.has("networking.istio.io/tunnel", "http")
                    || config
                        .default_config
                        .proxy_metadata
                        .has("ISTIO_META_ENABLE_HBONE", "true"));
            let root = places.control_plane_or_first(namespace).root_namespace;
            let policy = self.peers.of_workload(namespace, root, &workload.labels);
            let has_tls_label = proxies::has_tls_label(workload, proxy);
            let next = self.servers.len();
            let key = (namespace, proxy, has_tls_label, takes_hbone, policy);
            let server = *servers
                .entry(key)
                .or_insert(ServerId(u32::try_from(next).unwrap_or(u32::MAX)));
            if server.0 as usize == next {
                self.servers.push(Server {
                    namespace,
                    proxy,
                    has_tls_label,
                    takes_hbone,
                    policy,
                });
            }
            self.ends.push(End {
                proxy,
                is_settled: proxies::is_settled(workload, spec, places.get(namespace)),
                client,
                server,
            });
        }
    }

    /// Finds the ports at which gateways have a server with mode `ISTIO_MUTUAL`.
    pub(super) fn find_gateways(&mut self) {
        for object in &self.objects.gateways {
            let servers = object.spec.servers.iter();
            let ports: Vec<i64> = servers
                .filter(|server| {
                    let mode = server.tls.as_ref().map(|tls| tls.mode);
                    mode == Some(ServerTlsMode::IstioMutual)
                })
                .filter_map(|server| server.port.as_ref().map(|port| i64::from(port.number)))
                .collect();
            if ports.is_empty() {
                continue;
            }
            let home = self.places.namespace_of(object.id);
            let is_scoped = self.places.control_plane_or_first(home).scopes_gateways;
            let home = is_scoped.then_some(home);
            for workload in self.workloads.ids_matching(home, &object.spec.selector) {
                let end = self.ends.get(workload.index());
                if end.is_some_and(|end| end.proxy.is_gateway()) {
                    let own = self.mesh_tls.entry(workload).or_default();
                    own.extend_from_slice(&ports);
                }
            }
        }
    }

    /// Whether a gateway has a server with mode `ISTIO_MUTUAL` at a port of its Service.
    pub(super) fn ends_mesh_tls(&self, workload: WorkloadId, port: i64) -> bool {
        let ports = self.mesh_tls.get(&workload);
        ports.is_some_and(|ports| ports.contains(&port))
    }

    /// The workloads that `keep` keeps, as clients.
    pub fn callers(&self, keep: impl Fn(WorkloadId) -> bool) -> Callers<'_> {
        let mut by_proxy: FxHashMap<Proxy, usize> = FxHashMap::default();
        let mut classes = Vec::new();
        for (id, client) in self.clients() {
            let workloads = client.workloads.iter().copied();
            let kept: Vec<WorkloadId> = workloads.filter(|workload| keep(*workload)).collect();
            if !kept.is_empty() {
                *by_proxy.entry(client.proxy).or_default() += kept.len();
                classes.push((id, kept));
            }
        }
        let mut by_proxy: Vec<(Proxy, usize)> = by_proxy.into_iter().collect();
        by_proxy.sort_unstable();
        Callers {
            wire: self,
            classes,
            by_proxy,
        }
    }

    /// The namespaces whose clients may be told otherwise about a Service than all others.
    pub fn special(&self, target: &Target) -> Vec<NamespaceId> {
        let root = self.root_of(target.namespace);
        self.rules
            .special(&target.keys, target.namespace, root, &self.places)
    }
}
