//! MESH1017: a VirtualService that is not exported to the pods of the gateway it is bound to.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{Gateway, VirtualService};
use crate::path;
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "virtual-service-hidden-from-gateway",
    codes: &[Code::MESH1017],
    runs: &[Run::VirtualService(virtual_service_hidden_from_gateway)],
};

fn virtual_service_hidden_from_gateway(
    service: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    // A delegate is taken in by the VirtualService that names it.
    if service.spec.hosts.is_empty() || service.spec.gateways.is_empty() {
        return;
    }
    let binding = mesh.routing.binding(service);
    let mut gateways = binding.gateways.iter();
    if let Some(gateway) = gateways.find(|gateway| is_hidden(service, gateway, mesh)) {
        findings.push(finding(service, gateway, mesh));
    }
}

/// Whether no pod of the Gateway has the VirtualService, for all that the input shows.
fn is_hidden(service: &Object<VirtualService>, gateway: &Object<Gateway>, mesh: &Mesh) -> bool {
    let pods = mesh.routing.gateway_pods(gateway);
    let has_it = |namespace| mesh.visibility.exports_virtual_service(service, namespace);
    pods.are_shown()
        && !pods.namespaces.iter().any(|id| has_it(*id))
        && !mesh
            .evidence
            .has_made_workload(None, &gateway.spec.selector)
}

fn finding(service: &Object<VirtualService>, gateway: &Object<Gateway>, mesh: &Mesh) -> Finding {
    let pods = mesh.routing.gateway_pods(gateway);
    let namespaces = pods.namespaces.iter().map(|id| mesh.places.name(*id));
    let names = list(namespaces.clone());
    let own = &service.spec.export_to;
    let said = if own.is_empty() {
        "the mesh config's defaultVirtualServiceExportTo".to_owned()
    } else {
        format!("exportTo {}", list(own))
    };
    let message = format!(
        "{said} hides this VirtualService from Gateway {}/{}, whose pods run in {names}: the gateway \
         answers 404 for its hosts",
        gateway.namespace(),
        gateway.name()
    );
    let mut finding = Finding::new(Code::MESH1017, service.id, "spec/exportTo", message)
        .help(format!("add {names} to exportTo"));
    let pod = pods.workloads.first();
    if let Some(workload) = pod.and_then(|id| mesh.workloads.get(*id)) {
        finding = finding.related(workload.object, "metadata/name", "the pods of the gateway");
    }
    let mut namespaces = namespaces;
    let fix = match (namespaces.next(), namespaces.next()) {
        (Some(namespace), None) if !own.is_empty() => {
            let fix = Fix::hazardous(format!("add {namespace} to exportTo"));
            let entry = Change::Insert(Content::text(namespace.clone()));
            Some(fix.change(service.id, path!["spec", "exportTo", own.len()], entry))
        }
        _ => None,
    };
    finding.fix(fix)
}
