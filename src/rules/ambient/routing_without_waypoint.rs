//! KIA0210, KIA0211, KIA0212, KIA1109, KIA1113, KIA1114: routes and traffic policies for ambient
//! services that only a waypoint can follow.

use super::{label, with_namespace};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::ambient::requires_waypoint;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::core::Service;
use crate::model::networking::{DestinationRule, VirtualService};
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::rules::common::words;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "routing-without-waypoint",
    codes: &[
        Code::KIA0210,
        Code::KIA0211,
        Code::KIA0212,
        Code::KIA1109,
        Code::KIA1113,
        Code::KIA1114,
    ],
    runs: &[
        Run::VirtualService(virtual_service),
        Run::DestinationRule(destination_rule),
    ],
};

/// What a kind of route is called and reported as.
struct Words {
    /// Kind and name.
    subject: String,
    /// What in it needs a waypoint.
    features: &'static str,
    /// The code where the route's own namespace is not enrolled.
    namespace: Code,
    /// The code where the service is not.
    service: Code,
    /// The code where the service is in another namespace.
    elsewhere: Code,
}

/// Checks a VirtualService.
fn virtual_service(object: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    if !mesh.visibility.is_seen(object.id) || !requires_waypoint(&object.spec) {
        return;
    }
    let hosts: Vec<(FieldPath, &Str)> = object
        .spec
        .hosts
        .iter()
        .enumerate()
        .map(|(i, host)| (path!["spec", "hosts", i], host))
        .collect();
    let words = Words {
        subject: format!("VirtualService {}", object.name()),
        features: "HTTP and TLS routes",
        namespace: Code::KIA1109,
        service: Code::KIA1113,
        elsewhere: Code::KIA1114,
    };
    check(
        object.id,
        object.namespace(),
        &hosts,
        &words,
        mesh,
        findings,
    );
}

/// Checks a DestinationRule.
fn destination_rule(object: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    if !mesh.visibility.is_seen(object.id) || !mesh.ambient.needs_l7_routing(&object.spec) {
        return;
    }
    let words = Words {
        subject: format!("DestinationRule {}", object.name()),
        features: "HTTP settings and outlier detection",
        namespace: Code::KIA0210,
        service: Code::KIA0211,
        elsewhere: Code::KIA0212,
    };
    let hosts = [(path!["spec", "host"], &object.spec.host)];
    check(
        object.id,
        object.namespace(),
        &hosts,
        &words,
        mesh,
        findings,
    );
}

fn check(
    object: ObjectId,
    namespace: &str,
    hosts: &[(FieldPath, &Str)],
    words: &Words,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let home = mesh.places.namespace_of(object);
    let mut seen: Vec<ObjectId> = Vec::new();
    for (path, host) in hosts {
        let Some(service) = ambient_service(mesh, host, namespace) else {
            continue;
        };
        if seen.contains(&service.id) {
            continue;
        }
        seen.push(service.id);
        let place = mesh.places.namespace_of(service.id);
        if place != home {
            findings.push(elsewhere(object, path, words, service));
        }
        if !mesh.ambient.is_enrolled(&service.metadata.labels, place) {
            findings.push(not_enrolled(object, path, words, service, mesh));
        }
    }
    let own = mesh.places.get(home);
    if !seen.is_empty() || !own.has_ambient_label() || mesh.ambient.is_namespace_enrolled(home) {
        return;
    }
    let unresolved = |(_, host): &(FieldPath, &Str)| words::is_unresolved(mesh, host);
    if hosts.iter().any(unresolved) {
        return;
    }
    if let Some((path, _)) = hosts.first() {
        let message = format!(
            "{} needs a waypoint for its {}, but namespace {namespace} uses none",
            words.subject, words.features
        );
        let finding = Finding::new(words.namespace, object, path, message)
            .help(format!("label the namespace {}", label(mesh, home)));
        findings.push(with_namespace(finding, mesh, home));
    }
}

/// The Service of an ambient namespace that a host names.
fn ambient_service<'m>(
    mesh: &'m Mesh,
    host: &'m str,
    namespace: &'m str,
) -> Option<&'m Object<Service>> {
    if host.is_empty() || host == "*" {
        return None;
    }
    let host = mesh.registry.resolve(host, namespace);
    let place: NamespaceId = mesh.places.id(host.namespace)?;
    let is_ambient = {
        let place = mesh.places.get(place);
        place.is_known && place.has_ambient_label()
    };
    if !host.complete || !is_ambient {
        return None;
    }
    mesh.registry.service(&host)
}

fn elsewhere(
    object: ObjectId,
    path: &FieldPath,
    words: &Words,
    service: &Object<Service>,
) -> Finding {
    let message = format!(
        "{} has no effect on Service {}: waypoints of namespace {} read only what is in that \
         namespace",
        words.subject,
        service.name(),
        service.namespace()
    );
    Finding::new(words.elsewhere, object, path, message)
        .help(format!("move it to namespace {}", service.namespace()))
        .related(service.id, "", "the service")
}

fn not_enrolled(
    object: ObjectId,
    path: &FieldPath,
    words: &Words,
    service: &Object<Service>,
    mesh: &Mesh,
) -> Finding {
    let place = mesh.places.namespace_of(service.id);
    let message = format!(
        "{} needs a waypoint for its {}, but Service {} of namespace {} uses none",
        words.subject,
        words.features,
        service.name(),
        service.namespace()
    );
    let finding = Finding::new(words.service, object, path, message)
        .help(format!(
            "label the Service or its namespace {}",
            label(mesh, place)
        ))
        .related(service.id, "", "the service");
    with_namespace(finding, mesh, place)
}
