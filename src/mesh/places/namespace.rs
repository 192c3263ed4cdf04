//! A namespace: what its labels say, and what control planes make of it.

use rustc_hash::FxHashMap;

use crate::model::{Labels, ObjectId, Str};

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
pub(super) struct Interner {
    pub(super) names: Vec<Str>,
    pub(super) ids: FxHashMap<Str, NamespaceId>,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self {
            names: vec![Str::new()],
            ids: [(Str::new(), NamespaceId::NONE)].into_iter().collect(),
        }
    }

    pub(super) fn intern(&mut self, name: &str) -> NamespaceId {
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
    /// The control plane that manages it, see [`Places::control_plane`](super::Places::control_plane).
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
    pub(super) fn opts_out(&self) -> bool {
        self.labels.has("istio-injection", "disabled") && self.revision().is_none()
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

/// The namespace of this name, of which nothing else is known yet.
pub(super) fn named(name: Str) -> Namespace {
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
