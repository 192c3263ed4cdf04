//! MESH4002: a route to a port that the Service does not have.

use super::every_route;
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::Route;
use crate::model::core::{Service, ServicePort};
use crate::model::{IntOrString, Object};
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::is_unresolved;
use crate::yaml::FieldPath;
use crate::yaml::edit::{Change, NewScalar};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "backend-port-unknown",
    codes: &[Code::MESH4002],
    runs: every_route!(backend_port_unknown),
};

fn backend_port_unknown(route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let backends = route.backends.iter().chain(&route.mirrors);
    let backends = backends
        .filter(|(_, backend)| backend.is_service())
        .map(|(path, backend)| {
            let namespace = backend.namespace(route.namespace);
            (path.clone(), namespace, backend.name.as_str(), backend.port)
        });
    let parents = route.parents.iter().enumerate();
    let parents = parents
        .filter(|(_, parent)| parent.group().is_empty() && parent.kind() == "Service")
        .map(|(at, parent)| {
            let namespace = parent.namespace(route.namespace);
            let path = path!["spec", "parentRefs", at];
            (path, namespace, parent.name.as_str(), parent.port)
        });
    for (path, namespace, name, port) in backends.chain(parents) {
        if is_unresolved(mesh, name) || is_unresolved(mesh, namespace) {
            continue;
        }
        let service = mesh.places.named(namespace, name).services();
        if let (Some(service), Some(port)) = (service, port)
            && lacks(service, port)
        {
            findings.push(finding(route, path, service, port, mesh));
        }
    }
}

/// Whether the Service is known to have no such port.
fn lacks(service: &Object<Service>, port: u32) -> bool {
    let ports = &service.spec.spec.ports;
    let is_open = service.broken || ports.is_empty() && service.spec.is_external_name();
    !is_open && !ports.iter().any(|own| own.port == i64::from(port))
}

fn finding(
    route: &Route<'_>,
    path: FieldPath,
    service: &Object<Service>,
    port: u32,
    mesh: &Mesh,
) -> Finding {
    let name = service.name();
    let ports = &service.spec.spec.ports;
    let path = path.field("port");
    let mut leading = ports.iter().filter(|own| leads_to(own, port));
    let (meant, is_only) = (leading.next(), leading.next().is_none());
    let (has, help) = match (meant, ports.as_slice()) {
        (Some(meant), _) => (
            format!("it has {}, which leads to {port}", meant.port),
            format!(
                "write `port: {}`: routes name ports of the Service, not of the container",
                meant.port
            ),
        ),
        (None, [only]) => (
            format!("it has {}", only.port),
            format!("write `port: {}`", only.port),
        ),
        (None, []) => (
            "it has none".to_owned(),
            format!("add port {port} to the Service"),
        ),
        (None, _) => (
            format!("it has {}", some_ports(ports)),
            "name one of the ports of the Service".to_owned(),
        ),
    };
    let message = format!("Service {name} has no port {port} ({has})");
    let replaced = |fix: Fix, meant: &ServicePort| {
        let number = NewScalar::Integer(meant.port);
        fix.change(route.id, path.clone(), Change::Replace(number))
    };
    let fix = match (meant, ports.as_slice()) {
        (Some(meant), _) if is_only => {
            let fix = Fix::safe(format!("write port {}", meant.port));
            Some(replaced(fix, meant))
        }
        (None, [only]) => {
            let fix = Fix::hazardous(format!("write port {}", only.port));
            Some(replaced(fix, only))
        }
        _ => None,
    };
    let meant = format!("Service {name}");
    let evidence = mesh.evidence.knows_meant(route.id, service.id, &meant);
    Finding::new(Code::MESH4002, route.id, path.clone(), message)
        .help(help)
        .fix(fix)
        .related(service.id, "spec/ports", "the ports of the Service")
        .given(evidence)
}

/// Whether requests to a port of the Service arrive at this port of its Pods.
fn leads_to(own: &ServicePort, port: u32) -> bool {
    matches!(&own.target_port, Some(IntOrString::Int(target)) if *target == i64::from(port))
}

/// The first ports, and how many more there are.
fn some_ports(ports: &[ServicePort]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = ports
        .iter()
        .take(SHOWN)
        .map(|own| own.port.to_string())
        .collect();
    match ports.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
