//! Which DestinationRules decide about the subsets of a host for the proxies of a namespace.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Host;
use crate::mesh::visibility::Audience;
use crate::model::networking::DestinationRule;
use crate::model::{Object, ObjectId, Objects, Str};
use crate::yaml::is_placeholder;

/// The DestinationRules that may decide about a host.
#[derive(Debug)]
pub struct RulesOfHost<'m> {
    /// The host.
    pub host: Host<'m>,
    /// The rules, visible or not, in load order.
    pub rules: Vec<&'m Object<DestinationRule>>,
    by_namespace: FxHashMap<NamespaceId, Vec<&'m Object<DestinationRule>>>,
}

/// The DestinationRules that have a subset of a host.
#[derive(Debug)]
pub struct SubsetOfHost<'r, 'm> {
    /// All that may decide.
    pub of: &'r RulesOfHost<'m>,
    /// The name of the subset.
    pub name: &'r str,
    /// Those that have it, in load order.
    pub having: Vec<&'m Object<DestinationRule>>,
    /// Who sees one of them.
    observers: Audience,
}

/// The rules of one namespace for a host that a client sees and imports.
struct Step<'m> {
    for_all: Vec<&'m Object<DestinationRule>>,
    /// Those for some of its workloads alone.
    for_some: Vec<&'m Object<DestinationRule>>,
}

/// Subsets of a DestinationRule that are looked through one by one.
const FEW: usize = 16;

/// The names of the subsets of DestinationRules that have many.
#[derive(Debug, Default)]
pub(super) struct SubsetNames(OnceLock<FxHashMap<ObjectId, Names>>);

#[derive(Debug, Default)]
struct Names {
    exact: FxHashSet<Str>,
    has_placeholder: bool,
}

impl SubsetNames {
    /// The names of a rule's subsets; `None` if they are few.
    fn of(&self, rule: &Object<DestinationRule>, objects: &Objects) -> Option<&Names> {
        if rule.spec.subsets.len() <= FEW {
            return None;
        }
        let all = self.0.get_or_init(|| {
            let rules = objects.destination_rules.iter();
            rules
                .filter(|rule| rule.spec.subsets.len() > FEW)
                .map(|rule| {
                    let subsets = rule.spec.subsets.iter();
                    let exact: FxHashSet<Str> = subsets.map(|own| own.name.clone()).collect();
                    let has_placeholder = exact.iter().any(|name| is_placeholder(name));
                    let names = Names {
                        exact,
                        has_placeholder,
                    };
                    (rule.id, names)
                })
                .collect()
        });
        all.get(&rule.id)
    }
}

impl Routing {
    /// The DestinationRules that may decide about `host` for those who see `subject`, the object
    /// that names it.
    pub fn rules_of_host<'m>(&'m self, host: Host<'m>, subject: ObjectId) -> RulesOfHost<'m> {
        let mut rules = self.destination_rules_relevant_to(host, subject);
        if self.quirks.run_time_plays_no_part
            && !host.complete
            && let (service, namespace) = host.two_parts()
            && host.service.len() == service.len() + 1 + namespace.len()
        {
            // A two-part name of a namespace that is not known, which a rule names in full.
            let full = Host::cluster(service, namespace, &self.registry.identity_domain);
            rules.extend(
                self.destination_rules_relevant_to(full, subject)
                    .into_iter()
                    .filter(|rule| self.host_of(rule) == full),
            );
            rules.sort_by_key(|rule| rule.id);
        }
        let mut by_namespace: FxHashMap<NamespaceId, Vec<_>> = FxHashMap::default();
        for rule in &rules {
            let place = by_namespace
                .entry(self.places.namespace_of(rule.id))
                .or_default();
            place.push(*rule);
        }
        RulesOfHost {
            host,
            rules,
            by_namespace,
        }
    }

    /// The rules among `of` that have a subset of this name.
    pub fn subset_of_host<'r, 'm>(
        &self,
        of: &'r RulesOfHost<'m>,
        name: &'r str,
    ) -> SubsetOfHost<'r, 'm> {
        let mut having = of.rules.clone();
        having.retain(|rule| self.has_subset(rule, name));
        SubsetOfHost {
            of,
            name,
            observers: self
                .visibility
                .united_audience(having.iter().map(|rule| rule.id)),
            having,
        }
    }

    /// Whether the proxies of `client` find the subset of a host: whether a rule that they see
    /// and import has it.
    ///
    /// Istio looks rules up in the client's namespace, then in that of the service, then in the
    /// root namespace, takes the first of these that has rules for the host, and of them those
    /// with the most specific host.
    pub fn finds_subset(&self, subset: &SubsetOfHost<'_, '_>, client: NamespaceId) -> bool {
        // Whoever sees no rule that has the subset does not find it, whatever is looked at first.
        if !subset.observers.includes(client) {
            return false;
        }
        let class = self.visibility.scope_class_of(client);
        let is_limited = class.is_some_and(|class| !class.scope.is_unlimited());
        let in_any = || {
            let mut having = subset.having.iter();
            !is_limited || having.any(|rule| self.is_usable(rule, client))
        };
        if self.quirks.subsets_in_rules_of_any_namespace
            || self.homes_of(&subset.of.host, client).is_empty()
        {
            return in_any();
        }
        let has = |rule: &&Object<DestinationRule>| self.has_subset(rule, subset.name);
        for step in self.steps(subset.of, client) {
            if step.for_some.iter().any(has) {
                return true;
            }
            if !step.for_all.is_empty() {
                return self.most_specific(&step.for_all).any(has);
            }
        }
        false
    }

    /// The DestinationRule that the proxies of `client` read for a host, the first of equals.
    pub fn rule_read<'m>(
        &self,
        of: &RulesOfHost<'m>,
        client: NamespaceId,
    ) -> Option<&'m Object<DestinationRule>> {
        let mut steps = self.steps(of, client).into_iter();
        let step = steps.find(|step| !step.for_all.is_empty())?;
        self.most_specific(&step.for_all).next().copied()
    }

    /// Whether the proxies of a namespace see and import a rule.
    fn is_usable(&self, rule: &Object<DestinationRule>, client: NamespaceId) -> bool {
        let class = self.visibility.scope_class_of(client);
        self.visibility.is_visible(rule.id, client)
            && class.is_none_or(|class| self.visibility.is_rule_imported(rule, class))
    }

    /// The rules of each namespace in which the proxies of `client` look for a host, in order.
    fn steps<'m>(&self, of: &RulesOfHost<'m>, client: NamespaceId) -> Vec<Step<'m>> {
        let root = self.places.control_plane_or_first(client).root_namespace;
        let homes = self.homes_of(&of.host, client).into_iter();
        let steps = std::iter::once((client, true));
        let steps = steps.chain(homes.chain([root]).map(|home| (home, false)));
        let mut found = Vec::new();
        for (namespace, is_own) in steps {
            let Some(here) = of.by_namespace.get(&namespace) else {
                continue;
            };
            // Of the root namespace's own rules its proxies look only at the private ones first.
            let is_private_only = is_own && client == root && !self.quirks.run_time_plays_no_part;
            let usable = here.iter().copied().filter(|rule| {
                self.is_usable(rule, client) && (!is_private_only || is_private(rule))
            });
            // Rules for some clients alone leave the others to what comes after.
            let (for_all, for_some) =
                usable.partition(|rule| rule.spec.workload_selector.is_none());
            found.push(Step { for_all, for_some });
        }
        found
    }

    /// The rules with the most specific host.
    fn most_specific<'r, 'm>(
        &self,
        rules: &'r [&'m Object<DestinationRule>],
    ) -> impl Iterator<Item = &'r &'m Object<DestinationRule>> {
        let most = rules.iter().map(|rule| self.specificity(rule)).max();
        let is_most = move |rule: &&&Object<DestinationRule>| {
            rules.len() == 1 || Some(self.specificity(rule)) == most
        };
        rules.iter().filter(is_most)
    }

    /// The namespaces that provide a host to a client: those of its Service and ServiceEntries.
    fn homes_of(&self, host: &Host<'_>, client: NamespaceId) -> Vec<NamespaceId> {
        let service = self.registry.service(host).map(|service| service.id);
        let entries = self.entries_seen_by(host, &[client]);
        let entries = entries.into_iter().map(|entry| entry.id);
        let mut homes: Vec<NamespaceId> = service
            .into_iter()
            .chain(entries)
            .map(|id| self.places.namespace_of(id))
            .collect();
        homes.dedup();
        homes
    }

    /// Whether the rule has a subset of this name, or may have it once a placeholder is filled in.
    pub fn has_subset(&self, rule: &Object<DestinationRule>, subset: &str) -> bool {
        match self.subset_names.of(rule, &self.objects) {
            Some(names) => {
                names.exact.contains(subset)
                    || !self.quirks.placeholders_are_text && names.has_placeholder
            }
            None => rule.spec.subsets.iter().any(|own| {
                own.name == subset
                    || !self.quirks.placeholders_are_text && is_placeholder(&own.name)
            }),
        }
    }

    /// Whether the DestinationRule spells out a subset of this name.
    pub fn names_subset(&self, rule: &Object<DestinationRule>, subset: &str) -> bool {
        match self.subset_names.of(rule, &self.objects) {
            Some(names) => names.exact.contains(subset),
            None => rule.spec.subsets.iter().any(|own| own.name == subset),
        }
    }

    /// Names are more specific than wildcards, and longer wildcards than shorter ones.
    fn specificity(&self, rule: &Object<DestinationRule>) -> (bool, usize) {
        let host = self.host_of(rule);
        (!host.is_wildcard(), host.to_string().len())
    }
}

/// Whether a rule is exported to its own namespace and to no other.
fn is_private(rule: &Object<DestinationRule>) -> bool {
    let own = rule.namespace();
    let entries = &rule.spec.export_to;
    !entries.is_empty() && entries.iter().all(|entry| entry == "." || entry == own)
}
