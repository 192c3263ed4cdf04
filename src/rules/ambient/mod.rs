//! Checks of objects that need a waypoint in ambient mode.

mod attached;
mod routes;

use crate::diagnostics::{Code, Finding};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::extensions::WasmPlugin;
use crate::model::security::{AuthorizationPolicy, RequestAuthentication};
use crate::model::telemetry::Telemetry;
use crate::rules::{Check, Run};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "ambient-authorization-policy",
        codes: &[Code::KIA0109, Code::KIA0110],
        run: Run::AuthorizationPolicy(attached::check::<AuthorizationPolicy>),
    },
    Check {
        name: "ambient-request-authentication",
        codes: &[Code::KIA1110, Code::KIA1115],
        run: Run::RequestAuthentication(attached::check::<RequestAuthentication>),
    },
    Check {
        name: "ambient-wasm-plugin",
        codes: &[Code::KIA1111, Code::KIA1116],
        run: Run::WasmPlugin(attached::check::<WasmPlugin>),
    },
    Check {
        name: "ambient-telemetry",
        codes: &[Code::KIA1112, Code::KIA1117],
        run: Run::Telemetry(attached::check::<Telemetry>),
    },
    Check {
        name: "ambient-virtual-service",
        codes: &[Code::KIA1109, Code::KIA1113, Code::KIA1114],
        run: Run::VirtualService(routes::check_virtual_service),
    },
    Check {
        name: "ambient-destination-rule",
        codes: &[Code::KIA0210, Code::KIA0211, Code::KIA0212],
        run: Run::DestinationRule(routes::check_destination_rule),
    },
];

/// The label that enrols; with the name of a waypoint of the namespace, if there is one.
fn label(mesh: &Mesh, namespace: NamespaceId) -> String {
    let name = mesh.namespaces.name(namespace);
    let mut gateways = mesh.of(namespace).k8s_gateways();
    let waypoint = gateways.find(|gateway| mesh.waypoint(name, gateway.name()).is_some());
    let waypoint = waypoint.map_or("waypoint", |gateway| gateway.name());
    format!("istio.io/use-waypoint: {waypoint}")
}

/// Points at the Namespace whose label makes it ambient.
fn with_namespace(finding: Finding, mesh: &Mesh, namespace: NamespaceId) -> Finding {
    match mesh.namespaces.get(namespace).object {
        Some(object) => finding.related(
            object,
            "metadata/labels/istio.io/dataplane-mode",
            "the namespace is ambient",
        ),
        None => finding,
    }
}
