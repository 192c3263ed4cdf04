//! The objects of each kind by namespace and by name.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHasher};

use super::{NamespaceId, Places};
use crate::model::kinds::with_kinds;
use crate::model::{Object, Objects};
use crate::model::{
    core, envoy_gateway, extensions, gateway_api, legacy, networking, security, telemetry,
};

/// The objects of one kind, grouped by namespace: positions in the store, in load order.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// Where each namespace's group begins, and the end; empty for a kind without objects.
    starts: Vec<u32>,
    positions: Vec<u32>,
    /// The first position by hash of namespace and name, made when first asked for.
    by_name: OnceLock<FxHashMap<u64, u32>>,
}

impl Shelf {
    fn build<T>(objects: &[Object<T>], namespace_of: &[NamespaceId], namespaces: usize) -> Self {
        if objects.is_empty() {
            return Self::default();
        }
        let place = |object: &Object<T>| {
            namespace_of
                .get(object.id.index())
                .map_or(0, |id| id.index())
        };
        let mut starts = vec![0u32; namespaces + 1];
        for object in objects {
            if let Some(count) = starts.get_mut(place(object) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut positions = vec![0u32; objects.len()];
        for (position, object) in (0u32..).zip(objects) {
            if let Some(slot) = next.get_mut(place(object)) {
                if let Some(entry) = positions.get_mut(*slot as usize) {
                    *entry = position;
                }
                *slot += 1;
            }
        }
        Self {
            starts,
            positions,
            by_name: OnceLock::new(),
        }
    }

    fn range(&self, namespace: NamespaceId) -> std::ops::Range<usize> {
        let at = |index: usize| self.starts.get(index).map_or(0, |start| *start as usize);
        at(namespace.index())..at(namespace.index() + 1)
    }

    /// Positions of the namespace's objects, in load order.
    pub(crate) fn of(&self, namespace: NamespaceId) -> &[u32] {
        self.positions
            .get(self.range(namespace))
            .unwrap_or_default()
    }

    /// The namespace's places in [`Shelf::all`].
    pub(crate) fn places(&self, namespace: NamespaceId) -> std::ops::Range<u32> {
        let range = self.range(namespace);
        let narrow = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        narrow(range.start)..narrow(range.end)
    }

    /// Positions of all objects, namespace by namespace.
    pub(crate) fn all(&self) -> &[u32] {
        &self.positions
    }

    /// The position of the first object of this name.
    pub(crate) fn find<T>(
        &self,
        objects: &[Object<T>],
        namespace: NamespaceId,
        name: &str,
    ) -> Option<u32> {
        let named =
            |position: &u32| objects.get(*position as usize).map(Object::name) == Some(name);
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name = FxHashMap::default();
            by_name.reserve(objects.len());
            for (index, window) in (0u32..).zip(self.starts.windows(2)) {
                let [from, to] = window else { continue };
                let group = self.positions.get(*from as usize..*to as usize);
                for position in group.unwrap_or_default() {
                    if let Some(object) = objects.get(*position as usize) {
                        let hash = hash(NamespaceId(index), object.name());
                        by_name.entry(hash).or_insert(*position);
                    }
                }
            }
            by_name
        });
        let first = by_name.get(&hash(namespace, name))?;
        if named(first) && self.of(namespace).binary_search(first).is_ok() {
            return Some(*first);
        }
        // Two names share a hash.
        self.of(namespace).iter().copied().find(named)
    }
}

fn hash(namespace: NamespaceId, name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (namespace.0, name).hash(&mut hasher);
    hasher.finish()
}

macro_rules! declare_catalogue {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        /// Every kind's objects by namespace.
        #[derive(Debug, Default)]
        pub(crate) struct Catalogue {
            $(pub(crate) $field: Shelf,)+
        }

        impl Catalogue {
            pub(crate) fn build(objects: &Objects, namespace_of: &[NamespaceId], namespaces: usize) -> Self {
                Self { $($field: Shelf::build(&objects.$field, namespace_of, namespaces),)+ }
            }
        }

        /// The objects of one namespace, see [`Places::of`].
        #[derive(Debug, Clone, Copy)]
        pub struct Of<'m> {
            places: &'m Places,
            namespace: NamespaceId,
        }

        impl<'m> Of<'m> {
            $(
                #[doc = concat!("`", $kind, "` of group `", $group, "`, in load order.")]
                pub fn $field(self) -> impl ExactSizeIterator<Item = &'m Object<$type>> + Clone {
                    let objects = &self.places.objects.$field;
                    self.places.catalogue.$field.of(self.namespace).iter().map(move |position| {
                        objects.get(*position as usize).unwrap_or_else(|| unreachable!())
                    })
                }
            )+
        }

        /// An object by name, see [`Places::named`].
        #[derive(Debug, Clone, Copy)]
        pub struct Named<'m, 'n> {
            places: &'m Places,
            namespace: Option<NamespaceId>,
            name: &'n str,
        }

        impl<'m> Named<'m, '_> {
            $(
                #[doc = concat!("The `", $kind, "` of group `", $group, "`; the first one loaded when there are several.")]
                pub fn $field(self) -> Option<&'m Object<$type>> {
                    let objects = &self.places.objects.$field;
                    let position = self.places.catalogue.$field.find(objects, self.namespace?, self.name)?;
                    objects.get(position as usize)
                }
            )+
        }
    };
}
with_kinds!(declare_catalogue);

impl Of<'_> {
    /// The namespace.
    pub fn namespace(self) -> NamespaceId {
        self.namespace
    }
}

impl Places {
    /// The objects of a namespace by kind: `mesh.of(ns).services()`.
    pub fn of(&self, namespace: NamespaceId) -> Of<'_> {
        Of {
            places: self,
            namespace,
        }
    }

    /// The object of a name by kind: `mesh.named("prod", "reviews").services()`. Cluster-scoped
    /// objects live in the namespace with the empty name.
    pub fn named<'n>(&self, namespace: &str, name: &'n str) -> Named<'_, 'n> {
        Named {
            places: self,
            namespace: self.id(namespace),
            name,
        }
    }
}
