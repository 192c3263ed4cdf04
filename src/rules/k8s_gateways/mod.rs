//! Checks of Gateways of the Gateway API.

mod gateway_class_not_found;
mod gateway_status;
mod listeners_not_distinct;
mod shared_by_gateways;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    gateway_class_not_found::CHECK,
    gateway_status::CHECK,
    listeners_not_distinct::CHECK,
    shared_by_gateways::CHECK,
];
