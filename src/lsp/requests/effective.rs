//! What holds for workloads in the end, in a few words.

use std::collections::BTreeMap;

use crate::mesh::security::wire::{Accepts, Mode};
use crate::mesh::{Mesh, WorkloadId};
use crate::model::ObjectId;

/// What a workload accepts at ports about which nothing special is said, in a word.
pub(super) fn mtls(mesh: &Mesh, workload: WorkloadId) -> &'static str {
    match accepts(mesh, workload) {
        Accepts::NoSidecar => "no proxy",
        Accepts::Mode(Mode::Strict, _) => "strict",
        Accepts::Mode(Mode::Permissive, _) => "permissive",
        Accepts::Mode(Mode::Disable, _) => "disabled",
    }
}

/// The policy that decides about it.
pub(super) fn decided_by(mesh: &Mesh, workload: WorkloadId) -> Option<ObjectId> {
    accepts(mesh, workload).by().map(|by| by.object)
}

fn accepts(mesh: &Mesh, workload: WorkloadId) -> Accepts {
    let wire = mesh.security.wire();
    // No container has this port, so that no entry for a port counts.
    wire.accepts(wire.server_of(workload), 0)
}

/// What workloads accept together: `permissive`, or `strict for 2, permissive for 1`.
pub(super) fn mtls_of_all(mesh: &Mesh, workloads: &[WorkloadId]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for workload in workloads {
        *counts.entry(mtls(mesh, *workload)).or_default() += 1;
    }
    match counts.len() {
        0 => None,
        1 => counts.keys().next().map(|word| (*word).to_owned()),
        _ => {
            let parts = counts.iter();
            let parts: Vec<String> = parts.map(|(word, n)| format!("{word} for {n}")).collect();
            Some(parts.join(", "))
        }
    }
}
