//! Checks of Services.

mod port_mapping;
mod port_names;

use super::{Check, Run};
use crate::diagnostics::Code;
use crate::mesh::{Mesh, Namespace};
use crate::model::Object;
use crate::model::core::Service;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "service-port-names",
        codes: &[Code::KIA0601, Code::KIA0602],
        run: Run::Service(port_names::check),
    },
    Check {
        name: "service-port-mapping",
        codes: &[Code::KIA0701],
        run: Run::Mesh(port_mapping::check),
    },
];

/// The namespace of a Service, if it is part of a mesh.
fn managed_namespace<'m>(service: &Object<Service>, mesh: &'m Mesh) -> Option<&'m Namespace> {
    let namespace = mesh.namespaces.get(mesh.namespaces.of(service.id));
    namespace.is_managed().then_some(namespace)
}
