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
mod catalogue;
pub mod config;
mod destinations;
pub mod evidence;
mod gateway_api;
pub mod gateway_names;
pub mod graph;
pub mod hosts;
mod imports;
pub mod istio_version;
mod l7;
mod labelled;
pub mod mtls;
pub mod mtls_status;
mod names;
pub mod namespaces;
pub mod neighbours;
pub mod pods;
pub mod principals;
pub mod registry;
mod relevant;
pub mod routed;
pub mod scope;
pub mod selecting;
pub mod selectors;
pub mod service_entries;
pub mod settings;
pub mod subsets;
mod texts;
pub mod viewpoints;
pub mod visibility;
mod workload_list;
pub mod workloads;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use catalogue::{Named, Of};
pub use config::{AutoMtls, ControlPlane};
pub use evidence::Evidence;
pub use gateway_names::GatewayName;
pub use hosts::Host;
pub use mtls::{PeerOrigin, PeerPolicy};
pub use mtls_status::MtlsStatus;
pub use namespaces::{Namespace, NamespaceId, Namespaces};
pub use principals::Identity;
pub use scope::Scope;
pub use settings::{External, Quirks, Settings};
pub use subsets::{RulesOfHost, SubsetOfHost};
pub use viewpoints::Special;
pub use visibility::{Audience, Sight, View};
pub use workloads::{Workload, WorkloadId, WorkloadKind, Workloads};

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
    catalogue: catalogue::Catalogue,
    registry: registry::Registry,
    service_entries: service_entries::ServiceEntryHosts,
    destinations: destinations::Destinations,
    graph: std::sync::OnceLock<graph::MeshGraph>,
    gateway_api: gateway_api::GatewayApi,
    labelled: labelled::Labelled,
    imports: imports::Imports,
    selecting: selecting::Selecting,
    principals: principals::Principals,
    waypoints: ambient::Waypoints,
    mtls: mtls::Mtls,
    visibility: visibility::Visibility,
    viewpoints: viewpoints::Viewpoints,
    names: names::Names,
    neighbours: neighbours::Neighbours,
    routed: routed::Routed,
    relevant: relevant::Relevant,
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
        let catalogue =
            catalogue::Catalogue::build(&objects, namespaces.of_objects(), namespaces.len());
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
                let destinations = destinations::Destinations::build(&objects, resolve);
                (
                    destinations,
                    registry::Registry::build(&objects, &catalogue),
                )
            },
        );
        Self {
            destinations,
            graph: std::sync::OnceLock::new(),
            gateway_api: gateway_api::GatewayApi::default(),
            labelled: labelled::Labelled::default(),
            imports: imports::Imports::default(),
            selecting: selecting::Selecting::default(),
            principals: principals::Principals::default(),
            waypoints: ambient::Waypoints::build(&objects, &namespaces),
            mtls: mtls::Mtls::build(&objects, &catalogue, &namespaces, &identity_domain, quirks),
            identity_domain,
            registry,
            service_entries: service_entries::ServiceEntryHosts::build(&objects, quirks),
            visibility: visibility::Visibility::build(&objects, &catalogue, &namespaces, quirks),
            workloads,
            namespaces,
            catalogue,
            quirks,
            settings,
            objects,
            viewpoints: viewpoints::Viewpoints::default(),
            names: names::Names::default(),
            neighbours: neighbours::Neighbours::default(),
            routed: routed::Routed::default(),
            relevant: relevant::Relevant::default(),
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
