//! Checks of VirtualServices.

mod affected;
mod gateways;
mod hosts;
mod route_hosts;
mod route_overlap;
mod subsets;
mod weights;

use super::{Check, Run};
use crate::diagnostics::Code;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "route-hosts",
        codes: &[Code::KIA1101],
        run: Run::VirtualService(route_hosts::check),
    },
    Check {
        name: "gateways-of-virtual-service",
        codes: &[Code::KIA1102, Code::KIA1108],
        run: Run::VirtualService(gateways::check),
    },
    Check {
        name: "route-weights",
        codes: &[Code::KIA1104, Code::KIA1105],
        run: Run::VirtualService(weights::check),
    },
    Check {
        name: "hosts-of-virtual-services",
        codes: &[Code::KIA1106],
        run: Run::Mesh(hosts::check),
    },
    Check {
        name: "route-subsets",
        codes: &[Code::KIA1107],
        run: Run::VirtualService(subsets::check),
    },
];
