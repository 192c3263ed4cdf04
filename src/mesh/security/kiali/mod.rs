//! Mutual TLS as Kiali judges it: what PeerAuthentications accept and what DestinationRules for a
//! whole mesh or namespace send, and the status that follows. Other DestinationRules, and ports,
//! play no part: what goes over the wire is another question.

mod level;
mod peers;
mod status;

use std::ops::Range;

use rustc_hash::FxHashMap;

pub use peers::{PeerOrigin, PeerPolicy};
pub use status::MtlsStatus;

use super::Security;
use crate::mesh::Quirks;
use crate::mesh::places::{AutoMtls, NamespaceId, Places};
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::model::{Object, Objects};
use peers::peer_policies;

/// The client TLS mode of a DestinationRule for its whole host: `None` without `tls`. Settings of
/// ports and subsets do not count.
pub fn client_mode(rule: &DestinationRule) -> Option<ClientTlsMode> {
    let tls = rule.traffic_policy.as_ref()?.tls.as_ref()?;
    Some(tls.mode)
}

/// Whether a mode is mutual TLS.
pub fn is_mutual(mode: ClientTlsMode) -> bool {
    matches!(mode, ClientTlsMode::Mutual | ClientTlsMode::IstioMutual)
}

/// The host of a mesh-wide DestinationRule.
const MESH_WIDE_HOST: &str = "*.local";

/// The indices. Asked through [`Security`].
#[derive(Debug, Default)]
pub(in crate::mesh::security) struct Mtls {
    /// By namespace; in each the real ones before the stand-ins, in load order.
    policies: Vec<PeerPolicy>,
    ranges: FxHashMap<NamespaceId, Range<usize>>,
    /// Positions of mesh-wide rules that have a mode.
    mesh_wide: Vec<u32>,
    /// Positions of namespace-wide rules that have a mode, by the namespace they are for.
    namespace_wide: FxHashMap<NamespaceId, Vec<u32>>,
}

impl Mtls {
    pub(in crate::mesh::security) fn build(
        objects: &Objects,
        places: &Places,
        identity_domain: &str,
        quirks: Quirks,
    ) -> Self {
        let mut mtls = Self {
            policies: peer_policies(objects, places, quirks),
            ..Self::default()
        };
        for (index, policy) in mtls.policies.iter().enumerate() {
            let range = mtls.ranges.entry(policy.namespace).or_insert(index..index);
            range.end = index + 1;
        }
        for (position, rule) in (0u32..).zip(&objects.destination_rules) {
            if client_mode(&rule.spec).is_none() {
                continue;
            }
            if rule.spec.host == MESH_WIDE_HOST {
                mtls.mesh_wide.push(position);
            } else if let Some(name) = wide_namespace(&rule.spec.host, identity_domain)
                && let Some(id) = places.id(name)
            {
                mtls.namespace_wide.entry(id).or_default().push(position);
            }
        }
        mtls
    }

    /// All policies, by namespace.
    pub(in crate::mesh::security) fn policies(&self) -> &[PeerPolicy] {
        &self.policies
    }

    fn of(&self, namespace: NamespaceId) -> &[PeerPolicy] {
        self.ranges
            .get(&namespace)
            .and_then(|range| self.policies.get(range.clone()))
            .unwrap_or_default()
    }
}

/// The namespace of a namespace-wide host `*.NAMESPACE.DOMAIN`.
fn wide_namespace<'a>(host: &'a str, identity_domain: &str) -> Option<&'a str> {
    host.strip_prefix("*.")?
        .strip_suffix(identity_domain)?
        .strip_suffix('.')
        .filter(|namespace| !namespace.is_empty() && !namespace.contains('.'))
}

impl Security {
    /// The PeerAuthentications of a namespace and the stand-ins of old policies, in load order,
    /// with or without selector.
    pub fn peer_policies(&self, namespace: NamespaceId) -> &[PeerPolicy] {
        self.mtls.of(namespace)
    }

    /// The PeerAuthentications of a namespace's root namespace: those without selector hold for
    /// the mesh. For the root namespace itself the same as [`Security::peer_policies`].
    pub fn mesh_peer_policies(&self, namespace: NamespaceId) -> &[PeerPolicy] {
        let plane = self.places.control_plane_or_first(namespace);
        self.mtls.of(plane.root_namespace)
    }

    /// Whether clients with a proxy use mutual TLS without being told to, as the control plane of
    /// a namespace has it (the first one for an unmanaged namespace).
    pub fn auto_mtls(&self, namespace: NamespaceId) -> AutoMtls {
        self.places.control_plane_or_first(namespace).auto_mtls
    }

    /// The DestinationRules for the whole mesh (`*.local`) with a TLS mode that `observer` sees, in
    /// load order.
    pub fn mesh_wide_rules(
        &self,
        observer: NamespaceId,
    ) -> impl Iterator<Item = (&Object<DestinationRule>, ClientTlsMode)> {
        self.rules(&self.mtls.mesh_wide)
            .filter(move |(rule, _)| self.visibility.is_visible(rule.id, observer))
    }

    /// The DestinationRules for all services of `namespace` (`*.NAMESPACE.svc.cluster.local`)
    /// with a TLS mode that `observer` sees, in load order. They may live in any namespace.
    pub fn namespace_wide_rules(
        &self,
        namespace: NamespaceId,
        observer: NamespaceId,
    ) -> impl Iterator<Item = (&Object<DestinationRule>, ClientTlsMode)> {
        self.rules(self.all_namespace_wide(namespace))
            .filter(move |(rule, _)| self.visibility.is_visible(rule.id, observer))
    }

    /// The mode of a DestinationRule, if it is for the whole mesh.
    pub fn mesh_wide_mode(&self, rule: &DestinationRule) -> Option<ClientTlsMode> {
        client_mode(rule).filter(|_| rule.host == MESH_WIDE_HOST)
    }

    /// The mode of a DestinationRule, if it is for all services of `namespace`.
    pub fn namespace_wide_mode(
        &self,
        rule: &DestinationRule,
        namespace: &str,
    ) -> Option<ClientTlsMode> {
        client_mode(rule).filter(|_| {
            wide_namespace(&rule.host, &self.registry.identity_domain)
                .is_some_and(|own| own == namespace)
        })
    }

    pub(super) fn all_mesh_wide(
        &self,
    ) -> impl Iterator<Item = (&Object<DestinationRule>, ClientTlsMode)> {
        self.rules(&self.mtls.mesh_wide)
    }

    pub(super) fn all_namespace_wide(&self, namespace: NamespaceId) -> &[u32] {
        self.mtls
            .namespace_wide
            .get(&namespace)
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn rules<'m>(
        &'m self,
        positions: &'m [u32],
    ) -> impl Iterator<Item = (&'m Object<DestinationRule>, ClientTlsMode)> {
        positions
            .iter()
            .filter_map(|position| self.objects.destination_rules.get(*position as usize))
            .filter_map(|rule| Some((rule, client_mode(&rule.spec)?)))
    }
}
