//! Checks of `RequestAuthentication`.

mod jwks_behind_strict;
mod jwt_not_required;

use crate::rules::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[jwks_behind_strict::CHECK, jwt_not_required::CHECK];
