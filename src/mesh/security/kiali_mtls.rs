//! Mutual TLS: what PeerAuthentications (and the policies of the API before them) accept, what
//! DestinationRules send, and whether the two make mutual TLS for a namespace or a policy.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Security;
use crate::mesh::Quirks;
use crate::mesh::places::AutoMtls;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::registry::Host;
use crate::model::legacy::{PeerMtls, Policy};
use crate::model::networking::{ClientTlsMode, DestinationRule};
use crate::model::security::MtlsMode;
use crate::model::{Labels, Object, ObjectId, Objects};
use crate::path;
use crate::yaml::FieldPath;

/// The kind of object that a [`PeerPolicy`] is, or stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerOrigin {
    /// `PeerAuthentication`
    PeerAuthentication,
    /// `Policy` of `authentication.istio.io`
    Policy,
    /// `MeshPolicy` of `authentication.istio.io`
    MeshPolicy,
    /// `ServiceMeshPolicy` of `authentication.maistra.io`
    ServiceMeshPolicy,
}

/// A PeerAuthentication, or what an old policy would be as one.
#[derive(Debug, Clone)]
pub struct PeerPolicy {
    /// The object.
    pub object: ObjectId,
    /// What kind of object it is.
    pub origin: PeerOrigin,
    /// The namespace that it holds for; the root namespace for mesh-wide ones.
    pub namespace: NamespaceId,
    /// The labels of the workloads that it holds for, if it has a selector.
    pub selector: Option<Labels>,
    /// The mode, if it has one.
    pub mode: Option<MtlsMode>,
    /// Index of the entry of `spec.peers` that decides, for old policies.
    pub peer: Option<usize>,
    /// Whether an old policy has `spec.peers` at all.
    has_peers: bool,
    /// The mode for the whole namespace or mesh, see [`PeerPolicy::wide`].
    wide: Option<MtlsMode>,
}

impl PeerPolicy {
    /// The mode that holds for the whole namespace or mesh; `None` with a selector. In upstream
    /// mode `selector: {}` is a selector too.
    pub fn wide(&self) -> Option<MtlsMode> {
        self.wide
    }

    /// Whether it makes the namespace or mesh accept mutual TLS.
    pub fn enables(&self) -> bool {
        matches!(self.wide, Some(MtlsMode::Strict | MtlsMode::Permissive))
    }

    /// Whether it makes the namespace or mesh refuse plain text.
    pub fn is_strict(&self) -> bool {
        self.wide == Some(MtlsMode::Strict)
    }

    /// Whether it has labels that select workloads.
    pub fn is_selective(&self) -> bool {
        self.selector
            .as_ref()
            .is_some_and(|labels| !labels.is_empty())
    }

    /// Where the object says its mode.
    pub fn mode_path(&self) -> FieldPath {
        match (self.origin, self.peer) {
            (PeerOrigin::PeerAuthentication, _) => "spec/mtls".into(),
            (_, Some(index)) => path!["spec", "peers", index, "mtls"],
            (_, None) if self.has_peers => "spec/peers".into(),
            (_, None) => "spec".into(),
        }
    }
}

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
pub(super) struct Mtls {
    /// By namespace; in each the real ones before the stand-ins, in load order.
    policies: Vec<PeerPolicy>,
    ranges: FxHashMap<NamespaceId, Range<usize>>,
    /// Positions of mesh-wide rules that have a mode.
    mesh_wide: Vec<u32>,
    /// Positions of namespace-wide rules that have a mode, by the namespace they are for.
    namespace_wide: FxHashMap<NamespaceId, Vec<u32>>,
}

impl Mtls {
    pub(super) fn build(
        objects: &Objects,
        places: &Places,
        identity_domain: &str,
        quirks: Quirks,
    ) -> Self {
        let stand_ins = stand_ins(objects, places);
        let mut mtls = Self {
            policies: peer_policies(objects, places, stand_ins, quirks),
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

fn peer_policies(
    objects: &Objects,
    places: &Places,
    mut stand_ins: Vec<PeerPolicy>,
    quirks: Quirks,
) -> Vec<PeerPolicy> {
    let mut policies: Vec<PeerPolicy> = objects
        .peer_authentications
        .iter()
        .map(|object| {
            let selector = object.spec.selector.as_ref();
            let mode = object.spec.mtls.map(|mtls| mtls.mode);
            let selects = selector.is_some_and(|selector| {
                quirks.empty_selector_is_selector || !selector.match_labels.is_empty()
            });
            PeerPolicy {
                object: object.id,
                origin: PeerOrigin::PeerAuthentication,
                namespace: places.namespace_of(object.id),
                selector: selector.map(|selector| selector.match_labels.clone()),
                mode,
                peer: None,
                has_peers: false,
                wide: mode.filter(|_| !selects),
            }
        })
        .collect();
    stand_ins.sort_by_key(|policy| policy.object);
    let settled: FxHashSet<NamespaceId> = policies
        .iter()
        .filter(|policy| policy.selector.is_none())
        .map(|policy| policy.namespace)
        .collect();
    stand_ins
        .retain(|stand_in| stand_in.selector.is_some() || !settled.contains(&stand_in.namespace));
    policies.append(&mut stand_ins);
    policies.sort_by_key(|policy| policy.namespace);
    policies
}

/// The policies of the old API as PeerAuthentications.
fn stand_ins(objects: &Objects, places: &Places) -> Vec<PeerPolicy> {
    let mut list = Vec::new();
    for object in &objects.policies {
        let namespace = places.namespace_of(object.id);
        if !object.spec.targets.is_empty() {
            list.extend(targeted(objects, places, object, namespace));
        } else if object.metadata.name == "default" {
            list.extend(stand_in(object, PeerOrigin::Policy, namespace));
        }
    }
    let first = places.control_planes().first();
    for object in &objects.mesh_policies {
        if is_wide(object)
            && let Some(plane) = first
        {
            list.extend(stand_in(
                object,
                PeerOrigin::MeshPolicy,
                plane.root_namespace,
            ));
        }
    }
    for object in &objects.service_mesh_policies {
        let home = places.namespace_of(object.id);
        let plane = places
            .control_planes()
            .iter()
            .find(|plane| plane.namespace == home);
        if is_wide(object)
            && let Some(plane) = plane
        {
            let origin = PeerOrigin::ServiceMeshPolicy;
            list.extend(stand_in(object, origin, plane.root_namespace));
        }
    }
    list
}

fn is_wide(object: &Object<Policy>) -> bool {
    object.metadata.name == "default" && object.spec.targets.is_empty()
}

fn stand_in(
    object: &Object<Policy>,
    origin: PeerOrigin,
    namespace: NamespaceId,
) -> Option<PeerPolicy> {
    let (mode, peer) = match object.spec.mtls() {
        PeerMtls::NotDemanded => (MtlsMode::Disable, None),
        PeerMtls::Mode { index, mode } => (mode, Some(index)),
        PeerMtls::Unusable { .. } => return None,
    };
    Some(PeerPolicy {
        object: object.id,
        origin,
        namespace,
        selector: None,
        mode: Some(mode),
        peer,
        has_peers: object.spec.peers.is_some(),
        wide: Some(mode),
    })
}

/// One stand-in for each target that is a Service with a selector.
fn targeted(
    objects: &Objects,
    places: &Places,
    object: &Object<Policy>,
    namespace: NamespaceId,
) -> Vec<PeerPolicy> {
    let Some(policy) = stand_in(object, PeerOrigin::Policy, namespace) else {
        return Vec::new();
    };
    let targets = object.spec.targets.iter().filter_map(|target| {
        let services = &objects.services;
        let position = places
            .catalogue
            .services
            .find(services, namespace, &target.name)?;
        let selector = &services.get(position as usize)?.spec.spec.selector;
        (!selector.is_empty()).then(|| PeerPolicy {
            selector: Some(selector.clone()),
            mode: policy.mode.filter(|_| target.ports.is_empty()),
            wide: None,
            ..policy.clone()
        })
    });
    targets.collect()
}

/// What holds for a whole namespace or mesh: a client mode and a server mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Level {
    pub(super) client: Option<ClientTlsMode>,
    pub(super) server: Option<MtlsMode>,
}

impl Level {
    pub(super) fn is_mutual(self) -> bool {
        self.client.is_some_and(is_mutual)
    }
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

    /// The DestinationRules for the whole mesh (`*.local`) with a TLS mode that `viewer` sees, in
    /// load order.
    pub fn mesh_wide_rules(
        &self,
        viewer: NamespaceId,
    ) -> impl Iterator<Item = (&Object<DestinationRule>, ClientTlsMode)> {
        self.rules(&self.mtls.mesh_wide)
            .filter(move |(rule, _)| self.visibility.is_visible(rule.id, viewer))
    }

    /// The DestinationRules for all services of `namespace` (`*.NAMESPACE.svc.cluster.local`)
    /// with a TLS mode that `viewer` sees, in load order. They may live in any namespace.
    pub fn namespace_wide_rules(
        &self,
        namespace: NamespaceId,
        viewer: NamespaceId,
    ) -> impl Iterator<Item = (&Object<DestinationRule>, ClientTlsMode)> {
        self.rules(self.all_namespace_wide(namespace))
            .filter(move |(rule, _)| self.visibility.is_visible(rule.id, viewer))
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

    /// Whether mutual TLS is on for a policy of `namespace` whose selector has these labels, as
    /// Kiali reckons for KIA0105: the policy's own selector is held against those of the
    /// PeerAuthentications, the workloads are not looked at.
    pub fn has_mtls(&self, namespace: NamespaceId, selector: &Labels) -> bool {
        self.workload_mtls(namespace, selector)
            .unwrap_or_else(|| self.namespace_mtls(namespace))
    }

    /// Whether mutual TLS is on for workloads; `None` leaves it to the namespace.
    fn workload_mtls(&self, namespace: NamespaceId, labels: &Labels) -> Option<bool> {
        for policy in self.peer_policies(namespace) {
            let Some(selector) = policy.selector.as_ref().filter(|own| !own.is_empty()) else {
                continue;
            };
            if !selector.selects(labels) {
                continue;
            }
            match policy.mode {
                Some(MtlsMode::Strict) => return Some(true),
                Some(MtlsMode::Disable) => return Some(false),
                Some(MtlsMode::Permissive) => return self.services_mtls(namespace, selector),
                Some(MtlsMode::Unset) | None => {}
            }
        }
        None
    }

    /// Whether clients of the Services with these labels in their selector use mutual TLS.
    fn services_mtls(&self, namespace: NamespaceId, labels: &Labels) -> Option<bool> {
        let name = self.places.name(namespace);
        for service in self.places.of(namespace).services() {
            let selector = &service.spec.spec.selector;
            if selector.is_empty() || !labels.selects(selector) {
                continue;
            }
            let host = Host::cluster(service.name(), name, &self.registry.identity_domain);
            for rule in self.routing.destination_rules_for(host) {
                match client_mode(&rule.spec) {
                    Some(mode) if self.visibility.is_visible(rule.id, namespace) => {
                        if is_mutual(mode) {
                            return Some(true);
                        } else if mode == ClientTlsMode::Disable {
                            return Some(false);
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// What holds for all workloads of a namespace, in its own eyes.
    pub(super) fn namespace_level(&self, namespace: NamespaceId) -> Level {
        let mut rules = self.namespace_wide_rules(namespace, namespace);
        let policies = self.peer_policies(namespace);
        Level {
            client: rules.next().map(|(_, mode)| mode),
            server: policies.iter().find_map(PeerPolicy::wide),
        }
    }

    /// What holds for the mesh of a namespace, in the namespace's eyes.
    pub(super) fn mesh_level(&self, namespace: NamespaceId) -> Level {
        let mut rules = self.mesh_wide_rules(namespace);
        let policies = self.mesh_peer_policies(namespace);
        Level {
            client: rules.next().map(|(_, mode)| mode),
            server: policies.iter().find_map(PeerPolicy::wide),
        }
    }

    /// Whether mutual TLS is on for a namespace as a whole.
    fn namespace_mtls(&self, namespace: NamespaceId) -> bool {
        use MtlsMode::{Disable, Permissive, Strict, Unset};
        let auto = self.auto_mtls(namespace).is_on();
        let (mut own, mut mesh) = (self.namespace_level(namespace), self.mesh_level(namespace));
        let mixes = !self.quirks.inherited_modes_do_not_mix;
        if mixes {
            own.server = own.server.filter(|mode| *mode != Unset);
            mesh.server = mesh.server.filter(|mode| *mode != Unset);
        }
        let accepts = |mode| mode == Strict || mode == Permissive;
        match (own.client, own.server) {
            (Some(ClientTlsMode::Disable | ClientTlsMode::Simple), _)
            | (_, Some(Unset | Disable)) => false,
            (None, None) if auto => {
                (mesh.client.is_none() || mesh.is_mutual()) && mesh.server.is_none_or(accepts)
            }
            (None, None) => mesh.is_mutual() && mesh.server.is_some_and(accepts),
            (None, Some(Permissive)) => auto,
            (None, Some(Strict)) => auto || mesh.is_mutual(),
            (Some(_), None) => match mesh.server {
                None => auto,
                Some(Strict) => true,
                Some(Permissive) => mixes,
                Some(_) => false,
            },
            (Some(_), Some(_)) => true,
        }
    }
}
