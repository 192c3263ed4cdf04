//! What a workload's port accepts: PeerAuthentications by mesh, namespace, workload and port.
//!
//! Source: Istio's `pilot/pkg/security/authn/policy_applier.go` (`ComposePeerAuthentication`) and
//! `pilot/pkg/serviceregistry/kube/controller/ambient/policies.go` for ztunnel.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::mesh::indices::SelectorIndex;
use crate::mesh::places::{NamespaceId, Places, is_of_old_api};
use crate::mesh::security::kiali::{PeerOrigin, PeerPolicy};
use crate::model::security::MtlsMode;
use crate::model::{Labels, Object, ObjectId, Objects, Str};
use crate::path;
use crate::yaml::FieldPath;

/// The PeerAuthentications in force, and which workloads each selects.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// By namespace; in each the oldest first, then by name.
    list: Vec<Peer>,
    ranges: FxHashMap<NamespaceId, Range<u32>>,
    selectors: SelectorIndex,
    /// The first without labels of each namespace: for the mesh, in a root namespace.
    wide: FxHashMap<NamespaceId, u32>,
}

/// A PeerAuthentication, or a policy of the API before it.
#[derive(Debug)]
struct Peer {
    object: ObjectId,
    namespace: NamespaceId,
    age: Str,
    name: Str,
    selector: Labels,
    /// The mode, `None` for `UNSET`.
    mode: Option<MtlsMode>,
    /// Modes by port, `None` for `UNSET`; in order of ports.
    ports: Vec<(i64, Option<MtlsMode>)>,
    /// Where the mode stands.
    path: FieldPath,
}

/// What decided about a mode.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeerDecision {
    /// The PeerAuthentication, or the policy of the old API.
    pub object: ObjectId,
    /// The mode's place in it.
    pub path: FieldPath,
}

/// Whether one of a workload's ports takes plain text and mutual TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// Mutual TLS alone.
    Strict,
    /// Both.
    Permissive,
    /// Plain text; TLS is the application's.
    Disable,
}

impl Mode {
    fn of(mode: MtlsMode) -> Option<Self> {
        match mode {
            MtlsMode::Unset => None,
            MtlsMode::Disable => Some(Self::Disable),
            MtlsMode::Permissive => Some(Self::Permissive),
            MtlsMode::Strict => Some(Self::Strict),
        }
    }
}

/// A mode and the policy that sets it; no policy for Istio's default.
type Decided = (Mode, Option<u32>);

impl Peers {
    pub(super) fn build(objects: &Objects, places: &Places, stand_ins: &[PeerPolicy]) -> Self {
        let real = objects.peer_authentications.iter();
        let mut list: Vec<Peer> = real.map(|object| peer(object, places)).collect();
        if is_of_old_api(objects) {
            let old = stand_ins
                .iter()
                .filter(|policy| policy.origin != PeerOrigin::PeerAuthentication);
            list.extend(old.map(|policy| stand_in(policy, objects)));
        }
        list.sort_by(|a, b| (a.namespace, &a.age, &a.name).cmp(&(b.namespace, &b.age, &b.name)));
        let mut ranges: FxHashMap<NamespaceId, Range<u32>> = FxHashMap::default();
        let mut wide = FxHashMap::default();
        for (index, peer) in (0u32..).zip(&list) {
            ranges.entry(peer.namespace).or_insert(index..index).end = index + 1;
            if peer.selector.is_empty() {
                wide.entry(peer.namespace).or_insert(index);
            }
        }
        Self {
            selectors: SelectorIndex::build(list.iter().map(|peer| &peer.selector)),
            list,
            ranges,
            wide,
        }
    }

    /// The policy that wins among those that select labels of a namespace. Policies with labels in
    /// the root namespace select nothing.
    pub(super) fn of_workload(
        &self,
        namespace: NamespaceId,
        root: NamespaceId,
        labels: &Labels,
    ) -> Option<u32> {
        if namespace == root {
            return None;
        }
        let range = self.ranges.get(&namespace)?.clone();
        self.selectors.selecting(range, labels).first().copied()
    }

    /// The mode of the namespace that clients know: workload policies and ports are no part of it.
    pub(super) fn of_namespace(&self, namespace: NamespaceId, root: NamespaceId) -> Decided {
        let mesh = self.said((Mode::Permissive, None), self.wide.get(&root));
        if namespace == root {
            return mesh;
        }
        self.said(mesh, self.wide.get(&namespace))
    }

    fn said(&self, inherited: Decided, policy: Option<&u32>) -> Decided {
        let own = policy.and_then(|index| Some((self.mode(*index)?, Some(*index))));
        own.unwrap_or(inherited)
    }

    fn mode(&self, policy: u32) -> Option<Mode> {
        self.list.get(policy as usize)?.mode.and_then(Mode::of)
    }

    /// The mode of a port of workloads that `policy` wins for.
    pub(super) fn accepted(
        &self,
        namespace: NamespaceId,
        root: NamespaceId,
        policy: Option<u32>,
        port: i64,
    ) -> (Mode, Option<PeerDecision>) {
        let inherited = self.of_namespace(namespace, root);
        let (mode, by) = self.said(inherited, policy.as_ref());
        if let Some((index, mode)) =
            policy.and_then(|index| Some((index, self.entry(index, port)?)))
        {
            return (mode, self.at_port(index, port));
        }
        (mode, by.and_then(|index| self.decision(index)))
    }

    /// As [`Peers::accepted`], for ztunnel, which takes plain text where it is not STRICT, and
    /// reads three combinations in another way.
    pub(super) fn accepted_by_ztunnel(
        &self,
        namespace: NamespaceId,
        root: NamespaceId,
        policy: Option<u32>,
        port: i64,
    ) -> (Mode, Option<PeerDecision>) {
        let (mode, by) = self.read_by_ztunnel(namespace, root, policy, port);
        let mode = if mode == Mode::Disable {
            Mode::Permissive
        } else {
            mode
        };
        (mode, by)
    }

    fn read_by_ztunnel(
        &self,
        namespace: NamespaceId,
        root: NamespaceId,
        policy: Option<u32>,
        port: i64,
    ) -> (Mode, Option<PeerDecision>) {
        let usual = || self.accepted(namespace, root, policy, port);
        let Some((index, peer)) = policy.and_then(|at| Some((at, self.list.get(at as usize)?)))
        else {
            return usual();
        };
        let is_mesh_strict =
            self.wide.get(&root).and_then(|at| self.mode(*at)) == Some(Mode::Strict);
        let namespace_policy = self.wide.get(&namespace).filter(|_| namespace != root);
        let is_namespace_silent = namespace_policy.is_none_or(|at| self.mode(*at).is_none());
        let permits_a_port = peer
            .ports
            .iter()
            .any(|(_, mode)| *mode == Some(MtlsMode::Permissive));
        let entry = self.entry(index, port);
        match peer.mode.and_then(Mode::of) {
            // Exceptions are made of PERMISSIVE entries; without one the policy converts to nothing.
            None if !permits_a_port => {
                let inherited = self.of_namespace(namespace, root);
                if inherited.0 == Mode::Strict && entry == Some(Mode::Disable) {
                    return (
                        Mode::Strict,
                        inherited.1.and_then(|index| self.decision(index)),
                    );
                }
                usual()
            }
            None if is_mesh_strict && namespace_policy.is_some() && is_namespace_silent => {
                (Mode::Permissive, self.decision(index))
            }
            Some(Mode::Permissive | Mode::Disable)
                if is_mesh_strict && is_namespace_silent && entry == Some(Mode::Strict) =>
            {
                (Mode::Permissive, self.decision(index))
            }
            _ => usual(),
        }
    }

    /// What a policy says of a port, if anything.
    fn entry(&self, policy: u32, port: i64) -> Option<Mode> {
        let ports = &self.list.get(policy as usize)?.ports;
        let at = ports.binary_search_by_key(&port, |(own, _)| *own).ok()?;
        ports.get(at)?.1.and_then(Mode::of)
    }

    fn decision(&self, policy: u32) -> Option<PeerDecision> {
        let peer = self.list.get(policy as usize)?;
        Some(PeerDecision {
            object: peer.object,
            path: peer.path.clone(),
        })
    }

    fn at_port(&self, policy: u32, port: i64) -> Option<PeerDecision> {
        let peer = self.list.get(policy as usize)?;
        Some(PeerDecision {
            object: peer.object,
            path: path!["spec", "portLevelMtls", port.to_string().as_str(), "mode"],
        })
    }
}

fn peer(object: &Object<crate::model::security::PeerAuthentication>, places: &Places) -> Peer {
    let set = |mode: MtlsMode| (mode != MtlsMode::Unset).then_some(mode);
    let selector = object.spec.selector.as_ref();
    let ports = object
        .spec
        .port_level_mtls
        .iter()
        .flat_map(|map| map.iter());
    let mut ports: Vec<(i64, Option<MtlsMode>)> = ports
        .filter_map(|(port, mtls)| Some((port.parse().ok()?, set(mtls.mode))))
        .collect();
    ports.sort_by_key(|(port, _)| *port);
    Peer {
        object: object.id,
        namespace: places.namespace_of(object.id),
        age: object.metadata.creation_timestamp.clone(),
        name: object.metadata.name.clone(),
        selector: selector.map_or_else(Labels::default, |own| own.match_labels.clone()),
        mode: object.spec.mtls.and_then(|mtls| set(mtls.mode)),
        ports,
        path: "spec/mtls/mode".into(),
    }
}

fn stand_in(policy: &PeerPolicy, objects: &Objects) -> Peer {
    let header = objects.header(policy.object);
    Peer {
        object: policy.object,
        namespace: policy.namespace,
        age: Str::new(),
        name: header.map(|header| header.name.clone()).unwrap_or_default(),
        selector: policy.selector.clone().unwrap_or_default(),
        mode: policy.mode.filter(|mode| *mode != MtlsMode::Unset),
        ports: Vec::new(),
        path: policy.mode_path(),
    }
}
