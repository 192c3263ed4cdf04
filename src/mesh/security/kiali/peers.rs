//! What PeerAuthentications, and the policies of the API before them, accept.

use rustc_hash::FxHashSet;

use crate::mesh::Quirks;
use crate::mesh::places::{NamespaceId, Places};
use crate::model::legacy::{PeerMtls, Policy};
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

/// The policies by namespace; in each the real ones before the stand-ins, in load order.
pub(super) fn peer_policies(objects: &Objects, places: &Places, quirks: Quirks) -> Vec<PeerPolicy> {
    let mut stand_ins = stand_ins(objects, places);
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
