//! Hosts of ServiceEntries: which entries cover a host name.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::mesh::Quirks;
use crate::mesh::registry::Registry;
use crate::mesh::registry::{Host, dot_suffixes};
use crate::model::networking::ServiceEntry;
use crate::model::{Object, Objects, Str};

/// Positions of ServiceEntries by their hosts.
#[derive(Debug, Default)]
pub(super) struct ServiceEntryHosts {
    /// By the whole host; under the quirk by what follows the first star, or the whole host.
    exact: FxHashMap<Str, Vec<u32>>,
    /// By what follows the star of a wildcard, with its dot.
    wildcards: FxHashMap<Str, Vec<u32>>,
    /// By every suffix that begins with a dot; made when first asked for.
    suffixes: OnceLock<FxHashMap<Str, Vec<u32>>>,
    are_suffixes: bool,
}

impl ServiceEntryHosts {
    pub(super) fn build(objects: &Objects, quirks: Quirks) -> Self {
        let mut hosts = Self {
            are_suffixes: quirks.service_entry_hosts_are_suffixes,
            ..Self::default()
        };
        for (position, entry) in (0u32..).zip(&objects.service_entries) {
            for host in &entry.spec.hosts {
                hosts.add(host, position);
            }
        }
        hosts
    }

    fn add(&mut self, host: &Str, position: u32) {
        let (map, key) = if self.are_suffixes {
            let tail = host.split_once('*').map_or(host.as_str(), |(_, tail)| tail);
            (&mut self.exact, tail.into())
        } else {
            match host.strip_prefix('*') {
                Some(suffix) if suffix.starts_with('.') => (&mut self.wildcards, suffix.into()),
                _ => (&mut self.exact, host.clone()),
            }
        };
        let positions: &mut Vec<u32> = map.entry(key).or_default();
        if positions.last() != Some(&position) {
            positions.push(position);
        }
    }

    /// Positions of the entries that cover `name`, perhaps more than once each.
    fn covering<'a>(&'a self, name: &'a str) -> impl Iterator<Item = u32> + 'a {
        let tails = name
            .char_indices()
            .filter(|_| self.are_suffixes)
            .filter_map(|(at, _)| name.get(at..))
            .chain(self.are_suffixes.then_some(""));
        let plain = (!self.are_suffixes).then_some(name);
        let exact = tails.chain(plain).filter_map(|key| self.exact.get(key));
        let wildcards = dot_suffixes(name).filter_map(|suffix| self.wildcards.get(suffix));
        exact.chain(wildcards).flatten().copied()
    }
}

impl Registry {
    /// The ServiceEntries that cover a host, visible or not, perhaps more than once each
    /// (upstream: `HasMatchingServiceEntries`). By their hosts as written: exactly or by a
    /// wildcard; in upstream mode by plain suffix.
    pub fn service_entries_covering(
        &self,
        host: &Host<'_>,
    ) -> impl Iterator<Item = &Object<ServiceEntry>> {
        let positions: Vec<u32> = if self.objects.service_entries.is_empty() {
            Vec::new()
        } else {
            let name = host.to_string();
            self.service_entries.covering(&name).collect()
        };
        positions
            .into_iter()
            .filter_map(|position| self.objects.service_entries.get(position as usize))
    }

    /// The ServiceEntries with a host within the wildcard `*.suffix`, visible or not, perhaps more
    /// than once each.
    pub fn service_entries_within(
        &self,
        wildcard: &str,
    ) -> impl Iterator<Item = &Object<ServiceEntry>> {
        let suffixes = self.service_entries.suffixes.get_or_init(|| {
            let mut suffixes: FxHashMap<Str, Vec<u32>> = FxHashMap::default();
            for (position, entry) in (0u32..).zip(&self.objects.service_entries) {
                for suffix in entry.spec.hosts.iter().flat_map(|host| dot_suffixes(host)) {
                    suffixes.entry(suffix.into()).or_default().push(position);
                }
            }
            suffixes
        });
        wildcard
            .strip_prefix('*')
            .and_then(|suffix| suffixes.get(suffix))
            .into_iter()
            .flatten()
            .filter_map(|position| self.objects.service_entries.get(*position as usize))
    }
}
