//! Checks of Sidecars. What they share with policies that select workloads stands in
//! [`super::common`].

mod egress_hosts;
mod outbound_policy;
mod root_selector;

use super::{Check, Run};
use crate::diagnostics::Code;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "sidecar-egress-hosts",
        codes: &[Code::KIA1004],
        run: Run::Sidecar(egress_hosts::check),
    },
    Check {
        name: "sidecar-root-selector",
        codes: &[Code::KIA1006],
        run: Run::Sidecar(root_selector::check),
    },
    Check {
        name: "sidecar-outbound-policy",
        codes: &[Code::KIA1007],
        run: Run::Sidecar(outbound_policy::check),
    },
];
