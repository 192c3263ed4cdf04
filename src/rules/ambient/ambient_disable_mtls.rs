//! MESH3003: mutual TLS is switched off for workloads that only ztunnel serves.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::security::wire::{Proxy, Wire};
use crate::mesh::{Mesh, WorkloadId};
use crate::model::attachment::Attached;
use crate::model::security::{MtlsMode, PeerAuthentication};
use crate::model::{Labels, Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ambient-disable-mtls",
    codes: &[Code::MESH3003],
    runs: &[Run::Mesh(ambient_disable_mtls)],
};

/// How many workloads of a policy with modes of ports are looked at.
const WORKLOADS: usize = 200;

/// Which proxies a mode holds for.
#[derive(Debug, Default, Clone, Copy)]
struct Reach {
    ambient: bool,
    sidecar: bool,
}

impl Reach {
    fn note(&mut self, proxy: Proxy) {
        self.ambient |= proxy == Proxy::Ambient;
        self.sidecar |= proxy == Proxy::Sidecar;
    }

    const fn is_ambient_alone(self) -> bool {
        self.ambient && !self.sidecar
    }
}

fn ambient_disable_mtls(mesh: &Mesh, findings: &mut Findings) {
    let disables = |policy: &Object<PeerAuthentication>| {
        let mode = policy.spec.mtls.map(|own| own.mode);
        let ports = policy.spec.port_level_mtls.iter();
        let mut ports = ports.flat_map(|own| own.values());
        mode == Some(MtlsMode::Disable) || ports.any(|own| own.mode == MtlsMode::Disable)
    };
    let policies: Vec<&Object<PeerAuthentication>> = mesh
        .objects
        .peer_authentications
        .iter()
        .filter(|policy| !policy.broken && !mesh.is_context(policy.id) && disables(policy))
        .collect();
    if mesh.quirks.run_time_plays_no_part || policies.is_empty() {
        return;
    }
    let wire = mesh.security.wire();
    let reaches = reaches(mesh, wire);
    let winners = winners(mesh);
    for policy in policies {
        let reach = reaches.get(&policy.id).copied().unwrap_or_default();
        let mode = policy.spec.mtls.map(|own| own.mode);
        if mode == Some(MtlsMode::Disable) && reach.is_ambient_alone() {
            findings.push(finding(policy, path!["spec", "mtls", "mode"], ""));
        }
        if !winners.contains(&policy.id) {
            continue;
        }
        for (key, mtls) in policy
            .spec
            .port_level_mtls
            .iter()
            .flat_map(|own| own.iter())
        {
            let port = key.parse().ok().filter(|_| mtls.mode == MtlsMode::Disable);
            if port.is_some_and(|port| is_ambient_alone_at(mesh, wire, policy, port)) {
                let place = path!["spec", "portLevelMtls", key.as_str(), "mode"];
                findings.push(finding(policy, place, &format!(" at port {key}")));
            }
        }
    }
}

/// Of the policies of a namespace with one selector the one that holds: the oldest, then that of the
/// first name.
fn winners(mesh: &Mesh) -> FxHashSet<ObjectId> {
    let mut winners = FxHashMap::default();
    for policy in &mesh.objects.peer_authentications {
        let labels = policy.spec.selected_labels();
        let home = mesh.places.namespace_of(policy.id);
        let key = (home, labels.map(Labels::sorted));
        let age = (&policy.metadata.creation_timestamp, policy.name());
        let first = winners.entry(key).or_insert((age, policy.id));
        if age < first.0 {
            *first = (age, policy.id);
        }
    }
    winners.into_values().map(|(_, id)| id).collect()
}

/// The policies whose mode holds for workloads, and for which proxies.
fn reaches(mesh: &Mesh, wire: &Wire) -> FxHashMap<ObjectId, Reach> {
    let mut reaches: FxHashMap<ObjectId, Reach> = FxHashMap::default();
    let mut seen = FxHashSet::default();
    for (id, _) in mesh.workloads.iter() {
        let server = wire.server_of(id);
        if !seen.insert(server) {
            continue;
        }
        // No entry is for port 0, so this is the mode of the workload as a whole.
        if let Some(by) = wire.accepts(server, 0).by() {
            let reach = reaches.entry(by.object).or_default();
            reach.note(wire.proxy(id));
        }
    }
    reaches
}

/// Whether the entry of a policy for a port holds for workloads in ambient mode alone.
fn is_ambient_alone_at(
    mesh: &Mesh,
    wire: &Wire,
    policy: &Object<PeerAuthentication>,
    port: i64,
) -> bool {
    let Some(labels) = policy.spec.selected_labels() else {
        return false;
    };
    let home = mesh.places.namespace_of(policy.id);
    let ids: Vec<WorkloadId> = mesh
        .workloads
        .ids_matching(Some(home), labels)
        .take(WORKLOADS + 1)
        .collect();
    if ids.len() > WORKLOADS {
        return false;
    }
    let mut reach = Reach::default();
    let mut seen = FxHashSet::default();
    for id in ids {
        let server = wire.server_of(id);
        if !seen.insert(server) {
            continue;
        }
        let accepts = wire.accepts(server, port);
        if accepts.by().is_some_and(|by| by.object == policy.id) {
            reach.note(wire.proxy(id));
        }
    }
    reach.is_ambient_alone()
}

fn finding(policy: &Object<PeerAuthentication>, place: FieldPath, at: &str) -> Finding {
    let message = format!(
        "mode DISABLE{at} has no effect: ztunnel takes it for PERMISSIVE, and clients in ambient \
         mode still use mutual TLS"
    );
    let fix = Fix::hazardous("write PERMISSIVE").write(policy.id, place.clone(), "PERMISSIVE");
    Finding::new(Code::MESH3003, policy.id, place, message)
        .help(
            "write PERMISSIVE, or take the workloads out of ambient mode \
             (istio.io/dataplane-mode: none)",
        )
        .fix(fix)
}
