//! Checks of Services.

mod external_name_port_name;
pub(in crate::rules) mod protocols;
mod service_port_not_exposed;
mod service_port_protocol;

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

/// The namespace of a Service, if it is part of a mesh.
fn managed_namespace<'m>(service: &Object<Service>, mesh: &'m Mesh) -> Option<&'m Namespace> {
    let namespace = mesh.places.get(mesh.places.namespace_of(service.id));
    namespace.is_managed().then_some(namespace)
}
