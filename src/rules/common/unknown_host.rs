//! Hosts that the service registry lacks: for whom, and what to say about it.

use crate::diagnostics::{Code, Finding, Fix};
use crate::mesh::{Audience, Host, Mesh, NamespaceId, SpecialObservers};
use crate::model::core::Service;
use crate::model::networking::ServiceEntry;
use crate::model::{Object, ObjectId};
use crate::nearest::is_slip;
use crate::yaml::FieldPath;

use super::outbound::severity_of_unknown_host;

/// The namespaces that see `subject` and not what is `provided` to some only, as far as they
/// differ; its own comes first if it is one.
pub(crate) fn blind_namespaces(
    subject: ObjectId,
    provided: &Audience,
    mesh: &Mesh,
) -> Vec<NamespaceId> {
    if *provided == Audience::Everyone {
        return Vec::new();
    }
    let mut special = SpecialObservers::default();
    special.add_audience(provided);
    let mut observers = mesh.visibility.observers(subject, special);
    observers.retain(|id| !provided.includes(*id));
    observers
}

/// A host that is not found.
#[derive(Debug)]
pub(crate) struct UnknownHost<'a> {
    /// The code to report.
    pub(crate) code: Code,
    /// The object that names the host.
    pub(crate) object: ObjectId,
    /// Where it does.
    pub(crate) path: FieldPath,
    /// The host as written.
    pub(crate) name: &'a str,
    /// What it means there.
    pub(crate) host: Host<'a>,
    /// The ServiceEntries that provide it, not for everyone.
    pub(crate) entries: &'a [&'a Object<ServiceEntry>],
    /// A namespace that does not see them.
    pub(crate) observer: NamespaceId,
}

impl UnknownHost<'_> {
    /// The finding, with what is known about the name.
    pub(crate) fn finding(&self, mesh: &Mesh) -> Finding {
        let home = mesh.places.namespace_of(self.object);
        let severity = severity_of_unknown_host(mesh, home);
        if let Some(finding) = self.short_form(mesh) {
            return finding;
        }
        self.hidden_entry(mesh)
            .or_else(|| self.hidden_service(mesh))
            .unwrap_or_else(|| self.missing(mesh))
            .severity(severity)
    }

    fn report(&self, message: String) -> Finding {
        Finding::new(self.code, self.object, &self.path, message)
    }

    /// The host as written, and in full where that is not the same.
    fn shown(&self) -> String {
        if self.host.is(self.name) {
            self.name.to_owned()
        } else {
            format!("{} ({})", self.name, self.host)
        }
    }

    /// A name that would be that of a Service if Istio completed names with a dot.
    fn short_form(&self, mesh: &Mesh) -> Option<Finding> {
        let service = mesh.registry.meant_by_short_form(self.name)?;
        if self.host.complete || !self.entries.is_empty() {
            return None;
        }
        let meant = Host::cluster(
            service.name(),
            service.namespace(),
            &mesh.registry.identity_domain,
        );
        let meant = meant.to_string();
        let message = format!(
            "{} names no host: Istio completes only names without a dot, so nothing leads to Service {}/{}",
            self.name,
            service.namespace(),
            service.name()
        );
        Some(
            self.report(message)
                .help(format!("write {meant}"))
                .fix(Fix::safe(format!("write {meant}")).write(self.object, &self.path, meant))
                .related(service.id, "metadata/name", "this Service is meant"),
        )
    }

    fn hidden_entry(&self, mesh: &Mesh) -> Option<Finding> {
        let entry = self.entries.first()?;
        let observer = mesh.places.name(self.observer);
        let message = format!(
            "the host {} is unknown in namespace {observer}: ServiceEntry {}/{} is not exported to it",
            self.shown(),
            entry.namespace(),
            entry.name()
        );
        let help = format!(
            "export the ServiceEntry to {observer} as well, or this object only to those that see it"
        );
        let path = if entry.spec.export_to.is_empty() {
            "spec/hosts"
        } else {
            "spec/exportTo"
        };
        let finding = self.report(message).help(help);
        Some(finding.related(entry.id, path, "the host is provided here"))
    }

    fn hidden_service(&self, mesh: &Mesh) -> Option<Finding> {
        let service = mesh.registry.service(&self.host)?;
        let home = mesh.places.name(mesh.places.namespace_of(self.object));
        let message = format!(
            "the host {} is unknown in namespace {home}: Service {} is not exported to it",
            self.shown(),
            service.name()
        );
        let annotation = "networking.istio.io/exportTo";
        let (path, help) = if service.metadata.annotations.contains_key(annotation) {
            (
                "metadata/annotations",
                format!("add {home} to the Service's annotation {annotation}"),
            )
        } else {
            (
                "metadata/name",
                format!(
                    "annotate the Service with {annotation}: \"{home}\"; the mesh config's \
                     defaultServiceExportTo hides it"
                ),
            )
        };
        let finding = self.report(message).help(help);
        Some(finding.related(service.id, path, "the Service is here"))
    }

    fn missing(&self, mesh: &Mesh) -> Finding {
        let finding = self.report(format!(
            "the host {} is in no Service and no ServiceEntry",
            self.shown()
        ));
        let Host {
            service, namespace, ..
        } = self.host;
        if !self.host.complete {
            return finding.help(self.help_for_external(mesh));
        }
        if let Some(near) = mesh.evidence.nearest_service(namespace, service) {
            let name = near.what.name();
            let meant = if self.name == service {
                name.to_owned()
            } else {
                Host::cluster(name, namespace, self.host.domain).to_string()
            };
            let fix = Fix::guess(format!("write {meant}"), &near);
            return finding
                .help(format!("did you mean {meant:?}?"))
                .fix(fix.map(|fix| fix.write(self.object, &self.path, meant)))
                .related(near.what.id, "metadata/name", "a Service of a similar name");
        }
        let mut elsewhere = mesh
            .evidence
            .services_named(service)
            .filter(|other| other.namespace() != namespace);
        if let Some(other) = elsewhere.next() {
            let meant = Host::cluster(service, other.namespace(), self.host.domain);
            let is_short = self.name == service && !mesh.quirks.run_time_plays_no_part;
            if is_short && elsewhere.next().is_none() {
                return self.in_other_namespace(other, meant);
            }
            return finding
                .help(format!(
                    "{service} is a Service of namespace {}: write {meant}",
                    other.namespace()
                ))
                .related(
                    other.id,
                    "metadata/name",
                    "the Service of this name is in another namespace",
                );
        }
        finding.help(if mesh.evidence.has_workloads_of(namespace, service) {
            format!("{service} runs in namespace {namespace}, but no Service leads to it: add one")
        } else {
            format!("add a Service {service} to namespace {namespace}, or name another host")
        })
    }

    /// A name without a dot, of which another namespace alone has a Service.
    fn in_other_namespace(&self, other: &Object<Service>, meant: Host<'_>) -> Finding {
        let message = format!(
            "the host {} is read as {}, which is in no Service and no ServiceEntry; Service {} is in \
             namespace {}",
            self.name,
            self.host,
            other.name(),
            other.namespace()
        );
        let order = format!("write {meant}");
        let fix = Fix::hazardous(order.clone());
        self.report(message)
            .help(order)
            .fix(fix.write(self.object, &self.path, meant.to_string()))
            .related(
                other.id,
                "metadata/name",
                "the Service of this name is in another namespace",
            )
    }

    /// The service of the cluster that is meant if the end of the name is misspelt.
    fn with_misspelt_domain(&self, mesh: &Mesh) -> Option<String> {
        let (service, rest) = self.name.split_once('.')?;
        let (namespace, domain) = rest.split_once('.')?;
        let service = mesh.places.named(namespace, service).services()?;
        let meant = mesh.registry.identity_domain.as_str();
        is_slip(domain, meant).then(|| Host::cluster(service.name(), namespace, meant).to_string())
    }

    fn help_for_external(&self, mesh: &Mesh) -> String {
        let add = format!(
            "add a ServiceEntry for {}, or name a host that exists",
            self.name
        );
        if let Some(meant) = self.with_misspelt_domain(mesh) {
            return format!("did you mean {meant}? Else {add}");
        }
        // A short form of a service's name with a misspelt namespace.
        let mut labels = self.name.split('.');
        let near = match (labels.next(), labels.next(), labels.next()) {
            (Some(service), Some(namespace), None) => mesh
                .evidence
                .nearest_namespace(namespace)
                .map(|near| format!("{service}.{}", near.what)),
            _ => None,
        };
        match near {
            Some(near) => format!("did you mean {near}? Else {add}"),
            None => add,
        }
    }
}
