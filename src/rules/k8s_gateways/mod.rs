//! Checks of Gateways of the Gateway API.

mod class;
mod own_listeners;
mod shared;
mod status;

use super::{Check, Run};
use crate::diagnostics::Code;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "listeners-of-several-gateways",
        codes: &[Code::KIA1501],
        run: Run::Mesh(shared::check_listeners),
    },
    Check {
        name: "addresses-of-several-gateways",
        codes: &[Code::KIA1502],
        run: Run::Mesh(shared::check_addresses),
    },
    Check {
        name: "listeners-of-one-gateway",
        codes: &[Code::KIA1503],
        run: Run::K8sGateway(own_listeners::check),
    },
    Check {
        name: "gateway-class",
        codes: &[Code::KIA1504],
        run: Run::Mesh(class::check),
    },
    Check {
        name: "gateway-status",
        codes: &[Code::GWAPI],
        run: Run::K8sGateway(status::check),
    },
];
