//! Checks of ServiceEntries.

mod service_entries_share_host;
mod service_entry_addresses_required;
mod service_entry_over_kubernetes_service;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    service_entries_share_host::CHECK,
    service_entry_addresses_required::CHECK,
];

/// The checks of what only the mesh at work shows; they run outside upstream mode alone.
pub(super) const OF_RUN_TIME: &[Check] = &[service_entry_over_kubernetes_service::CHECK];
