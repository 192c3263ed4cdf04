//! Namespaces: which exist, which are known, which a control plane manages, which are ambient.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::mesh::places::control_planes::{self, ControlPlane};
use crate::mesh::settings::{External, Quirks, Settings};
use crate::model::kinds::with_kinds;
use crate::model::{Labels, Metadata, ObjectId, Objects, Str};

/// The dense number of a namespace. 0 is the namespace with the empty name, in which
/// cluster-scoped objects stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NamespaceId(pub u32);

impl NamespaceId {
    /// The namespace with the empty name.
    pub const NONE: Self = Self(0);

    /// The id as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Gives namespaces their numbers.
#[derive(Debug)]
pub(in crate::mesh) struct Interner {
    names: Vec<Str>,
    ids: FxHashMap<Str, NamespaceId>,
}

impl Interner {
    fn new() -> Self {
        Self {
            names: vec![Str::new()],
            ids: [(Str::new(), NamespaceId::NONE)].into_iter().collect(),
        }
    }

    pub(in crate::mesh) fn intern(&mut self, name: &str) -> NamespaceId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = NamespaceId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }
}

/// One namespace.
#[derive(Debug, Clone, Default)]
pub struct Namespace {
    /// The name.
    pub name: Str,
    /// Labels of the Namespace object, none without one.
    pub labels: Labels,
    /// The Namespace object.
    pub object: Option<ObjectId>,
    /// Whether an object of the input lives in it.
    pub has_objects: bool,
    /// Whether the name is one of those that Kiali takes for the system's: it begins with
    /// `kube-`, `openshift`, `ibm`, `kiali-operator` or `istio-operator`.
    pub is_system: bool,
    /// Whether it is the namespace of a control plane.
    pub is_control_plane: bool,
    /// Whether it is the root namespace of a control plane.
    pub is_root: bool,
    /// Whether it exists: declared, or holding an object, or a control plane's or its root.
    pub exists: bool,
    /// Whether checks know it: it exists and, in upstream mode, is not the system's.
    pub is_known: bool,
    /// The control plane that manages it, see [`Namespaces::control_plane`].
    pub(in crate::mesh) control_plane: Option<u32>,
    /// Whether it is ambient: by its label, or, for a control plane's namespace in a mesh with
    /// ztunnel, because istiod is told so. Decides visibility (exportTo is ignored) and KIA1316.
    pub is_ambient: bool,
    /// Whether its labels count as `istio-injection: enabled` for want of a Namespace object.
    pub is_assumed_injected: bool,
}

impl Namespace {
    /// Whether it is declared by a Namespace object.
    pub fn is_declared(&self) -> bool {
        self.object.is_some()
    }

    /// Whether its label `istio.io/dataplane-mode` is `ambient`. The ambient checks go by this;
    /// see [`Namespace::is_ambient`] for the other flag.
    pub fn has_ambient_label(&self) -> bool {
        self.labels.has("istio.io/dataplane-mode", "ambient")
    }

    /// Whether it is part of a mesh.
    pub fn is_managed(&self) -> bool {
        self.control_plane.is_some()
    }

    /// The revision that its labels ask for.
    pub fn revision(&self) -> Option<&str> {
        let labels = &self.labels;
        if let Some(member) = labels.get("maistra.io/member-of")
            && !labels.contains_key("maistra.io/ignore-namespace")
        {
            return Some(member);
        }
        if labels.has("istio-injection", "enabled") {
            return Some("default");
        }
        match labels.get("istio.io/rev") {
            Some(revision) => Some(revision),
            None if self.has_ambient_label() || self.is_assumed_injected => Some("default"),
            None => None,
        }
    }

    /// Whether its labels keep it out of the mesh.
    fn opts_out(&self) -> bool {
        self.labels.has("istio-injection", "disabled") && self.revision().is_none()
    }

    /// A label as the API server knows it, its own name included.
    pub fn label(&self, key: &str) -> Option<&str> {
        match self.labels.get(key) {
            Some(value) => Some(value),
            None if key == METADATA_NAME => Some(&self.name),
            None => None,
        }
    }

    /// The labels as the API server knows them: with the namespace's name under
    /// `kubernetes.io/metadata.name`, and with injection where that is assumed.
    pub fn full_labels(&self) -> Labels {
        let mut labels: Vec<(Str, Str)> = self.labels.into_iter().cloned().collect();
        if !self.labels.contains_key(METADATA_NAME) {
            labels.push((METADATA_NAME.into(), self.name.clone()));
        }
        if self.is_assumed_injected {
            labels.push(("istio-injection".into(), "enabled".into()));
        }
        labels.into_iter().collect()
    }
}

const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// All namespaces that the input names as the place of an object, and those of control planes.
#[derive(Debug, Default)]
pub struct Namespaces {
    list: Vec<Namespace>,
    ids: FxHashMap<Str, NamespaceId>,
    of_object: Vec<NamespaceId>,
    control_planes: Vec<ControlPlane>,
    empty_is_known: bool,
    external: Vec<Str>,
    /// Whether the input holds a Namespace object.
    any_declared: bool,
}

impl Namespaces {
    pub(in crate::mesh) fn build(objects: &Objects, settings: &Settings, quirks: Quirks) -> Self {
        let mut interner = Interner::new();
        let control_planes =
            control_planes::control_planes(objects, settings, quirks, &mut interner);
        for namespace in &objects.namespaces {
            interner.intern(namespace.name());
        }
        let of_object = places(objects, &mut interner);
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
        let mut namespaces = Self {
            list,
            ids,
            of_object,
            control_planes,
            empty_is_known: quirks.empty_namespace_is_known,
            external: settings.external.namespaces.clone(),
            any_declared: !objects.namespaces.is_empty(),
        };
        namespaces.mark_inhabited(objects);
        namespaces.mark_planes(has_ztunnel(objects));
        namespaces.settle(quirks);
        namespaces
    }

    /// Notes which namespaces hold objects.
    fn mark_inhabited(&mut self, objects: &Objects) {
        for id in &self.of_object {
            if *id != NamespaceId::NONE
                && let Some(namespace) = self.list.get_mut(id.index())
            {
                namespace.has_objects = true;
            }
        }
        if let Some(empty) = self.list.first_mut() {
            empty.has_objects = holds_namespaced_object_without_namespace(objects);
        }
    }

    /// Notes which namespaces are those of control planes, and which of these are ambient.
    fn mark_planes(&mut self, ztunnel: bool) {
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
        if !ztunnel {
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
            if plane.accepts != control_planes::Accepts::Any
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

    /// The id of a namespace that the input holds; `None` for any other name.
    pub fn id(&self, name: &str) -> Option<NamespaceId> {
        self.ids.get(name).copied()
    }

    /// The namespace in which an object stands.
    pub fn of(&self, object: ObjectId) -> NamespaceId {
        self.of_object
            .get(object.index())
            .copied()
            .unwrap_or_default()
    }

    /// The namespaces of all objects, by [`ObjectId`].
    pub(in crate::mesh) fn of_objects(&self) -> &[NamespaceId] {
        &self.of_object
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
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether no id was given out.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
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

fn named(name: Str) -> Namespace {
    const SYSTEM: [&str; 5] = [
        "kube-",
        "openshift",
        "ibm",
        "kiali-operator",
        "istio-operator",
    ];
    Namespace {
        is_system: SYSTEM.iter().any(|prefix| name.starts_with(prefix)),
        name,
        ..Namespace::default()
    }
}

/// Where each object stands, by id.
fn places(objects: &Objects, interner: &mut Interner) -> Vec<NamespaceId> {
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
