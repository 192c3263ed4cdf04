//! Checks of objects as such, whatever their kind.

mod duplicates;

use super::{Check, Run};
use crate::diagnostics::Code;

pub(crate) const CHECKS: &[Check] = &[Check {
    name: "duplicate-objects",
    codes: &[Code::MESH0009],
    run: Run::Mesh(duplicates::check),
}];
