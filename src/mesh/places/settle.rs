//! Works out which namespaces exist, are known, are managed by which control plane, and are ambient.

use std::sync::Arc;

use super::Places;
use super::catalogue::Catalogue;
use super::control_planes::{self, Accepts, ControlPlane};
use super::namespace::{Interner, Namespace, NamespaceId, named};
use crate::mesh::{Quirks, Settings};
use crate::model::kinds::with_kinds;
use crate::model::{Metadata, Objects};

impl Places {
    /// Works out where everything is.
    pub(in crate::mesh) fn build(
        objects: Arc<Objects>,
        settings: &Settings,
        quirks: Quirks,
    ) -> Self {
        let mut interner = Interner::new();
        let control_planes =
            control_planes::control_planes(&objects, settings, quirks, &mut interner);
        for namespace in &objects.namespaces {
            interner.intern(namespace.name());
        }
        let of_object = namespaces_of(&objects, &mut interner);
        let Interner { names, ids } = interner;
        let mut list: Vec<Namespace> = names.into_iter().map(named).collect();
        for object in &objects.namespaces {
            let id = ids.get(&object.metadata.name).copied().unwrap_or_default();
            if let Some(namespace) = list.get_mut(id.index())
                && namespace.object.is_none()
            {
                namespace.object = Some(object.id);
                namespace.labels = object.metadata.labels.clone();
            }
        }
        let mut places = Self {
            catalogue: Catalogue::build(&objects, &of_object, list.len()),
            list,
            ids,
            of_object,
            control_planes,
            empty_is_known: quirks.empty_namespace_is_known,
            external: settings.external.namespaces.clone(),
            any_declared: !objects.namespaces.is_empty(),
            objects,
        };
        places.mark_inhabited();
        places.mark_planes();
        places.settle(quirks);
        places
    }

    /// Notes which namespaces hold objects.
    fn mark_inhabited(&mut self) {
        for id in &self.of_object {
            if *id != NamespaceId::NONE
                && let Some(namespace) = self.list.get_mut(id.index())
            {
                namespace.has_objects = true;
            }
        }
        if let Some(empty) = self.list.first_mut() {
            empty.has_objects = holds_namespaced_object_without_namespace(&self.objects);
        }
    }

    /// Notes which namespaces are those of control planes, and which of these are ambient.
    fn mark_planes(&mut self) {
        for plane in &self.control_planes {
            if let Some(namespace) = self.list.get_mut(plane.namespace.index()) {
                namespace.is_control_plane = true;
            }
            if let Some(namespace) = self.list.get_mut(plane.root_namespace.index()) {
                namespace.is_root = true;
            }
        }
        for namespace in &mut self.list {
            namespace.is_ambient = namespace.has_ambient_label();
        }
        if !has_ztunnel(&self.objects) {
            return;
        }
        for plane in &self.control_planes {
            let same = |other: &&ControlPlane| other.namespace == plane.namespace;
            let enabled = self
                .control_planes
                .iter()
                .filter(same)
                .any(|p| p.enables_ambient);
            // An implied control plane says nothing: its label holds.
            if plane.accepts != Accepts::Any
                && let Some(namespace) = self.list.get_mut(plane.namespace.index())
            {
                namespace.is_ambient = enabled;
            }
        }
    }

    /// Works out which namespaces exist, are known and are managed.
    fn settle(&mut self, quirks: Quirks) {
        for index in 0..self.list.len() {
            let id = NamespaceId(u32::try_from(index).unwrap_or(u32::MAX));
            let Some(namespace) = self.list.get_mut(index) else {
                continue;
            };
            let own = namespace.is_control_plane || namespace.is_root;
            namespace.exists = namespace.is_declared() || namespace.has_objects || own;
            namespace.is_known =
                namespace.exists && !(quirks.system_namespaces_unknown && namespace.is_system);
            namespace.is_assumed_injected =
                quirks.undeclared_namespaces_are_injected && !namespace.is_declared() && !own;
            namespace.is_ambient &= namespace.is_known;
            let control_plane = self
                .list
                .get(index)
                .filter(|namespace| namespace.is_known)
                .and_then(|namespace| manager(&self.control_planes, id, namespace, quirks));
            if let Some(namespace) = self.list.get_mut(index) {
                namespace.control_plane = control_plane;
            }
        }
    }
}

/// The first control plane that manages the namespace.
fn manager(
    planes: &[ControlPlane],
    id: NamespaceId,
    namespace: &Namespace,
    quirks: Quirks,
) -> Option<u32> {
    let selected = |plane: &ControlPlane| {
        let selectors = &plane.config.discovery_selectors;
        // Labels that are not shown may be anything.
        selectors.is_empty() || (!quirks.managed_by_labels_alone && !namespace.is_declared()) || {
            let labels = namespace.full_labels();
            selectors.iter().any(|selector| selector.matches(&labels))
        }
    };
    let by_labels = |plane: &ControlPlane| {
        namespace
            .revision()
            .is_some_and(|revision| plane.accepts(revision, quirks))
            && selected(plane)
    };
    let position = |test: &dyn Fn(&ControlPlane) -> bool| {
        planes
            .iter()
            .position(test)
            .and_then(|index| u32::try_from(index).ok())
    };
    let found =
        position(&|plane| plane.namespace == id || plane.root_namespace == id || by_labels(plane));
    if found.is_some() || quirks.managed_by_labels_alone {
        return found;
    }
    if namespace.is_system || namespace.opts_out() {
        return None;
    }
    position(&selected)
}

/// Where each object stands, by id.
fn namespaces_of(objects: &Objects, interner: &mut Interner) -> Vec<NamespaceId> {
    let mut last: (&str, NamespaceId) = ("", NamespaceId::NONE);
    objects
        .headers
        .iter()
        .map(|header| {
            if header.namespace != last.0 {
                last = (&header.namespace, interner.intern(&header.namespace));
            }
            last.1
        })
        .collect()
}

fn has_ztunnel(objects: &Objects) -> bool {
    objects
        .daemon_sets
        .iter()
        .any(|set| set.metadata.labels.has("app.kubernetes.io/name", "ztunnel"))
}

macro_rules! declare_scan {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        fn holds_namespaced_object_without_namespace(objects: &Objects) -> bool {
            let homeless = |metadata: &Metadata| metadata.namespace.is_empty();
            $((crate::model::Kind::$variant.is_namespaced()
                && objects.$field.iter().any(|object| homeless(&object.metadata))))||+
        }
    };
}
with_kinds!(declare_scan);
