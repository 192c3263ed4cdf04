//! Checks of ReferenceGrants.

mod reference_grant_namespace_not_found;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[reference_grant_namespace_not_found::CHECK];
