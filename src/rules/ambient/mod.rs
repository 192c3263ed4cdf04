//! Checks of policies that need a waypoint in ambient mode.

use crate::rules::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
