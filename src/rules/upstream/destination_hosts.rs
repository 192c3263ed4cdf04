//! IST0101, IST0112: destinations of VirtualServices that lead nowhere, or to one of many ports.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix};
use crate::mesh::analysis::{Analysis, KnownHost, full_name};
use crate::mesh::{External, Host, Mesh};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::networking::{Destination, VirtualService};
use crate::rules::common::lists::{list, numbers, similar};
use crate::rules::common::reading::warning;
use crate::rules::common::words::is_unresolved;
use crate::rules::virtual_services::destinations::{Place, destinations};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-hosts",
    codes: &[Code::IST0101, Code::IST0112],
    runs: &[Run::VirtualService(destination_hosts)],
};

fn destination_hosts(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(service.id) else {
        return;
    };
    // Hosts of routes are KIA1101's; a mirror's host that no route names is reported once.
    let mut said: FxHashSet<Host<'_>> = FxHashSet::default();
    if !mesh.quirks.run_time_plays_no_part {
        let routes = service.spec.destinations().filter_map(|to| to.destination);
        said.extend(routes.map(|to| {
            mesh.registry
                .destination_host(&to.host, service.namespace())
        }));
    }
    for (place, destination) in destinations(&service.spec) {
        if is_unresolved(mesh, &destination.host) {
            continue;
        }
        let host = &destination.host;
        match analysis.find_host(service.namespace(), &service.spec.export_to, host) {
            Some(known) => port(service, place, destination, known, mesh, findings),
            None if mesh.quirks.run_time_plays_no_part
                || said.insert(mesh.registry.destination_host(host, service.namespace())) =>
            {
                findings.extend(unknown(service, place, host, analysis));
            }
            None => {}
        }
    }
}

fn unknown(
    service: &Object<VirtualService>,
    place: Place,
    name: &str,
    analysis: Analysis<'_>,
) -> Option<Finding> {
    let mesh = analysis.mesh;
    let path = place.path().field("host");
    let what = if place.is_mirror() {
        "mirror host"
    } else {
        "host"
    };
    if mesh.quirks.only_analyzed_hosts_are_known {
        let message = format!("the {what} {name:?} is not known");
        return Some(Finding::new(Code::IST0101, service.id, path, message));
    }
    let host = mesh.registry.destination_host(name, service.namespace());
    if let Some(meant) = mesh
        .registry
        .meant_by_short_form(name)
        .filter(|_| !host.complete)
    {
        return Some(short_form(service, path, name, meant, mesh));
    }
    let observer = mesh.places.namespace_of(service.id);
    if mesh.visibility.has_service(&host, observer)
        || mesh.visibility.has_service_entry(&host, observer)
    {
        return None;
    }
    let full = host.to_string();
    if External::has(&mesh.settings.external.hosts, &full) || analysis.is_control_plane(&full) {
        return None;
    }
    let message = if full == *name {
        format!("the {what} {name:?} is not known: no Service and no ServiceEntry has this name")
    } else {
        format!("the {what} {name:?} is not known: there is no {full}")
    };
    let finding = Finding::new(Code::IST0101, service.id, path, message);
    let finding = match suggestion(&host, analysis) {
        Some(help) => finding.help(help),
        None => finding.help("correct the name, or add a Service or ServiceEntry for it"),
    };
    Some(finding.given(mesh.evidence.knows_host_of(service.id, &host)))
}

/// A mirror to `name.namespace`, which Istio does not complete.
fn short_form(
    service: &Object<VirtualService>,
    path: FieldPath,
    name: &str,
    meant: &Object<Service>,
    mesh: &Mesh,
) -> Finding {
    let full = Host::cluster(
        meant.name(),
        meant.namespace(),
        &mesh.registry.identity_domain,
    )
    .to_string();
    let message = format!(
        "{name} names no host: Istio completes only names without a dot, so nothing is mirrored to \
         Service {}/{}",
        meant.namespace(),
        meant.name()
    );
    Finding::new(Code::IST0101, service.id, &path, message)
        .help(format!("write {full}"))
        .fix(Fix::safe(format!("write {full}")).write(service.id, &path, full))
        .related(meant.id, "metadata/name", "this Service is meant")
}

/// A Service of the same name elsewhere, or one of a similar name in the namespace.
fn suggestion(host: &Host<'_>, analysis: Analysis<'_>) -> Option<String> {
    let (name, namespace) = host.two_parts();
    let elsewhere: Vec<String> = analysis
        .services_named(name)
        .take(5)
        .map(|service| format!("{name}.{}.svc.cluster.local", service.namespace()))
        .collect();
    if !elsewhere.is_empty() {
        return Some(format!("did you mean {}?", list(elsewhere)));
    }
    let names = analysis.services_of(namespace).map(Object::name);
    similar(name, names).map(|near| format!("did you mean {near}?"))
}

fn port(
    service: &Object<VirtualService>,
    place: Place,
    destination: &Destination,
    known: &KnownHost,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let host = &destination.host;
    let path = place.path().field("host");
    let Some(port) = &destination.port else {
        if known.ports.len() > 1 {
            let message = format!(
                "the destination {host} has several ports, {}, and the route names none of them",
                numbers(&known.ports)
            );
            let finding = Finding::new(Code::IST0112, service.id, path, message)
                .help("add port: {number: ...} to the destination");
            findings.push(warning(finding, mesh));
        }
        return;
    };
    let number = i64::from(port.number);
    let is_known = known.ports.contains(&number)
        || !mesh.quirks.run_time_plays_no_part
            && mesh.analysis().has_port(service.namespace(), host, number);
    if is_known {
        return;
    }
    let what = if place.is_mirror() {
        "mirror destination"
    } else {
        "destination"
    };
    let message = format!("the {what} {host} has no port {}", port.number);
    let mut finding = Finding::new(Code::IST0101, service.id, path, message)
        .points_at(place.path().field("port").field("number"))
        .given(Evidence::Shown);
    if !known.ports.is_empty() {
        finding = finding.help(format!("its ports are {}", numbers(&known.ports)));
    }
    if let Some(object) = known.object {
        let header = mesh.objects.header(object);
        let name = header.map_or_else(String::new, |h| full_name(&h.namespace, &h.name));
        finding = finding.related(object, "spec/ports", format!("the ports of {name}"));
    }
    findings.push(finding);
}
