//! What checks of several folders ask and say.

pub(crate) mod collisions;
pub(super) mod lists;
pub(crate) mod outbound;
pub(super) mod reading;
pub(super) mod selecting;
pub(crate) mod unknown_host;
pub(crate) mod words;

use crate::mesh::Mesh;
use crate::model::networking::Sidecar;
use crate::model::security::{AuthorizationPolicy, PeerAuthentication, RequestAuthentication};
use crate::model::{Labels, Object};

/// A kind whose objects hold for the workloads that carry some labels.
pub(crate) trait Selective: Sized + 'static {
    /// The kind.
    const KIND: &'static str;
    /// Path of the selector.
    const SELECTOR: &'static str;
    /// Path of its labels.
    const LABELS: &'static str;
    /// Whether an object of the root namespace holds for workloads of all namespaces.
    const REACHES_MESH: bool;
    /// Whether Kiali judges objects of managed namespaces alone.
    const ONLY_MANAGED: bool;

    /// The objects of the kind.
    fn objects(mesh: &Mesh) -> &[Object<Self>];

    /// The labels, `None` if there are none to select by.
    fn labels(&self) -> Option<&Labels>;

    /// Whether the object is judged at all.
    fn is_judged(object: &Object<Self>, mesh: &Mesh) -> bool {
        let id = mesh.places.namespace_of(object.id);
        let namespace = mesh.places.get(id);
        if Self::ONLY_MANAGED {
            namespace.is_managed()
        } else if Self::REACHES_MESH {
            namespace.is_known
        } else {
            !mesh.places.is_passed_over(id)
        }
    }
}

macro_rules! selective {
    ($($type:ident: $objects:ident, $selector:ident.$labels:ident at $path:literal/$below:literal, $reaches:literal, $managed:literal;)+) => {
        $(impl Selective for $type {
            const KIND: &'static str = stringify!($type);
            const SELECTOR: &'static str = $path;
            const LABELS: &'static str = concat!($path, "/", $below);
            const REACHES_MESH: bool = $reaches;
            const ONLY_MANAGED: bool = $managed;

            fn objects(mesh: &Mesh) -> &[Object<Self>] {
                &mesh.objects.$objects
            }

            fn labels(&self) -> Option<&Labels> {
                let selector = self.$selector.as_ref()?;
                Some(&selector.$labels).filter(|labels| !labels.is_empty())
            }
        })+
    };
}
selective! {
    PeerAuthentication: peer_authentications, selector.match_labels at "spec/selector"/"matchLabels", true, true;
    AuthorizationPolicy: authorization_policies, selector.match_labels at "spec/selector"/"matchLabels", true, true;
    RequestAuthentication: request_authentications, selector.match_labels at "spec/selector"/"matchLabels", true, false;
    Sidecar: sidecars, workload_selector.labels at "spec/workloadSelector"/"labels", false, false;
}
