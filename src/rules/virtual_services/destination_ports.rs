//! IST0101, IST0112: destinations whose host has not the port, or several of which none is named.

use super::destinations::{Place, destinations};
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Host, Mesh};
use crate::model::networking::{Destination, VirtualService};
use crate::model::{Object, ObjectId};
use crate::rules::common::lists::numbers;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(in crate::rules) const CHECK: Check = Check {
    name: "destination-ports",
    codes: &[Code::IST0101, Code::IST0112],
    runs: &[Run::VirtualService(destination_ports)],
};

fn destination_ports(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    for (place, destination) in destinations(&service.spec) {
        if is_unresolved(mesh, &destination.host) {
            continue;
        }
        let host = mesh
            .registry
            .resolve(&destination.host, service.namespace());
        let Some((object, ports)) = ports_of(service.id, &host, mesh) else {
            continue;
        };
        let Some(port) = &destination.port else {
            let finding = unnamed(service, place, destination, &ports);
            // Istio routes to a port all the same, though perhaps not to the one that is meant.
            findings.extend(finding.map(|finding| finding.severity(Severity::Warning)));
            continue;
        };
        if ports.contains(&i64::from(port.number)) {
            continue;
        }
        let name = mesh
            .objects
            .header(object)
            .map_or_else(String::new, |header| {
                format!("{}/{}", header.namespace, header.name)
            });
        findings.push(missing(service, place, destination, &ports).related(
            object,
            "spec/ports",
            format!("the ports of {name}"),
        ));
    }
}

/// The ports of a host that an object sees, and what defines them: a Service, or else the
/// ServiceEntries that cover the host. Which of several holds is not asked.
fn ports_of(viewer: ObjectId, host: &Host<'_>, mesh: &Mesh) -> Option<(ObjectId, Vec<i64>)> {
    let viewer = mesh.places.namespace_of(viewer);
    if let Some(service) = mesh.registry.service(host)
        && mesh.visibility.is_service_visible(service, viewer)
    {
        let ports = service.spec.spec.ports.iter().map(|port| port.port);
        return Some((service.id, ports.collect()));
    }
    let mut entries = mesh
        .registry
        .service_entries_covering(host)
        .filter(|entry| mesh.visibility.is_visible(entry.id, viewer))
        .peekable();
    let object = entries.peek()?.id;
    let mut ports: Vec<i64> = entries
        .flat_map(|entry| &entry.spec.ports)
        .map(|port| i64::from(port.number))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    Some((object, ports))
}

/// The finding that a destination names no port, where the host has several.
pub(in crate::rules) fn unnamed(
    service: &Object<VirtualService>,
    place: Place,
    destination: &Destination,
    ports: &[i64],
) -> Option<Finding> {
    if ports.len() < 2 {
        return None;
    }
    let message = format!(
        "the destination {} has several ports, {}, and the route names none of them",
        destination.host,
        numbers(ports)
    );
    let path = place.path().field("host");
    let finding = Finding::new(Code::IST0112, service.id, path, message);
    Some(finding.help("add port: {number: ...} to the destination"))
}

/// The finding that the host of a destination has not the port.
pub(in crate::rules) fn missing(
    service: &Object<VirtualService>,
    place: Place,
    destination: &Destination,
    ports: &[i64],
) -> Finding {
    let what = if place.is_mirror() {
        "mirror destination"
    } else {
        "destination"
    };
    let number = destination.port.as_ref().map_or(0, |port| port.number);
    let message = format!("the {what} {} has no port {number}", destination.host);
    let path = place.path().field("host");
    let finding = Finding::new(Code::IST0101, service.id, path, message)
        .points_at(place.path().field("port").field("number"));
    if ports.is_empty() {
        return finding;
    }
    finding.help(format!("its ports are {}", numbers(ports)))
}
