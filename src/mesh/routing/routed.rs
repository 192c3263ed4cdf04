//! Subsets and what they lead to: which VirtualServices route to a subset, and which endpoints
//! outside the cluster carry its labels.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::Routing;
use crate::mesh::indices::LabelIndex;
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Host;
use crate::model::networking::{DestinationRule, ServiceEntry, VirtualService};
use crate::model::{Labels, Object, Str};
use crate::yaml::FieldPath;

/// Indices that are made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Routed {
    /// Positions of VirtualServices, by the hash of a subset's name and the first label of the
    /// host that it belongs to.
    subsets: OnceLock<FxHashMap<u64, Vec<u32>>>,
    endpoints: OnceLock<Endpoints>,
    entries: OnceLock<LabelIndex>,
    /// Namespaces with the hosts that routes of their VirtualServices lead to.
    hosts: OnceLock<FxHashSet<(NamespaceId, u64)>>,
}

/// Endpoints of all ServiceEntries.
#[derive(Debug, Default)]
struct Endpoints {
    labels: LabelIndex,
    /// Position of the ServiceEntry of each endpoint.
    owners: Vec<u32>,
}

/// A place in a VirtualService that names a subset.
#[derive(Debug, Clone)]
pub struct SubsetUse<'m> {
    /// The VirtualService.
    pub service: &'m Object<VirtualService>,
    /// The destination, such as `spec/http[0]/route[1]/destination`.
    pub path: FieldPath,
}

impl Routing {
    /// The first route of each VirtualService, visible or not, that leads to a subset of a
    /// DestinationRule (upstream: `isSubsetReferenced`).
    pub fn uses_of_subset<'m>(
        &'m self,
        rule: &'m Object<DestinationRule>,
        subset: &str,
    ) -> Vec<SubsetUse<'m>> {
        let index = self.routed.subsets.get_or_init(|| self.subset_index());
        let Some(positions) = index.get(&subset_hash(subset, &rule.spec.host)) else {
            return Vec::new();
        };
        positions
            .iter()
            .filter_map(|position| self.objects.virtual_services.get(*position as usize))
            .filter_map(|service| {
                let to = service.spec.destinations().find(|to| {
                    to.destination.is_some_and(|destination| {
                        destination.subset == subset
                            && self.leads_to(rule, &destination.host, service)
                    })
                })?;
                Some(SubsetUse {
                    service,
                    path: to.path().field("destination"),
                })
            })
            .collect()
    }

    /// Whether `host` in a VirtualService is the host of the rule. Under the quirk each name is
    /// read as if it stood in the other object.
    fn leads_to(
        &self,
        rule: &Object<DestinationRule>,
        host: &str,
        service: &Object<VirtualService>,
    ) -> bool {
        let (rule_home, service_home) = if self.quirks.subset_references_swap_namespaces {
            (service.namespace(), rule.namespace())
        } else {
            (rule.namespace(), service.namespace())
        };
        let own = self.registry.destination_host(&rule.spec.host, rule_home);
        own.names(&self.registry.destination_host(host, service_home))
    }

    /// Whether a route of some VirtualService of the namespace, which is judged, leads to the host.
    pub fn is_routed_to(&self, host: &Host<'_>, namespace: NamespaceId) -> bool {
        let hash = |host: &Host<'_>| {
            let mut hasher = FxHasher::default();
            host.hash(&mut hasher);
            hasher.finish()
        };
        let hosts = self.routed.hosts.get_or_init(|| {
            let services = self.objects.virtual_services.iter();
            services
                .filter(|service| !service.broken && !self.objects.is_context(service.id))
                .flat_map(|service| {
                    let destinations = service.spec.destinations();
                    destinations
                        .filter_map(|to| to.destination)
                        .map(|to| {
                            self.registry
                                .destination_host(&to.host, service.namespace())
                        })
                        .map(|host| (self.places.namespace_of(service.id), hash(&host)))
                        .collect::<Vec<_>>()
                })
                .collect()
        });
        hosts.contains(&(namespace, hash(host)))
    }

    fn subset_index(&self) -> FxHashMap<u64, Vec<u32>> {
        let mut index: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (position, service) in (0u32..).zip(&self.objects.virtual_services) {
            for destination in service.spec.destinations().filter_map(|to| to.destination) {
                let positions = index
                    .entry(subset_hash(&destination.subset, &destination.host))
                    .or_default();
                if positions.last() != Some(&position) {
                    positions.push(position);
                }
            }
        }
        index
    }

    /// The ServiceEntries, visible or not, with an endpoint that carries these labels, in load
    /// order.
    pub fn service_entries_with_endpoint(&self, labels: &Labels) -> Vec<&Object<ServiceEntry>> {
        let endpoints = self.routed.endpoints.get_or_init(|| {
            let all = || {
                (0u32..)
                    .zip(&self.objects.service_entries)
                    .flat_map(|(position, entry)| {
                        let endpoints = entry.spec.endpoints.iter();
                        endpoints.map(move |endpoint| (position, &endpoint.labels))
                    })
            };
            Endpoints {
                labels: LabelIndex::build(all().map(|(_, labels)| labels)),
                owners: all().map(|(position, _)| position).collect(),
            }
        });
        let count = u32::try_from(endpoints.owners.len()).unwrap_or(u32::MAX);
        let mut owners: Vec<u32> = endpoints
            .labels
            .matching(0..count, labels)
            .filter_map(|endpoint| endpoints.owners.get(endpoint as usize).copied())
            .collect();
        owners.dedup();
        owners
            .into_iter()
            .filter_map(|position| self.objects.service_entries.get(position as usize))
            .collect()
    }

    /// Whether a WorkloadEntry of the namespace carries these labels. Never under the quirk.
    pub fn has_workload_entry(&self, namespace: NamespaceId, labels: &Labels) -> bool {
        if self.objects.workload_entries.is_empty() || self.quirks.workload_entries_are_not_selected
        {
            return false;
        }
        let places = &self.places.catalogue.workload_entries;
        let index = self.routed.entries.get_or_init(|| {
            let none = Labels::default();
            let entry = |position: &u32| self.objects.workload_entries.get(*position as usize);
            let labels = places.all().iter().map(|position| {
                entry(position).map_or(&none, |entry: &Object<_>| &entry.spec.labels)
            });
            LabelIndex::build(labels)
        });
        index
            .matching(places.places(namespace), labels)
            .next()
            .is_some()
    }

    /// Whether a workload of the namespace, or a WorkloadEntry unless a quirk is on, is selected
    /// by both selectors.
    pub fn has_selected(&self, namespace: NamespaceId, selector: &Labels, labels: &Labels) -> bool {
        both(selector, labels).is_some_and(|labels| {
            self.workloads.has_match(namespace, &labels)
                || self.has_workload_entry(namespace, &labels)
        })
    }

    /// Whether an endpoint of the ServiceEntry carries these labels: one that it lists, or a
    /// workload of its namespace that it selects.
    pub fn has_endpoint(&self, entry: &Object<ServiceEntry>, labels: &Labels) -> bool {
        let mut endpoints = entry.spec.endpoints.iter();
        if endpoints.any(|endpoint| labels.selects(&endpoint.labels)) {
            return true;
        }
        let Some(selector) = &entry.spec.workload_selector else {
            return false;
        };
        self.has_selected(self.places.namespace_of(entry.id), &selector.labels, labels)
    }
}

/// The labels that a workload must carry to be selected by both; `None` when they contradict each
/// other.
fn both(a: &Labels, b: &Labels) -> Option<Labels> {
    let agree = |(key, value): (&Str, &Str)| a.get(key).is_none_or(|own| own == value);
    b.iter().all(agree).then(|| {
        a.iter()
            .chain(b.iter().filter(|(key, _)| !a.contains_key(key)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

fn subset_hash(subset: &str, host: &str) -> u64 {
    let first = host.split('.').next().unwrap_or_default();
    let mut hasher = FxHasher::default();
    (subset, first).hash(&mut hasher);
    hasher.finish()
}
