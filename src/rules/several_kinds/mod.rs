//! Checks that look at several kinds in the same way.

mod export_to_unknown_namespace;
mod overlapping_selectors;
pub(in crate::rules) mod selector_without_workload;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    export_to_unknown_namespace::CHECK,
    overlapping_selectors::CHECK,
    selector_without_workload::CHECK,
];
