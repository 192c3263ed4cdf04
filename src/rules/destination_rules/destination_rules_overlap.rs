//! KIA0201: several DestinationRules for one host and subset.

use std::fmt::Write as _;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::registry::dot_suffixes;
use crate::mesh::security::client_mode;
use crate::mesh::{Host, Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::rules::common::collisions::{Collisions, NAMED, met_observers, own_observers, sharing};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-rules-overlap",
    codes: &[Code::KIA0201],
    runs: &[Run::Mesh(destination_rules_overlap)],
};

type Rule = Object<DestinationRule>;

fn destination_rules_overlap(mesh: &Mesh, findings: &mut Findings) {
    let rules = &mesh.objects.destination_rules;
    let examined: Vec<(u32, &Rule, Host<'_>)> = (0u32..)
        .zip(rules)
        .filter(|(_, rule)| is_examined(rule, mesh))
        .map(|(position, rule)| (position, rule, mesh.routing.host_of(rule)))
        .collect();
    let mut wildcards: FxHashMap<String, Host<'_>> = FxHashMap::default();
    for (_, _, host) in &examined {
        if host.is_wildcard()
            && let Some(suffix) = host.to_string().strip_prefix('*')
        {
            wildcards.insert(suffix.to_owned(), *host);
        }
    }
    let examined = with_company(examined, &wildcards);
    let mut collisions: Collisions<Bucket<'_>> = Collisions::new();
    for (position, rule, host) in &examined {
        for observer in own_observers(rule.id, mesh) {
            for part in parts(rule).chain([Part::Any]) {
                collisions.put((*host, part, observer), *position);
            }
        }
    }
    let at = |position: u32| rules.get(position as usize);
    for (position, rule, host) in &examined {
        let place = [mesh.visibility.place_of(&rule.spec.host, rule.namespace())];
        let collide = |a: u32, b: u32| match (at(a), at(b)) {
            (Some(a), Some(b)) => {
                is_for_same_clients(a, b, mesh)
                    && (mesh.quirks.copies_collide
                        || !is_copy(a, b) && mesh.evidence.are_together(a.id, b.id))
                    && mesh
                        .visibility
                        .is_met_in_some_scope(a.id, b.id, &place, |class| {
                            mesh.visibility.is_rule_imported(a, class)
                                && mesh.visibility.is_rule_imported(b, class)
                        })
            }
            _ => false,
        };
        for host in [*host].into_iter().chain(covering(host, &wildcards)) {
            for observer in met_observers(rule.id, mesh) {
                for part in parts(rule) {
                    let other = match part {
                        Part::All => Part::Any,
                        part => part,
                    };
                    collisions.meet(*position, &(host, other, observer), collide);
                }
                collisions.meet(*position, &(host, Part::All, observer), collide);
            }
        }
    }
    for (position, partners) in collisions.into_partners() {
        let mut partners: Vec<&Rule> = partners.into_iter().filter_map(at).collect();
        if !mesh.quirks.copies_collide {
            let mut seen = FxHashSet::default();
            partners.retain(|partner| seen.insert((partner.namespace(), partner.name())));
        }
        if let Some(rule) = at(position).filter(|rule| !rule.broken)
            && let Some(finding) = finding(rule, &partners, mesh)
        {
            findings.push(finding);
        }
    }
}

/// Leaves out the rules that are alone with their host, as most are: what a bucket costs is spent
/// on few.
fn with_company<'m>(
    examined: Vec<(u32, &'m Rule, Host<'m>)>,
    wildcards: &FxHashMap<String, Host<'m>>,
) -> Vec<(u32, &'m Rule, Host<'m>)> {
    let hosts = examined
        .iter()
        .map(|(position, _, host)| (FxBuildHasher.hash_one(host), *position));
    let shared: FxHashSet<u32> = sharing(hosts.collect()).into_iter().flatten().collect();
    let mut examined = examined;
    examined.retain(|(position, _, host)| {
        host.is_wildcard() || shared.contains(position) || !covering(host, wildcards).is_empty()
    });
    examined
}

/// Where DestinationRules meet: those that one namespace sees (`None`: everyone) for a host and a
/// part of it.
type Bucket<'m> = (Host<'m>, Part<'m>, Option<NamespaceId>);

/// What of a host a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part<'m> {
    /// All of it: the rule has no subsets.
    All,
    /// A subset.
    Subset(&'m str),
    /// Whatever; every rule is for something.
    Any,
}

fn parts(rule: &Rule) -> impl Iterator<Item = Part<'_>> {
    let all = rule.spec.subsets.is_empty().then_some(Part::All);
    let subsets = rule.spec.subsets.iter().map(|subset| {
        // The name by which upstream calls all subsets.
        if subset.name == "~" {
            Part::All
        } else {
            Part::Subset(&subset.name)
        }
    });
    all.into_iter().chain(subsets)
}

/// The wildcards that cover a host, but for itself.
fn covering<'m>(host: &Host<'m>, wildcards: &FxHashMap<String, Host<'m>>) -> Vec<Host<'m>> {
    if wildcards.is_empty() {
        return Vec::new();
    }
    let name = host.to_string();
    dot_suffixes(&name)
        .filter_map(|suffix| wildcards.get(suffix))
        .filter(|wildcard| *wildcard != host)
        .copied()
        .collect()
}

/// Rules that do nothing but switch mutual TLS on for the mesh or their own namespace are left
/// out, and so are hosts that nobody knows yet.
fn is_examined(rule: &Rule, mesh: &Mesh) -> bool {
    let host = rule.spec.host.as_str();
    if is_unresolved(mesh, host) {
        return false;
    }
    let is_namespace_wide = || {
        let own = Host::cluster("*", rule.namespace(), &mesh.registry.identity_domain);
        own.is(host)
    };
    client_mode(&rule.spec) != Some(ClientTlsMode::IstioMutual)
        || host != "*.local" && !is_namespace_wide()
}

/// Rules for different client workloads (`workloadSelector`) are meant to stand side by side.
fn is_for_same_clients(a: &Rule, b: &Rule, mesh: &Mesh) -> bool {
    let labels = |rule: &'_ Rule| -> Vec<(String, String)> {
        let selector = rule.spec.workload_selector.iter();
        let mut labels: Vec<_> = selector
            .flat_map(|selector| selector.match_labels.iter())
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        labels.sort();
        labels
    };
    let has_none = |rule: &Rule| rule.spec.workload_selector.is_none();
    mesh.quirks.workload_selectors_collide || has_none(a) && has_none(b) || labels(a) == labels(b)
}

/// Whether two manifests are of one object, so that only one of them is ever applied.
fn is_copy(a: &Rule, b: &Rule) -> bool {
    a.name() == b.name() && a.namespace() == b.namespace()
}

fn finding(rule: &Rule, partners: &[&Rule], mesh: &Mesh) -> Option<Finding> {
    let partner = partners.first()?;
    let own = mesh.routing.host_of(rule);
    let theirs = mesh.routing.host_of(partner);
    let shared = parts(rule).find_map(|part| match part {
        Part::Subset(name) => parts(partner)
            .any(|other| other == part)
            .then(|| format!("subset {name} of ")),
        _ => None,
    });
    let mut message = format!(
        "{}{own} is also configured by DestinationRule {}/{}",
        shared.unwrap_or_default(),
        partner.namespace(),
        partner.name()
    );
    if own != theirs {
        let _ = write!(message, " (host {theirs})");
    }
    match partners.len() {
        0 | 1 => {}
        2 => message.push_str(" and one more"),
        NAMED => message.push_str(" and others"),
        more => {
            let _ = write!(message, " and {} more", more - 1);
        }
    }
    let help = if own != theirs {
        "Istio uses the rule with the more specific host alone; repeat in it what the other one is \
         to give it"
    } else if rule.namespace() == partner.namespace() {
        "put both into one DestinationRule: what is set in both is taken from the older one"
    } else {
        "keep one DestinationRule: clients use that of their own namespace, else that of the \
         service's namespace, else that of the root namespace"
    };
    let mut finding = Finding::new(Code::KIA0201, rule.id, "spec/host", message).help(help);
    for partner in partners {
        finding = finding.related(partner.id, "spec/host", "the other DestinationRule");
    }
    Some(finding)
}
