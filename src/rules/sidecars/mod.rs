//! Checks of Sidecars. What they share with policies that select workloads stands in
//! [`super::common`].

mod ineffective_sidecar;
mod root_sidecar_with_selector;
mod sidecar_egress_host_unknown;
pub(in crate::rules) mod sidecar_egress_port_unknown;
mod sidecar_outbound_mode_missing;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    ineffective_sidecar::CHECK,
    root_sidecar_with_selector::CHECK,
    sidecar_egress_host_unknown::CHECK,
    sidecar_outbound_mode_missing::CHECK,
];
