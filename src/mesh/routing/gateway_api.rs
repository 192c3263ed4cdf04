//! Gateways of the Gateway API by name, and ReferenceGrants by what they grant.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::model::gateway_api::{Gateway, ReferenceGrant};
use crate::model::{Object, Str};

/// The indices; made when first asked for. Nothing of a namespace that checks pass over is in
/// them.
#[derive(Debug, Default)]
pub(super) struct GatewayApi(OnceLock<Index>);

#[derive(Debug, Default)]
struct Index {
    /// Positions of Gateways by name.
    gateways: FxHashMap<Str, Vec<u32>>,
    /// Positions of ReferenceGrants by their own namespace and the namespace and kind of what may
    /// refer.
    grants: FxHashMap<(NamespaceId, Str, Str), Vec<u32>>,
}

impl Routing {
    /// The Gateways of the Gateway API of this name in any namespace, in load order.
    pub fn k8s_gateways_named(&self, name: &str) -> impl Iterator<Item = &Object<Gateway>> {
        self.gateway_api()
            .gateways
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|position| self.objects.k8s_gateways.get(*position as usize))
    }

    /// The ReferenceGrants in the namespace `to` that speak of objects of the kind `kind` in the
    /// namespace `from`, in load order. What they grant is for the caller to read.
    pub fn reference_grants(
        &self,
        to: &str,
        from: &str,
        kind: &str,
    ) -> impl Iterator<Item = &Object<ReferenceGrant>> {
        let grants = &self.gateway_api().grants;
        self.places
            .id(to)
            .and_then(|to| grants.get(&(to, from.into(), kind.into())))
            .into_iter()
            .flatten()
            .filter_map(|position| self.objects.reference_grants.get(*position as usize))
    }

    fn gateway_api(&self) -> &Index {
        self.gateway_api.0.get_or_init(|| {
            let mut index = Index::default();
            for (position, gateway) in (0u32..).zip(&self.objects.k8s_gateways) {
                if !self
                    .places
                    .is_passed_over(self.places.namespace_of(gateway.id))
                {
                    let name = gateway.metadata.name.clone();
                    index.gateways.entry(name).or_default().push(position);
                }
            }
            for (position, grant) in (0u32..).zip(&self.objects.reference_grants) {
                let home = self.places.namespace_of(grant.id);
                if self.places.is_passed_over(home) {
                    continue;
                }
                for from in &grant.spec.from {
                    let key = (home, from.namespace.clone(), from.kind.clone());
                    let positions: &mut Vec<u32> = index.grants.entry(key).or_default();
                    if positions.last() != Some(&position) {
                        positions.push(position);
                    }
                }
            }
            index
        })
    }
}
