//! The posture of a mesh in numbers: what each namespace encrypts, authorizes and leaves open.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::mesh::Mesh;
use crate::mesh::security::wire::Mode;
use crate::mesh::workloads::WorkloadId;
use crate::model::security::Action;

/// The numbers of a namespace, or of all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Workloads behind a Service.
    pub workloads: usize,
    /// Of these: those whose ports are all STRICT.
    pub strict: usize,
    /// Those with a port that is PERMISSIVE.
    pub permissive: usize,
    /// Those with a port that is DISABLE.
    pub disable: usize,
    /// Those without a sidecar, and gateways.
    pub no_sidecar: usize,
    /// Those to which an ALLOW policy applies.
    pub allow: usize,
    /// Those to which DENY policies apply, and no ALLOW policy.
    pub deny_only: usize,
    /// Those to which neither applies.
    pub none: usize,
}

impl Numbers {
    /// Adds those of another namespace.
    pub fn add(&mut self, other: &Self) {
        self.workloads += other.workloads;
        self.strict += other.strict;
        self.permissive += other.permissive;
        self.disable += other.disable;
        self.no_sidecar += other.no_sidecar;
        self.allow += other.allow;
        self.deny_only += other.deny_only;
        self.none += other.none;
    }
}

/// The numbers of each namespace that has workloads behind Services, by name.
pub fn numbers(mesh: &Mesh) -> BTreeMap<String, Numbers> {
    let wire = mesh.security.wire();
    // The weakest mode of each workload, `None` without a sidecar.
    let mut modes: FxHashMap<WorkloadId, Option<Mode>> = FxHashMap::default();
    for target in wire.targets() {
        let ports = wire.ports(target);
        for id in &wire.backends(target).workloads {
            let own = modes.entry(*id).or_default();
            for port in &ports {
                let number = wire.workload_port(port.declared, *id);
                let mode = wire.accepts(wire.server_of(*id), number).mode();
                *own = (*own).max(mode);
            }
        }
    }
    let mut numbers: BTreeMap<String, Numbers> = BTreeMap::new();
    for (id, mode) in modes {
        let Some(workload) = mesh.workloads.get(id) else {
            continue;
        };
        let name = mesh.places.name(workload.namespace).to_string();
        let own = numbers.entry(name).or_default();
        own.workloads += 1;
        match mode {
            Some(Mode::Strict) => own.strict += 1,
            Some(Mode::Permissive) => own.permissive += 1,
            Some(Mode::Disable) => own.disable += 1,
            None => own.no_sidecar += 1,
        }
        let policies = mesh
            .security
            .authorization()
            .policies(workload, wire.proxy(id));
        let has = |action: Action| policies.iter().any(|policy| policy.spec.action == action);
        if has(Action::Allow) {
            own.allow += 1;
        } else if has(Action::Deny) {
            own.deny_only += 1;
        } else {
            own.none += 1;
        }
    }
    numbers
}
