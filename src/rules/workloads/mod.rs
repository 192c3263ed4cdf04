//! Checks of workloads.

mod ambient;
mod coverage;
mod policies;

use crate::diagnostics::{Code, Finding};
use crate::mesh::Workload;
use crate::rules::common::words;
use crate::rules::{Check, Run};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "uncovered-workload",
        codes: &[Code::KIA1301],
        run: Run::Mesh(coverage::check),
    },
    Check {
        name: "ambient-workload",
        codes: &[
            Code::KIA1311,
            Code::KIA1312,
            Code::KIA1313,
            Code::KIA1314,
            Code::KIA1315,
            Code::KIA1316,
        ],
        run: Run::Mesh(ambient::check),
    },
    Check {
        name: "ambient-workload-policies",
        codes: &[Code::KIA1317],
        run: Run::Mesh(ambient::check_policies),
    },
];

/// A finding about a workload as a whole.
fn finding(code: Code, workload: &Workload, message: &str) -> Finding {
    let subject = format!("{} {}", words::kind(workload), workload.name);
    Finding::new(
        code,
        workload.object,
        "workload",
        format!("{subject} {message}"),
    )
    .points_at("metadata/name")
}
