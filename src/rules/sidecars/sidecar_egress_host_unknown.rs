//! KIA1004: an egress host that nothing in the mesh answers to.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::{Host, Mesh, NamespaceId};
use crate::model::core::Service;
use crate::model::networking::Sidecar;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "sidecar-egress-host-unknown",
    codes: &[Code::KIA1004],
    runs: &[Run::Sidecar(sidecar_egress_host_unknown)],
};

fn sidecar_egress_host_unknown(sidecar: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    let home = mesh.places.namespace_of(sidecar.id);
    if mesh.places.is_passed_over(home) {
        return;
    }
    for (listener, egress) in sidecar.spec.egress.iter().enumerate() {
        for (at, entry) in egress.hosts.iter().enumerate() {
            let path = || path!["spec", "egress", listener, "hosts", at];
            if mesh.quirks.egress_namespaces_are_ignored {
                if !is_known_upstream(entry, sidecar.namespace(), home, mesh) {
                    let message = format!(
                        "the egress host {entry} has no matching entry in the service registry"
                    );
                    findings.push(Finding::new(Code::KIA1004, sidecar.id, path(), message));
                }
            } else if let Some(missing) = missing(entry, sidecar, home, mesh) {
                findings.push(missing.finding(sidecar.id, path()));
            }
        }
    }
}

/// Whether Kiali finds the host. The namespace before the slash plays no part.
fn is_known_upstream(entry: &str, namespace: &str, home: NamespaceId, mesh: &Mesh) -> bool {
    let mut parts = entry.split('/').skip(1);
    let name = parts.next().unwrap_or_default();
    if name == "*" {
        return true;
    }
    let host = mesh.registry.parse(name, namespace);
    let own_wildcard = host.is_wildcard() && host.complete && host.namespace == namespace;
    own_wildcard
        || mesh.visibility.has_service_entry(&host, home)
        || mesh
            .visibility
            .has_service(&mesh.registry.resolve(name, namespace), home)
}

/// A host that is not found.
struct Missing {
    message: String,
    help: String,
    evidence: Evidence,
    /// Something that may be meant.
    near: Option<(ObjectId, String)>,
}

impl Missing {
    fn finding(self, sidecar: ObjectId, path: FieldPath) -> Finding {
        let finding = Finding::new(Code::KIA1004, sidecar, path, self.message)
            .help(self.help)
            .given(self.evidence);
        match self.near {
            Some((object, message)) => finding.related(object, "metadata/name", message),
            None => finding,
        }
    }
}

/// The namespaces in which an egress host is looked for.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// `None` for all.
    only: Option<&'a str>,
    observer: NamespaceId,
}

impl Place<'_> {
    fn includes(self, namespace: &str) -> bool {
        self.only.is_none_or(|only| only == namespace)
    }

    /// ` in namespace x`, nothing for all.
    fn words(self) -> String {
        self.only
            .map_or_else(String::new, |only| format!(" in namespace {only}"))
    }
}

fn missing(
    entry: &str,
    sidecar: &Object<Sidecar>,
    observer: NamespaceId,
    mesh: &Mesh,
) -> Option<Missing> {
    // Entries without a slash are refused on admission; exclusions may exclude nothing.
    let (space, name) = entry.split_once('/')?;
    if name == "*" || space.starts_with('~') || is_unresolved(mesh, entry) {
        return None;
    }
    let only = match space {
        "." => Some(sidecar.namespace()),
        "*" => None,
        other => Some(other),
    };
    let place = Place { only, observer };
    let host = mesh
        .registry
        .destination_host(name, only.unwrap_or(sidecar.namespace()));
    if is_defined(&host, name, place, mesh) {
        return None;
    }
    if name.starts_with('*') {
        return Some(no_host_within(name, place, mesh));
    }
    Some(match mesh.registry.service(&host) {
        Some(service) => out_of_reach(service, entry, place, sidecar.namespace()),
        None => not_found(&host, name, place, mesh),
    })
}

/// Whether a Service, ServiceEntry or VirtualService that the Sidecar sees has the host, or one
/// within or around the wildcard.
fn is_defined(host: &Host<'_>, name: &str, place: Place<'_>, mesh: &Mesh) -> bool {
    let entries = mesh
        .registry
        .service_entries_covering(host)
        .chain(mesh.registry.service_entries_within(name));
    let mut seen_entries = entries
        .filter(|entry| place.includes(entry.namespace()))
        .filter(|entry| mesh.visibility.is_visible(entry.id, place.observer));
    if seen_entries.next().is_some() {
        return true;
    }
    let is_seen = |service: &Object<Service>| {
        place.includes(service.namespace())
            && mesh.visibility.is_service_visible(service, place.observer)
    };
    if let Some(suffix) = name.strip_prefix('*') {
        return has_service_within(suffix, &is_seen, place, mesh);
    }
    mesh.registry.service(host).is_some_and(is_seen)
        || mesh
            .routing
            .virtual_services_for(*host)
            .filter(|service| place.includes(service.namespace()))
            .any(|service| mesh.visibility.is_visible(service.id, place.observer))
}

/// Whether a Service within `*` and `suffix` is seen.
fn has_service_within(
    suffix: &str,
    is_seen: &dyn Fn(&Object<Service>) -> bool,
    place: Place<'_>,
    mesh: &Mesh,
) -> bool {
    let domain = format!(".{}", mesh.registry.identity_domain);
    if domain.ends_with(suffix) {
        return match place.only {
            None => mesh.objects.services.iter().any(is_seen),
            Some(only) => any_service(only, is_seen, mesh),
        };
    }
    let Some(head) = suffix.strip_suffix(domain.as_str()) else {
        return false;
    };
    match head.trim_start_matches('.').split_once('.') {
        None => any_service(head.trim_start_matches('.'), is_seen, mesh),
        // The names of a headless Service's Pods.
        Some((service, namespace)) => mesh
            .places
            .named(namespace, service)
            .services()
            .is_some_and(is_seen),
    }
}

fn any_service(namespace: &str, is_seen: &dyn Fn(&Object<Service>) -> bool, mesh: &Mesh) -> bool {
    let id = mesh.places.id(namespace);
    id.is_some_and(|id| mesh.places.of(id).services().any(is_seen))
}

fn no_host_within(name: &str, place: Place<'_>, mesh: &Mesh) -> Missing {
    let domain = format!(".{}", mesh.registry.identity_domain);
    let of_cluster = name
        .strip_suffix(domain.as_str())
        .map(|head| head.rsplit('.').next().unwrap_or_default());
    let evidence = match (of_cluster, place.only) {
        (Some(namespace), _) if !namespace.is_empty() && namespace != "*" => {
            mesh.evidence.knows_hosts_in(namespace)
        }
        (_, Some(only)) => mesh.evidence.knows_hosts_in(only),
        (_, None) => mesh.evidence.knows_host(&Host::external(name)),
    };
    Missing {
        message: format!(
            "no Service or ServiceEntry{} has a host within {name}",
            place.words()
        ),
        help: "remove the entry, or define hosts within it".into(),
        evidence,
        near: None,
    }
}

/// A Service that exists, but not where the entry looks for it or not for this namespace.
fn out_of_reach(
    service: &Object<Service>,
    entry: &str,
    place: Place<'_>,
    observer: &str,
) -> Missing {
    let (name, namespace) = (service.name(), service.namespace());
    let (message, help) = if place.includes(namespace) {
        (
            format!("Service {namespace}/{name} is not exported to namespace {observer}"),
            format!("add {observer} to the Service's annotation networking.istio.io/exportTo"),
        )
    } else {
        let host = entry.split_once('/').map_or(entry, |(_, host)| host);
        (
            format!(
                "{host} is a Service of namespace {namespace}, but looked for{}",
                place.words()
            ),
            format!("write `{namespace}/{host}`"),
        )
    };
    Missing {
        message,
        help,
        evidence: Evidence::Shown,
        near: Some((service.id, "the Service".into())),
    }
}

fn not_found(host: &Host<'_>, name: &str, place: Place<'_>, mesh: &Mesh) -> Missing {
    let namespace = host.complete.then_some(host.namespace);
    let own = namespace.and_then(|namespace| mesh.places.id(namespace));
    let services = own.into_iter().flat_map(|id| mesh.places.of(id).services());
    let near = nearest(host.service, services.map(Object::name));
    let hint = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
    let (message, help) = match namespace {
        Some(namespace) => (
            format!(
                "there is no Service {} in namespace {namespace}{hint}",
                host.service
            ),
            near.map_or_else(
                || "remove the entry, or create the Service".to_owned(),
                |near| format!("write {near} instead of {}", host.service),
            ),
        ),
        None => (
            format!("no ServiceEntry{} has the host {name}", place.words()),
            "remove the entry, or add a ServiceEntry for the host".to_owned(),
        ),
    };
    let evidence = match (namespace, place.only) {
        (Some(_), _) | (None, None) => mesh.evidence.knows_host(host),
        (None, Some(only)) => mesh.evidence.knows_hosts_in(only),
    };
    Missing {
        message,
        help,
        evidence,
        near: None,
    }
}
