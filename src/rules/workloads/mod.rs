//! Checks of workloads.

mod ambient_workload;
mod deployment_port_conflict;
mod excluded_inbound_port;
mod http_policy_without_waypoint;
mod ineffective_gateway_selector;
mod policies;
mod probe_without_rewrite;
pub(in crate::rules) mod reserved_user_id;
mod template;
mod uncovered_workload;

use crate::diagnostics::{Code, Finding};
use crate::mesh::Workload;
use crate::rules::Check;
use crate::rules::common::words;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    ambient_workload::CHECK,
    deployment_port_conflict::CHECK,
    excluded_inbound_port::CHECK,
    http_policy_without_waypoint::CHECK,
    ineffective_gateway_selector::CHECK,
    probe_without_rewrite::CHECK,
    reserved_user_id::CHECK,
    uncovered_workload::CHECK,
];

/// A finding about a workload as a whole.
fn finding(code: Code, workload: &Workload, message: &str) -> Finding {
    let subject = format!("{} {}", words::kind(workload), workload.name);
    Finding::new(
        code,
        workload.object,
        "workload",
        format!("{subject} {message}"),
    )
    .points_at("metadata/name")
}
