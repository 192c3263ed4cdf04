//! Checks of ServiceEntries.

mod service_entries_share_host;
mod service_entry_addresses_required;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    service_entries_share_host::CHECK,
    service_entry_addresses_required::CHECK,
];
