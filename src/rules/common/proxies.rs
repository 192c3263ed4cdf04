//! What the proxy of a workload is, by its pods and by the Gateways that select it.

use crate::mesh::security::wire::Proxy;
use crate::mesh::{Mesh, WorkloadId};
use crate::model::Object;
use crate::model::networking::Gateway;

/// The proxy of a workload; `None` if the input does not settle it: a Gateway selects pods that get
/// a sidecar.
pub(in crate::rules) fn proxy_of(workload: WorkloadId, mesh: &Mesh) -> Option<Proxy> {
    let by_pods = mesh.security.wire().proxy(workload);
    let is_selected = gateway_of(workload, mesh).is_some();
    match by_pods {
        Proxy::None if is_selected => Some(Proxy::Gateway),
        Proxy::Sidecar if is_selected => None,
        other => Some(other),
    }
}

/// The first Gateway whose selector takes the workload. One without selector takes every gateway, and
/// shows of no workload that it is one.
pub(in crate::rules) fn gateway_of(workload: WorkloadId, mesh: &Mesh) -> Option<&Object<Gateway>> {
    let mut gateways = mesh.routing.gateways_taking(workload);
    gateways.find(|gateway| !gateway.spec.selector.is_empty())
}
