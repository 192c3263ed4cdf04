//! MESH2103: a workload with a proxy accepts plain text.

use std::collections::BTreeMap;

use crate::answers::edges::words;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::places::NamespaceId;
use crate::mesh::security::wire::{Accepts, Mode};
use crate::mesh::workloads::WorkloadId;
use crate::model::ObjectId;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

use super::{knows_peer_authentications, served};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "plaintext-accepted",
    codes: &[Code::MESH2103],
    runs: &[Run::Mesh(plaintext_accepted)],
};

fn plaintext_accepted(mesh: &Mesh, findings: &mut Findings) {
    let wire = mesh.security.wire();
    let mut by_policy: BTreeMap<(ObjectId, FieldPath), (Mode, Vec<WorkloadId>)> = BTreeMap::new();
    let mut by_default: BTreeMap<NamespaceId, Vec<WorkloadId>> = BTreeMap::new();
    for (id, ports) in served(mesh, wire) {
        for port in ports {
            match wire.accepts(wire.server_of(id), port) {
                Accepts::Mode(mode @ (Mode::Permissive | Mode::Disable), Some(by)) => {
                    let entry = by_policy.entry((by.object, by.path));
                    let (_, workloads) = entry.or_insert((mode, Vec::new()));
                    add(workloads, id);
                }
                Accepts::Mode(Mode::Permissive | Mode::Disable, None) => {
                    let namespace = mesh.workloads.get(id).map(|own| own.namespace);
                    add(
                        by_default.entry(namespace.unwrap_or_default()).or_default(),
                        id,
                    );
                }
                Accepts::Mode(Mode::Strict, _) | Accepts::NoSidecar => {}
            }
        }
    }
    for ((object, path), (mode, workloads)) in by_policy {
        if mesh.is_context(object) {
            continue;
        }
        let mode = match mode {
            Mode::Disable => "DISABLE turns mutual TLS off",
            _ => "PERMISSIVE accepts plain text",
        };
        let message = format!("{mode} at {}", told(mesh, &workloads));
        findings.push(
            Finding::new(Code::MESH2103, object, path, message).help("set the mode to STRICT"),
        );
    }
    for (namespace, workloads) in by_default {
        let place = mesh.places.get(namespace);
        let first = workloads.first().and_then(|id| mesh.workloads.get(*id));
        let Some(object) = place.object.or(first.map(|own| own.object)) else {
            continue;
        };
        let message = format!(
            "no PeerAuthentication holds for {}: plain text is accepted by default",
            told(mesh, &workloads)
        );
        findings.push(
            Finding::new(Code::MESH2103, object, FieldPath::root(), message)
                .help(format!(
                    "add a PeerAuthentication with mode STRICT to namespace {} or to the mesh",
                    place.name
                ))
                .given(knows_peer_authentications(mesh, namespace)),
        );
    }
}

fn add(workloads: &mut Vec<WorkloadId>, id: WorkloadId) {
    if workloads.last() != Some(&id) {
        workloads.push(id);
    }
}

/// The first workload and how many more.
fn told(mesh: &Mesh, workloads: &[WorkloadId]) -> String {
    let object = |id: &WorkloadId| {
        let workload = mesh.workloads.get(*id);
        workload.map_or_else(String::new, |own| words::object(mesh, own.object))
    };
    match workloads {
        [] => String::new(),
        [only] => object(only),
        [first, rest @ ..] => format!("{} and {} more", object(first), rest.len()),
    }
}
