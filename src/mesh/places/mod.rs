//! Where things are: namespaces and control planes, the mesh config of each, and the objects of a
//! namespace or of a name.
//!
//! Answers: does this namespace exist, is it known, which control plane manages it and with what
//! mesh config; which objects of a kind stand in a namespace or have a name. No host names here,
//! and nothing that one object means for another. Stands on the objects alone.

mod catalogue;
mod control_planes;
mod features;
mod namespace;
mod settle;

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

pub(in crate::mesh) use catalogue::{Catalogue, Shelf};
pub use catalogue::{Named, Of};
pub(crate) use control_planes::is_of_old_api;
pub use control_planes::{AutoMtls, ConfigSource, ControlPlane};
pub use namespace::{Namespace, NamespaceId};

use crate::mesh::settings::External;
use crate::model::{ObjectId, Objects, Str};

/// Where everything is. Namespaces are all that the input names as the place of an object, and those
/// of control planes.
#[derive(Debug, Default)]
pub struct Places {
    objects: Arc<Objects>,
    /// The objects of each kind by namespace and name.
    pub(in crate::mesh) catalogue: Catalogue,
    list: Vec<Namespace>,
    ids: FxHashMap<Str, NamespaceId>,
    of_object: Vec<NamespaceId>,
    control_planes: Vec<ControlPlane>,
    empty_is_known: bool,
    external: Vec<Str>,
    /// Whether the input holds a Namespace object.
    any_declared: bool,
}

impl Places {
    /// The id of a namespace that the input holds; `None` for any other name.
    pub fn id(&self, name: &str) -> Option<NamespaceId> {
        self.ids.get(name).copied()
    }

    /// The namespace in which an object stands.
    pub fn namespace_of(&self, object: ObjectId) -> NamespaceId {
        self.of_object
            .get(object.index())
            .copied()
            .unwrap_or_default()
    }

    /// The namespace of this id.
    pub fn get(&self, id: NamespaceId) -> &Namespace {
        static NOWHERE: LazyLock<Namespace> = LazyLock::new(Namespace::default);
        self.list.get(id.index()).unwrap_or(&NOWHERE)
    }

    /// The namespace of this name.
    pub fn find(&self, name: &str) -> Option<&Namespace> {
        self.id(name).map(|id| self.get(id))
    }

    /// The name of a namespace.
    pub fn name(&self, id: NamespaceId) -> &Str {
        &self.get(id).name
    }

    /// Whether checks know a namespace of this name; what names in hosts, exportTo, grants and
    /// policies are held against. Says nothing of placeholders.
    pub fn is_known(&self, name: &str) -> bool {
        if name.is_empty() && self.empty_is_known {
            return true;
        }
        self.find(name).is_some_and(|namespace| namespace.is_known)
            || External::has(&self.external, name)
    }

    /// Whether the input declares any Namespace at all.
    pub fn any_declared(&self) -> bool {
        self.any_declared
    }

    /// All namespaces that exist, by id.
    pub fn iter(&self) -> impl Iterator<Item = (NamespaceId, &Namespace)> {
        (0..)
            .map(NamespaceId)
            .zip(&self.list)
            .filter(|(_, namespace)| namespace.exists)
    }

    /// The namespaces that checks know, by id.
    pub fn known(&self) -> impl Iterator<Item = (NamespaceId, &Namespace)> {
        self.iter().filter(|(_, namespace)| namespace.is_known)
    }

    /// The number of namespaces that checks know.
    pub fn known_count(&self) -> usize {
        self.known().count()
    }

    /// The namespaces that a control plane manages, by id.
    pub fn managed(&self) -> impl Iterator<Item = (NamespaceId, &Namespace)> {
        self.iter().filter(|(_, namespace)| namespace.is_managed())
    }

    /// The number of ids given out.
    pub(in crate::mesh) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether checks of Istio's objects and those of the Gateway API pass a namespace over: it is
    /// a control plane's, and one that upstream takes for the system's.
    pub fn is_passed_over(&self, id: NamespaceId) -> bool {
        let namespace = self.get(id);
        !namespace.is_known && (namespace.is_control_plane || namespace.is_root)
    }

    /// The control planes in load order; at least one.
    pub fn control_planes(&self) -> &[ControlPlane] {
        &self.control_planes
    }

    /// The control plane that manages a namespace; `None` for an unmanaged one.
    pub fn control_plane(&self, id: NamespaceId) -> Option<&ControlPlane> {
        let index = self.get(id).control_plane?;
        self.control_planes.get(index as usize)
    }

    /// The control plane that manages a namespace, or the first one.
    pub fn control_plane_or_first(&self, id: NamespaceId) -> &ControlPlane {
        static IMPLIED: LazyLock<ControlPlane> = LazyLock::new(ControlPlane::default);
        self.control_plane(id)
            .or(self.control_planes.first())
            .unwrap_or(&IMPLIED)
    }

    /// The control plane that discovers a namespace: the one that manages it, else the first whose
    /// `discoverySelectors` do not leave it out.
    pub fn discoverer(&self, id: NamespaceId) -> Option<&ControlPlane> {
        let discovers = |plane: &&ControlPlane| {
            let selectors = &plane.config.discovery_selectors;
            selectors.is_empty() || {
                let labels = self.get(id).full_labels();
                selectors.iter().any(|selector| selector.matches(&labels))
            }
        };
        let known = self.get(id).is_known;
        self.control_plane(id)
            .or_else(|| self.control_planes.iter().find(discovers).filter(|_| known))
    }

    /// The root namespace of a namespace's control plane; `None` for an unmanaged namespace.
    pub fn root_of(&self, id: NamespaceId) -> Option<NamespaceId> {
        self.control_plane(id).map(|plane| plane.root_namespace)
    }

    /// Whether a namespace is the root namespace of its own control plane.
    pub fn is_own_root(&self, id: NamespaceId) -> bool {
        self.root_of(id) == Some(id)
    }

    /// Whether the manifest of an object names no namespace, so that the one in which it stands
    /// here is only assumed.
    pub fn is_unplaced(&self, object: ObjectId) -> bool {
        self.objects
            .header(object)
            .is_some_and(|header| header.is_unplaced)
    }
}
