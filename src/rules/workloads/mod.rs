//! Checks of workloads.

use crate::rules::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
