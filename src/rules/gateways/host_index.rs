//! Hosts of Gateways that share port and selector, found by the hosts that they collide with.

use rustc_hash::FxHashMap;

use crate::mesh::registry::dot_suffixes;

/// A host with the namespaces that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct HostKey<'g> {
    /// The host in lower case, perhaps with a star in front.
    pub(super) name: &'g str,
    /// The namespace of the VirtualServices, `*` for any.
    pub(super) namespace: &'g str,
}

impl HostKey<'_> {
    /// Whether requests can be for both.
    pub(super) fn collides(self, other: HostKey<'_>) -> bool {
        (self.namespace == other.namespace || self.namespace == "*" || other.namespace == "*")
            && (self.name == other.name
                || self.name == "*"
                || other.name == "*"
                || self.covers(other)
                || other.covers(self))
    }

    /// Whether a wildcard covers the other host. Of two wildcards `*.a` neither covers the other.
    fn covers(self, other: HostKey<'_>) -> bool {
        self.name.strip_prefix('*').is_some_and(|suffix| {
            other.name.ends_with(suffix)
                && !(suffix.starts_with('.') && other.name.starts_with("*."))
        })
    }
}

/// Distinct hosts, numbered from 0. The work of a question is proportional to what it finds.
#[derive(Debug, Default)]
pub(super) struct HostIndex<'g> {
    keys: Vec<HostKey<'g>>,
    numbers: FxHashMap<HostKey<'g>, u32>,
    /// Of each name, of whatever namespace.
    by_name: FxHashMap<&'g str, Vec<u32>>,
    by_namespace: FxHashMap<&'g str, Vec<u32>>,
    /// What ends in a suffix that begins with a dot and is no wildcard `*.a`: in one namespace, and
    /// (under `None`) in any.
    below: FxHashMap<(&'g str, Option<&'g str>), Vec<u32>>,
    /// Wildcards such as `*a`, which Istio refuses.
    odd: Vec<u32>,
}

impl<'g> HostIndex<'g> {
    /// The number of a host.
    pub(super) fn add(&mut self, key: HostKey<'g>) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key);
        self.numbers.insert(key, number);
        self.by_name.entry(key.name).or_default().push(number);
        let namespace = self.by_namespace.entry(key.namespace).or_default();
        namespace.push(number);
        if !key.name.starts_with("*.") {
            for suffix in dot_suffixes(key.name) {
                for namespace in [Some(key.namespace), None] {
                    let below = self.below.entry((suffix, namespace)).or_default();
                    below.push(number);
                }
            }
        }
        let wildcard = key.name.strip_prefix('*');
        if wildcard.is_some_and(|suffix| !suffix.is_empty() && !suffix.starts_with('.')) {
            self.odd.push(number);
        }
        number
    }

    /// The host of a number.
    pub(super) fn key(&self, number: u32) -> Option<HostKey<'g>> {
        self.keys.get(number as usize).copied()
    }

    /// Shows the numbers of the hosts that collide with `key`, itself first, until `enough` says
    /// that it has seen enough. Some may be shown more than once.
    pub(super) fn visit(&self, key: HostKey<'g>, enough: &mut dyn FnMut(u32) -> bool) -> bool {
        if key.name == "*" {
            return if key.namespace == "*" {
                (0u32..).zip(&self.keys).any(|(number, _)| enough(number))
            } else {
                let mut spaces = [key.namespace, "*"].into_iter();
                spaces.any(|space| any(self.by_namespace.get(space), enough))
            };
        }
        self.visit_name(key.name, key.namespace, enough)
            || self.visit_name("*", key.namespace, enough)
            || !key.name.starts_with("*.")
                && dot_suffixes(key.name).any(|suffix| {
                    // A wildcard is found by the suffix that it stands before.
                    self.visit_wildcard(suffix, key, enough)
                })
            || self.visit_below(key, enough)
            || self.visit_odd(key, enough)
    }

    fn visit_name(&self, name: &str, namespace: &str, enough: &mut dyn FnMut(u32) -> bool) -> bool {
        if namespace == "*" {
            return any(self.by_name.get(name), enough);
        }
        [namespace, "*"].into_iter().any(|namespace| {
            let number = self.numbers.get(&HostKey { name, namespace });
            number.is_some_and(|number| enough(*number))
        })
    }

    fn visit_wildcard(
        &self,
        suffix: &str,
        key: HostKey<'g>,
        enough: &mut dyn FnMut(u32) -> bool,
    ) -> bool {
        self.visit_name(&format!("*{suffix}"), key.namespace, enough)
    }

    fn visit_below(&self, key: HostKey<'g>, enough: &mut dyn FnMut(u32) -> bool) -> bool {
        let Some(suffix) = key.name.strip_prefix('*').filter(|s| s.starts_with('.')) else {
            return false;
        };
        if key.namespace == "*" {
            return any(self.below.get(&(suffix, None)), enough);
        }
        let mut spaces = [key.namespace, "*"].into_iter();
        spaces.any(|space| any(self.below.get(&(suffix, Some(space))), enough))
    }

    fn visit_odd(&self, key: HostKey<'g>, enough: &mut dyn FnMut(u32) -> bool) -> bool {
        let collides = |number: &u32| self.key(*number).is_some_and(|odd| odd.collides(key));
        let is_odd = self.numbers.get(&key).is_some_and(|n| self.odd.contains(n));
        self.odd
            .iter()
            .any(|number| collides(number) && enough(*number))
            || is_odd
                && (0u32..)
                    .zip(&self.keys)
                    .any(|(number, other)| other.collides(key) && enough(number))
    }
}

fn any(numbers: Option<&Vec<u32>>, enough: &mut dyn FnMut(u32) -> bool) -> bool {
    numbers.into_iter().flatten().any(|number| enough(*number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn wildcards_cover_whole_labels() {
        let key = |name| HostKey {
            name,
            namespace: "*",
        };
        for (a, b, expected) in [
            ("a.x", "a.x", true),
            ("*.x", "a.x", true),
            ("*.x", "a.b.x", true),
            ("*.x", "x", false),
            ("*.x", "ax", false),
            ("*.x", "*.a.x", false),
            ("*", "*.x", true),
            ("*x", "*.a.x", true),
        ] {
            assert_eq!(key(a).collides(key(b)), expected, "{a} {b}");
            assert_eq!(key(b).collides(key(a)), expected, "{b} {a}");
        }
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_a_scan(
            hosts in proptest::collection::vec(
                (r"(\*|\*\.|\*a\.)?([ab](\.[ab]){0,2})?", r"\*|n|m"), 1..20,
            ),
        ) {
            let mut index = HostIndex::default();
            for (name, namespace) in &hosts {
                index.add(HostKey { name, namespace });
            }
            for (name, namespace) in &hosts {
                let key = HostKey { name, namespace };
                let mut found = BTreeSet::new();
                index.visit(key, &mut |number| {
                    found.insert(number);
                    false
                });
                let expected: BTreeSet<u32> = (0u32..)
                    .zip(&index.keys)
                    .filter(|(_, other)| other.collides(key))
                    .map(|(number, _)| number)
                    .collect();
                prop_assert_eq!(found, expected, "{:?}", key);
            }
        }
    }
}
