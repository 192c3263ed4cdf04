//! Which ServiceEntries the proxies of a scope class import of those that it sees, found by the
//! namespaces that hosts belong to.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{ScopeClass, Visibility};
use crate::model::networking::ServiceEntry;
use crate::model::{Object, Str};

/// Positions of ServiceEntries by the namespaces that their hosts belong to; made when first asked
/// for, since only Sidecars need them.
#[derive(Debug, Default)]
pub(super) struct Imports(OnceLock<FxHashMap<Str, Vec<u32>>>);

impl Visibility {
    /// Whether a scope class imports a host, written `name` in an object of `namespace`.
    pub fn imports(&self, class: &ScopeClass, name: &str, namespace: &str) -> bool {
        let host = || self.registry.resolve(name, namespace);
        class.scope.is_unlimited() || class.scope.imports(name, namespace, &host())
    }

    /// The ServiceEntries that a scope class sees and of which it imports a host, in load order.
    /// The work is proportional to what the Sidecar names, unless it names all namespaces.
    pub fn imported_service_entries<'m>(
        &'m self,
        class: &'m ScopeClass,
    ) -> Box<dyn Iterator<Item = &'m Object<ServiceEntry>> + 'm> {
        if class.scope.is_unlimited() {
            return Box::new(self.seen_from(class).service_entries());
        }
        let imports = move |entry: &&Object<ServiceEntry>| {
            let mut hosts = entry.spec.hosts.iter();
            hosts.any(|host| self.imports(class, host, entry.namespace()))
        };
        let Some(namespaces) = class.scope.namespaces() else {
            return Box::new(self.seen_from(class).service_entries().filter(imports));
        };
        let places = self.imports.0.get_or_init(|| self.entries_by_place());
        let mut positions: Vec<u32> = namespaces
            .filter_map(|namespace| places.get(namespace))
            .flatten()
            .copied()
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let observer = class.representative();
        Box::new(
            positions
                .into_iter()
                .filter_map(|position| self.objects.service_entries.get(position as usize))
                .filter(move |entry| self.is_visible(entry.id, observer))
                .filter(imports),
        )
    }

    fn entries_by_place(&self) -> FxHashMap<Str, Vec<u32>> {
        let mut places: FxHashMap<Str, Vec<u32>> = FxHashMap::default();
        for (position, entry) in (0u32..).zip(&self.objects.service_entries) {
            for host in &entry.spec.hosts {
                let place = self.place_of(host, entry.namespace());
                if let Some(positions) = places.get_mut(place) {
                    if positions.last() != Some(&position) {
                        positions.push(position);
                    }
                } else {
                    places.insert(place.into(), vec![position]);
                }
            }
        }
        places
    }
}
