//! The pods that Gateways configure: which workloads the selector of a Gateway takes, and on which
//! ports they listen for its servers.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;

use super::{GatewayServer, Routing, ServedHosts};
use crate::mesh::places::NamespaceId;
use crate::mesh::workloads::{Workload, WorkloadId};
use crate::model::networking::Gateway;
use crate::model::{Object, ObjectId};
use crate::yaml::is_placeholder;

/// How many workloads of one selector are looked at.
const LOOKED_AT: usize = 100;

/// The workloads that a Gateway's selector takes, as far as the input shows them.
#[derive(Debug, Default)]
pub struct GatewayPods {
    /// The workloads.
    pub workloads: Vec<WorkloadId>,
    /// Their namespaces, each once, by id.
    pub namespaces: Vec<NamespaceId>,
    /// Whether there may be others: the selector holds a placeholder, or there are too many.
    pub may_be_more: bool,
}

impl GatewayPods {
    /// Whether the input shows some and, as far as it tells, all of them.
    pub fn are_shown(&self) -> bool {
        !self.workloads.is_empty() && !self.may_be_more
    }
}

/// Ports of Services that lead to another one of a workload's pods: istiod listens there.
type Translation = FxHashMap<u32, u32>;

/// The indices; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct GatewayIndex(OnceLock<Index>, OnceLock<FxHashMap<Address, Listener>>);

#[derive(Debug, Default)]
struct Index {
    pods: Vec<GatewayPods>,
    /// Which of `pods` are those of a Gateway.
    of_gateway: FxHashMap<ObjectId, u32>,
    /// Positions of the Gateways that take a workload, in load order.
    gateways: FxHashMap<WorkloadId, Vec<u32>>,
    translations: FxHashMap<WorkloadId, Translation>,
}

/// A port of a workload's pods.
type Address = (WorkloadId, u32);

/// The servers that meet at an address: position of the Gateway and index of the server.
#[derive(Debug, Default)]
struct Listener {
    servers: Vec<(u32, usize)>,
    hosts: ServedHosts,
}

impl Routing {
    /// The workloads that the selector of a Gateway takes: of all namespaces, unless Istio is told
    /// to scope Gateways to their own.
    pub fn gateway_pods(&self, gateway: &Object<Gateway>) -> &GatewayPods {
        static NONE: LazyLock<GatewayPods> = LazyLock::new(GatewayPods::default);
        let index = self.gateway_index();
        let number = index.of_gateway.get(&gateway.id);
        let pods = number.and_then(|number| index.pods.get(*number as usize));
        pods.unwrap_or(&NONE)
    }

    /// The Gateways that take a workload, in load order.
    pub fn gateways_taking(&self, workload: WorkloadId) -> impl Iterator<Item = &Object<Gateway>> {
        let positions = self.gateway_index().gateways.get(&workload);
        let positions = positions.into_iter().flatten();
        positions.filter_map(|position| self.objects.gateways.get(*position as usize))
    }

    /// The port that the pods of a gateway workload listen on for servers with the port `number`:
    /// the target port of the Service that leads to them, if one has that port (`resolvePorts` in
    /// `pilot/pkg/model/gateway.go`).
    pub fn listening_port(&self, workload: WorkloadId, number: u32) -> u32 {
        let translation = self.gateway_index().translations.get(&workload);
        let port = translation.and_then(|ports| ports.get(&number));
        port.copied().unwrap_or(number)
    }

    /// Whether the pods of a workload serve a Gateway's servers on a port.
    pub fn listens(&self, workload: WorkloadId, port: u32) -> bool {
        self.listeners().contains_key(&(workload, port))
    }

    /// Whether some servers that the pods of a workload serve on a port are for VirtualServices of
    /// certain namespaces alone.
    pub fn are_hosts_limited(&self, workload: WorkloadId, port: u32) -> bool {
        let listener = self.listeners().get(&(workload, port));
        listener.is_some_and(|listener| listener.hosts.are_limited())
    }

    /// The servers of all Gateways that the pods of a workload serve on a port for `host` of a
    /// VirtualService in `namespace`. `None` if some of them cannot be known.
    pub fn servers_at(
        &self,
        workload: WorkloadId,
        port: u32,
        host: &str,
        namespace: &str,
    ) -> Option<Vec<GatewayServer<'_>>> {
        let Some(listener) = self.listeners().get(&(workload, port)) else {
            return Some(Vec::new());
        };
        if listener.hosts.has_placeholder || is_placeholder(host) {
            return None;
        }
        let found = listener.hosts.overlapping(host, namespace);
        let mut numbers: Vec<u32> = found.take(LOOKED_AT + 1).collect();
        if numbers.len() > LOOKED_AT {
            return None;
        }
        numbers.sort_unstable();
        numbers.dedup();
        let servers = numbers.into_iter().map(|number| {
            let (position, index) = listener.servers.get(number as usize)?;
            self.server(self.objects.gateways.get(*position as usize)?, *index)
        });
        servers.collect()
    }

    fn gateway_index(&self) -> &Index {
        self.gateway_index.0.get_or_init(|| self.index_gateways())
    }

    fn index_gateways(&self) -> Index {
        let mut index = Index::default();
        let mut known: FxHashMap<(Option<NamespaceId>, Vec<(&str, &str)>), u32> =
            FxHashMap::default();
        for (position, gateway) in (0u32..).zip(&self.objects.gateways) {
            let home = self.places.namespace_of(gateway.id);
            if self.places.is_passed_over(home) {
                continue;
            }
            let is_scoped = self.places.control_plane_or_first(home).scopes_gateways;
            let only = is_scoped.then_some(home);
            let key = (only, gateway.spec.selector.sorted());
            let number = *known.entry(key).or_insert_with(|| {
                index.pods.push(self.find_pods(gateway, only));
                u32::try_from(index.pods.len() - 1).unwrap_or(u32::MAX)
            });
            index.of_gateway.insert(gateway.id, number);
            let pods = index.pods.get(number as usize);
            for workload in pods.map_or(&[][..], |pods| &pods.workloads) {
                index.gateways.entry(*workload).or_default().push(position);
            }
        }
        for id in index.gateways.keys() {
            if let Some(workload) = self.workloads.get(*id) {
                index.translations.insert(*id, self.translation(workload));
            }
        }
        index
    }

    fn find_pods(&self, gateway: &Object<Gateway>, only: Option<NamespaceId>) -> GatewayPods {
        let selector = &gateway.spec.selector;
        if selector.values().any(|value| is_placeholder(value)) {
            return GatewayPods {
                may_be_more: true,
                ..GatewayPods::default()
            };
        }
        let found = self.workloads.ids_matching(only, selector);
        let mut workloads: Vec<WorkloadId> = found.take(LOOKED_AT + 1).collect();
        let may_be_more = workloads.len() > LOOKED_AT;
        workloads.truncate(LOOKED_AT);
        let of = workloads.iter().filter_map(|id| self.workloads.get(*id));
        let mut namespaces: Vec<NamespaceId> = of.map(|workload| workload.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        GatewayPods {
            workloads,
            namespaces,
            may_be_more,
        }
    }

    /// Where the Services of a workload lead; of several with one port the first counts.
    fn translation(&self, workload: &Workload) -> Translation {
        let mut targets = Translation::default();
        let services = self
            .registry
            .services_selecting(workload.namespace, &workload.labels);
        for port in services.flat_map(|service| &service.spec.spec.ports) {
            if let Ok(from) = u32::try_from(port.port)
                && let Some(to) = self.workloads.target_port(port, workload)
            {
                targets.entry(from).or_insert(to);
            }
        }
        targets
    }

    fn listeners(&self) -> &FxHashMap<Address, Listener> {
        self.gateway_index.1.get_or_init(|| {
            let index = self.gateway_index();
            let mut servers: FxHashMap<Address, Vec<(u32, usize)>> = FxHashMap::default();
            for (workload, positions) in &index.gateways {
                for position in positions {
                    let Some(gateway) = self.objects.gateways.get(*position as usize) else {
                        continue;
                    };
                    for (at, server) in gateway.spec.servers.iter().enumerate() {
                        let number = server.port.as_ref().map_or(0, |port| port.number);
                        let port = self.listening_port(*workload, number);
                        let here = servers.entry((*workload, port)).or_default();
                        here.push((*position, at));
                    }
                }
            }
            let listeners = servers.into_iter();
            listeners
                .map(|(address, servers)| (address, self.listener(servers)))
                .collect()
        })
    }

    fn listener(&self, servers: Vec<(u32, usize)>) -> Listener {
        let written = (0u32..).zip(&servers).flat_map(|(number, (position, at))| {
            let gateway = self.objects.gateways.get(*position as usize);
            let server = gateway.and_then(|gateway| gateway.spec.servers.get(*at));
            let home = gateway.map_or("", |gateway| gateway.namespace());
            let hosts = server.map_or(&[][..], |server| &server.hosts);
            hosts.iter().map(move |host| (host.as_str(), home, number))
        });
        let hosts = ServedHosts::new(written);
        Listener { servers, hosts }
    }
}
