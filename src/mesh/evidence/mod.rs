//! What the input proves, and why something is unknown.
//!
//! Answers: would the input show the thing that is missed, which name was probably meant, and which
//! manifests stand together. Unknown is not missing: what is not shown is reported as information
//! only, with the reason. Stands on all other storeys; none asks it.

mod attachables;
mod credentials;
mod elsewhere;
mod http_uses;
mod near_names;
mod neighbours;
mod shown;
mod sign;

use std::sync::Arc;

pub use elsewhere::{Elsewhere, Others};
pub use shown::Evidence;

use crate::mesh::places::Places;
use crate::mesh::registry::Registry;
use crate::mesh::routing::Routing;
use crate::mesh::workloads::Workloads;
use crate::mesh::{Quirks, Settings};
use crate::model::Objects;
use credentials::Credentials;
use http_uses::HttpUses;
use near_names::Names;
use neighbours::Neighbours;
use shown::Unseen;
use sign::Sign;

/// What the input covers.
#[derive(Debug)]
pub struct Coverage {
    objects: Arc<Objects>,
    settings: Arc<Settings>,
    places: Arc<Places>,
    registry: Arc<Registry>,
    workloads: Arc<Workloads>,
    routing: Arc<Routing>,
    quirks: Quirks,
    names: Names,
    neighbours: Neighbours,
    unseen: Unseen,
    credentials: Credentials,
    http_uses: HttpUses,
    sign: Sign,
}

impl Coverage {
    /// Makes the storey of those below it.
    pub(in crate::mesh) fn new(settings: Arc<Settings>, routing: Arc<Routing>) -> Self {
        Self {
            objects: routing.objects.clone(),
            settings,
            places: routing.places.clone(),
            registry: routing.registry.clone(),
            workloads: routing.workloads.clone(),
            quirks: routing.quirks,
            routing,
            names: Names::default(),
            neighbours: Neighbours::default(),
            unseen: Unseen::default(),
            credentials: Credentials::default(),
            http_uses: HttpUses::default(),
            sign: Sign::default(),
        }
    }
}
