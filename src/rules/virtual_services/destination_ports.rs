//! IST0101, IST0112: destinations whose host has not the port, or several of which none is named.

use rustc_hash::{FxHashMap, FxHashSet};

use super::destinations::{Place, destinations};
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Host, Mesh, NamespaceId};
use crate::model::networking::{Destination, VirtualService};
use crate::model::{Object, ObjectId};
use crate::rules::common::lists::numbers;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(in crate::rules) const CHECK: Check = Check {
    name: "destination-ports",
    codes: &[Code::IST0101, Code::IST0112],
    runs: &[Run::Mesh(destination_ports)],
};

fn destination_ports(mesh: &Mesh, findings: &mut Findings) {
    let mut known = KnownPorts::default();
    for service in mesh.objects.virtual_services.iter().filter(|s| !s.broken) {
        of_service(service, &mut known, mesh, findings);
    }
}

fn of_service(
    service: &Object<VirtualService>,
    known: &mut KnownPorts,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    for (place, destination) in destinations(&service.spec) {
        if is_unresolved(mesh, &destination.host) {
            continue;
        }
        let host = mesh
            .registry
            .resolve(&destination.host, service.namespace());
        let Some(ports) = known.of(service.id, &host, mesh) else {
            continue;
        };
        let Some(port) = &destination.port else {
            let finding = unnamed(service, place, destination, &ports.numbers);
            // Istio routes to a port all the same, though perhaps not to the one that is meant.
            findings.extend(finding.map(|finding| finding.severity(Severity::Warning)));
            continue;
        };
        if ports.set.contains(&i64::from(port.number)) {
            continue;
        }
        let name = mesh
            .objects
            .header(ports.object)
            .map_or_else(String::new, |header| {
                format!("{}/{}", header.namespace, header.name)
            });
        findings.push(
            missing(service, place, destination, &ports.numbers).related(
                ports.object,
                "spec/ports",
                format!("the ports of {name}"),
            ),
        );
    }
}

/// The ports of a host.
struct Ports {
    /// What defines them: a Service, or the first of the ServiceEntries.
    object: ObjectId,
    numbers: Vec<i64>,
    set: FxHashSet<i64>,
}

impl Ports {
    fn new(object: ObjectId, numbers: Vec<i64>) -> Self {
        let set = numbers.iter().copied().collect();
        Self {
            object,
            numbers,
            set,
        }
    }
}

/// The ports of the hosts that were asked for: many routes lead to one host, which may have many.
#[derive(Default)]
struct KnownPorts {
    of_services: FxHashMap<ObjectId, Ports>,
    /// By host and the namespace that sees it.
    of_entries: FxHashMap<(String, NamespaceId), Option<Ports>>,
}

impl KnownPorts {
    /// The ports of a host that an object sees: those of a Service, or else of the ServiceEntries
    /// that cover the host. Which of several holds is not asked.
    fn of(&mut self, viewer: ObjectId, host: &Host<'_>, mesh: &Mesh) -> Option<&Ports> {
        let viewer = mesh.places.namespace_of(viewer);
        if let Some(service) = mesh.registry.service(host)
            && mesh.visibility.is_service_visible(service, viewer)
        {
            let ports = self.of_services.entry(service.id).or_insert_with(|| {
                let ports = service.spec.spec.ports.iter().map(|port| port.port);
                Ports::new(service.id, ports.collect())
            });
            return Some(ports);
        }
        let key = (host.to_string(), viewer);
        let of_entries = self.of_entries.entry(key);
        let ports = of_entries.or_insert_with(|| ports_of_entries(host, viewer, mesh));
        ports.as_ref()
    }
}

fn ports_of_entries(host: &Host<'_>, viewer: NamespaceId, mesh: &Mesh) -> Option<Ports> {
    let mut entries = mesh
        .registry
        .service_entries_covering(host)
        .filter(|entry| mesh.visibility.is_visible(entry.id, viewer))
        .peekable();
    let object = entries.peek()?.id;
    let mut numbers: Vec<i64> = entries
        .flat_map(|entry| &entry.spec.ports)
        .map(|port| i64::from(port.number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    Some(Ports::new(object, numbers))
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
