//! What other worlds of the same repository hold: what one of them has is not simply missing in
//! another, as a mistake that hides a thing from one world would look the same.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Coverage, Evidence};
use crate::load::Loaded;
use crate::mesh::registry::Host;
use crate::model::{AnyBody, Manifest, Str};

/// Kinds whose objects others refer to.
const REFERRED_TO: [&str; 9] = [
    "Service",
    "ServiceEntry",
    "ServiceAccount",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Secret",
    "Gateway",
    "Pod",
];

/// Worlds by number, in order.
type Holders = Arc<[u32]>;

/// The things of all worlds that others refer to, and the worlds that have them.
#[derive(Debug, Default)]
pub struct Elsewhere {
    names: Vec<Str>,
    /// By kind, namespace (empty where the manifest names none) and name.
    objects: FxHashMap<(Str, Str, Str), Vec<Holders>>,
    /// By host, in full and as the rule writes it, and subset.
    subsets: FxHashMap<(Str, Str), Vec<Holders>>,
}

impl Elsewhere {
    /// What the worlds have, each by its name with its sources. Sources that worlds share are looked
    /// at once.
    pub fn of(worlds: &[(&str, Vec<Arc<Loaded>>)]) -> Self {
        let mut users: FxHashMap<*const Loaded, (&Arc<Loaded>, Vec<u32>)> = FxHashMap::default();
        for (number, (_, sources)) in (0..).zip(worlds) {
            for source in sources {
                let entry = users.entry(Arc::as_ptr(source));
                entry.or_insert((source, Vec::new())).1.push(number);
            }
        }
        let mut elsewhere = Self {
            names: worlds.iter().map(|(name, _)| Str::from(*name)).collect(),
            ..Self::default()
        };
        for (source, users) in users.into_values() {
            let users: Holders = users.into();
            for manifest in source.objects.iter() {
                elsewhere.add(manifest, &users);
            }
        }
        elsewhere
    }

    fn add(&mut self, manifest: &Manifest, users: &Holders) {
        let header = &manifest.header;
        if REFERRED_TO.contains(&header.kind.as_str()) {
            // A manifest that names no namespace may be meant for any.
            let namespace = if header.is_unplaced {
                Str::default()
            } else {
                header.namespace.clone()
            };
            let key = (header.kind.clone(), namespace, header.name.clone());
            self.objects.entry(key).or_default().push(users.clone());
        }
        if let Some(AnyBody::DestinationRule(rule)) = &manifest.body {
            let host = rule.spec.host.as_str();
            let full = match host.matches('.').count() {
                0 => format!("{host}.{}.svc.cluster.local", header.namespace),
                1 => format!("{host}.svc.cluster.local"),
                _ => host.to_owned(),
            };
            for subset in &rule.spec.subsets {
                let key = (Str::from(full.as_str()), subset.name.clone());
                self.subsets.entry(key).or_default().push(users.clone());
            }
        }
    }

    /// Why something that one world lacks is not simply missing: the worlds that have it.
    fn why(&self, what: &str, holders: &[Holders], own: u32) -> Option<String> {
        const NAMED: usize = 3;
        let mut others: Vec<&Str> = holders
            .iter()
            .flat_map(|holders| holders.iter())
            .filter(|number| **number != own)
            .filter_map(|number| self.names.get(*number as usize))
            .collect();
        others.sort_unstable();
        others.dedup();
        let named: Vec<&str> = others
            .iter()
            .map(|name| name.as_str())
            .take(NAMED)
            .collect();
        let own = self.names.get(own as usize)?;
        (!named.is_empty()).then(|| format!("{what} is in {}, not in {own}", named.join(", ")))
    }
}

/// What other worlds hold, seen from one.
#[derive(Debug, Clone)]
pub struct Others {
    /// What all hold.
    pub all: Arc<Elsewhere>,
    /// The number of the world.
    pub own: u32,
}

impl Coverage {
    /// Evidence from other worlds for an object of one of these kinds; `None` if they have none.
    pub(super) fn object_elsewhere(
        &self,
        kinds: &[&str],
        namespace: &str,
        name: &str,
    ) -> Option<Evidence> {
        let others = self.settings.others.as_ref()?;
        let holders = |kind: &str, namespace: &str| {
            let key = (Str::from(kind), Str::from(namespace), Str::from(name));
            let holders = others.all.objects.get(&key)?;
            let what = format!("{kind} {name}");
            others.all.why(&what, holders, others.own)
        };
        let why = kinds
            .iter()
            .find_map(|kind| holders(kind, namespace).or_else(|| holders(kind, "")))?;
        Some(unseen(why))
    }

    /// Evidence from other worlds for a subset of a host; `None` if they have none.
    pub fn subset_elsewhere(&self, host: &Host<'_>, subset: &str) -> Option<Evidence> {
        let others = self.settings.others.as_ref();
        let others = others.filter(|_| !self.settings.closed_world)?;
        let key = (Str::from(host.to_string().as_str()), Str::from(subset));
        let holders = others.all.subsets.get(&key)?;
        let what = format!("a DestinationRule with subset {subset}");
        let why = others.all.why(&what, holders, others.own)?;
        Some(unseen(why))
    }
}

const fn unseen(why: String) -> Evidence {
    Evidence::Unseen {
        why,
        source: None,
        is_slip: false,
    }
}
