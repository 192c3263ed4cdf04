//! VirtualServices and DestinationRules by the hosts that they are for.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::{Host, Registry, dot_suffixes};
use crate::model::networking::{DestinationRule, VirtualService};
use crate::model::{Object, Objects};

/// Positions by resolved host: a sorted list of (hash, position). Hashes may collide: whoever
/// looks up verifies.
#[derive(Debug, Default)]
struct HostIndex(Vec<(u64, u32)>);

impl HostIndex {
    fn new(hosts: impl Iterator<Item = (u64, u32)>) -> Self {
        let mut pairs: Vec<_> = hosts.collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    fn get<'s>(&'s self, host: &Host<'_>) -> impl Iterator<Item = u32> + use<'s> {
        let hash = hash(host);
        let from = self.0.partition_point(|pair| pair.0 < hash);
        self.0
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |pair| pair.0 == hash)
            .map(|(_, position)| *position)
    }
}

fn hash(host: &Host<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    (host.complete, host.service, host.namespace).hash(&mut hasher);
    hasher.finish()
}

/// The indices. Asked through [`Mesh`].
#[derive(Debug, Default)]
pub(in crate::mesh) struct Destinations {
    virtual_services: HostIndex,
    destination_rules: HostIndex,
    /// VirtualServices with the host `*`.
    stars: Vec<u32>,
}

impl Destinations {
    pub(in crate::mesh) fn build(objects: &Objects, registry: &Registry) -> Self {
        let resolve = |name, namespace| registry.resolve(name, namespace);
        let destination = |name, namespace| registry.destination_host(name, namespace);
        let services = (0u32..)
            .zip(&objects.virtual_services)
            .flat_map(|(position, object)| {
                let namespace = object.namespace();
                let hosts = object.spec.hosts.iter();
                hosts.map(move |host| (position, host.as_str(), namespace))
            })
            .map(|(position, host, namespace)| (hash(&resolve(host, namespace)), position));
        let rules = (0u32..)
            .zip(&objects.destination_rules)
            .map(|(position, object)| {
                (
                    hash(&destination(&object.spec.host, object.namespace())),
                    position,
                )
            });
        let stars = (0u32..)
            .zip(&objects.virtual_services)
            .filter(|(_, object)| object.spec.hosts.iter().any(|host| host == "*"))
            .map(|(position, _)| position);
        Self {
            virtual_services: HostIndex::new(services),
            destination_rules: HostIndex::new(rules),
            stars: stars.collect(),
        }
    }
}

impl Routing {
    /// The host that a DestinationRule is for.
    pub fn host_of<'a>(&'a self, rule: &'a Object<DestinationRule>) -> Host<'a> {
        self.registry
            .destination_host(&rule.spec.host, rule.namespace())
    }

    /// The hosts that a VirtualService is for, in order.
    pub fn hosts_of<'a>(
        &'a self,
        service: &'a Object<VirtualService>,
    ) -> impl Iterator<Item = Host<'a>> + Clone {
        let hosts = service.spec.hosts.iter();
        hosts.map(|host| self.registry.resolve(host, service.namespace()))
    }

    /// The DestinationRules for exactly this host (a wildcard stands for itself), in load order,
    /// visible or not.
    pub fn destination_rules_for<'a>(
        &'a self,
        host: Host<'a>,
    ) -> impl Iterator<Item = &'a Object<DestinationRule>> {
        self.destinations
            .destination_rules
            .get(&host)
            .filter_map(|position| self.objects.destination_rules.get(position as usize))
            .filter(move |rule| self.host_of(rule) == host)
    }

    /// The DestinationRules whose host is this one or a wildcard that covers it, in load order,
    /// visible or not. A wildcard is covered by itself and by wider ones.
    pub fn destination_rules_covering(&self, host: Host<'_>) -> Vec<&Object<DestinationRule>> {
        let index = &self.destinations.destination_rules;
        let mut positions: Vec<u32> = index
            .get(&host)
            .filter(|position| self.has_rule_for(*position, &host))
            .collect();
        let name = host.to_string();
        for suffix in dot_suffixes(&name) {
            let wildcard = format!("*{suffix}");
            let wildcard = self.registry.resolve(&wildcard, "");
            positions.extend(
                index
                    .get(&wildcard)
                    .filter(|position| self.has_rule_for(*position, &wildcard)),
            );
        }
        positions.sort_unstable();
        positions.dedup();
        positions
            .into_iter()
            .filter_map(|position| self.objects.destination_rules.get(position as usize))
            .collect()
    }

    fn has_rule_for(&self, position: u32, host: &Host<'_>) -> bool {
        self.objects
            .destination_rules
            .get(position as usize)
            .is_some_and(|rule| self.host_of(rule) == *host)
    }

    /// The VirtualServices that list exactly this host, in load order, visible or not.
    pub fn virtual_services_for<'a>(
        &'a self,
        host: Host<'a>,
    ) -> impl Iterator<Item = &'a Object<VirtualService>> {
        self.destinations
            .virtual_services
            .get(&host)
            .filter_map(|position| self.objects.virtual_services.get(position as usize))
            .filter(move |service| self.hosts_of(service).any(|own| own == host))
    }

    /// Whether a VirtualService that `observer` sees has this host or a wildcard that covers it
    /// (upstream: `HasMatchingVirtualServices`). `*` covers everything in upstream mode alone.
    pub fn has_virtual_service(&self, host: Host<'_>, observer: NamespaceId) -> bool {
        let seen =
            |service: &Object<VirtualService>| self.visibility.is_visible(service.id, observer);
        let written = |service: &Object<VirtualService>, text: &str| {
            service.spec.hosts.iter().any(|own| own == text)
        };
        let counts = |text: &str| {
            !(self.quirks.svc_notation_is_unknown
                && host.complete
                && text.strip_suffix(".svc").is_some())
        };
        let lists = |service: &Object<VirtualService>| {
            let mut hosts = service.spec.hosts.iter();
            hosts.any(|text| {
                counts(text) && self.registry.resolve(text, service.namespace()) == host
            })
        };
        if self
            .virtual_services_for(host)
            .any(|service| seen(service) && lists(service))
        {
            return true;
        }
        if self.quirks.star_virtual_service_has_every_host
            && self.destinations.stars.iter().any(|position| {
                self.objects
                    .virtual_services
                    .get(*position as usize)
                    .is_some_and(seen)
            })
        {
            return true;
        }
        if host.complete {
            let wildcard = Host::cluster("*", host.namespace, host.domain);
            let text = wildcard.to_string();
            return self
                .virtual_services_for(wildcard)
                .any(|service| seen(service) && written(service, &text));
        }
        dot_suffixes(host.service).any(|suffix| {
            let text = format!("*{suffix}");
            let wildcard = self.registry.resolve(&text, "");
            let mut candidates = self.destinations.virtual_services.get(&wildcard);
            candidates.any(|position| {
                self.objects
                    .virtual_services
                    .get(position as usize)
                    .is_some_and(|service| seen(service) && written(service, &text))
            })
        })
    }
}
