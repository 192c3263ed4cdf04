//! Checks of Telemetries.

mod telemetry_selectors;
mod telemetry_without_provider;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    telemetry_selectors::CHECK,
    telemetry_without_provider::CHECK,
];
