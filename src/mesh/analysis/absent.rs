//! Which objects of the input do not count.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::mesh::Quirks;
use crate::model::kinds::with_kinds;
use crate::model::{Kind, Object, ObjectId, Objects};

/// Namespaces that istioctl never looks into.
const DROPPED: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

/// Whether istioctl drops this namespace and what is in it.
pub(super) fn is_dropped(namespace: &str) -> bool {
    DROPPED.contains(&namespace)
}

macro_rules! declare_absent {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        /// The objects that do not count: replaced by a later object of the same kind, namespace
        /// and name; under the quirk also those that istioctl does not load.
        pub(super) fn absent(objects: &Objects, quirks: &Quirks) -> FxHashSet<ObjectId> {
            let mut absent = FxHashSet::default();
            $(collect(Kind::$variant, &objects.$field, objects, quirks, &mut absent);)+
            absent
        }
    };
}
with_kinds!(declare_absent);

fn collect<T>(
    kind: Kind,
    list: &[Object<T>],
    objects: &Objects,
    quirks: &Quirks,
    absent: &mut FxHashSet<ObjectId>,
) {
    let mut seen: FxHashMap<(&str, &str), ObjectId> = FxHashMap::default();
    for object in list {
        if quirks.unloaded_objects_are_not_checked && !is_loaded(kind, object, objects) {
            absent.insert(object.id);
        } else if !object.name().is_empty() || quirks.unloaded_objects_are_not_checked {
            let key = (object.namespace(), object.name());
            absent.extend(seen.insert(key, object.id));
        }
    }
}

/// Whether istioctl loads the object: it is read and can be decoded, its version is one that istioctl knows,
/// and it is in no dropped namespace.
fn is_loaded<T>(kind: Kind, object: &Object<T>, objects: &Objects) -> bool {
    let only_v1 = matches!(
        kind,
        Kind::CustomResourceDefinition
            | Kind::MutatingWebhookConfiguration
            | Kind::ValidatingWebhookConfiguration
    );
    let Some(header) = objects.header(object.id) else {
        return false;
    };
    let is_system =
        is_dropped(object.namespace()) || kind == Kind::Namespace && is_dropped(object.name());
    let is_other_version = only_v1 && !header.api_version.ends_with("/v1");
    !object.broken && !header.is_beyond_istioctl && !is_system && !is_other_version
}
