//! Checks of DestinationRules.

mod known_host;
mod overlapping;
mod subset_wording;

use super::{Check, Run};
use crate::diagnostics::Code;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "overlapping-rules",
        codes: &[Code::KIA0201],
        run: Run::Mesh(overlapping::check),
    },
    Check {
        name: "host-and-subsets",
        codes: &[Code::KIA0202, Code::KIA0203, Code::KIA0209],
        run: Run::DestinationRule(known_host::check),
    },
];
