//! MESH1020: routes at a gateway to a host whose addresses only the client knows.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::{Host, Mesh};
use crate::model::gateway_api::HttpRoute;
use crate::model::networking::{Resolution, ServiceEntry, VirtualService};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "original-destination-at-gateway",
    codes: &[Code::MESH1020],
    runs: &[
        Run::VirtualService(of_virtual_service),
        Run::HttpRoute(of_http_route),
    ],
};

fn of_virtual_service(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    if service.spec.gateways.is_empty() || mesh.objects.service_entries.is_empty() {
        return;
    }
    let binding = mesh.routing.binding(service);
    for rule in service.spec.rules() {
        let acts = mesh.routing.rule_acts(service, &binding, &rule);
        if !acts.is_at_gateways(&binding) {
            continue;
        }
        for (at, to) in rule.destinations() {
            let host = mesh
                .registry
                .destination_host(&to.host, service.namespace());
            if let Some(entry) = without_address(&host, service.id, mesh) {
                let path = rule.destination_path(at).field("host");
                findings.push(finding(service.id, path, entry, &host));
            }
        }
    }
}

fn of_http_route(route: &Object<HttpRoute>, mesh: &Mesh, findings: &mut Findings) {
    let mut parents = route.spec.parent_refs.iter();
    if mesh.objects.service_entries.is_empty() || !parents.any(|parent| parent.is_gateway()) {
        return;
    }
    for (i, rule) in route.spec.rules.iter().enumerate() {
        for (j, backend) in rule.backend_refs.iter().enumerate() {
            let backend = backend.reference();
            let is_host = backend.kind() == "Hostname" && backend.group == "networking.istio.io";
            let host = Host::external(&backend.name);
            let entry = is_host.then(|| without_address(&host, route.id, mesh));
            if let Some(entry) = entry.flatten() {
                let path = path!["spec", "rules", i, "backendRefs", j, "name"];
                findings.push(finding(route.id, path, entry, &host));
            }
        }
    }
}

/// The ServiceEntry of a host that gives a gateway no address to connect to. `None` where another
/// definition of the host does, or may.
fn without_address<'m>(
    host: &Host<'_>,
    subject: ObjectId,
    mesh: &'m Mesh,
) -> Option<&'m Object<ServiceEntry>> {
    let name = host.to_string();
    if is_unresolved(mesh, &name) || mesh.registry.service(host).is_some() {
        return None;
    }
    let mut entries = mesh.routing.service_entries_for(host, subject);
    entries.retain(|entry| entry.spec.hosts.iter().any(|own| *own == name));
    let has_none = |entry: &&Object<ServiceEntry>| {
        entry.spec.resolution == Resolution::None
            && entry.spec.endpoints.is_empty()
            && entry.spec.workload_selector.is_none()
            && !entry.broken
    };
    entries
        .iter()
        .all(has_none)
        .then(|| entries.first().copied())
        .flatten()
}

fn finding(
    object: ObjectId,
    path: FieldPath,
    entry: &Object<ServiceEntry>,
    host: &Host<'_>,
) -> Finding {
    let message = format!(
        "ServiceEntry {} has resolution NONE, which gives a gateway no address of {host} to connect \
         to: requests get 503 UH",
        entry.name()
    );
    let finding = Finding::new(Code::MESH1020, object, path, message).related(
        entry.id,
        "spec/resolution",
        "connections go where the client dialled; a gateway's client dialled the gateway",
    );
    if host.is_wildcard() || entry.spec.hosts.iter().any(|own| own.starts_with('*')) {
        return finding.help("name the hosts one by one, with resolution: DNS");
    }
    let fix = Fix::hazardous("set resolution to DNS").write(entry.id, "spec/resolution", "DNS");
    finding.help("set resolution: DNS").fix(fix)
}
