//! Who may speak to whom, and how it is secured.
//!
//! Answers: is mutual TLS on, as Kiali judges it; what goes over the wire between two workloads
//! ([`wire`]); which policies act on a workload, and what they say of a request
//! ([`authorization`]); which identities exist that a policy may name. Which workloads there are is
//! answered in workloads. Stands on places, the registry, visibility, workloads and routing.

mod attached;
pub mod authorization;
mod kiali;
mod principals;
pub mod wire;

use std::sync::{Arc, OnceLock};

pub use attached::{Attachments, PolicyGroup, Target};
pub use kiali::{MtlsStatus, PeerOrigin, PeerPolicy, client_mode, is_mutual};
pub use principals::Identity;

use crate::mesh::Quirks;
use crate::mesh::places::Places;
use crate::mesh::registry::Registry;
use crate::mesh::routing::Routing;
use crate::mesh::visibility::Visibility;
use crate::mesh::workloads::Workloads;
use crate::model::Objects;
use attached::Policies;
use authorization::Authorization;
use kiali::Mtls;
use principals::Principals;
use wire::Wire;

/// Who may speak to whom.
#[derive(Debug)]
pub struct Security {
    objects: Arc<Objects>,
    places: Arc<Places>,
    registry: Arc<Registry>,
    visibility: Arc<Visibility>,
    workloads: Arc<Workloads>,
    routing: Arc<Routing>,
    quirks: Quirks,
    mtls: Mtls,
    principals: Principals,
    wire: OnceLock<Wire>,
    policies: Policies,
    authorization: OnceLock<Authorization>,
}

impl Security {
    /// Makes the storey of those below it.
    pub(in crate::mesh) fn build(routing: Arc<Routing>) -> Self {
        let identity_domain = &routing.registry.identity_domain;
        Self {
            mtls: Mtls::build(
                &routing.objects,
                &routing.places,
                identity_domain,
                routing.quirks,
            ),
            principals: Principals::default(),
            wire: OnceLock::new(),
            policies: Policies::default(),
            authorization: OnceLock::new(),
            objects: routing.objects.clone(),
            places: routing.places.clone(),
            registry: routing.registry.clone(),
            visibility: routing.visibility.clone(),
            workloads: routing.workloads.clone(),
            quirks: routing.quirks,
            routing,
        }
    }

    /// Which policies apply to workloads; made when first asked for.
    pub fn authorization(&self) -> &Authorization {
        self.authorization
            .get_or_init(|| Authorization::build(self.objects.clone(), self.places.clone()))
    }

    /// What goes over the wire between workloads; made when first asked for.
    pub fn wire(&self) -> &Wire {
        self.wire.get_or_init(|| {
            Wire::build(
                self.objects.clone(),
                self.places.clone(),
                self.workloads.clone(),
                &self.registry,
                self.mtls.policies(),
            )
        })
    }
}
