//! Policies by the workloads that they select.

use std::sync::OnceLock;

use crate::mesh::Mesh;
use crate::mesh::indices::selectors::SelectorIndex;
use crate::mesh::places::catalogue::Shelf;
use crate::mesh::places::namespaces::NamespaceId;
use crate::model::networking::Sidecar;
use crate::model::security::{AuthorizationPolicy, PeerAuthentication, RequestAuthentication};
use crate::model::{Labels, Object};

/// The selectors of each kind of policy; each made when first asked for.
#[derive(Debug, Default)]
pub(in crate::mesh) struct Selecting {
    peer_authentications: OnceLock<SelectorIndex>,
    authorization_policies: OnceLock<SelectorIndex>,
    request_authentications: OnceLock<SelectorIndex>,
    sidecars: OnceLock<SelectorIndex>,
}

/// A kind of object that selects workloads by labels.
pub trait Selective: Sized {
    /// The labels of its selector; `None` or none of them selects every workload.
    fn selector(&self) -> Option<&Labels>;

    /// Whether it holds for every workload of its namespace.
    fn is_selectorless(&self) -> bool {
        self.selector().is_none_or(Labels::is_empty)
    }
}

trait Indexed: Selective {
    fn objects(mesh: &Mesh) -> (&[Object<Self>], &Shelf);
    fn index(selecting: &Selecting) -> &OnceLock<SelectorIndex>;
}

macro_rules! selective {
    ($($type:ident: $field:ident . $selector:ident . $labels:ident,)+) => {$(
        impl Selective for $type {
            fn selector(&self) -> Option<&Labels> {
                self.$selector.as_ref().map(|selector| &selector.$labels)
            }
        }

        impl Indexed for $type {
            fn objects(mesh: &Mesh) -> (&[Object<Self>], &Shelf) {
                (&mesh.objects.$field, &mesh.catalogue.$field)
            }
            fn index(selecting: &Selecting) -> &OnceLock<SelectorIndex> {
                &selecting.$field
            }
        }
    )+};
}
selective! {
    PeerAuthentication: peer_authentications.selector.match_labels,
    AuthorizationPolicy: authorization_policies.selector.match_labels,
    RequestAuthentication: request_authentications.selector.match_labels,
    Sidecar: sidecars.workload_selector.labels,
}

impl Mesh {
    /// The PeerAuthentications with a non-empty selector that selects `labels`, in `namespace` or
    /// (`None`) anywhere.
    pub fn peer_authentications_selecting(
        &self,
        namespace: Option<NamespaceId>,
        labels: &Labels,
    ) -> Vec<&Object<PeerAuthentication>> {
        self.selecting_in(namespace, labels)
    }

    /// The `AuthorizationPolicy` objects with a non-empty selector that selects `labels`, in `namespace`
    /// or (`None`) anywhere.
    pub fn authorization_policies_selecting(
        &self,
        namespace: Option<NamespaceId>,
        labels: &Labels,
    ) -> Vec<&Object<AuthorizationPolicy>> {
        self.selecting_in(namespace, labels)
    }

    /// The RequestAuthentications with a non-empty selector that selects `labels`, in `namespace`
    /// or (`None`) anywhere.
    pub fn request_authentications_selecting(
        &self,
        namespace: Option<NamespaceId>,
        labels: &Labels,
    ) -> Vec<&Object<RequestAuthentication>> {
        self.selecting_in(namespace, labels)
    }

    /// The Sidecars with a non-empty selector that selects `labels`, in `namespace` or (`None`)
    /// anywhere.
    pub fn sidecars_selecting(
        &self,
        namespace: Option<NamespaceId>,
        labels: &Labels,
    ) -> Vec<&Object<Sidecar>> {
        self.selecting_in(namespace, labels)
    }

    fn selecting_in<T: Indexed>(
        &self,
        namespace: Option<NamespaceId>,
        labels: &Labels,
    ) -> Vec<&Object<T>> {
        let (objects, order) = T::objects(self);
        let at = |place: u32| {
            let position = order.all().get(place as usize)?;
            objects.get(*position as usize)
        };
        let index = T::index(&self.selecting).get_or_init(|| {
            let none = Labels::default();
            let selectors = order.all().iter().map(|position| {
                let object = objects.get(*position as usize);
                object
                    .and_then(|object| object.spec.selector())
                    .unwrap_or(&none)
            });
            SelectorIndex::build(selectors)
        });
        let places = namespace.map_or(0..u32::MAX, |id| order.places(id));
        index
            .selecting(places, labels)
            .into_iter()
            .filter_map(at)
            .collect()
    }
}
