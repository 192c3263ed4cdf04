//! Checks of Gateways of the Gateway API.

mod certificate_not_found;
mod certificate_reference_not_permitted;
mod credentials;
mod gateway_class_not_found;
mod gateway_status;
mod listeners_not_distinct;
mod shared_by_gateways;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    certificate_not_found::CHECK,
    certificate_reference_not_permitted::CHECK,
    gateway_class_not_found::CHECK,
    gateway_status::CHECK,
    listeners_not_distinct::CHECK,
    shared_by_gateways::CHECK,
];
