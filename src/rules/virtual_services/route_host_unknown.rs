//! KIA1101: a route leads to a host that the service registry lacks.

use super::affected::affected;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::{RouteTo, VirtualService};
use crate::rules::common::outbound::may_exist;
use crate::rules::common::unknown_host::{UnknownHost, blind_namespaces};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-host-unknown",
    codes: &[Code::KIA1101],
    runs: &[Run::VirtualService(route_host_unknown)],
};

fn route_host_unknown(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    for to in service.spec.destinations() {
        if let Some(destination) = to.destination
            && !destination.host.is_empty()
            && let Some(finding) = unknown_host(service, to, &destination.host, mesh)
        {
            findings.push(finding);
        }
    }
}

fn unknown_host(
    service: &Object<VirtualService>,
    to: RouteTo<'_>,
    name: &str,
    mesh: &Mesh,
) -> Option<Finding> {
    let host = mesh.registry.resolve(name, service.namespace());
    if mesh
        .visibility
        .has_service(&host, mesh.places.namespace_of(service.id))
        || may_exist(mesh, &host)
    {
        return None;
    }
    let entries = mesh.routing.service_entries_for(&host, service.id);
    let provided = mesh
        .visibility
        .united_audience(entries.iter().map(|entry| entry.id));
    let observers = blind_namespaces(service.id, &provided, mesh);
    let is_blind = |id: NamespaceId| !provided.includes(id);
    let (observer, shown) = affected(service, &observers, mesh, is_blind)?;
    let evidence = if entries.is_empty() {
        mesh.evidence.knows_host_of(service.id, &host)
    } else {
        shown
    };
    let unknown = UnknownHost {
        code: Code::KIA1101,
        object: service.id,
        path: to.path().field("destination").field("host"),
        name,
        host,
        entries: &entries,
        observer,
    };
    Some(unknown.finding(mesh).given(evidence))
}
