//! What the objects of one world mean together: an immutable view with every index that the rules
//! need. Knows neither rules nor output.
//!
//! [`Mesh`] is built in storeys, each a struct with its questions. A storey asks those above it in
//! this list, never those below:
//!
//! * [`Mesh::places`]: namespaces, control planes, mesh config; objects of a namespace or a name;
//! * [`Mesh::registry`]: what a host name means, and the Service or ServiceEntries behind it;
//! * [`Mesh::visibility`]: who sees an object, what proxies import, from where to judge;
//! * [`Mesh::workloads`]: workloads by label, application, service account; their pods;
//! * [`Mesh::routing`]: VirtualServices and DestinationRules by host, gateways, subsets;
//! * [`Mesh::security`]: mutual TLS, service accounts and principals;
//! * [`Mesh::ambient`]: waypoints, and what needs one;
//! * [`Mesh::evidence`]: whether a missing thing is missing or merely not shown, and what to suggest
//!   in its place.
//!
//! What `istioctl analyze` makes of all this is [`Mesh::analysis`]. [`Quirks`] is the one switch
//! between what upstream does and what serves the user.

pub mod ambient;
pub mod analysis;
pub mod evidence;
pub mod indices;
pub mod istio_version;
pub mod places;
pub mod quirks;
pub mod registry;
pub mod routing;
pub mod security;
pub mod settings;
pub mod visibility;
pub mod workloads;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use ambient::Ambient;
pub use evidence::{Coverage, Elsewhere, Evidence, Others};
pub use places::{AutoMtls, ControlPlane, Named, Namespace, NamespaceId, Of, Places};
pub use quirks::Quirks;
pub use registry::{Host, Registry};
pub use routing::{GatewayName, Routing, RulesOfHost, SubsetOfHost};
pub use security::{Identity, MtlsStatus, PeerOrigin, PeerPolicy, Security};
pub use settings::{External, Settings};
pub use visibility::{Audience, Scope, ScopeClass, SpecialObservers, Visibility, VisibilityClass};
pub use workloads::{Workload, WorkloadId, WorkloadKind, Workloads};

use crate::model::{ObjectId, Objects};

/// The mesh.
#[derive(Debug)]
pub struct Mesh {
    /// The objects.
    pub objects: Arc<Objects>,
    /// What the user tells.
    pub settings: Arc<Settings>,
    /// Which of upstream's quirks are reproduced.
    pub quirks: Quirks,
    /// Where things are.
    pub places: Arc<Places>,
    /// What host names stand for.
    pub registry: Arc<Registry>,
    /// Who sees what.
    pub visibility: Arc<Visibility>,
    /// What runs.
    pub workloads: Arc<Workloads>,
    /// What a request meets on its way.
    pub routing: Arc<Routing>,
    /// Who may speak to whom.
    pub security: Security,
    /// Ambient mode.
    pub ambient: Ambient,
    /// What the input covers.
    pub evidence: Coverage,
    analysis: analysis::Memory,
}

impl Mesh {
    /// Works out what the objects mean together.
    pub fn build(objects: Objects, settings: Settings) -> Self {
        let (objects, settings) = (Arc::new(objects), Arc::new(settings));
        let quirks = settings.quirks;
        let places = Arc::new(Places::build(objects.clone(), &settings, quirks));
        let (workloads, (visibility, destinations)) = rayon::join(
            || Workloads::build(objects.clone(), places.clone(), quirks),
            || {
                let registry = Registry::build(objects.clone(), places.clone(), &settings, quirks);
                let destinations = routing::Destinations::build(&objects, &registry);
                (Visibility::build(Arc::new(registry)), destinations)
            },
        );
        let (workloads, visibility) = (Arc::new(workloads), Arc::new(visibility));
        let registry = visibility.registry.clone();
        let routing = Arc::new(Routing::new(
            visibility.clone(),
            workloads.clone(),
            destinations,
        ));
        Self {
            security: Security::build(routing.clone()),
            ambient: Ambient::build(registry.clone()),
            evidence: Coverage::new(settings.clone(), routing.clone()),
            objects,
            settings,
            quirks,
            places,
            registry,
            visibility,
            workloads,
            routing,
            analysis: analysis::Memory::default(),
        }
    }

    /// Builds the indices that most checks ask. They come into being when they are first asked
    /// for; where all checks will run, it is better that none waits for another's index.
    pub fn prepare(&self) {
        rayon::join(
            || self.analysis().prepare(),
            || {
                self.routing.prepare_relevant();
                self.visibility.scope_index();
            },
        );
    }

    /// The objects of a namespace by kind, see [`Places::of`].
    pub fn of(&self, namespace: NamespaceId) -> Of<'_> {
        self.places.of(namespace)
    }

    /// The object of a name by kind, see [`Places::named`].
    pub fn named<'n>(&self, namespace: &str, name: &'n str) -> Named<'_, 'n> {
        self.places.named(namespace, name)
    }

    /// Whether the object is context only: read, but not reported on.
    pub fn is_context(&self, id: ObjectId) -> bool {
        self.objects.is_context(id)
    }
}

impl Default for Mesh {
    fn default() -> Self {
        Self::build(Objects::default(), Settings::default())
    }
}
