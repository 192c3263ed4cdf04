//! What `istioctl analyze` says of problems that checks of ours judge by what the mesh does: its
//! analyzers, run only in upstream mode, where its words are wanted.

mod authorization_policy_references;
mod conflicting_mesh_hosts;
mod conflicting_service_entry_protocols;
mod destination_hosts;
mod destination_rule_hosts_and_subsets;
mod destination_subsets;
mod gateway_conflicts;
mod gateway_references;
mod gateway_without_workload;
mod known_hosts;
mod port_name_convention;
mod sidecar_selectors;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    authorization_policy_references::CHECK,
    conflicting_mesh_hosts::CHECK,
    conflicting_service_entry_protocols::CHECK,
    destination_hosts::CHECK,
    destination_rule_hosts_and_subsets::CHECK,
    destination_subsets::CHECK,
    gateway_conflicts::CHECK,
    gateway_references::CHECK,
    gateway_without_workload::CHECK,
    port_name_convention::CHECK,
    sidecar_selectors::CHECK,
];
