//! The Gateway API, for Istio and every other implementation: Gateways by name, how far a route
//! gets with one, what ReferenceGrants allow, and what policies are attached to.
//!
//! What an implementation does beyond the specification is not here.

mod attachment;
mod grants;
mod hostnames;
mod policies;
mod routes;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::model::gateway_api::Gateway;
use crate::model::{Kind, Object, ObjectId, Str};

pub use attachment::{Answer, Attachment};
pub use grants::Reference;
pub use policies::{Attachable, Policy, Target};
pub use routes::Route;

/// The indices; made when first asked for. Nothing of a namespace that checks pass over is in
/// them.
#[derive(Debug, Default)]
pub(super) struct GatewayApi {
    index: OnceLock<Index>,
    targets: OnceLock<FxHashMap<(Kind, Str), ObjectId>>,
}

#[derive(Debug, Default)]
struct Index {
    /// Positions of Gateways by name.
    by_name: FxHashMap<Str, Vec<u32>>,
    /// Positions of Gateways by namespace and name.
    by_place: FxHashMap<(Str, Str), Vec<u32>>,
    grants: grants::Grants,
}

impl Routing {
    /// The Gateways of the Gateway API of this name in any namespace, in load order.
    pub fn k8s_gateways_named(&self, name: &str) -> impl Iterator<Item = &Object<Gateway>> {
        self.gateways_at(self.gateway_api().by_name.get(name))
    }

    /// The Gateways of the Gateway API of this namespace and name, in load order: several where
    /// the input holds versions of one.
    pub fn k8s_gateways_at(
        &self,
        namespace: &str,
        name: &str,
    ) -> impl Iterator<Item = &Object<Gateway>> {
        let place = (namespace.into(), name.into());
        self.gateways_at(self.gateway_api().by_place.get(&place))
    }

    fn gateways_at<'m>(
        &'m self,
        positions: Option<&'m Vec<u32>>,
    ) -> impl Iterator<Item = &'m Object<Gateway>> {
        let gateways = &self.objects.k8s_gateways;
        positions
            .into_iter()
            .flatten()
            .filter_map(|position| gateways.get(*position as usize))
    }

    fn gateway_api(&self) -> &Index {
        self.gateway_api.index.get_or_init(|| {
            let mut index = Index::default();
            for (position, gateway) in (0u32..).zip(&self.objects.k8s_gateways) {
                if !self.is_passed_over(gateway.id) {
                    let name = gateway.metadata.name.clone();
                    let place = (gateway.metadata.namespace.clone(), name.clone());
                    index.by_name.entry(name).or_default().push(position);
                    index.by_place.entry(place).or_default().push(position);
                }
            }
            for (position, grant) in (0u32..).zip(&self.objects.reference_grants) {
                if !self.is_passed_over(grant.id) {
                    let home = self.places.namespace_of(grant.id);
                    index.grants.add(home, position, &grant.spec);
                }
            }
            index
        })
    }

    fn is_passed_over(&self, object: ObjectId) -> bool {
        let home: NamespaceId = self.places.namespace_of(object);
        self.places.is_passed_over(home)
    }
}
