//! Checks of Telemetries.

mod telemetry_selectors;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[telemetry_selectors::CHECK];
