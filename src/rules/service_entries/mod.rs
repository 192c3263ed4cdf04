//! Checks of ServiceEntries.

mod same_host;

use super::{Check, Run};
use crate::diagnostics::Code;

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    name: "service-entries-of-one-host",
    codes: &[Code::KIA1211, Code::KIA1212],
    run: Run::Mesh(same_host::check),
}];
