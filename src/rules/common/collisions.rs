//! Finds pairs that collide without comparing all with all: objects meet in buckets.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::mesh::{Audience, Mesh, NamespaceId};
use crate::model::ObjectId;

/// So many partners of an object are named; that there are more makes no difference.
pub(crate) const NAMED: usize = 10;

/// Objects, by position, that lie in buckets.
#[derive(Debug)]
pub(crate) struct Collisions<K> {
    buckets: FxHashMap<K, Bucket>,
    partners: FxHashMap<u32, Vec<u32>>,
}

#[derive(Debug, Default)]
struct Bucket {
    members: Vec<u32>,
    /// All members before this place have their full number of partners.
    first_open: usize,
}

impl<K: Eq + Hash> Collisions<K> {
    /// No objects.
    pub(crate) fn new() -> Self {
        Self {
            buckets: FxHashMap::default(),
            partners: FxHashMap::default(),
        }
    }

    /// Puts an object into a bucket. All objects must lie in theirs before the first one meets
    /// others.
    pub(crate) fn put(&mut self, key: K, object: u32) {
        let bucket = self.buckets.entry(key).or_default();
        if bucket.members.last() != Some(&object) {
            bucket.members.push(object);
        }
    }

    /// Makes partners of the object and the members of a bucket with which it collides, of both
    /// sides. Once both sides have their full number of partners nothing is compared any more, so
    /// the work is linear however many objects collide.
    pub(crate) fn meet(&mut self, object: u32, key: &K, collide: impl Fn(u32, u32) -> bool) {
        let Some(bucket) = self.buckets.get_mut(key) else {
            return;
        };
        let partners = &mut self.partners;
        let count = |partners: &FxHashMap<u32, Vec<u32>>, object: u32| {
            partners.get(&object).map_or(0, Vec::len)
        };
        while bucket
            .members
            .get(bucket.first_open)
            .is_some_and(|member| count(partners, *member) >= NAMED)
        {
            bucket.first_open += 1;
        }
        let mut place = 0;
        loop {
            let full = count(partners, object) >= NAMED;
            if full {
                place = place.max(bucket.first_open);
            }
            let Some(other) = bucket.members.get(place).copied() else {
                return;
            };
            place += 1;
            if other == object
                || full && count(partners, other) >= NAMED
                || partners
                    .get(&object)
                    .is_some_and(|known| known.contains(&other))
                || !collide(object, other)
            {
                continue;
            }
            for (from, to) in [(object, other), (other, object)] {
                let known = partners.entry(from).or_default();
                if known.len() < NAMED && !known.contains(&to) {
                    known.push(to);
                }
            }
        }
    }

    /// The objects that collide with others, by position, each with at most ten partners, by
    /// position.
    pub(crate) fn into_partners(self) -> Vec<(u32, Vec<u32>)> {
        let mut all: Vec<_> = self.partners.into_iter().collect();
        all.sort_unstable_by_key(|(object, _)| *object);
        for (_, partners) in &mut all {
            partners.sort_unstable();
        }
        all
    }
}

/// Those of the items, each with the hash of what it is held by, that share a hash: group by group,
/// in order. Most are alone, and sorting finds that out with less memory than a table.
pub(crate) fn sharing(mut items: Vec<(u64, u32)>) -> Vec<Vec<u32>> {
    items.sort_unstable();
    items
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|alike| alike.len() > 1)
        .map(|alike| alike.iter().map(|(_, item)| *item).collect())
        .collect()
}

/// In whose buckets an object lies: everyone's (`None`), or those of the namespaces that see it.
pub(crate) fn own_observers(
    object: ObjectId,
    mesh: &Mesh,
) -> impl Iterator<Item = Option<NamespaceId>> {
    let everyone = *mesh.visibility.audience(object) == Audience::Everyone;
    let listed = listed(object, mesh).iter().copied().map(Some);
    everyone.then_some(None).into_iter().chain(listed)
}

/// In whose buckets an object meets those that somebody sees together with it. What some see
/// comes to what everyone sees, not the other way round: pairs are found from either side.
pub(crate) fn met_observers(
    object: ObjectId,
    mesh: &Mesh,
) -> impl Iterator<Item = Option<NamespaceId>> {
    let listed = listed(object, mesh).iter().copied().map(Some);
    listed.chain([None])
}

fn listed(object: ObjectId, mesh: &Mesh) -> &[NamespaceId] {
    match mesh.visibility.audience(object) {
        Audience::Everyone => &[],
        Audience::Only(observers) => observers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partners(count: u32, collide: impl Fn(u32, u32) -> bool + Copy) -> Vec<(u32, Vec<u32>)> {
        let mut collisions = Collisions::new();
        for object in 0..count {
            collisions.put((), object);
        }
        for object in 0..count {
            collisions.meet(object, &(), collide);
        }
        collisions.into_partners()
    }

    #[test]
    fn both_sides_of_a_pair_are_found() {
        assert_eq!(partners(4, |a, b| a + b == 4), [(1, vec![3]), (3, vec![1])]);
    }

    #[test]
    fn everyone_in_a_crowd_has_partners() {
        let found = partners(1000, |_, _| true);
        assert_eq!(found.len(), 1000);
        assert!(found.iter().all(|(_, partners)| partners.len() == NAMED));
    }

    #[test]
    fn one_against_all_is_found_from_either_side() {
        let found = partners(1000, |a, b| a == 999 || b == 999);
        assert_eq!(found.len(), 1000);
        assert!(
            found
                .iter()
                .take(999)
                .all(|(_, partners)| partners == &[999])
        );
    }
}
