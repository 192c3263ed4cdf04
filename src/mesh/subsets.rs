//! Which DestinationRules decide about the subsets of a host for the proxies of a namespace.

use super::Mesh;
use super::hosts::Host;
use super::namespaces::NamespaceId;
use crate::model::Object;
use crate::model::networking::DestinationRule;
use crate::yaml::is_placeholder;

/// The DestinationRules that may decide about a host.
#[derive(Debug)]
pub struct RulesOfHost<'m> {
    /// The rules, visible or not, in load order.
    pub rules: Vec<&'m Object<DestinationRule>>,
    /// The namespaces that provide the host: those of its Service and ServiceEntries. None if the
    /// host is unknown.
    homes: Vec<NamespaceId>,
}

impl Mesh {
    /// The DestinationRules that may decide about `host`, as an object in `viewer` names it.
    pub fn rules_of_host(&self, host: Host<'_>) -> RulesOfHost<'_> {
        let mut rules = self.destination_rules_covering(host);
        if !host.complete
            && let (service, namespace) = host.two_parts()
            && host.service.len() == service.len() + 1 + namespace.len()
        {
            // A two-part name of a namespace that is not known, which a rule names in full.
            let full = Host::cluster(service, namespace, &self.identity_domain);
            let named: Vec<_> = self.rules_named(full);
            rules.extend(named);
            rules.sort_by_key(|rule| rule.id);
        }
        let mut homes = Vec::new();
        if !self.quirks.subsets_in_rules_of_any_namespace && !rules.is_empty() {
            if self.service(&host).is_some() {
                homes.extend(self.namespaces.id(host.namespace));
            }
            let entries = self.service_entries_covering(&host);
            homes.extend(entries.map(|entry| self.namespaces.of(entry.id)));
        }
        RulesOfHost { rules, homes }
    }

    fn rules_named(&self, host: Host<'_>) -> Vec<&Object<DestinationRule>> {
        self.destination_rules_covering(host)
            .into_iter()
            .filter(|rule| self.host_of(rule) == host)
            .collect()
    }

    /// Whether the proxies of `client` find the subset of a host: whether a rule that they see
    /// and import has it.
    ///
    /// Istio looks rules up in the client's namespace, then in that of the service, then in the
    /// root namespace, takes the first of these that has rules for the host, and of them those
    /// with the most specific host.
    pub fn finds_subset(&self, rules: &RulesOfHost<'_>, subset: &str, client: NamespaceId) -> bool {
        let view = self.view_of(client);
        let usable = |rule: &&&Object<DestinationRule>| {
            self.is_visible(rule.id, client)
                && view.is_none_or(|view| self.is_rule_imported(rule, view))
        };
        let usable: Vec<&Object<DestinationRule>> =
            rules.rules.iter().filter(usable).copied().collect();
        let has = |rule: &&Object<DestinationRule>| self.has_subset(rule, subset);
        if self.quirks.subsets_in_rules_of_any_namespace || rules.homes.is_empty() {
            return usable.iter().any(has);
        }
        let root = self
            .namespaces
            .control_plane_or_first(client)
            .root_namespace;
        let tiers = std::iter::once(client)
            .chain(rules.homes.iter().copied())
            .chain([root]);
        for namespace in tiers {
            let here = || {
                let mut all = usable.iter().copied();
                std::iter::from_fn(move || {
                    all.find(|rule| self.namespaces.of(rule.id) == namespace)
                })
            };
            // Rules for some clients alone leave the others to what comes after.
            let is_for_all =
                |rule: &&Object<DestinationRule>| rule.spec.workload_selector.is_none();
            if here()
                .filter(|rule| !is_for_all(rule))
                .any(|rule| has(&rule))
            {
                return true;
            }
            let for_all: Vec<_> = here().filter(is_for_all).collect();
            match for_all.as_slice() {
                [] => {}
                [one] => return has(one),
                several => {
                    let most = several.iter().map(|rule| self.specificity(rule)).max();
                    return several
                        .iter()
                        .filter(|rule| Some(self.specificity(rule)) == most)
                        .any(has);
                }
            }
        }
        false
    }

    /// Whether the rule has a subset of this name, or may have it once a placeholder is filled in.
    pub fn has_subset(&self, rule: &Object<DestinationRule>, subset: &str) -> bool {
        rule.spec
            .subsets
            .iter()
            .any(|own| own.name == subset || !self.settings.upstream && is_placeholder(&own.name))
    }

    /// Names are more specific than wildcards, and longer wildcards than shorter ones.
    fn specificity(&self, rule: &Object<DestinationRule>) -> (bool, usize) {
        let host = self.host_of(rule);
        (!host.is_wildcard(), host.to_string().len())
    }
}
