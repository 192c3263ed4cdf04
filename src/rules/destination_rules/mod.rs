//! Checks of DestinationRules.

mod destination_rules_overlap;
mod host_and_subsets;
mod subset_wording;
mod unverified_server_certificates;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    destination_rules_overlap::CHECK,
    host_and_subsets::CHECK,
    unverified_server_certificates::CHECK,
];
