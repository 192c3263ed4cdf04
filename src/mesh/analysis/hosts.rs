//! Host names as `istioctl analyze` compares them.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::model::Str;

/// The full name of a host as an object of the namespace writes it: a name without a dot is that
/// of a service of the namespace.
pub fn full_host<'a>(namespace: &str, host: &'a str) -> Cow<'a, str> {
    if host.starts_with('*') || host.contains('.') {
        Cow::Borrowed(host)
    } else {
        Cow::Owned(format!("{host}.{namespace}.svc.cluster.local"))
    }
}

/// Which hosts overlap a given one, where `*` at the front stands for any text: two wildcards
/// overlap when one ends in the other, a wildcard and a name when the name ends in what follows
/// the star.
#[derive(Debug, Default)]
pub struct HostSet {
    exact: FxHashMap<Str, Vec<u32>>,
    /// What follows the star.
    wild: FxHashMap<Str, Vec<u32>>,
    /// The lengths of what follows a star, ascending.
    lengths: Vec<usize>,
    /// Every host without its star, back to front, sorted: those that end in a text are a range.
    reversed: Vec<(Box<[u8]>, u32)>,
}

impl HostSet {
    /// A set of hosts, each with a number that queries answer with.
    pub fn new<'a>(hosts: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let mut set = Self::default();
        for (host, value) in hosts {
            let (map, bare) = match host.strip_prefix('*') {
                Some(bare) => (&mut set.wild, bare),
                None => (&mut set.exact, host),
            };
            map.entry(bare.into()).or_default().push(value);
            set.reversed.push((bare.bytes().rev().collect(), value));
        }
        set.lengths = set.wild.keys().map(Str::len).collect();
        set.lengths.sort_unstable();
        set.lengths.dedup();
        set.reversed.sort_unstable();
        set
    }

    /// Whether some host overlaps `host`.
    pub fn overlaps(&self, host: &str) -> bool {
        match host.strip_prefix('*') {
            Some(bare) => {
                !self.ending_in(bare).is_empty() || self.wildcards_over(bare).next().is_some()
            }
            None => self.exact.contains_key(host) || self.wildcards_over(host).next().is_some(),
        }
    }

    /// The numbers of the hosts that overlap a host without a star.
    pub fn overlapping_name<'a>(&'a self, host: &'a str) -> impl Iterator<Item = u32> + 'a {
        let exact = self.exact.get(host).into_iter();
        exact
            .chain(self.wildcards_over(host))
            .flat_map(|values| values.iter().copied())
    }

    /// The numbers of the wildcards that are as wide as `*bare`, or wider.
    pub fn wider_than<'a>(&'a self, bare: &'a str) -> impl Iterator<Item = u32> + 'a {
        self.wildcards_over(bare)
            .flat_map(|values| values.iter().copied())
    }

    /// Where in [`HostSet::number_at`] the hosts stand that end in `bare`, a star aside.
    pub fn ending_in(&self, bare: &str) -> Range<usize> {
        let wanted: Vec<u8> = bare.bytes().rev().collect();
        let from = self
            .reversed
            .partition_point(|(host, _)| **host < *wanted.as_slice());
        let rest = self.reversed.get(from..).unwrap_or_default();
        let len = rest.partition_point(|(host, _)| host.starts_with(&wanted));
        from..from + len
    }

    /// The number of the host at a place of [`HostSet::ending_in`].
    pub fn number_at(&self, place: usize) -> Option<u32> {
        self.reversed.get(place).map(|(_, value)| *value)
    }

    /// The number of hosts.
    #[allow(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.reversed.len()
    }

    /// The wildcards that `text` ends in, longest first.
    fn wildcards_over<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a Vec<u32>> + 'a {
        suffixes(text, &self.lengths).filter_map(|suffix| self.wild.get(suffix))
    }
}

/// The suffixes of `text` that have one of the `lengths` (ascending), longest first.
pub fn suffixes<'a>(text: &'a str, lengths: &'a [usize]) -> impl Iterator<Item = &'a str> + 'a {
    let fitting = lengths.partition_point(|length| *length <= text.len());
    lengths
        .get(..fitting)
        .unwrap_or_default()
        .iter()
        .rev()
        .filter_map(|length| text.get(text.len() - length..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, read literally.
    fn overlap(a: &str, b: &str) -> bool {
        match (a.strip_prefix('*'), b.strip_prefix('*')) {
            (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
            (Some(a), None) => b.ends_with(a),
            (None, Some(b)) => a.ends_with(b),
            (None, None) => a == b,
        }
    }

    proptest! {
        #[test]
        fn sets_agree_with_the_definition(
            hosts in proptest::collection::vec("\\*?[ab.]{0,4}", 0..12),
            asked in "\\*?[ab.]{0,4}",
        ) {
            let set = HostSet::new(hosts.iter().map(String::as_str).zip(0..));
            let expected = hosts.iter().any(|host| overlap(host, &asked));
            prop_assert_eq!(set.overlaps(&asked), expected);
            let mut found: Vec<u32> = match asked.strip_prefix('*') {
                Some(bare) => set
                    .ending_in(bare)
                    .filter_map(|place| set.number_at(place))
                    .chain(set.wider_than(bare))
                    .collect(),
                None => set.overlapping_name(&asked).collect(),
            };
            found.sort_unstable();
            found.dedup();
            let expected: Vec<u32> = (0..)
                .zip(&hosts)
                .filter(|(_, host)| overlap(host, &asked))
                .map(|(number, _)| number)
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn short_names_belong_to_the_namespace() {
        for (host, full) in [
            ("reviews", "reviews.shop.svc.cluster.local"),
            ("reviews.shop", "reviews.shop"),
            ("*", "*"),
            ("*.example.com", "*.example.com"),
        ] {
            assert_eq!(full_host("shop", host), full);
        }
    }
}
