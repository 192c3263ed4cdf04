//! Checks of WorkloadGroups.

mod workload_group_account_not_found;
mod workload_groups_same_labels;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    workload_group_account_not_found::CHECK,
    workload_groups_same_labels::CHECK,
];
