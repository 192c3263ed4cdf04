//! Checks of Services.

mod external_name_port_name;
pub(in crate::rules) mod protocols;
mod service_port_not_exposed;
mod service_port_protocol;
mod service_without_workload;

use super::Check;
use crate::mesh::{Mesh, Namespace};
use crate::model::Object;
use crate::model::core::Service;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    external_name_port_name::CHECK,
    service_port_not_exposed::CHECK,
    service_port_protocol::CHECK,
];

/// The checks of what only the mesh at work shows; they run outside upstream mode alone.
pub(super) const OF_RUN_TIME: &[Check] = &[service_without_workload::CHECK];

/// The namespace of a Service, if it is part of a mesh.
fn managed_namespace<'m>(service: &Object<Service>, mesh: &'m Mesh) -> Option<&'m Namespace> {
    let namespace = mesh.places.get(mesh.places.namespace_of(service.id));
    namespace.is_managed().then_some(namespace)
}
