//! Checks of sidecar injection: namespaces, Pods, and the webhooks and injectors that serve them.

mod conflicting_injection_webhooks;
mod image_auto;
mod proxy_image_mismatch;
mod sidecar_injection;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    conflicting_injection_webhooks::CHECK,
    image_auto::CHECK,
    proxy_image_mismatch::CHECK,
    sidecar_injection::CHECK,
];
