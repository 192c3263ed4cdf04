//! What the proxies of a view import of what it sees, found by the namespaces that hosts belong to.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{View, Visibility};
use crate::mesh::registry::Host;
use crate::model::networking::{DestinationRule, ServiceEntry, VirtualService};
use crate::model::{Object, ObjectId, Objects, Str};

/// Positions by the namespaces that the objects' hosts belong to; made when first asked for,
/// since only Sidecars need them.
#[derive(Debug, Default)]
pub(super) struct Imports(OnceLock<Places>);

#[derive(Debug, Default)]
struct Places {
    virtual_services: Place,
    destination_rules: Place,
    service_entries: Place,
}

#[derive(Debug, Default)]
struct Place(FxHashMap<Str, Vec<u32>>);

impl Place {
    fn add(&mut self, host: &Host<'_>, home: &str, position: u32) {
        // An external host belongs to the namespace of the object that names it.
        let place = if host.complete { host.namespace } else { home };
        if let Some(positions) = self.0.get_mut(place) {
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        } else {
            self.0.insert(place.into(), vec![position]);
        }
    }
}

/// A kind of object that Sidecars limit.
trait Importable: Sized {
    fn hosts(&self) -> &[Str];
    fn objects(objects: &Objects) -> &[Object<Self>];
    fn place(places: &Places) -> &Place;
}

impl Importable for VirtualService {
    fn hosts(&self) -> &[Str] {
        &self.hosts
    }
    fn objects(objects: &Objects) -> &[Object<Self>] {
        &objects.virtual_services
    }
    fn place(places: &Places) -> &Place {
        &places.virtual_services
    }
}

impl Importable for DestinationRule {
    fn hosts(&self) -> &[Str] {
        std::slice::from_ref(&self.host)
    }
    fn objects(objects: &Objects) -> &[Object<Self>] {
        &objects.destination_rules
    }
    fn place(places: &Places) -> &Place {
        &places.destination_rules
    }
}

impl Importable for ServiceEntry {
    fn hosts(&self) -> &[Str] {
        &self.hosts
    }
    fn objects(objects: &Objects) -> &[Object<Self>] {
        &objects.service_entries
    }
    fn place(places: &Places) -> &Place {
        &places.service_entries
    }
}

impl Visibility {
    /// Whether a view imports a host, written `name` in an object of `namespace`.
    pub fn imports(&self, view: &View, name: &str, namespace: &str) -> bool {
        view.scope.is_unlimited()
            || view
                .scope
                .imports(name, namespace, &self.registry.resolve(name, namespace))
    }

    /// The VirtualServices that a view sees and of which it imports a host, in load order. The
    /// work is proportional to what the Sidecar names, unless it names all namespaces.
    pub fn imported_virtual_services<'m>(
        &'m self,
        view: &'m View,
    ) -> Box<dyn Iterator<Item = &'m Object<VirtualService>> + 'm> {
        if view.scope.is_unlimited() {
            return Box::new(self.seen_from(view).virtual_services());
        }
        self.imported(view, || Box::new(self.seen_from(view).virtual_services()))
    }

    /// The DestinationRules that a view sees and whose host it imports, in load order.
    pub fn imported_destination_rules<'m>(
        &'m self,
        view: &'m View,
    ) -> Box<dyn Iterator<Item = &'m Object<DestinationRule>> + 'm> {
        if view.scope.is_unlimited() {
            return Box::new(self.seen_from(view).destination_rules());
        }
        self.imported(view, || Box::new(self.seen_from(view).destination_rules()))
    }

    /// The ServiceEntries that a view sees and of which it imports a host, in load order.
    pub fn imported_service_entries<'m>(
        &'m self,
        view: &'m View,
    ) -> Box<dyn Iterator<Item = &'m Object<ServiceEntry>> + 'm> {
        if view.scope.is_unlimited() {
            return Box::new(self.seen_from(view).service_entries());
        }
        self.imported(view, || Box::new(self.seen_from(view).service_entries()))
    }

    fn imported<'m, T: Importable + 'm>(
        &'m self,
        view: &'m View,
        all: impl FnOnce() -> Box<dyn Iterator<Item = &'m Object<T>> + 'm>,
    ) -> Box<dyn Iterator<Item = &'m Object<T>> + 'm> {
        let imports = move |object: &&Object<T>| {
            let mut hosts = object.spec.hosts().iter();
            hosts.any(|host| self.imports(view, host, object.namespace()))
        };
        let Some(namespaces) = view.scope.namespaces() else {
            return Box::new(all().filter(imports));
        };
        let place = T::place(self.imports.0.get_or_init(|| self.places()));
        let mut positions: Vec<u32> = namespaces
            .filter_map(|namespace| place.0.get(namespace))
            .flatten()
            .copied()
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let sees = move |id: ObjectId| self.is_visible(id, view.representative());
        Box::new(
            positions
                .into_iter()
                .filter_map(|position| T::objects(&self.objects).get(position as usize))
                .filter(move |object| sees(object.id))
                .filter(imports),
        )
    }

    fn places(&self) -> Places {
        Places {
            virtual_services: self.place::<VirtualService>(),
            destination_rules: self.place::<DestinationRule>(),
            service_entries: self.place::<ServiceEntry>(),
        }
    }

    fn place<T: Importable>(&self) -> Place {
        let mut place = Place::default();
        for (position, object) in (0u32..).zip(T::objects(&self.objects)) {
            let home = object.namespace();
            for host in object.spec.hosts() {
                place.add(&self.registry.resolve(host, home), home, position);
            }
        }
        place
    }
}
