//! Checks of objects whatever their kind, and of what several kinds carry.

mod deprecated_feature;
mod duplicate_object;
mod istio_annotations;
mod later_versions;
mod negative_status_condition;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    deprecated_feature::CHECK,
    duplicate_object::CHECK,
    istio_annotations::CHECK,
    later_versions::CHECK,
    negative_status_condition::CHECK,
];
