//! What checks of several folders ask and say.

pub(in crate::rules) mod acting;
pub(crate) mod collisions;
pub(super) mod lists;
pub(crate) mod outbound;
pub(super) mod proxies;
pub(super) mod reading;
pub(super) mod selecting;
pub(crate) mod unknown_host;
pub(crate) mod words;
pub(in crate::rules) mod workload_ports;

use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::attachment::Attached;
use crate::model::extensions::{TrafficExtension, WasmPlugin};
use crate::model::networking::{EnvoyFilter, ProxyConfig, Sidecar};
use crate::model::security::{AuthorizationPolicy, PeerAuthentication, RequestAuthentication};

/// Whether nothing in the input speaks of Istio, so that its advice would be noise. Never in
/// upstream mode.
pub(crate) fn is_without_istio(mesh: &Mesh) -> bool {
    !mesh.quirks.run_time_plays_no_part && !mesh.evidence.has_sign_of_istio()
}

/// What a policy does that only HTTP can fulfil, where ztunnel enforces it.
pub(crate) const DENIES_ALL: &str = "; all traffic of these workloads is denied";

/// What is known of the kinds whose selectors are judged.
pub(crate) trait Selective: Attached + 'static {
    /// Whether an object of the root namespace holds for workloads of all namespaces.
    const REACHES_MESH: bool;
    /// Whether Kiali judges objects of managed namespaces alone.
    const ONLY_MANAGED: bool;

    /// The objects of the kind.
    fn objects(mesh: &Mesh) -> &[Object<Self>];

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
    ($($type:ident: $objects:ident, $reaches:literal, $managed:literal;)+) => {
        $(impl Selective for $type {
            const REACHES_MESH: bool = $reaches;
            const ONLY_MANAGED: bool = $managed;

            fn objects(mesh: &Mesh) -> &[Object<Self>] {
                &mesh.objects.$objects
            }
        })+
    };
}
selective! {
    PeerAuthentication: peer_authentications, true, true;
    AuthorizationPolicy: authorization_policies, true, true;
    RequestAuthentication: request_authentications, true, false;
    Sidecar: sidecars, false, false;
    EnvoyFilter: envoy_filters, true, false;
    ProxyConfig: proxy_configs, true, false;
    TrafficExtension: traffic_extensions, true, false;
    WasmPlugin: wasm_plugins, true, false;
}
