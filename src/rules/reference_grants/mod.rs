//! Checks of ReferenceGrants.

mod namespace;

use super::{Check, Run};
use crate::diagnostics::Code;

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    name: "reference-grant-namespace",
    codes: &[Code::KIA1601],
    run: Run::ReferenceGrant(namespace::check),
}];
