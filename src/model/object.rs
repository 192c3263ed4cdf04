//! What all objects have in common: identity, metadata, body.

use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;

use super::types::{Labels, Str};

/// The index of an object in load order (files in the order given, documents in file order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// The id as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// `metadata` of an object. `namespace` is filled in with the default namespace on loading and
/// is empty for cluster-scoped kinds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The object's name.
    pub name: Str,
    /// The prefix from which the API server makes the name of an object without one.
    pub generate_name: Str,
    /// The namespace, empty for cluster-scoped objects.
    pub namespace: Str,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// When the API server made the object, in RFC 3339 (UTC, so that text order is time order);
    /// empty in files that were never applied.
    pub creation_timestamp: Str,
    /// The objects that this one belongs to.
    pub owner_references: Vec<OwnerReference>,
}

/// One entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// Group and version of the owner.
    pub api_version: Str,
    /// Kind of the owner.
    pub kind: Str,
    /// Name of the owner, in the same namespace.
    pub name: Str,
    /// Whether the owner controls the object.
    pub controller: Option<bool>,
}

/// What the manifest of an object says: `T` is its `spec`, or the whole body for kinds that have
/// none.
#[derive(Debug, Clone, Default)]
pub struct Body<T> {
    /// Name, namespace, labels, annotations, owners.
    pub metadata: Metadata,
    /// The spec (or the body, see [`super::kinds`]).
    pub spec: T,
    /// The status, for kinds whose type is that of the spec.
    pub status: Option<Box<Status>>,
    /// Whether something in the object could not be decoded. Rules about the object itself skip
    /// it; it still exists for others.
    pub broken: bool,
}

/// An object of a world: its number there, and its body, which all worlds share that hold the
/// object. Reads like its [`Body`].
#[derive(Debug)]
pub struct Object<T> {
    /// The object's place in load order.
    pub id: ObjectId,
    body: Arc<Body<T>>,
}

impl<T> Object<T> {
    /// The object of this number and body.
    pub const fn new(id: ObjectId, body: Arc<Body<T>>) -> Self {
        Self { id, body }
    }

    /// Whether two objects are one, maybe of two worlds.
    pub fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.body, &other.body)
    }
}

/// An object that no source holds.
impl<T> From<Body<T>> for Object<T> {
    fn from(body: Body<T>) -> Self {
        Self::new(ObjectId::default(), Arc::new(body))
    }
}

impl<T> Clone for Object<T> {
    fn clone(&self) -> Self {
        Self::new(self.id, Arc::clone(&self.body))
    }
}

impl<T> Deref for Object<T> {
    type Target = Body<T>;

    fn deref(&self) -> &Body<T> {
        &self.body
    }
}

impl<T> Object<T> {
    /// The object's namespace.
    pub fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

impl Default for ObjectId {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

/// What a report says of an object, whatever its kind.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Group and version as written.
    pub api_version: Str,
    /// Kind as written.
    pub kind: Str,
    /// Namespace, empty for cluster-scoped objects.
    pub namespace: Str,
    /// Whether the manifest names no namespace, so that it may be meant for another one.
    pub is_unplaced: bool,
    /// Name.
    pub name: Str,
    /// Where it stands in its source.
    pub position: Position,
    /// What the manifest says, as a number: equal for manifests that differ in comments and layout
    /// alone.
    pub fingerprint: u64,
    /// Whether `istioctl analyze` does not see the object: it stands in a typed list, after a
    /// separator with a comment, or has metadata that cannot be decoded.
    pub is_beyond_istioctl: bool,
    /// Codes that annotations of the object suppress.
    pub suppress: Option<Box<Suppress>>,
}

/// Where an object stands in its source. Edits elsewhere in the source leave it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of the YAML document, counted from 0, empty ones included.
    pub document: u32,
    /// One more than the index in `items` when the document is a list, else 0.
    pub item: u32,
}

/// Where an object stands in the input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The number of its source in the run.
    pub source: u32,
    /// Where it stands there.
    pub position: Position,
}

/// The values of the annotations that suppress findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppress {
    /// `meshlint.io/ignore`.
    pub own: Option<Str>,
    /// `kiali.io/ignore-validations`.
    pub kiali: Option<Str>,
    /// `galley.istio.io/analyze-suppress`.
    pub istio: Option<Str>,
}

/// `status` as far as checks read it: conditions and what the Gateway API hangs below it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    /// Conditions of the object.
    pub conditions: Vec<Condition>,
    /// Gateway API: one entry per listener.
    pub listeners: Vec<ListenerStatus>,
    /// Gateway API routes: one entry per parent.
    pub parents: Vec<ParentStatus>,
    /// Desired replicas that a controller last saw.
    pub replicas: Option<i64>,
    /// Addresses of a Gateway, or those that istiod gave a ServiceEntry.
    pub addresses: Vec<StatusAddress>,
}

/// One entry of `status.addresses`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusAddress {
    /// The address.
    pub value: Str,
}

/// One entry of `status.conditions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// What the condition is about.
    #[serde(rename = "type")]
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// A word for machines.
    pub reason: Str,
    /// A sentence for people.
    pub message: Str,
}

/// `status.listeners[]` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerStatus {
    /// Name of the listener.
    pub name: Str,
    /// Its conditions.
    pub conditions: Vec<Condition>,
}

/// `status.parents[]` of a route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentStatus {
    /// The controller that wrote the entry.
    pub controller_name: Str,
    /// Its conditions.
    pub conditions: Vec<Condition>,
}
