//! Label selection by index: which of many things carry some labels, and which of many selectors
//! select some labels.
//!
//! Both indices are sorted lists of (hash of a label, item). Items are dense numbers in namespace
//! order, so that the items of one namespace with one label stand together.
//! Hashes may collide: every candidate is verified.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use rustc_hash::FxHasher;

use crate::model::Labels;

fn pair_hash(key: &str, value: &str) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    value.hash(&mut hasher);
    hasher.finish()
}

/// How many items share a block of postings. Questions are mostly about one namespace, whose
/// items stand together: such a question reads one or two small blocks, however large the mesh.
const BLOCK: u32 = 32;

/// The most blocks that are looked through one by one.
const FEW: usize = 6;

type Posting = (u64, u32);

/// Lists of (hash, item): sorted within blocks of items, and over all.
#[derive(Debug, Default)]
struct Postings {
    /// Sorted by block, hash and item.
    by_block: Vec<Posting>,
    /// Where each block begins in `by_block`, and the end.
    starts: Vec<u32>,
    /// Sorted by hash and item.
    by_hash: Vec<Posting>,
}

impl Postings {
    fn new(mut pairs: Vec<Posting>) -> Self {
        pairs.sort_unstable_by_key(|(hash, item)| (item / BLOCK, *hash, *item));
        pairs.dedup();
        let mut by_hash = pairs.clone();
        by_hash.sort_unstable();
        let blocks = pairs.last().map_or(0, |(_, item)| item / BLOCK + 1);
        let starts = (0..=blocks)
            .map(|block| pairs.partition_point(|(_, item)| item / BLOCK < block))
            .map(|start| u32::try_from(start).unwrap_or(u32::MAX))
            .collect();
        Self {
            by_block: pairs,
            starts,
            by_hash,
        }
    }

    /// The items within `items` that have the label, in order.
    fn get(&self, key: &str, value: &str, items: &Range<u32>) -> Found<'_> {
        let hash = pair_hash(key, value);
        let mut found = Found::default();
        if items.is_empty() {
            return found;
        }
        let blocks = items.start / BLOCK..(items.end - 1) / BLOCK + 1;
        if blocks.len() <= found.0.len() {
            for (slot, block) in found.0.iter_mut().zip(blocks) {
                *slot = within(self.block(block), hash, items);
            }
        } else if let Some(slot) = found.0.first_mut() {
            *slot = within(&self.by_hash, hash, items);
        }
        found
    }

    fn block(&self, block: u32) -> &[Posting] {
        let at = |block: usize| self.starts.get(block).map(|start| *start as usize);
        match (at(block as usize), at(block as usize + 1)) {
            (Some(start), Some(end)) => self.by_block.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Postings of one hash, in order of items.
#[derive(Debug, Clone, Copy, Default)]
struct Found<'p>([&'p [Posting]; FEW]);

impl<'p> Found<'p> {
    fn len(&self) -> usize {
        self.0.iter().map(|slice| slice.len()).sum()
    }

    fn items(self) -> impl Iterator<Item = u32> + use<'p> {
        self.0.into_iter().flatten().map(|(_, item)| *item)
    }
}

/// The postings of a hash and a range of items in a list sorted by both.
fn within<'p>(sorted: &'p [Posting], hash: u64, items: &Range<u32>) -> &'p [Posting] {
    let from = sorted.partition_point(|pair| *pair < (hash, items.start));
    let rest = sorted.get(from..).unwrap_or_default();
    let len = rest.partition_point(|pair| *pair < (hash, items.end));
    rest.get(..len).unwrap_or_default()
}

/// Finds the things that carry given labels.
#[derive(Debug, Default)]
pub struct LabelIndex {
    postings: Postings,
    labels: Vec<Labels>,
}

impl LabelIndex {
    /// An index over things numbered from 0, in the order given, with their labels.
    pub fn build<'a>(labels: impl Iterator<Item = &'a Labels>) -> Self {
        let labels: Vec<Labels> = labels.cloned().collect();
        let mut pairs = Vec::with_capacity(labels.len() * 2);
        for (item, labels) in (0u32..).zip(&labels) {
            pairs.extend(
                labels
                    .iter()
                    .map(|(key, value)| (pair_hash(key, value), item)),
            );
        }
        Self {
            postings: Postings::new(pairs),
            labels,
        }
    }

    /// The things of `items` that carry all labels of `selector`, in order. The work is
    /// proportional to the rarest label; an empty selector selects all.
    pub fn matching<'a>(
        &'a self,
        items: Range<u32>,
        selector: &'a Labels,
    ) -> impl Iterator<Item = u32> + 'a {
        let rarest = selector
            .iter()
            .map(|(key, value)| self.postings.get(key, value, &items))
            .min_by_key(Found::len);
        let all = if rarest.is_none() { items } else { 0..0 };
        rarest
            .unwrap_or_default()
            .items()
            .filter(move |item| {
                self.labels
                    .get(*item as usize)
                    .is_some_and(|labels| selector.selects(labels))
            })
            .chain(all)
    }

    /// The things of `items` with the label `key`=`value`, in order.
    pub fn with_label<'a>(
        &'a self,
        items: Range<u32>,
        key: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = u32> + 'a {
        self.postings
            .get(key, value, &items)
            .items()
            .filter(move |item| {
                self.labels
                    .get(*item as usize)
                    .is_some_and(|labels| labels.has(key, value))
            })
    }
}

/// Finds the selectors that select given labels. Empty selectors are left out.
#[derive(Debug, Default)]
pub struct SelectorIndex {
    postings: Postings,
    selectors: Vec<Labels>,
}

impl SelectorIndex {
    /// An index over selectors numbered from 0, in the order given.
    pub fn build<'a>(selectors: impl Iterator<Item = &'a Labels>) -> Self {
        let selectors: Vec<Labels> = selectors.cloned().collect();
        let pairs = (0u32..)
            .zip(&selectors)
            .filter_map(|(item, selector)| {
                // One label suffices to find the selector: the longest value is the rarest.
                let (key, value) = selector.iter().max_by_key(|(_, value)| value.len())?;
                Some((pair_hash(key, value), item))
            })
            .collect();
        Self {
            postings: Postings::new(pairs),
            selectors,
        }
    }

    /// The non-empty selectors of `items` that select `labels`, in order.
    pub fn selecting(&self, items: Range<u32>, labels: &Labels) -> Vec<u32> {
        let mut found: Vec<u32> = labels
            .iter()
            .flat_map(|(key, value)| self.postings.get(key, value, &items).items())
            .filter(|item| {
                self.selectors
                    .get(*item as usize)
                    .is_some_and(|selector| selector.selects(labels))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn labels() -> impl Strategy<Value = Labels> {
        proptest::collection::btree_map("[abc]", "[xy]", 0..4).prop_map(|map| {
            map.into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn indices_agree_with_a_scan(
            things in proptest::collection::vec(labels(), 0..400),
            asked in labels(),
            from in 0u32..400,
            len in 0u32..400,
        ) {
            let end = (from + len).min(u32::try_from(things.len()).unwrap());
            let items = from.min(end)..end;
            let index = LabelIndex::build(things.iter());
            let found: Vec<_> = index.matching(items.clone(), &asked).collect();
            let expected: Vec<_> = items.clone().filter(|i| asked.selects(&things[*i as usize])).collect();
            prop_assert_eq!(found, expected);

            let index = SelectorIndex::build(things.iter());
            let expected: Vec<_> = items
                .clone()
                .filter(|i| !things[*i as usize].is_empty() && things[*i as usize].selects(&asked))
                .collect();
            prop_assert_eq!(index.selecting(items, &asked), expected);
        }
    }
}
