//! KIA1101: a route leads to a host that the service registry lacks.

use rustc_hash::FxHashMap;

use super::affected::{Takers, affected};
use super::destinations::{Place, examined_destinations};
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Host, Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::VirtualService;
use crate::rules::common::outbound::may_exist;
use crate::rules::common::unknown_host::{UnknownHost, blind_namespaces};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-host-unknown",
    codes: &[Code::KIA1101],
    runs: &[Run::VirtualService(route_host_unknown)],
};

fn route_host_unknown(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    let takers = Takers::new(service);
    // One host that is missing is one finding, however many routes lead to it.
    let mut found: Vec<Finding> = Vec::new();
    let mut verdicts: FxHashMap<Host<'_>, Option<usize>> = FxHashMap::default();
    for (place, destination) in examined_destinations(&service.spec, mesh) {
        if destination.host.is_empty() {
            continue;
        }
        let host = mesh
            .registry
            .destination_host(&destination.host, service.namespace());
        match verdicts.get(&host) {
            Some(None) => {}
            Some(Some(first)) if !mesh.quirks.run_time_plays_no_part => {
                if let Some(finding) = found.get_mut(*first) {
                    also_at(finding, service, place.path().field("host"));
                }
            }
            _ => {
                let finding = unknown_host(service, &takers, place, &destination.host, mesh);
                verdicts.insert(host, finding.is_some().then_some(found.len()));
                found.extend(finding.map(|finding| with_rules(finding, service, host, mesh)));
            }
        }
    }
    findings.extend(found);
}

/// How many further places a finding names.
const PLACES: usize = 10;

fn also_at(finding: &mut Finding, service: &Object<VirtualService>, path: FieldPath) {
    if finding.related.len() < PLACES {
        let message = "the same host is named here";
        *finding = finding.clone().related(service.id, path, message);
    }
}

/// Names the DestinationRules of the namespace for the same missing host, which say the same.
fn with_rules(
    mut finding: Finding,
    service: &Object<VirtualService>,
    host: Host<'_>,
    mesh: &Mesh,
) -> Finding {
    let is_hidden = || {
        mesh.registry.service(&host).is_some()
            || !mesh
                .routing
                .service_entries_for(&host, service.id)
                .is_empty()
    };
    if mesh.quirks.run_time_plays_no_part || is_hidden() {
        return finding;
    }
    let rules = mesh.routing.destination_rules_for(host);
    let mut rules = rules.filter(|rule| rule.namespace() == service.namespace());
    for rule in rules.by_ref().take(PLACES) {
        let message = "this DestinationRule is for the same host";
        finding = finding.related(rule.id, "spec/host", message);
        finding.aliases = vec![Code::KIA0202];
    }
    finding
}

fn unknown_host(
    service: &Object<VirtualService>,
    takers: &Takers<'_>,
    place: Place,
    name: &str,
    mesh: &Mesh,
) -> Option<Finding> {
    let host = mesh.registry.destination_host(name, service.namespace());
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
    let (observer, shown) = affected(takers, &observers, mesh, is_blind)?;
    let evidence = if entries.is_empty() {
        mesh.evidence.knows_written_host(service.id, name, &host)
    } else {
        shown
    };
    let unknown = UnknownHost {
        code: Code::KIA1101,
        object: service.id,
        path: place.path().field("host"),
        name,
        host,
        entries: &entries,
        observer,
    };
    let mut finding = unknown.finding(mesh);
    // Whatever is done with traffic to hosts that are in no registry: the route names a cluster
    // that does not exist.
    if !mesh.quirks.run_time_plays_no_part {
        finding.severity = Severity::Error;
        if place.is_mirror() {
            finding
                .message
                .push_str(": copies of requests are dropped, the requests themselves are answered");
        }
    }
    Some(finding.given(evidence))
}
