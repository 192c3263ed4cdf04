//! MESH1030: a ServiceEntry for the host of a Service of the cluster.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::ServiceEntry;
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-entry-over-kubernetes-service",
    codes: &[Code::MESH1030],
    runs: &[Run::ServiceEntry(service_entry_over_kubernetes_service)],
};

fn service_entry_over_kubernetes_service(
    entry: &Object<ServiceEntry>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let home = mesh.places.namespace_of(entry.id);
    for (at, name) in entry.spec.hosts.iter().enumerate() {
        // A name without a dot is no name of the cluster's here.
        let host = mesh.registry.parse(name, "");
        if !name.contains('.') || host.is_wildcard() {
            continue;
        }
        let Some(service) = mesh.registry.service(&host) else {
            continue;
        };
        // Without a selector it is a stand-in, whose endpoints the ServiceEntry brings.
        if service.spec.spec.selector.is_empty()
            || service.spec.is_external_name()
            || !mesh.visibility.is_service_visible(service, home)
        {
            continue;
        }
        let own = entry.namespace();
        let message = format!(
            "host {name} is the Kubernetes Service {}/{} as well: clients in namespace {own} reach the \
             endpoints of this ServiceEntry, all others those of the Service",
            service.namespace(),
            service.name()
        );
        let finding = Finding::new(
            Code::MESH1030,
            entry.id,
            path!["spec", "hosts", at],
            message,
        )
        .help("drop the ServiceEntry, or give it a host of its own")
        .related(service.id, "metadata/name", "has this host");
        findings.push(finding);
    }
}
