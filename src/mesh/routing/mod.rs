//! What a request meets on its way: VirtualServices and DestinationRules by host, the gateways that
//! take them, subsets and the endpoints behind them.
//!
//! Answers: which rules are for a host, which of them decide about its subsets for a client, which
//! gateway does a name mean; which servers the pods of a gateway listen with, for
//! which hosts, and which VirtualServices are bound to them. Nothing about identities and who
//! accepts which TLS: that is security. Stands on places, the registry, visibility and workloads.

mod backend_tls;
mod backends;
mod bound;
mod by_host;
mod delegates;
pub mod gateway_api;
mod gateway_names;
mod gateway_pods;
mod host_ports;
mod ingress;
mod listeners;
mod plain_routes;
mod relevant;
mod routed;
mod servers;
mod subsets;
mod wildcards;

use std::sync::Arc;

pub use backends::RouteToService;
pub use bound::{Acts, Binding};
pub use delegates::{Delegation, is_within_root};
pub use gateway_names::{GatewayName, MESH_GATEWAY};
pub use gateway_pods::GatewayPods;
pub use host_ports::{Declared, HostPort};
pub use ingress::{BoundRoute, IngressRoute};
pub use routed::SubsetUse;
pub use servers::{GatewayServer, ServedHosts, Speaks};
pub use subsets::{RulesOfHost, SubsetOfHost};
pub use wildcards::Shadowed;

use crate::mesh::Quirks;
use crate::mesh::places::Places;
use crate::mesh::registry::Registry;
use crate::mesh::visibility::Visibility;
use crate::mesh::workloads::Workloads;
use crate::model::Objects;
use backend_tls::BackendTls;
use backends::Backends;
use bound::Bound;
pub(in crate::mesh) use by_host::Destinations;
use delegates::Delegations;
use gateway_api::GatewayApi;
use gateway_pods::GatewayIndex;
use host_ports::OwnListeners;
use ingress::Ingress;
use plain_routes::PlainRoutes;
use relevant::Relevant;
use routed::Routed;
use servers::Servers;
use subsets::SubsetNames;
use wildcards::Wildcards;

/// What a request meets on its way.
#[derive(Debug)]
pub struct Routing {
    pub(super) objects: Arc<Objects>,
    pub(super) places: Arc<Places>,
    pub(super) registry: Arc<Registry>,
    pub(super) visibility: Arc<Visibility>,
    pub(super) workloads: Arc<Workloads>,
    pub(super) quirks: Quirks,
    backend_tls: BackendTls,
    backends: Backends,
    bound: Bound,
    delegations: Delegations,
    destinations: Destinations,
    gateway_api: GatewayApi,
    gateway_index: GatewayIndex,
    ingress: Ingress,
    own_listeners: OwnListeners,
    plain_routes: PlainRoutes,
    relevant: Relevant,
    routed: Routed,
    servers: Servers,
    wildcards: Wildcards,
    subset_names: SubsetNames,
}

impl Routing {
    /// Makes the storey of those below it, and of what is known of hosts.
    pub(in crate::mesh) fn new(
        visibility: Arc<Visibility>,
        workloads: Arc<Workloads>,
        destinations: Destinations,
    ) -> Self {
        Self {
            objects: visibility.objects.clone(),
            places: visibility.places.clone(),
            registry: visibility.registry.clone(),
            quirks: visibility.quirks,
            visibility,
            workloads,
            backend_tls: BackendTls::default(),
            backends: Backends::default(),
            bound: Bound::default(),
            delegations: Delegations::default(),
            destinations,
            gateway_api: GatewayApi::default(),
            gateway_index: GatewayIndex::default(),
            ingress: Ingress::default(),
            own_listeners: OwnListeners::default(),
            plain_routes: PlainRoutes::default(),
            relevant: Relevant::default(),
            routed: Routed::default(),
            servers: Servers::default(),
            wildcards: Wildcards::default(),
            subset_names: SubsetNames::default(),
        }
    }
}
