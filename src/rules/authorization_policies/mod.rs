//! Checks of what rules of AuthorizationPolicies name.

use crate::rules::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
