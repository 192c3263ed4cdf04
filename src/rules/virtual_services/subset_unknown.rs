//! KIA1107: a route leads to a subset that no DestinationRule of the host has.

use rustc_hash::FxHashMap;

use super::affected::{Takers, affected};
use super::destinations::{Place, examined_destinations};
use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix, Severity};
use crate::mesh::{Host, Mesh, NamespaceId, RulesOfHost, SpecialObservers};
use crate::model::Object;
use crate::model::networking::{Destination, DestinationRule, VirtualService};
use crate::nearest::nearest_word;
use crate::rules::common::reading::as_istio_weighs;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "subset-unknown",
    codes: &[Code::KIA1107],
    runs: &[Run::VirtualService(subset_unknown)],
};

type Rule = Object<DestinationRule>;

fn subset_unknown(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    // Routes name the same few hosts and subsets again and again.
    let mut hosts: FxHashMap<&str, RulesOfHost<'_>> = FxHashMap::default();
    let takers = Takers::new(service);
    let mut verdicts: FxHashMap<(&str, &str), Verdict> = FxHashMap::default();
    for (place, destination) in examined_destinations(&service.spec, mesh) {
        let Destination { host, subset, .. } = destination;
        if host.is_empty() || subset.is_empty() || is_open(destination, mesh) {
            continue;
        }
        let resolved = mesh.registry.destination_host(host, service.namespace());
        let rules = hosts
            .entry(host)
            .or_insert_with(|| mesh.routing.rules_of_host(resolved, service.id));
        let verdict = verdicts
            .entry((host, subset))
            .or_insert_with(|| judge(service, &takers, subset, rules, mesh));
        if let Some((observer, shown)) = verdict {
            let missing = Missing {
                service,
                place,
                destination,
                host: resolved,
                rules,
                observer: *observer,
            };
            findings.push(missing.finding(shown.clone(), mesh));
        }
    }
}

fn is_open(destination: &Destination, mesh: &Mesh) -> bool {
    is_unresolved(mesh, &destination.host) || is_unresolved(mesh, &destination.subset)
}

/// A namespace whose clients do not find a subset, and whether there are any; `None` if all find
/// it.
type Verdict = Option<(NamespaceId, Evidence)>;

fn judge(
    service: &Object<VirtualService>,
    takers: &Takers<'_>,
    subset: &str,
    rules: &RulesOfHost<'_>,
    mesh: &Mesh,
) -> Verdict {
    let mut special = SpecialObservers::default();
    for rule in &rules.rules {
        special.add_audience(mesh.visibility.audience(rule.id));
        if !mesh.quirks.subsets_in_rules_of_any_namespace {
            special.add(mesh.places.namespace_of(rule.id));
        }
    }
    let subset = mesh.routing.subset_of_host(rules, subset);
    let fails = |id: NamespaceId| {
        let imports = mesh
            .visibility
            .scope_class_of(id)
            .is_none_or(|class| mesh.visibility.is_virtual_service_imported(service, class));
        imports && !mesh.routing.finds_subset(&subset, id)
    };
    let places: Vec<&str> = service
        .spec
        .hosts
        .iter()
        .map(|host| mesh.visibility.place_of(host, service.namespace()))
        .collect();
    let mut observers = mesh
        .visibility
        .importing_observers(service.id, &places, special);
    observers.retain(|id| fails(*id));
    affected(takers, &observers, mesh, fails)
}

/// A subset that is not found.
struct Missing<'a> {
    service: &'a Object<VirtualService>,
    place: Place,
    destination: &'a Destination,
    host: Host<'a>,
    rules: &'a RulesOfHost<'a>,
    /// A namespace whose clients do not find it.
    observer: NamespaceId,
}

impl Missing<'_> {
    fn finding(&self, shown: Evidence, mesh: &Mesh) -> Finding {
        let subset = self.destination.subset.as_str();
        let having = self
            .rules
            .rules
            .iter()
            .find(|rule| mesh.routing.has_subset(rule, subset));
        if let Some(rule) = having {
            return self.out_of_reach(rule, mesh).given(shown);
        }
        let finding = match self.rules.rules.as_slice() {
            [] => self.without_rule(),
            rules => self.without_subset(rules),
        };
        let finding = finding.given(self.knows_rules(mesh));
        // Where the host is unknown as well, that is what breaks the route.
        if self.place.is_mirror() || !self.is_host_known(mesh) {
            return finding;
        }
        as_istio_weighs(finding, Severity::Error, mesh)
    }

    fn report(&self, message: String) -> Finding {
        let path = self.place.path();
        let points_at = path.field("subset");
        Finding::new(Code::KIA1107, self.service.id, path, message).points_at(points_at)
    }

    /// A DestinationRule has the subset, but clients of some namespace do not get that rule.
    fn out_of_reach(&self, rule: &Rule, mesh: &Mesh) -> Finding {
        let subset = &self.destination.subset;
        let observer = mesh.places.name(self.observer);
        let name = format!("{}/{}", rule.namespace(), rule.name());
        let read = mesh.routing.rule_read(self.rules, self.observer);
        let hiding = read.filter(|read| read.id != rule.id && !mesh.quirks.run_time_plays_no_part);
        let (reason, help) = if let Some(hiding) = hiding {
            let read = format!("{}/{}", hiding.namespace(), hiding.name());
            (
                format!(
                    "clients there read DestinationRule {read}, which hides {name} with the subset, and \
                     their requests are answered with 503"
                ),
                format!("define {subset} in {read}, or drop {read}"),
            )
        } else if mesh.visibility.is_visible(rule.id, self.observer) {
            (
                format!(
                    "clients in namespace {observer} do not use DestinationRule {name}, which has it"
                ),
                "Istio uses the DestinationRules of the client's namespace, then those of the \
                 service's, then those of the root namespace: define the subset in the first of them \
                 that has a rule for the host"
                    .to_owned(),
            )
        } else {
            (
                format!("DestinationRule {name}, which has it, is not exported to {observer}"),
                format!(
                    "export the DestinationRule to {observer}, or this VirtualService only to the \
                         namespaces that see it"
                ),
            )
        };
        let message = format!(
            "subset {subset} of {} is unknown in namespace {observer}: {reason}",
            self.host
        );
        let finding = self.report(message).help(help).related(
            rule.id,
            "spec/subsets",
            "the subset is defined here",
        );
        match hiding {
            Some(hiding) => finding.related(hiding.id, "spec/host", "is read in its place"),
            None => finding,
        }
    }

    fn without_rule(&self) -> Finding {
        let Destination { host, subset, .. } = self.destination;
        self.report(format!(
            "subset {subset} is unknown: no DestinationRule is for {}",
            self.host
        ))
        .help(format!(
            "add a DestinationRule for {host} with the subset {subset}, or remove the subset"
        ))
    }

    /// Rules are configuration, and configuration that is not in the input is missing; but for a
    /// host that may be elsewhere together with its rule.
    fn knows_rules(&self, mesh: &Mesh) -> Evidence {
        if !self.is_host_known(mesh) {
            let evidence = mesh.evidence.knows_host_of(self.service.id, &self.host);
            if evidence != Evidence::Shown {
                return evidence;
            }
        }
        let subset = &self.destination.subset;
        if let Some(evidence) = mesh.evidence.subset_elsewhere(&self.host, subset) {
            return evidence;
        }
        mesh.evidence
            .knows_destination_rules(&self.destination.host, self.service.namespace())
    }

    fn is_host_known(&self, mesh: &Mesh) -> bool {
        let host = &self.host;
        mesh.registry.service(host).is_some()
            || mesh
                .registry
                .service_entries_covering(host)
                .next()
                .is_some()
    }

    fn without_subset(&self, rules: &[&Rule]) -> Finding {
        let subset = &self.destination.subset;
        let subsets = || rules.iter().flat_map(|rule| &rule.spec.subsets);
        let count: usize = rules.iter().map(|rule| rule.spec.subsets.len()).sum();
        let names: Vec<&str> = subsets().take(10).map(|own| own.name.as_str()).collect();
        let of = match rules {
            [rule] => format!("DestinationRule {} has", rule.name()),
            _ => format!("the DestinationRules of {} have", self.host),
        };
        let mut finding = self.report(match names.as_slice() {
            [] => format!("subset {subset} is unknown: {of} no subsets"),
            names => format!("subset {subset} is unknown: {of} {}", list(names, count)),
        });
        finding = match nearest_word(subset, subsets().map(|own| own.name.as_str())) {
            Some(near) => {
                let path = self.place.path().field("subset");
                let meant = near.what;
                let fix = Fix::guess(format!("write {meant}"), &near);
                finding
                    .help(format!("did you mean {meant:?}?"))
                    .fix(fix.map(|fix| fix.write(self.service.id, path, meant)))
            }
            None => finding.help(format!(
                "define the subset {subset} in the DestinationRule, or name one that it has"
            )),
        };
        for rule in rules.iter().take(10) {
            finding = finding.related(rule.id, "spec/subsets", "the subsets are defined here");
        }
        finding
    }
}

/// The first of `count` names, each once.
fn list(names: &[&str], count: usize) -> String {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(name);
        }
    }
    let shown = once.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match count.saturating_sub(names.len()) + once.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
