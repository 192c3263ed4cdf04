//! The posture of a mesh: which calls are encrypted and authorized, by mistake or by choice. Plain
//! mistakes are always reported, opinions under the profile `zero-trust` alone.

mod allow_shadowed_by_deny;
mod anyone_may_call;
mod containment;
mod edge_broken;
mod edge_downgraded;
mod egress_allow_any;
mod gateway_weak_tls;
mod gateway_without_tls;
mod identity_without_mtls;
mod plaintext_accepted;
mod rule_never_matches;

use rustc_hash::FxHashMap;

use super::Check;
use crate::diagnostics::{Code, Evidence};
use crate::mesh::Mesh;
use crate::mesh::places::NamespaceId;
use crate::mesh::security::wire::{Proxy, Wire};
use crate::mesh::workloads::WorkloadId;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    allow_shadowed_by_deny::CHECK,
    anyone_may_call::CHECK,
    edge_broken::CHECK,
    edge_downgraded::CHECK,
    egress_allow_any::CHECK,
    gateway_weak_tls::CHECK,
    gateway_without_tls::CHECK,
    identity_without_mtls::CHECK,
    plaintext_accepted::CHECK,
    rule_never_matches::CHECK,
];

/// The codes of the checks.
pub fn codes() -> impl Iterator<Item = Code> {
    CHECKS.iter().flat_map(|check| check.codes.iter().copied())
}

/// Whether the input shows the PeerAuthentications that hold for a namespace: it holds something of
/// the root namespace, or any PeerAuthentication at all.
fn knows_peer_authentications(mesh: &Mesh, namespace: NamespaceId) -> Evidence {
    let root = mesh.places.control_plane_or_first(namespace).root_namespace;
    let place = mesh.places.get(root);
    let is_shown = mesh.settings.closed_world
        || place.is_declared()
        || place.has_objects
        || !mesh.objects.peer_authentications.is_empty();
    if is_shown {
        Evidence::Shown
    } else {
        Evidence::NotShown(format!(
            "the input shows nothing of namespace {}, where a PeerAuthentication for the mesh would be",
            place.name
        ))
    }
}

/// The workloads with a sidecar or in ambient mode that stand behind a Service, each once, with the
/// ports of theirs that Services lead to. Those of which the input does not settle whether they have
/// a proxy are left out.
fn served(mesh: &Mesh, wire: &Wire) -> Vec<(WorkloadId, Vec<i64>)> {
    let mut ports: FxHashMap<WorkloadId, Vec<i64>> = FxHashMap::default();
    for target in wire.targets() {
        let declared = wire.ports(target);
        for id in &wire.backends(target).workloads {
            let proxy = wire.proxy(*id);
            if !wire.is_proxy_settled(*id) || proxy.is_gateway() || proxy == Proxy::None {
                continue;
            }
            let own = ports.entry(*id).or_default();
            own.extend(
                declared
                    .iter()
                    .map(|port| wire.workload_port(port.declared, *id)),
            );
        }
    }
    let mut list: Vec<(WorkloadId, Vec<i64>)> = ports.into_iter().collect();
    list.sort_unstable_by_key(|(id, _)| *id);
    for (_, ports) in &mut list {
        ports.sort_unstable();
        ports.dedup();
    }
    let is_reported = |id: &WorkloadId| {
        let workload = mesh.workloads.get(*id);
        workload.is_some_and(|workload| !mesh.is_context(workload.object))
    };
    list.retain(|(id, _)| is_reported(id));
    list
}
