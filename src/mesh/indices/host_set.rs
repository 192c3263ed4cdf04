//! Hosts of which some are wildcards: which of many overlap a given one.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::model::Str;

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

    /// The numbers of the hosts that overlap `host`, perhaps more than once each.
    pub fn overlapping<'a>(&'a self, host: &'a str) -> impl Iterator<Item = u32> + 'a {
        let bare = host.strip_prefix('*');
        let within = bare.map_or(0..0, |bare| self.ending_in(bare));
        let within = within.filter_map(|place| self.number_at(place));
        let wider = bare.into_iter().flat_map(|bare| self.wider_than(bare));
        let name = bare.is_none().then_some(host).into_iter();
        let over = name.flat_map(|name| self.overlapping_name(name));
        over.chain(wider).chain(within)
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
            let mut found: Vec<u32> = set.overlapping(&asked).collect();
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
}
