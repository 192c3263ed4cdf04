//! Services as destinations: their ports, and the workloads behind them in classes.

use rustc_hash::FxHashMap;

use super::rules::HostKeys;
use super::{ServerId, Wire};
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Protocol;
use crate::mesh::workloads::{WorkloadId, WorkloadKind, Workloads};
use crate::model::core::{Service, ServicePort};
use crate::model::types::IntOrString;
use crate::model::{Object, ObjectId, Objects, Str};

/// A Service as a destination.
#[derive(Debug)]
pub struct Target {
    /// The Service.
    pub object: ObjectId,
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Whether clients connect to the addresses of its pods.
    pub is_headless: bool,
    /// Whether it is an alias of a name outside the mesh.
    pub is_external: bool,
    pub(super) keys: HostKeys,
    position: u32,
    backends: u32,
}

/// The workloads that a selector finds, perhaps for several Services.
#[derive(Debug, Default)]
pub struct Backends {
    /// The workloads, in the order of their ids.
    pub workloads: Box<[WorkloadId]>,
    /// The same in groups that are alike as servers, by class and service account.
    groups: Box<[(ServerId, Vec<WorkloadId>)]>,
    /// Whether automatic mutual TLS may be used where all endpoints must be able to: there is one,
    /// and all have the label `security.istio.io/tlsMode: istio`.
    pub all_speak_mtls: bool,
}

/// The Services of the mesh and what stands behind them.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// In the order of the Services.
    pub(super) list: Vec<Target>,
    sets: Vec<Backends>,
}

type Selector<'m> = (NamespaceId, Vec<(&'m str, &'m str)>);

impl Targets {
    pub(super) fn build(
        objects: &Objects,
        namespace_of: impl Fn(ObjectId) -> NamespaceId,
        domain: &str,
        workloads: &Workloads,
        end_of: impl Fn(WorkloadId) -> ServerEnd,
    ) -> Self {
        let mut targets = Self::default();
        let mut known: FxHashMap<Selector<'_>, u32> = FxHashMap::default();
        for (position, object) in (0u32..).zip(&objects.services) {
            let namespace = namespace_of(object.id);
            let selector = &object.spec.spec.selector;
            let set = *known
                .entry((namespace, selector.sorted()))
                .or_insert_with(|| {
                    let found = if selector.is_empty() {
                        Vec::new()
                    } else {
                        let ids = workloads.ids_matching(Some(namespace), selector);
                        ids.filter(|id| is_pods(workloads, *id)).collect()
                    };
                    targets.sets.push(backends(found, &end_of));
                    u32::try_from(targets.sets.len() - 1).unwrap_or(u32::MAX)
                });
            let host = format!("{}.{}.{domain}", object.name(), object.namespace());
            targets.list.push(Target {
                object: object.id,
                namespace,
                is_headless: object.spec.is_headless(),
                is_external: object.spec.is_external_name(),
                keys: HostKeys::new(&host),
                position,
                backends: set,
            });
        }
        targets
    }
}

fn is_pods(workloads: &Workloads, id: WorkloadId) -> bool {
    workloads
        .get(id)
        .is_some_and(|workload| workload.kind != WorkloadKind::WorkloadGroup)
}

fn backends(found: Vec<WorkloadId>, end_of: &impl Fn(WorkloadId) -> ServerEnd) -> Backends {
    let mut groups: Vec<(ServerId, Vec<WorkloadId>)> = Vec::new();
    let mut index: FxHashMap<_, usize> = FxHashMap::default();
    let mut all_speak_mtls = !found.is_empty();
    for id in &found {
        let end = end_of(*id);
        all_speak_mtls &= end.has_tls_label;
        let own = end.is_gateway.then_some(*id);
        let at = *index
            .entry((end.server, end.account, own))
            .or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, workloads)) => workloads.push(*id),
            None => groups.push((end.server, vec![*id])),
        }
    }
    Backends {
        workloads: found.into(),
        groups: groups.into(),
        all_speak_mtls,
    }
}

/// What a workload is to those who call it.
pub(super) struct ServerEnd {
    pub(super) server: ServerId,
    pub(super) has_tls_label: bool,
    pub(super) is_gateway: bool,
    pub(super) account: Str,
}

/// A TCP port of a Service.
#[derive(Debug, Clone, Copy)]
pub struct Port<'m> {
    /// The port as the Service declares it.
    pub declared: &'m ServicePort,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its index in `spec.ports`.
    pub index: usize,
}

impl Port<'_> {
    /// The number that clients use, and DestinationRules.
    pub fn number(&self) -> i64 {
        self.declared.port
    }
}

impl Wire {
    /// The Services, in load order.
    pub fn targets(&self) -> &[Target] {
        &self.targets.list
    }

    /// The Service of this name as a destination.
    pub fn target(&self, namespace: &str, name: &str) -> Option<&Target> {
        let id = self.places.id(namespace)?;
        let shelf = &self.places.catalogue.services;
        let position = shelf.find(&self.objects.services, id, name)?;
        self.targets.list.get(position as usize)
    }

    /// The Service that a destination is.
    pub fn service(&self, target: &Target) -> Option<&Object<Service>> {
        self.objects.services.get(target.position as usize)
    }

    /// The TCP ports of a Service, in their order, each number once.
    pub fn ports(&self, target: &Target) -> Vec<Port<'_>> {
        let declared = self.service(target).map(|service| &service.spec.spec.ports);
        let mut seen = rustc_hash::FxHashSet::default();
        let ports = declared.into_iter().flatten().enumerate();
        ports
            .filter(|(_, port)| port.protocol.is_empty() || port.protocol == "TCP")
            .filter(|(_, port)| seen.insert(port.port))
            .map(|(index, declared)| Port {
                declared,
                protocol: Protocol::of_service_port(declared),
                index,
            })
            .collect()
    }

    /// The workloads behind a Service: those of its namespace that its selector selects.
    pub fn backends(&self, target: &Target) -> &Backends {
        static NONE: std::sync::LazyLock<Backends> = std::sync::LazyLock::new(Backends::default);
        self.targets
            .sets
            .get(target.backends as usize)
            .unwrap_or(&NONE)
    }

    /// The port of the workload that a port of a Service leads to: PeerAuthentications and
    /// AuthorizationPolicies mean this one. A name that no container has leads to the Service's own
    /// number.
    pub fn workload_port(&self, port: &ServicePort, workload: WorkloadId) -> i64 {
        let workload = self.workloads.get(workload);
        let target = workload.and_then(|workload| self.workloads.target_port(port, workload));
        target.map_or(port.port, i64::from)
    }

    /// The backends of a port in groups about which the same holds: of one class, under one service
    /// account, with the same port behind the Service's.
    pub fn backends_alike(
        &self,
        target: &Target,
        port: &Port<'_>,
    ) -> Vec<(ServerId, Vec<WorkloadId>)> {
        let groups = &self.backends(target).groups;
        if !matches!(port.declared.target_port, Some(IntOrString::String(_))) {
            return groups.to_vec();
        }
        let mut alike = Vec::with_capacity(groups.len());
        for (server, workloads) in groups {
            let mut by_port: FxHashMap<i64, usize> = FxHashMap::default();
            for id in workloads {
                let number = self.workload_port(port.declared, *id);
                let at = *by_port.entry(number).or_insert(alike.len());
                match alike.get_mut(at) {
                    Some((_, list)) => Vec::push(list, *id),
                    None => alike.push((*server, vec![*id])),
                }
            }
        }
        alike
    }

    /// The full name of a Service: `name.namespace.svc.cluster.local`.
    pub fn host<'t>(&self, target: &'t Target) -> &'t str {
        target.keys.host().map_or("", Str::as_str)
    }
}
