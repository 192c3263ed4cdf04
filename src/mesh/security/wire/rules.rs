//! Which DestinationRule holds for a client and a host: three places to look in, rules of one host
//! merged, and those left out that the client's namespace does not see.
//!
//! Source: Istio's `pilot/pkg/model/push_context.go` (`destinationRule`, `setDestinationRules`) and
//! `pilot/pkg/model/destination_rule.go` (`mergeDestinationRule`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::Client;
use crate::mesh::indices::SelectorIndex;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::registry::{Registry, dot_suffixes};
use crate::model::networking::DestinationRule;
use crate::model::{Labels, Object, Objects, Str};

/// DestinationRules by the namespace that they stand in and their host.
#[derive(Debug, Default)]
pub(super) struct Rules {
    shelves: FxHashMap<NamespaceId, FxHashMap<Str, Shelf>>,
    /// Namespaces whose own clients have a rule for a host.
    with_own: FxHashMap<Str, Vec<NamespaceId>>,
    /// Rules with a workloadSelector: positions, and their places in `selectors` by namespace.
    selective: Vec<u32>,
    ranges: FxHashMap<NamespaceId, std::ops::Range<u32>>,
    selectors: SelectorIndex,
    /// Rules whose workloadSelector has no labels.
    for_all: FxHashMap<NamespaceId, Vec<u32>>,
}

/// The rules of one host in one namespace.
#[derive(Debug, Default)]
struct Shelf {
    /// What clients of the namespace itself have; in the root namespace private rules alone.
    own: Vec<Group>,
    /// What is not private.
    public: Vec<Group>,
}

/// DestinationRules of one host that act as one.
#[derive(Debug, Default)]
pub struct Group {
    /// Positions of the rules, the one that the others were merged into first.
    rules: Vec<u32>,
    /// The rule whose `trafficPolicy` holds.
    pub(super) policy: Option<u32>,
    /// The rule of each subset and its index there, by the subset's name.
    pub(super) subsets: Vec<(Str, u32, usize)>,
    /// The namespaces that it is exported to; none means all.
    exports: Vec<Str>,
    /// The rule of this position has a workloadSelector.
    selective: Option<u32>,
}

impl Group {
    /// Positions of the DestinationRules that are merged, the one that won first.
    pub fn rules(&self) -> &[u32] {
        &self.rules
    }

    fn is_exported_to(&self, namespace: &str) -> bool {
        self.exports.is_empty()
            || self
                .exports
                .iter()
                .any(|own| own == "*" || own == namespace)
    }
}

/// A host's names in indices: itself, and the wildcards that cover it, the longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct HostKeys(Vec<Str>);

impl HostKeys {
    pub(super) fn new(host: &str) -> Self {
        let wildcards = dot_suffixes(host).map(|suffix| ecow::eco_format!("*{suffix}"));
        let own = std::iter::once(Str::from(host));
        Self(own.chain(wildcards).chain([Str::from("*")]).collect())
    }

    /// The host itself.
    pub(super) fn host(&self) -> Option<&Str> {
        self.0.first()
    }
}

impl Rules {
    pub(super) fn build(objects: &Objects, places: &Places, registry: &Registry) -> Self {
        let mut order: Vec<u32> =
            (0..u32::try_from(objects.destination_rules.len()).unwrap_or(u32::MAX)).collect();
        let rule = |position: u32| objects.destination_rules.get(position as usize);
        let key = |position: &u32| {
            rule(*position).map(|rule| {
                (
                    places.namespace_of(rule.id),
                    rule.spec.workload_selector.is_none(),
                    rule.metadata.creation_timestamp.clone(),
                    rule.metadata.name.clone(),
                )
            })
        };
        order.sort_by_cached_key(key);
        let mut rules = Self::default();
        let mut merging: FxHashMap<(NamespaceId, Str), [Merging<'_>; 2]> = FxHashMap::default();
        let mut selectors = Vec::new();
        for position in order {
            let Some(object) = rule(position) else {
                continue;
            };
            let namespace = places.namespace_of(object.id);
            let plane = places.control_plane_or_first(namespace);
            let is_private_by_default = plane
                .config
                .default_destination_rule_export_to
                .iter()
                .any(|name| name == ".");
            let entry = Entry::new(position, object, is_private_by_default);
            rules.note_selector(namespace, &entry, &mut selectors);
            let host = registry.parse(&object.spec.host, object.namespace());
            let host = ecow::eco_format!("{host}");
            let [own, public] = merging.entry((namespace, host)).or_default();
            let is_root = plane.root_namespace == namespace;
            if entry.is_private || !is_root && entry.is_for_own(object.namespace()) {
                own.add(&entry);
            }
            if !entry.is_private {
                public.add(&entry);
            }
        }
        rules.selectors = SelectorIndex::build(selectors.iter().copied());
        for ((namespace, host), [own, public]) in merging {
            if !own.groups.is_empty() {
                rules
                    .with_own
                    .entry(host.clone())
                    .or_default()
                    .push(namespace);
            }
            let shelf = Shelf {
                own: own.groups,
                public: public.groups,
            };
            rules
                .shelves
                .entry(namespace)
                .or_default()
                .insert(host, shelf);
        }
        rules
            .with_own
            .values_mut()
            .for_each(|list| list.sort_unstable());
        rules
    }

    fn note_selector<'m>(
        &mut self,
        namespace: NamespaceId,
        entry: &Entry<'m>,
        selectors: &mut Vec<&'m Labels>,
    ) {
        let Some(labels) = entry.selector else { return };
        if labels.is_empty() {
            let list = self.for_all.entry(namespace).or_default();
            list.push(entry.position);
            return;
        }
        let place = u32::try_from(self.selective.len()).unwrap_or(u32::MAX);
        self.selective.push(entry.position);
        selectors.push(labels);
        self.ranges.entry(namespace).or_insert(place..place).end = place + 1;
    }

    /// The rules with a workloadSelector that selects pods of these labels, by position.
    pub(super) fn selecting(&self, namespace: NamespaceId, labels: &Labels) -> Box<[u32]> {
        let range = self.ranges.get(&namespace).cloned().unwrap_or(0..0);
        let places = self.selectors.selecting(range, labels).into_iter();
        let mut found: Vec<u32> = places
            .filter_map(|place| self.selective.get(place as usize).copied())
            .collect();
        found.extend(self.for_all.get(&namespace).into_iter().flatten());
        found.sort_unstable();
        found.into()
    }

    /// The rules that hold for a client and a host of `home`.
    pub(super) fn group(
        &self,
        client: &Client,
        keys: &HostKeys,
        home: NamespaceId,
        root: NamespaceId,
        places: &Places,
    ) -> Option<&Group> {
        if self.shelves.is_empty() {
            return None;
        }
        if let Some(groups) = self.most_specific(client.namespace, keys, |shelf| &shelf.own) {
            return first_for(groups, client);
        }
        let name = places.name(client.namespace);
        [home, root].into_iter().find_map(|place| {
            let groups = self.most_specific(place, keys, |shelf| &shelf.public)?;
            groups.iter().rfind(|group| group.is_exported_to(name))
        })
    }

    /// The namespaces whose clients may be told otherwise about a host than all others: they have
    /// rules of their own for it, or are named by rules that are exported to some.
    pub(super) fn special(
        &self,
        keys: &HostKeys,
        home: NamespaceId,
        root: NamespaceId,
        places: &Places,
    ) -> Vec<NamespaceId> {
        if self.shelves.is_empty() {
            return Vec::new();
        }
        let own = keys.0.iter().filter_map(|key| self.with_own.get(key));
        let mut special: FxHashSet<NamespaceId> = own.flatten().copied().collect();
        for place in [home, root] {
            let groups = self.most_specific(place, keys, |shelf| &shelf.public);
            let exports = groups
                .into_iter()
                .flatten()
                .flat_map(|group| &group.exports);
            special.extend(exports.filter_map(|name| places.id(name)));
        }
        let mut special: Vec<NamespaceId> = special.into_iter().collect();
        special.sort_unstable();
        special
    }

    fn most_specific<'r>(
        &'r self,
        namespace: NamespaceId,
        keys: &HostKeys,
        pick: impl Fn(&'r Shelf) -> &'r Vec<Group>,
    ) -> Option<&'r [Group]> {
        let hosts = self.shelves.get(&namespace)?;
        let shelves = keys.0.iter().filter_map(|key| hosts.get(key));
        shelves
            .map(|shelf| pick(shelf).as_slice())
            .find(|groups| !groups.is_empty())
    }
}

/// Among the groups of the client's own namespace: the first that selects the client, else the last
/// that selects all.
fn first_for<'r>(groups: &'r [Group], client: &Client) -> Option<&'r Group> {
    let selects = |group: &&Group| {
        group
            .selective
            .is_some_and(|rule| client.selected.binary_search(&rule).is_ok())
    };
    let chosen = groups.iter().find(selects);
    chosen.or_else(|| groups.iter().rfind(|group| group.selective.is_none()))
}

/// A rule on its way into groups.
struct Entry<'m> {
    position: u32,
    rule: &'m DestinationRule,
    selector: Option<&'m Labels>,
    /// `exportTo` as written, sorted, without repetition: `.` and the name of the rule's own namespace
    /// are not the same when rules are merged.
    exports: Vec<Str>,
    is_private: bool,
}

impl<'m> Entry<'m> {
    fn new(position: u32, object: &'m Object<DestinationRule>, private_by_default: bool) -> Self {
        let rule = &object.spec;
        let selector = rule.workload_selector.as_ref();
        let mut exports: Vec<Str> = if selector.is_some() {
            vec![Str::from(".")]
        } else {
            rule.export_to.clone()
        };
        exports.sort_unstable();
        exports.dedup();
        let is_private = match exports.as_slice() {
            [] => private_by_default,
            [only] => only == "." || only == object.namespace(),
            _ => false,
        };
        Self {
            position,
            rule,
            selector: selector.map(|selector| &selector.match_labels),
            exports,
            is_private,
        }
    }

    /// Whether clients of the rule's own namespace have it.
    fn is_for_own(&self, namespace: &str) -> bool {
        let mut names = self.exports.iter();
        self.exports.is_empty()
            || names.any(|name| matches!(name.as_str(), "*" | ".") || name == namespace)
    }
}

/// Rules of one host, merged one by one in their order.
#[derive(Default)]
struct Merging<'m> {
    groups: Vec<Group>,
    selectors: Vec<Option<&'m Labels>>,
    /// Groups by the first namespace that they are exported to, empty for all.
    by_first: FxHashMap<Str, Vec<usize>>,
    /// Names of the subsets of each group.
    subsets: Vec<FxHashSet<Str>>,
}

impl<'m> Merging<'m> {
    fn add(&mut self, entry: &Entry<'m>) {
        let mut into_last = false;
        for at in self.candidates(entry) {
            let Some(group) = self.groups.get_mut(at) else {
                continue;
            };
            let selector = self.selectors.get(at).copied().flatten();
            if let (Some(a), Some(b)) = (selector, entry.selector)
                && a.sorted() != b.sorted()
            {
                continue;
            }
            group.rules.push(entry.position);
            if group.policy.is_none() && entry.rule.traffic_policy.is_some() {
                group.policy = Some(entry.position);
            }
            if let Some(names) = self.subsets.get_mut(at) {
                add_subsets(group, names, entry);
            }
            let same_selector = selector.is_some() == entry.selector.is_some();
            let is_last = at + 1 == self.groups.len();
            let same_exports =
                self.groups.get(at).map(|group| &group.exports) == Some(&entry.exports);
            into_last |= is_last && (same_selector || same_exports);
        }
        if into_last {
            return;
        }
        let mut group = Group {
            rules: vec![entry.position],
            policy: entry.rule.traffic_policy.as_ref().map(|_| entry.position),
            exports: entry.exports.clone(),
            selective: entry.selector.map(|_| entry.position),
            subsets: Vec::new(),
        };
        let mut names = FxHashSet::default();
        add_subsets(&mut group, &mut names, entry);
        let first = entry.exports.first().cloned().unwrap_or_default();
        self.by_first
            .entry(first)
            .or_default()
            .push(self.groups.len());
        self.groups.push(group);
        self.selectors.push(entry.selector);
        self.subsets.push(names);
    }

    /// The groups whose exports are those of the rule, or fewer, in order.
    fn candidates(&self, entry: &Entry<'_>) -> Vec<usize> {
        let firsts = entry.exports.iter().map(Str::as_str);
        let none = entry.exports.is_empty().then_some("");
        let mut found: Vec<usize> = firsts
            .chain(none)
            .filter_map(|first| self.by_first.get(first))
            .flatten()
            .copied()
            .filter(|at| {
                self.groups.get(*at).is_some_and(|group| {
                    let mut own = group.exports.iter();
                    own.all(|name| entry.exports.binary_search(name).is_ok())
                })
            })
            .collect();
        found.sort_unstable();
        found
    }
}

fn add_subsets(group: &mut Group, names: &mut FxHashSet<Str>, entry: &Entry<'_>) {
    for (index, subset) in entry.rule.subsets.iter().enumerate() {
        if names.insert(subset.name.clone()) {
            let own = (subset.name.clone(), entry.position, index);
            group.subsets.push(own);
        }
    }
}
