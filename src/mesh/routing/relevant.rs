//! Of the ServiceEntries and DestinationRules for a host, those that can matter to an object: what
//! everyone sees, and what is exported to those who see the object. In a mesh where each of many
//! namespaces keeps private objects for the same external host, each object meets its own alone.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use rustc_hash::FxHasher;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::{Host, dot_suffixes};
use crate::mesh::visibility::Audience;
use crate::model::networking::{DestinationRule, ServiceEntry};
use crate::model::{Object, ObjectId};

/// Positions by who sees the object and what host it is for; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Relevant {
    service_entries: OnceLock<SeenIndex>,
    destination_rules: OnceLock<SeenIndex>,
}

/// A sorted list of (observer, hash of a host, position). Hashes may collide: whoever looks up
/// verifies.
#[derive(Debug, Default)]
struct SeenIndex(Vec<(u32, u64, u32)>);

/// The observer that stands for all.
const EVERYONE: u32 = u32::MAX;

impl SeenIndex {
    fn add(&mut self, audience: &Audience, hash: u64, position: u32) {
        match audience {
            Audience::Everyone => self.0.push((EVERYONE, hash, position)),
            Audience::Only(observers) => {
                let entries = observers
                    .iter()
                    .map(|observer| (observer.0, hash, position));
                self.0.extend(entries);
            }
        }
    }

    fn sort(mut self) -> Self {
        self.0.sort_unstable();
        self.0.dedup();
        self
    }

    fn get(&self, observer: u32, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let from = self.0.partition_point(|entry| *entry < (observer, hash, 0));
        let rest = self.0.get(from..).unwrap_or_default().iter();
        rest.take_while(move |entry| (entry.0, entry.1) == (observer, hash))
            .map(|entry| entry.2)
    }

    /// The positions with one of the hashes that one of `observers` or everyone sees, in order,
    /// each once.
    fn seen_by(&self, observers: &[NamespaceId], hashes: &[u64]) -> Vec<u32> {
        let mut positions: Vec<u32> = Vec::new();
        for observer in observers.iter().map(|id| id.0).chain([EVERYONE]) {
            positions.extend(hashes.iter().flat_map(|hash| self.get(observer, *hash)));
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

fn hash(parts: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    hasher.finish()
}

fn hash_of(host: &Host<'_>) -> u64 {
    hash((host.complete, host.service, host.namespace))
}

impl Routing {
    /// The ServiceEntries that cover a host and are seen by somebody who sees `subject`, in load
    /// order, each once.
    pub fn service_entries_for(
        &self,
        host: &Host<'_>,
        subject: ObjectId,
    ) -> Vec<&Object<ServiceEntry>> {
        if self.objects.service_entries.is_empty() {
            return Vec::new();
        }
        match self.visibility.audience(subject) {
            Audience::Everyone => {
                let mut entries: Vec<_> = self.registry.service_entries_covering(host).collect();
                entries.sort_unstable_by_key(|entry| entry.id);
                entries.dedup_by_key(|entry| entry.id);
                entries
            }
            Audience::Only(observers) => self.entries_seen_by(host, observers),
        }
    }

    /// The ServiceEntries that cover a host and are seen by one of `observers`, in load order, each
    /// once.
    pub(in crate::mesh) fn entries_seen_by(
        &self,
        host: &Host<'_>,
        observers: &[NamespaceId],
    ) -> Vec<&Object<ServiceEntry>> {
        if self.objects.service_entries.is_empty() {
            return Vec::new();
        }
        let index = self.seen_entries();
        let name = host.to_string();
        let mut keys: Vec<u64> = vec![hash(name.as_str())];
        if self.quirks.service_entry_hosts_are_suffixes {
            let tails = name.char_indices().filter_map(|(at, _)| name.get(at..));
            keys = tails.chain([""]).map(hash).collect();
        }
        keys.extend(dot_suffixes(&name).map(|suffix| hash(('*', suffix))));
        index
            .seen_by(observers, &keys)
            .into_iter()
            .filter_map(|position| self.objects.service_entries.get(position as usize))
            .filter(|entry| self.covers(entry, &name))
            .collect()
    }

    /// Builds the indices.
    pub(in crate::mesh) fn prepare_relevant(&self) {
        self.seen_entries();
        self.seen_rules();
    }

    fn seen_entries(&self) -> &SeenIndex {
        let index = &self.relevant.service_entries;
        index.get_or_init(|| self.entry_index())
    }

    fn seen_rules(&self) -> &SeenIndex {
        let index = &self.relevant.destination_rules;
        index.get_or_init(|| self.rule_index())
    }

    fn entry_index(&self) -> SeenIndex {
        let mut index = SeenIndex::default();
        for (position, entry) in (0u32..).zip(&self.objects.service_entries) {
            for host in &entry.spec.hosts {
                let key = if self.quirks.service_entry_hosts_are_suffixes {
                    hash(host.split_once('*').map_or(host.as_str(), |(_, tail)| tail))
                } else {
                    match host.strip_prefix('*') {
                        Some(suffix) if suffix.starts_with('.') => hash(('*', suffix)),
                        _ => hash(host.as_str()),
                    }
                };
                index.add(self.visibility.audience(entry.id), key, position);
            }
        }
        index.sort()
    }

    fn covers(&self, entry: &Object<ServiceEntry>, name: &str) -> bool {
        entry.spec.hosts.iter().any(|host| {
            if self.quirks.service_entry_hosts_are_suffixes {
                let tail = host.split_once('*').map_or(host.as_str(), |(_, tail)| tail);
                return name.ends_with(tail);
            }
            let suffix = host
                .strip_prefix('*')
                .filter(|suffix| suffix.starts_with('.'));
            suffix.map_or(host == name, |suffix| name.ends_with(suffix))
        })
    }

    /// The DestinationRules whose host is this one or a wildcard that covers it, and that are seen
    /// by somebody who sees `subject`, in load order.
    pub fn destination_rules_relevant_to(
        &self,
        host: Host<'_>,
        subject: ObjectId,
    ) -> Vec<&Object<DestinationRule>> {
        let Audience::Only(observers) = self.visibility.audience(subject) else {
            return self.destination_rules_covering(host);
        };
        let index = self.seen_rules();
        let name = host.to_string();
        let mut keys = vec![hash_of(&host)];
        keys.extend(dot_suffixes(&name).map(|suffix| {
            let wildcard = format!("*{suffix}");
            hash_of(&self.registry.resolve(&wildcard, ""))
        }));
        index
            .seen_by(observers, &keys)
            .into_iter()
            .filter_map(|position| self.objects.destination_rules.get(position as usize))
            .filter(|rule| {
                let own = self.host_of(rule);
                own == host || own.covers(&name)
            })
            .collect()
    }

    fn rule_index(&self) -> SeenIndex {
        let mut index = SeenIndex::default();
        for (position, rule) in (0u32..).zip(&self.objects.destination_rules) {
            index.add(
                self.visibility.audience(rule.id),
                hash_of(&self.host_of(rule)),
                position,
            );
        }
        index.sort()
    }
}
