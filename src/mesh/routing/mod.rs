//! What a request meets on its way: VirtualServices and DestinationRules by host, the gateways that
//! take them, subsets and the endpoints behind them.
//!
//! Answers: which rules are for a host, which of them decide about its subsets for a client, which
//! gateway does a name mean. Nothing about identities and TLS: that is security. Stands on places,
//! the registry, visibility and workloads.

mod by_host;
mod gateway_api;
mod gateway_names;
mod relevant;
mod routed;
mod subsets;

use std::sync::Arc;

pub use gateway_names::{GatewayName, MESH_GATEWAY};
pub use routed::SubsetUse;
pub use subsets::{RulesOfHost, SubsetOfHost};

use crate::mesh::Quirks;
use crate::mesh::places::Places;
use crate::mesh::registry::Registry;
use crate::mesh::visibility::Visibility;
use crate::mesh::workloads::Workloads;
use crate::model::Objects;
pub(in crate::mesh) use by_host::Destinations;
use gateway_api::GatewayApi;
use relevant::Relevant;
use routed::Routed;

/// What a request meets on its way.
#[derive(Debug)]
pub struct Routing {
    pub(super) objects: Arc<Objects>,
    pub(super) places: Arc<Places>,
    pub(super) registry: Arc<Registry>,
    pub(super) visibility: Arc<Visibility>,
    pub(super) workloads: Arc<Workloads>,
    pub(super) quirks: Quirks,
    destinations: Destinations,
    gateway_api: GatewayApi,
    relevant: Relevant,
    routed: Routed,
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
            destinations,
            gateway_api: GatewayApi::default(),
            relevant: Relevant::default(),
            routed: Routed::default(),
        }
    }
}
