//! Checks of EnvoyFilters.

mod envoy_filter_context;
mod envoy_filter_patches;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[envoy_filter_patches::CHECK];

/// The checks of what only the mesh at work shows; they run outside upstream mode alone.
pub(super) const OF_RUN_TIME: &[Check] = &[envoy_filter_context::CHECK];
