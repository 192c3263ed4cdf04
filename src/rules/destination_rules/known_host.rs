//! KIA0202, KIA0203, KIA0209: the host of a DestinationRule, and the labels of its subsets.

use super::subset_wording::{Unlabelled, Unmatched};
use crate::diagnostics::{Code, Evidence, Finding, Findings, Severity};
use crate::mesh::{Audience, Host, Mesh, NamespaceId, Special};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::networking::{DestinationRule, ServiceEntry, Subset};
use crate::rules::common::outbound::may_exist;
use crate::rules::common::unknown_host::{UnknownHost, blind_namespaces, is_provided};
use crate::rules::common::words::is_unresolved;

type Rule = Object<DestinationRule>;

pub(super) fn check(rule: &Rule, mesh: &Mesh, findings: &mut Findings) {
    let host = mesh.host_of(rule);
    if may_exist(mesh, &host) {
        return;
    }
    let is_known = is_known_to_all(rule, &host, mesh);
    let entries: Vec<_> = mesh.service_entries_covering(&host).collect();
    if !is_known && let Some(finding) = unknown_host(rule, host, &entries, mesh) {
        findings.push(finding);
    }
    if !rule.spec.subsets.is_empty() {
        check_subsets(rule, host, is_known, &entries, mesh, findings);
    }
}

/// Whether the host is known whatever ServiceEntries a namespace sees.
fn is_known_to_all(rule: &Rule, host: &Host<'_>, mesh: &Mesh) -> bool {
    let home = mesh.namespaces.of(rule.id);
    let by_workloads = || {
        let (service, namespace) = host.two_parts();
        mesh.quirks.workloads_make_hosts_known
            && namespace == rule.namespace()
            && mesh.has_workloads_of(namespace, service)
    };
    host.is_wildcard() || mesh.has_service(host, home) || by_workloads()
}

fn unknown_host(
    rule: &Rule,
    host: Host<'_>,
    entries: &[&Object<ServiceEntry>],
    mesh: &Mesh,
) -> Option<Finding> {
    let judges = blind_namespaces(rule.id, entries, mesh);
    let viewer = *judges.first()?;
    let unknown = UnknownHost {
        code: Code::KIA0202,
        object: rule.id,
        path: "spec/host".to_owned(),
        name: &rule.spec.host,
        host,
        entries,
        viewer,
    };
    let finding = unknown.finding(mesh);
    if entries.is_empty() {
        return Some(finding.given(mesh.knows_host(&host)));
    }
    // Where the host is unknown, a rule for it does no harm.
    let is_harmless = viewer != mesh.namespaces.of(rule.id) && !mesh.settings.upstream;
    Some(if is_harmless {
        finding.severity(Severity::Info)
    } else {
        finding
    })
}

/// Whether some endpoint of the host carries the labels of a subset.
enum Match<'m> {
    /// The subset has no labels.
    Unlabelled,
    Found,
    Missing,
    /// For those who see one of these ServiceEntries.
    In(Vec<&'m Object<ServiceEntry>>),
}

impl Match<'_> {
    fn is_found(&self, viewer: NamespaceId, mesh: &Mesh) -> bool {
        match self {
            Self::Found => true,
            Self::Missing | Self::Unlabelled => false,
            Self::In(entries) => is_provided(entries, viewer, mesh),
        }
    }
}

fn check_subsets(
    rule: &Rule,
    host: Host<'_>,
    is_known: bool,
    entries: &[&Object<ServiceEntry>],
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let service = if mesh.settings.upstream {
        let (service, namespace) = host.two_parts();
        mesh.named(namespace, service).services()
    } else {
        mesh.service(&host)
    };
    let subsets = &rule.spec.subsets;
    let matches: Vec<Match<'_>> = subsets
        .iter()
        .map(|subset| find(subset, &host, service, entries, mesh))
        .collect();
    if matches.iter().all(|found| matches!(found, Match::Found)) {
        return;
    }
    let uses: Vec<_> = subsets
        .iter()
        .zip(&matches)
        .map(|(subset, found)| match found {
            Match::Missing | Match::In(_) => mesh.uses_of_subset(rule, &subset.name),
            _ => Vec::new(),
        })
        .collect();
    let mut special = Special::default();
    let mut note = |audience: &Audience| special.add_audience(audience);
    for entry in entries {
        note(mesh.audience(entry.id));
    }
    for found in &matches {
        if let Match::In(entries) = found {
            for entry in entries {
                note(mesh.audience(entry.id));
            }
        }
    }
    uses.iter()
        .flatten()
        .for_each(|user| note(mesh.audience(user.service.id)));
    let judges: Vec<NamespaceId> = mesh
        .viewpoints(rule.id, special)
        .into_iter()
        .filter(|id| is_known || is_provided(entries, *id, mesh))
        .collect();
    // From where each is found wanting, the severest judge.
    for (index, (subset, found)) in subsets.iter().zip(&matches).enumerate() {
        if matches!(found, Match::Unlabelled) {
            let is_alone = |id: &&NamespaceId| !matches.iter().any(|m| m.is_found(**id, mesh));
            if judges.is_empty() {
                continue;
            }
            let unlabelled = Unlabelled {
                rule,
                index,
                subset,
                is_alone: judges.iter().any(|id| is_alone(&id)),
            };
            findings.push(unlabelled.finding());
            continue;
        }
        let wanting = || judges.iter().filter(|id| !found.is_found(**id, mesh));
        if wanting().next().is_none() {
            continue;
        }
        let user = uses
            .get(index)
            .into_iter()
            .flatten()
            .find(|user| wanting().any(|id| mesh.is_visible(user.service.id, *id)));
        let unmatched = Unmatched {
            rule,
            index,
            subset,
            host,
            service,
            entries,
            user,
        };
        findings.push(
            unmatched
                .finding(mesh)
                .given(evidence(&host, service, entries, mesh)),
        );
    }
}

fn find<'m>(
    subset: &Subset,
    host: &Host<'_>,
    service: Option<&Object<Service>>,
    entries: &[&'m Object<ServiceEntry>],
    mesh: &'m Mesh,
) -> Match<'m> {
    if subset.labels.is_empty() {
        return Match::Unlabelled;
    }
    let is_open = || {
        let mut values = subset.labels.values();
        values.any(|value| is_unresolved(mesh, value))
    };
    if host.is_wildcard() || is_open() {
        return Match::Found;
    }
    if let Some(service) = service
        && let selector = &service.spec.spec.selector
        && !selector.is_empty()
    {
        let namespace = mesh.namespaces.of(service.id);
        return if mesh.has_selected(namespace, selector, &subset.labels) {
            Match::Found
        } else {
            Match::Missing
        };
    }
    let having: Vec<&Object<ServiceEntry>> = if mesh.quirks.any_service_entry_has_the_subset {
        mesh.service_entries_with_endpoint(&subset.labels)
    } else {
        let has = |entry: &&&Object<ServiceEntry>| mesh.has_endpoint(entry, &subset.labels);
        entries.iter().filter(has).copied().collect()
    };
    let is_seen_by_all =
        |entry: &&Object<ServiceEntry>| *mesh.audience(entry.id) == Audience::Everyone;
    if having.is_empty() {
        Match::Missing
    } else if having.iter().any(is_seen_by_all) {
        Match::Found
    } else {
        Match::In(having)
    }
}

/// Whether the input shows the workloads behind the host.
fn evidence(
    host: &Host<'_>,
    service: Option<&Object<Service>>,
    entries: &[&Object<ServiceEntry>],
    mesh: &Mesh,
) -> Evidence {
    if mesh.settings.is_closed_world() {
        return Evidence::Shown;
    }
    let selecting = entries
        .iter()
        .find(|entry| entry.spec.workload_selector.is_some());
    match service {
        Some(service) if service.spec.spec.selector.is_empty() && entries.is_empty() => {
            Evidence::NotShown(format!(
                "Service {} has no selector, so the input does not show its endpoints",
                service.name()
            ))
        }
        Some(_) => mesh.knows_workloads_in(host.two_parts().1),
        None => match selecting {
            Some(entry) => mesh.knows_workloads_in(entry.namespace()),
            None => Evidence::Shown,
        },
    }
}
