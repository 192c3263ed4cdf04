//! MESH1013: an egress listener on a port that none of its hosts has.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings, Fix, Severity};
use crate::mesh::routing::HostPort;
use crate::mesh::{Host, Mesh};
use crate::model::networking::{EgressListener, Sidecar};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::lists::numbers;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, NewScalar};

/// The check. It runs outside upstream mode alone.
pub(in crate::rules) const CHECK: Check = Check {
    name: "sidecar-egress-port-unknown",
    codes: &[Code::MESH1013],
    runs: &[Run::Sidecar(sidecar_egress_port_unknown)],
};

/// How many ports a finding names as related places.
const SHOWN: usize = 5;

/// How many Services of one namespace are looked at.
const LOOKED_AT: usize = 1000;

fn sidecar_egress_port_unknown(sidecar: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    if mesh
        .places
        .is_passed_over(mesh.places.namespace_of(sidecar.id))
    {
        return;
    }
    for (at, listener) in sidecar.spec.egress.iter().enumerate() {
        let number = listener.port.as_ref().map_or(0, |port| port.number);
        if number == 0 || listener.bind.starts_with("unix://") {
            continue;
        }
        let Some(reached) = reached(listener, sidecar, mesh) else {
            continue;
        };
        if reached.ports.is_empty() || reached.ports.iter().any(|port| port.number == number) {
            continue;
        }
        findings.push(finding(sidecar.id, at, number, &reached));
    }
}

/// What a listener imports.
struct Reached<'m> {
    /// The hosts, as words.
    hosts: Vec<String>,
    ports: Vec<HostPort<'m>>,
    /// Whether it takes all hosts of a namespace, of which the input may not show all.
    has_wildcard: bool,
}

/// What a listener imports; `None` if the input does not show all of it.
fn reached<'m>(
    listener: &'m EgressListener,
    sidecar: &'m Object<Sidecar>,
    mesh: &'m Mesh,
) -> Option<Reached<'m>> {
    let mut reached = Reached {
        hosts: Vec::new(),
        ports: Vec::new(),
        has_wildcard: false,
    };
    for entry in &listener.hosts {
        let (space, name) = entry.split_once('/')?;
        if space.starts_with('~') || is_unresolved(mesh, entry) {
            return None;
        }
        let space = if space == "." {
            sidecar.namespace()
        } else {
            space
        };
        if name == "*" && space != "*" {
            reached.has_wildcard = true;
            reached.hosts.push(format!("namespace {space}"));
            reached.ports.extend(ports_in(space, mesh)?);
            continue;
        }
        if name.contains('*') {
            return None;
        }
        let home = if space == "*" {
            sidecar.namespace()
        } else {
            space
        };
        let host = mesh.registry.destination_host(name, home);
        reached.ports.extend(ports_of(&host, space, sidecar, mesh)?);
        reached.hosts.push(name.to_owned());
    }
    Some(reached)
}

/// The ports of the Services and ServiceEntries of a namespace; `None` if it shows no Service, or
/// too many.
fn ports_in<'m>(namespace: &str, mesh: &'m Mesh) -> Option<Vec<HostPort<'m>>> {
    let of = mesh.places.of(mesh.places.id(namespace)?);
    let services = of.services();
    let entries = of.service_entries();
    if services.len() == 0 || services.len() + entries.len() > LOOKED_AT {
        return None;
    }
    let of_services = services.flat_map(HostPort::of_service);
    let of_entries = entries.flat_map(HostPort::of_entry);
    Some(of_services.chain(of_entries).collect())
}

/// The ports of a host; `None` if the Sidecar's namespace does not see it, or a VirtualService may
/// lead its traffic to other ports.
fn ports_of<'m>(
    host: &Host<'m>,
    space: &str,
    sidecar: &Object<Sidecar>,
    mesh: &'m Mesh,
) -> Option<Vec<HostPort<'m>>> {
    let observer = mesh.places.namespace_of(sidecar.id);
    let is_there = |namespace: &str| space == "*" || space == namespace;
    if mesh.routing.virtual_services_for(*host).next().is_some() {
        return None;
    }
    let service = mesh.registry.service(host).filter(|service| {
        is_there(service.namespace()) && mesh.visibility.is_service_visible(service, observer)
    });
    let of_service = service.into_iter().flat_map(HostPort::of_service);
    let entries = mesh.registry.service_entries_covering(host);
    let seen = entries.filter(|entry| {
        is_there(entry.namespace()) && mesh.visibility.is_visible(entry.id, observer)
    });
    let of_entries = seen.flat_map(HostPort::of_entry);
    let ports: Vec<HostPort<'_>> = of_service.chain(of_entries).collect();
    (!ports.is_empty()).then_some(ports)
}

fn finding(sidecar: ObjectId, at: usize, number: u32, reached: &Reached<'_>) -> Finding {
    let mut own: Vec<u32> = reached.ports.iter().map(|port| port.number).collect();
    own.sort_unstable();
    own.dedup();
    let message = format!(
        "{} has no port {number} (it has {}): the listener leads nowhere, and calls to the real port do \
         not go through it",
        some_of(&reached.hosts),
        numbers(&own)
    );
    let path = path!["spec", "egress", at, "port", "number"];
    let mut finding = Finding::new(Code::MESH1013, sidecar, path.clone(), message)
        .help("name a port of the Service: not its target port; or leave out port");
    if reached.has_wildcard {
        finding = finding.severity(Severity::Info);
    }
    let mut seen = FxHashSet::default();
    for port in reached.ports.iter().take(SHOWN) {
        if seen.insert((port.object(), port.number)) {
            finding = finding.related(port.object(), port.path(), "a port of the host");
        }
    }
    match own.as_slice() {
        [only] => {
            let fix = Fix::hazardous(format!("write {only}"));
            let new = Change::Replace(NewScalar::Integer(i64::from(*only)));
            finding.fix(fix.change(sidecar, path, new))
        }
        _ => finding,
    }
}
