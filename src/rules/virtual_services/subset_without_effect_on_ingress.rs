//! IST0140: routes by subset that traffic from a gateway does not take.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::model::networking::{Destination, VirtualService};
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::rules::common::reading::meets;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "subset-without-effect-on-ingress",
    codes: &[Code::IST0140],
    runs: &[Run::Mesh(subset_without_effect_on_ingress)],
};

fn subset_without_effect_on_ingress(mesh: &Mesh, findings: &mut Findings) {
    let services: Vec<&Object<VirtualService>> = mesh.analysis().virtual_services().collect();
    let mut by_host: FxHashMap<String, Vec<&Object<VirtualService>>> = FxHashMap::default();
    for service in &services {
        let hosts: FxHashSet<String> = service
            .spec
            .hosts
            .iter()
            .map(|host| key(host, service, mesh))
            .collect();
        for (_, destination) in routes(service).filter(|(_, d)| !d.subset.is_empty()) {
            let host = key(&destination.host, service, mesh);
            if hosts.contains(&host) {
                let list = by_host.entry(host).or_default();
                if list.last().is_none_or(|last| last.id != service.id) {
                    list.push(service);
                }
            }
        }
    }
    if by_host.is_empty() {
        return;
    }
    // Every pair is cut short where there are very many.
    let most = if mesh.quirks.every_case_is_reported {
        100
    } else {
        3
    };
    for gateway_bound in services.iter().filter(|s| !s.spec.gateways.is_empty()) {
        if !mesh.quirks.mesh_routes_are_for_ingress
            && gateway_bound.spec.gateways.iter().all(|g| g == "mesh")
        {
            continue;
        }
        let mut seen: FxHashSet<ObjectId> = FxHashSet::default();
        for (path, destination) in routes(gateway_bound).filter(|(_, d)| d.subset.is_empty()) {
            let host = key(&destination.host, gateway_bound, mesh);
            let others = by_host.get(&host).into_iter().flatten();
            for other in others.take(most) {
                let is_itself =
                    other.id == gateway_bound.id && !mesh.quirks.objects_conflict_with_themselves;
                let is_far =
                    !meets(gateway_bound.id, [other.id], mesh) && other.id != gateway_bound.id;
                if !is_itself && !is_far && seen.insert(other.id) {
                    let mut found = finding(gateway_bound, other, &path, &destination.host);
                    if !other.spec.hosts.contains(&destination.host) {
                        // Upstream sees no connection; it is advice rather than a warning.
                        found = found.severity(Severity::Info);
                    }
                    findings.push(found);
                }
            }
        }
    }
}

/// The host as it is compared: as written under the quirk, else its full name.
fn key(host: &Str, service: &Object<VirtualService>, mesh: &Mesh) -> String {
    if mesh.quirks.subset_routes_compare_texts {
        host.to_string()
    } else {
        mesh.registry
            .destination_host(host, service.namespace())
            .to_string()
    }
}

fn routes(service: &Object<VirtualService>) -> impl Iterator<Item = (FieldPath, &Destination)> {
    let routes = service.spec.http.iter().enumerate();
    routes.flat_map(|(i, route)| {
        let to = route.route.iter().enumerate();
        to.filter_map(move |(j, to)| {
            let path = path!["spec", "http", i, "route", j, "destination", "host"];
            Some((path, to.destination.as_ref()?))
        })
    })
}

fn finding(
    service: &Object<VirtualService>,
    other: &Object<VirtualService>,
    path: &FieldPath,
    host: &str,
) -> Finding {
    let other_name = full_name(other.namespace(), other.name());
    let message = format!(
        "requests from the gateways of VirtualService {} to {host} name no subset; the subsets of \
         VirtualService {other_name} do not apply to them",
        full_name(service.namespace(), service.name())
    );
    Finding::new(Code::IST0140, service.id, "", message)
        .points_at(path)
        .help("name the subset in this route as well")
        .related(other.id, "spec/http", "routes to subsets of the host")
}
