//! Ambient mode: ztunnel and waypoints.
//!
//! Answers: who is enrolled, which waypoint serves a workload, a Service or a namespace, and which
//! policies need a waypoint to have effect. Stands on places, the registry and workloads.

mod l7;
mod served;
mod waypoints;

use std::sync::Arc;

pub use l7::{
    is_l7_authorization, is_l7_destination_rule, is_l7_rule, is_l7_telemetry, requires_waypoint,
};
pub use served::{Admission, ServiceWaypoint};
pub use waypoints::{Waypoint, WaypointChoice};

use crate::mesh::Quirks;
use crate::mesh::places::Places;
use crate::mesh::registry::Registry;
use crate::model::Objects;
use waypoints::Waypoints;

/// Ambient mode.
#[derive(Debug)]
pub struct Ambient {
    objects: Arc<Objects>,
    places: Arc<Places>,
    registry: Arc<Registry>,
    quirks: Quirks,
    waypoints: Waypoints,
}

impl Ambient {
    /// Makes the storey of those below it.
    pub(in crate::mesh) fn build(registry: Arc<Registry>) -> Self {
        Self {
            waypoints: Waypoints::build(&registry.objects, &registry.places),
            objects: registry.objects.clone(),
            places: registry.places.clone(),
            quirks: registry.quirks,
            registry,
        }
    }
}
