//! Ports of workloads beside the ports of Services that lead to them: which number is which.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::mesh::{Mesh, NamespaceId, Workload, WorkloadId};
use crate::model::core::Service;
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// A port of a Service, and where it leads.
#[derive(Debug, Clone)]
pub(in crate::rules) struct ServedPort {
    /// The Service.
    pub(in crate::rules) service: ObjectId,
    /// Its name.
    pub(in crate::rules) service_name: Str,
    /// The port in it, `spec/ports[i]`.
    pub(in crate::rules) path: FieldPath,
    /// The number of the port.
    pub(in crate::rules) port: i64,
    /// The port of the workload.
    pub(in crate::rules) target: i64,
}

/// The ports of some workloads, and of the Services that lead to them.
#[derive(Debug, Default)]
pub(in crate::rules) struct PortFacts {
    /// Ports of workloads: declared, probed, or led to.
    own: FxHashSet<i64>,
    /// Of each number the first port of a Service.
    served: FxHashMap<i64, ServedPort>,
    /// Of each target the first port of a Service.
    by_target: FxHashMap<i64, ServedPort>,
    /// Services that were added.
    known: FxHashSet<ObjectId>,
    /// Labels and ports of the workloads that were added: what is alike is looked at once.
    alike: FxHashSet<Alike>,
}

/// Namespace, labels and ports of a workload.
type Alike = (NamespaceId, Vec<(Str, Str)>, Vec<(Str, i64)>);

impl PortFacts {
    /// Adds a workload and the Services that lead to it.
    pub(in crate::rules) fn add(&mut self, mesh: &Mesh, id: WorkloadId) {
        let Some(workload) = mesh.workloads.get(id) else {
            return;
        };
        self.own.extend(workload.declared_ports(&mesh.objects));
        if !self.alike.insert(alike(mesh, workload)) {
            return;
        }
        let services = mesh
            .registry
            .services_selecting(workload.namespace, &workload.labels);
        for service in services {
            self.lead(mesh, service, id);
        }
    }

    /// Adds a Service and the workloads behind it.
    pub(in crate::rules) fn add_service(&mut self, mesh: &Mesh, service: &Object<Service>) {
        let selector = &service.spec.spec.selector;
        if selector.is_empty() || !self.known.insert(service.id) {
            return;
        }
        let home = mesh.places.namespace_of(service.id);
        for id in mesh.workloads.ids_matching(Some(home), selector) {
            self.lead(mesh, service, id);
        }
    }

    fn lead(&mut self, mesh: &Mesh, service: &Object<Service>, id: WorkloadId) {
        for (i, port) in service.spec.spec.ports.iter().enumerate() {
            let target = mesh.security.wire().workload_port(port, id);
            self.own.insert(target);
            let served = || ServedPort {
                service: service.id,
                service_name: service.metadata.name.clone(),
                path: path!["spec", "ports", i],
                port: port.port,
                target,
            };
            self.served.entry(port.port).or_insert_with(served);
            self.by_target.entry(target).or_insert_with(served);
        }
    }

    /// The port of a Service that a number is, where it is meant to be a port of the workloads and
    /// is none.
    pub(in crate::rules) fn misread(&self, number: i64) -> Option<&ServedPort> {
        if self.own.contains(&number) {
            return None;
        }
        self.served.get(&number)
    }

    /// The port of a Service that leads to a number, where that is meant to be a port of the
    /// Service and is none.
    pub(in crate::rules) fn misread_at_waypoint(&self, number: i64) -> Option<&ServedPort> {
        if self.served.contains_key(&number) {
            return None;
        }
        self.by_target.get(&number)
    }
}

/// What decides about the Services that lead to a workload, and where they lead.
fn alike(mesh: &Mesh, workload: &Workload) -> Alike {
    let labels = workload.labels.sorted().into_iter();
    let labels = labels.map(|(key, value)| (key.into(), value.into()));
    let spec = workload.pod_spec(&mesh.objects).into_iter();
    let containers = spec.flat_map(|spec| spec.all_containers());
    let ports = containers.flat_map(|container| &container.ports);
    let ports = ports.map(|port| (port.name.clone(), port.container_port));
    (workload.namespace, labels.collect(), ports.collect())
}
