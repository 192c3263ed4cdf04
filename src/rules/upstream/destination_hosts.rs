//! IST0101, IST0112: destinations of VirtualServices that lead nowhere, or to one of many ports.

use super::known_hosts::{KnownHost, KnownHosts};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{Destination, VirtualService};
use crate::rules::virtual_services::destination_ports;
use crate::rules::virtual_services::destinations::{Place, destinations};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-hosts",
    codes: &[Code::IST0101, Code::IST0112],
    runs: &[Run::Mesh(destination_hosts)],
};

fn destination_hosts(mesh: &Mesh, findings: &mut Findings) {
    let known_hosts = KnownHosts::new(mesh.analysis());
    for service in mesh.analysis().virtual_services() {
        let (namespace, export_to) = (service.namespace(), &service.spec.export_to);
        for (place, destination) in destinations(&service.spec) {
            match known_hosts.find(namespace, export_to, &destination.host) {
                Some(known) => findings.extend(port(service, place, destination, known)),
                None => findings.push(unknown(service, place, &destination.host)),
            }
        }
    }
}

fn unknown(service: &Object<VirtualService>, place: Place, host: &str) -> Finding {
    let what = if place.is_mirror() {
        "mirror host"
    } else {
        "host"
    };
    let path = place.path().field("host");
    let message = format!("the {what} {host:?} is not known");
    Finding::new(Code::IST0101, service.id, path, message)
}

fn port(
    service: &Object<VirtualService>,
    place: Place,
    destination: &Destination,
    known: &KnownHost,
) -> Option<Finding> {
    let Some(port) = &destination.port else {
        return destination_ports::unnamed(service, place, destination, &known.ports);
    };
    let is_known = known.has_port(i64::from(port.number));
    (!is_known).then(|| destination_ports::missing(service, place, destination, &known.ports))
}
