//! Checks of DestinationRules.

mod destination_rule_unread;
mod destination_rules_overlap;
mod host_and_subsets;
mod load_balancer_without_effect;
mod port_level_settings_replace;
mod subset_wording;
mod unverified_server_certificates;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    destination_rules_overlap::CHECK,
    host_and_subsets::CHECK,
    unverified_server_certificates::CHECK,
];

/// The checks of what only the mesh at work shows; they run outside upstream mode alone.
pub(super) const OF_RUN_TIME: &[Check] = &[
    destination_rule_unread::CHECK,
    load_balancer_without_effect::CHECK,
    port_level_settings_replace::CHECK,
];
