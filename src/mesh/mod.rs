//! What the objects mean together: an immutable view with every index that the rules need. Knows
//! neither rules nor output.
//!
//! Where to ask what:
//!
//! * objects of a namespace, an object by name: [`Mesh::of`], [`Mesh::named`];
//! * namespaces, control planes, mesh config: [`Mesh::namespaces`], [`Mesh::config_of`];
//! * what a host name means: [`Mesh::resolve`]; the Service behind it: [`Mesh::service`],
//!   [`Mesh::has_service`]; ServiceEntries: [`Mesh::service_entries_covering`];
//! * workloads by label, application, service account: [`Mesh::workloads`];
//! * who sees a VirtualService, DestinationRule or ServiceEntry: [`Mesh::is_visible`],
//!   [`Mesh::sights`], [`Mesh::views`]; from where to judge one of them: [`Mesh::viewpoints`];
//!   what proxies import:
//!   [`Mesh::imported_destination_rules`] and its kin;
//! * policies by the workloads they select: [`Mesh::authorization_policies_selecting`] and its kin;
//! * VirtualServices and DestinationRules by host: [`Mesh::destination_rules_for`],
//!   [`Mesh::destination_rules_covering`], [`Mesh::virtual_services_for`];
//! * Gateways of the Gateway API by name, and ReferenceGrants: [`Mesh::k8s_gateways_named`],
//!   [`Mesh::reference_grants`];
//! * mutual TLS: [`Mesh::peer_policies`], [`Mesh::mesh_wide_rules`],
//!   [`Mesh::namespace_wide_rules`], [`Mesh::has_mtls`], [`Mesh::namespace_mtls_status`];
//! * ambient mode and waypoints: [`Mesh::is_enrolled`], [`Mesh::resolved_waypoint`], [`ambient`];
//! * what `istioctl analyze` makes of all this: [`Mesh::analysis`];
//! * service accounts and principals: [`Mesh::has_account`], [`Mesh::has_principal`],
//!   [`Mesh::trust_domains`];
//! * whether a missing thing is missing or merely not shown: [`Mesh::knows_host`] and its kin;
//! * what to suggest in its place: [`Mesh::nearest_service`] and its kin.

pub mod ambient;
pub mod analysis;
pub mod evidence;
pub mod graph;
pub mod indices;
pub mod istio_version;
pub mod places;
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

pub use evidence::shown::Evidence;
pub use places::catalogue::{Named, Of};
pub use places::control_planes::{AutoMtls, ControlPlane};
pub use places::namespaces::{Namespace, NamespaceId, Namespaces};
pub use registry::hosts::Host;
pub use routing::gateway_names::GatewayName;
pub use routing::subsets::{RulesOfHost, SubsetOfHost};
pub use security::kiali_mtls::{PeerOrigin, PeerPolicy};
pub use security::kiali_status::MtlsStatus;
pub use security::principals::Identity;
pub use settings::{External, Quirks, Settings};
pub use visibility::audiences::{Audience, Sight, View};
pub use visibility::scope::Scope;
pub use visibility::viewpoints::Special;
pub use workloads::lookup::{Workload, WorkloadId, WorkloadKind, Workloads};

use crate::model::mesh_config::MeshConfig;
use crate::model::{ObjectId, Objects, Str};

/// The mesh.
#[derive(Debug)]
pub struct Mesh {
    /// The objects.
    pub objects: Objects,
    /// What the user tells.
    pub settings: Settings,
    /// Which of upstream's quirks are reproduced.
    pub quirks: Quirks,
    /// Namespaces and control planes.
    pub namespaces: Namespaces,
    /// Workloads.
    pub workloads: Workloads,
    /// The domain below which services live: `svc.cluster.local`.
    pub identity_domain: Str,
    catalogue: places::catalogue::Catalogue,
    registry: registry::services::Registry,
    service_entries: registry::service_entries::ServiceEntryHosts,
    destinations: routing::by_host::Destinations,
    graph: std::sync::OnceLock<graph::MeshGraph>,
    gateway_api: routing::gateway_api::GatewayApi,
    labelled: workloads::labelled::Labelled,
    imports: visibility::imports::Imports,
    selecting: workloads::selecting::Selecting,
    principals: security::principals::Principals,
    waypoints: ambient::waypoints::Waypoints,
    mtls: security::kiali_mtls::Mtls,
    visibility: visibility::audiences::Visibility,
    viewpoints: visibility::viewpoints::Viewpoints,
    names: evidence::near_names::Names,
    neighbours: evidence::neighbours::Neighbours,
    routed: routing::routed::Routed,
    relevant: visibility::relevant::Relevant,
    analysis: analysis::Memory,
}

impl Mesh {
    /// Works out what the objects mean together.
    pub fn build(objects: Objects, settings: Settings) -> Self {
        let quirks = if settings.upstream {
            Quirks::upstream()
        } else {
            Quirks::default()
        };
        let namespaces = Namespaces::build(&objects, &settings, quirks);
        let catalogue = places::catalogue::Catalogue::build(
            &objects,
            namespaces.of_objects(),
            namespaces.len(),
        );
        let identity_domain = identity_domain(&settings, &namespaces, quirks);
        let resolve = |name, namespace| {
            Host::resolve(name, namespace, &identity_domain, |part| {
                namespaces.is_known(part)
            })
        };
        let lenient = !settings.upstream;
        let (workloads, (destinations, registry)) = rayon::join(
            || Workloads::build(&objects, &catalogue, &namespaces, quirks, lenient),
            || {
                let destinations = routing::by_host::Destinations::build(&objects, resolve);
                (
                    destinations,
                    registry::services::Registry::build(&objects, &catalogue),
                )
            },
        );
        Self {
            destinations,
            graph: std::sync::OnceLock::new(),
            gateway_api: routing::gateway_api::GatewayApi::default(),
            labelled: workloads::labelled::Labelled::default(),
            imports: visibility::imports::Imports::default(),
            selecting: workloads::selecting::Selecting::default(),
            principals: security::principals::Principals::default(),
            waypoints: ambient::waypoints::Waypoints::build(&objects, &namespaces),
            mtls: security::kiali_mtls::Mtls::build(
                &objects,
                &catalogue,
                &namespaces,
                &identity_domain,
                quirks,
            ),
            identity_domain,
            registry,
            service_entries: registry::service_entries::ServiceEntryHosts::build(&objects, quirks),
            visibility: visibility::audiences::Visibility::build(
                &objects,
                &catalogue,
                &namespaces,
                quirks,
            ),
            workloads,
            namespaces,
            catalogue,
            quirks,
            settings,
            objects,
            viewpoints: visibility::viewpoints::Viewpoints::default(),
            names: evidence::near_names::Names::default(),
            neighbours: evidence::neighbours::Neighbours::default(),
            routed: routing::routed::Routed::default(),
            relevant: visibility::relevant::Relevant::default(),
            analysis: analysis::Memory::default(),
        }
    }

    /// Builds the indices that most checks ask. They come into being when they are first asked
    /// for; where all checks will run, it is better that none waits for another's index.
    pub fn prepare(&self) {
        rayon::join(
            || self.analysis().prepare(),
            || {
                self.prepare_relevant();
                self.view_index();
            },
        );
    }

    /// Whether the object is context only: read, but not reported on.
    pub fn is_context(&self, id: ObjectId) -> bool {
        self.objects.is_context(id)
    }

    /// The mesh config of a namespace's control plane, of the first control plane for an
    /// unmanaged namespace.
    pub fn config_of(&self, namespace: NamespaceId) -> &MeshConfig {
        &self.namespaces.control_plane_or_first(namespace).config
    }
}

impl Default for Mesh {
    fn default() -> Self {
        Self::build(Objects::default(), Settings::default())
    }
}

/// Kiali's configured domain, else that of the cluster's DNS; under the quirk the trust domain of
/// the first control plane takes the DNS domain's place.
fn identity_domain(settings: &Settings, namespaces: &Namespaces, quirks: Quirks) -> Str {
    if let Some(domain) = &settings.identity_domain {
        return domain.clone();
    }
    let trust_domain = namespaces
        .control_planes()
        .first()
        .map_or("", |plane| plane.config.trust_domain.as_str());
    if quirks.identity_domain_is_trust_domain && !trust_domain.is_empty() {
        ecow::eco_format!("svc.{trust_domain}")
    } else {
        "svc.cluster.local".into()
    }
}
