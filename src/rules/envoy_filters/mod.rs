//! Checks of EnvoyFilters.

mod envoy_filter_patches;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[envoy_filter_patches::CHECK];
