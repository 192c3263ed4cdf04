//! Checks of WorkloadGroups.

mod same_labels;
mod service_account;

use super::{Check, Run};
use crate::diagnostics::Code;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "workload-group-service-account",
        codes: &[Code::KIA1701],
        run: Run::Mesh(service_account::check),
    },
    Check {
        name: "workload-groups-of-the-same-labels",
        codes: &[Code::KIA1702],
        run: Run::Mesh(same_labels::check),
    },
];
