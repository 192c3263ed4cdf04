//! Destinations that lead to the pods of a gateway.

use crate::mesh::{Mesh, WorkloadId};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::networking::Destination;

/// A destination whose Service leads to pods that Gateways configure.
pub(super) struct Lead<'m> {
    /// The Service.
    pub(super) service: &'m Object<Service>,
    /// The workloads behind it and the port of their pods that requests reach.
    pub(super) addresses: Vec<(WorkloadId, u32)>,
}

/// How many workloads of a Service are looked at.
const LOOKED_AT: usize = 20;

/// Where a destination leads, if that is to pods that Gateways configure. `None` if it leads
/// elsewhere, or the input does not show it.
pub(super) fn lead<'m>(
    to: &'m Destination,
    namespace: &'m str,
    mesh: &'m Mesh,
) -> Option<Lead<'m>> {
    if mesh.objects.gateways.is_empty() {
        return None;
    }
    let host = mesh.registry.destination_host(&to.host, namespace);
    let service = mesh.registry.service(&host)?;
    let spec = &service.spec.spec;
    if spec.selector.is_empty() {
        return None;
    }
    let home = mesh.places.namespace_of(service.id);
    let behind = mesh.workloads.ids_matching(Some(home), &spec.selector);
    let taken: Vec<WorkloadId> = behind
        .take(LOOKED_AT)
        .filter(|id| mesh.routing.gateways_taking(*id).next().is_some())
        .collect();
    let asked = to.port.map(|port| i64::from(port.number));
    let ports = spec.ports.iter();
    let ports = ports.filter(|port| asked.is_none_or(|asked| port.port == asked));
    let mut addresses = Vec::new();
    for port in ports {
        for id in &taken {
            let workload = mesh.workloads.get(*id)?;
            addresses.push((*id, mesh.workloads.target_port(port, workload)?));
        }
    }
    (!addresses.is_empty()).then_some(Lead { service, addresses })
}
