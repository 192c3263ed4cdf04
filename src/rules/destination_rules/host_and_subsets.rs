//! KIA0202, KIA0203, KIA0209: the host of a DestinationRule, and the labels of its subsets.

use std::cell::OnceCell;

use super::subset_wording::{Unlabelled, Unmatched};
use crate::diagnostics::{Code, Evidence, Finding, Findings, Severity};
use crate::mesh::{Audience, Host, Mesh, NamespaceId, SpecialObservers};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::networking::{DestinationRule, ServiceEntry, Subset};
use crate::path;
use crate::rules::common::outbound::may_exist;
use crate::rules::common::unknown_host::{UnknownHost, blind_namespaces};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "host-and-subsets",
    codes: &[Code::KIA0202, Code::KIA0203, Code::KIA0209],
    runs: &[Run::DestinationRule(host_and_subsets)],
};

type Rule = Object<DestinationRule>;

fn host_and_subsets(rule: &Rule, mesh: &Mesh, findings: &mut Findings) {
    let host = mesh.routing.host_of(rule);
    if may_exist(mesh, &host) {
        return;
    }
    let target = Target {
        rule,
        host,
        service: service_of(&host, mesh),
        entries: OnceCell::new(),
        mesh,
    };
    let is_known = is_known_to_all(rule, &host, mesh);
    if host.is_wildcard() && !mesh.quirks.wildcard_hosts_need_a_service_entry {
        findings.extend(nothing_within(rule, &host, mesh));
    }
    if !is_known && let Some(finding) = unknown_host(&target) {
        findings.push(finding);
    }
    if !rule.spec.subsets.is_empty() {
        check_subsets(&target, is_known, findings);
    }
}

/// A DestinationRule and what its host is.
struct Target<'m> {
    rule: &'m Rule,
    host: Host<'m>,
    /// The Service behind the host.
    service: Option<&'m Object<Service>>,
    /// The ServiceEntries that provide the host, and who sees one of them; looked up when needed.
    entries: OnceCell<(Vec<&'m Object<ServiceEntry>>, Audience)>,
    mesh: &'m Mesh,
}

impl<'m> Target<'m> {
    fn provided(&self) -> &(Vec<&'m Object<ServiceEntry>>, Audience) {
        self.entries.get_or_init(|| {
            let entries = self
                .mesh
                .routing
                .service_entries_for(&self.host, self.rule.id);
            let ids = entries.iter().map(|entry| entry.id);
            let audience = self.mesh.visibility.united_audience(ids);
            (entries, audience)
        })
    }

    /// Whether what stands behind the host is not told apart by labels: an external service, or
    /// gateways.
    fn has_no_versions(&self) -> bool {
        if let Some(service) = self.service {
            let home = self.mesh.places.namespace_of(service.id);
            let selector = &service.spec.spec.selector;
            let mut workloads = self.mesh.workloads.matching(home, selector).peekable();
            return workloads.peek().is_some() && workloads.all(|workload| workload.is_gateway());
        }
        let entries = self.entries();
        !entries.is_empty()
            && entries.iter().all(|entry| {
                let mut endpoints = entry.spec.endpoints.iter();
                entry.spec.workload_selector.is_none() && endpoints.all(|e| e.labels.is_empty())
            })
    }

    fn entries(&self) -> &[&'m Object<ServiceEntry>] {
        &self.provided().0
    }
}

/// The Service behind a host.
fn service_of<'m>(host: &Host<'_>, mesh: &'m Mesh) -> Option<&'m Object<Service>> {
    if !mesh.quirks.first_two_parts_are_a_service {
        return mesh.registry.service(host);
    }
    let (service, namespace) = host.two_parts();
    mesh.places.named(namespace, service).services()
}

/// Whether the host is known whatever ServiceEntries a namespace sees.
fn is_known_to_all(rule: &Rule, host: &Host<'_>, mesh: &Mesh) -> bool {
    let home = mesh.places.namespace_of(rule.id);
    let by_workloads = || {
        let (service, namespace) = host.two_parts();
        mesh.quirks.workloads_make_hosts_known
            && namespace == rule.namespace()
            && mesh.evidence.has_workloads_of(namespace, service)
    };
    host.is_wildcard() || mesh.visibility.has_service(host, home) || by_workloads()
}

/// The finding that no host lies within the wildcard of a rule, so that the rule is for nothing.
/// Kiali knows every wildcard.
fn nothing_within(rule: &Rule, host: &Host<'_>, mesh: &Mesh) -> Option<Finding> {
    let wildcard = rule.spec.host.as_str();
    let suffix = wildcard.strip_prefix("*.")?;
    if mesh.registry.identity_domain.ends_with(suffix) {
        return None;
    }
    let namespace = suffix
        .strip_suffix(mesh.registry.identity_domain.as_str())
        .and_then(|rest| rest.strip_suffix('.'))
        .filter(|rest| !rest.contains('.'));
    let evidence = match namespace {
        Some(name) => {
            let id = mesh.places.id(name);
            if id.is_some_and(|id| mesh.places.of(id).services().next().is_some()) {
                return None;
            }
            mesh.evidence.knows_services_in(name)
        }
        None => mesh.evidence.knows_host_of(rule.id, host),
    };
    let is_served = mesh
        .registry
        .service_entries_within(wildcard)
        .next()
        .is_some()
        || mesh
            .registry
            .service_entries_covering(host)
            .next()
            .is_some();
    if is_served {
        return None;
    }
    let message = format!("no Service and no ServiceEntry has a host within {wildcard}");
    Some(
        Finding::new(Code::KIA0202, rule.id, "spec/host", message)
            .help("correct the host, or remove the rule if nothing is to come that it is for")
            .given(evidence),
    )
}

fn unknown_host(target: &Target<'_>) -> Option<Finding> {
    let Target {
        rule, host, mesh, ..
    } = target;
    let (entries, audience) = target.provided();
    let observers = blind_namespaces(rule.id, audience, mesh);
    let observer = *observers.first()?;
    let unknown = UnknownHost {
        code: Code::KIA0202,
        object: rule.id,
        path: path!["spec", "host"],
        name: &rule.spec.host,
        host: *host,
        entries,
        observer,
    };
    let finding = unknown.finding(mesh);
    // The finding at the VirtualService that leads there names this rule.
    let home = mesh.places.namespace_of(rule.id);
    let is_said = || target.service.is_none() && mesh.routing.is_routed_to(host, home);
    if entries.is_empty() && !mesh.quirks.run_time_plays_no_part && is_said() {
        return None;
    }
    if entries.is_empty() {
        let name = &rule.spec.host;
        return Some(finding.given(mesh.evidence.knows_written_host(rule.id, name, host)));
    }
    // Where the host is unknown, a rule for it does no harm.
    let is_harmless = observer != mesh.places.namespace_of(rule.id)
        && !mesh.quirks.unknown_hosts_elsewhere_are_errors;
    Some(if is_harmless {
        finding.severity(Severity::Info)
    } else {
        finding
    })
}

/// Whether some endpoint of the host carries the labels of a subset.
#[derive(PartialEq)]
enum Match {
    /// The subset has no labels.
    Unlabelled,
    Found,
    Missing,
    /// For those who see one of some ServiceEntries.
    For(Audience),
}

impl Match {
    fn is_found(&self, observer: NamespaceId) -> bool {
        match self {
            Self::Found => true,
            Self::Missing | Self::Unlabelled => false,
            Self::For(audience) => audience.includes(observer),
        }
    }
}

fn check_subsets(target: &Target<'_>, is_known: bool, findings: &mut Findings) {
    let Target { rule, mesh, .. } = target;
    let subsets = &rule.spec.subsets;
    let matches: Vec<Match> = subsets.iter().map(|subset| find(subset, target)).collect();
    if matches.iter().all(|found| *found == Match::Found) {
        return;
    }
    let knows_host = |id: NamespaceId| is_known || target.provided().1.includes(id);
    let mut special = SpecialObservers::default();
    if !is_known {
        special.add_audience(&target.provided().1);
    }
    for found in &matches {
        if let Match::For(audience) = found {
            special.add_audience(audience);
        }
    }
    let mut observers = mesh.visibility.observers(rule.id, special);
    observers.retain(|id| knows_host(*id));
    if observers.is_empty() {
        return;
    }
    for (index, (subset, found)) in subsets.iter().zip(&matches).enumerate() {
        if *found == Match::Unlabelled {
            let is_alone = |id: &NamespaceId| !matches.iter().any(|m| m.is_found(*id));
            let unlabelled = Unlabelled {
                rule,
                index,
                subset,
                is_alone: observers.iter().any(is_alone),
                is_for_its_policy: !mesh.quirks.run_time_plays_no_part
                    && subset.traffic_policy.is_some()
                    && target.has_no_versions(),
            };
            findings.push(unlabelled.finding());
            continue;
        }
        if observers.iter().all(|id| found.is_found(*id)) {
            continue;
        }
        let uses = mesh.routing.uses_of_subset(rule, &subset.name);
        let is_wanting = |id: &NamespaceId| knows_host(*id) && !found.is_found(*id);
        let route = uses
            .iter()
            .find(|one| match mesh.visibility.audience(one.service.id) {
                Audience::Everyone => true,
                Audience::Only(observers) => observers
                    .iter()
                    .filter(|id| {
                        mesh.visibility.is_visible(rule.id, **id)
                            && mesh.visibility.scope_class_of(**id).is_some()
                    })
                    .any(is_wanting),
            });
        let unmatched = Unmatched {
            rule,
            index,
            subset,
            host: target.host,
            service: target.service,
            entries: target.entries(),
            route,
        };
        findings.push(unmatched.finding(mesh).given(evidence(target)));
    }
}

fn find(subset: &Subset, target: &Target<'_>) -> Match {
    let mesh = target.mesh;
    if subset.labels.is_empty() {
        return Match::Unlabelled;
    }
    let is_open = || {
        let mut values = subset.labels.values();
        values.any(|value| is_unresolved(mesh, value))
    };
    if target.host.is_wildcard() || is_open() {
        return Match::Found;
    }
    if let Some(service) = target.service
        && let selector = &service.spec.spec.selector
        && !selector.is_empty()
    {
        let namespace = mesh.places.namespace_of(service.id);
        return if mesh
            .routing
            .has_selected(namespace, selector, &subset.labels)
        {
            Match::Found
        } else {
            Match::Missing
        };
    }
    let audience = if mesh.quirks.any_service_entry_has_the_subset {
        let having = mesh.routing.service_entries_with_endpoint(&subset.labels);
        mesh.visibility
            .united_audience(having.into_iter().map(|entry| entry.id))
    } else {
        let having = target.entries().iter();
        let having = having.filter(|entry| mesh.routing.has_endpoint(entry, &subset.labels));
        mesh.visibility
            .united_audience(having.map(|entry| entry.id))
    };
    match audience {
        Audience::Everyone => Match::Found,
        Audience::Only(observers) if observers.is_empty() => Match::Missing,
        some @ Audience::Only(_) => Match::For(some),
    }
}

/// Whether the input shows the workloads behind the host.
fn evidence(target: &Target<'_>) -> Evidence {
    let Target {
        host,
        service,
        mesh,
        ..
    } = target;
    if mesh.settings.closed_world {
        return Evidence::Shown;
    }
    let entries = target.entries();
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
        Some(_) => mesh.evidence.knows_workloads_in(host.two_parts().1),
        None => match selecting {
            Some(entry) => mesh.evidence.knows_workloads_in(entry.namespace()),
            None => Evidence::Shown,
        },
    }
}
