//! Checks of TLS that proxies originate, and of what the ports behind them speak: plain HTTP sent to
//! a port of TLS, TLS to a port of plain HTTP, and TLS inside TLS. They judge by the clusters that
//! istiod makes, and run outside upstream mode alone.

mod double_tls;
mod plain_http_to_tls_port;
mod settings;
mod tls_origination_to_plain_port;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    double_tls::CHECK,
    plain_http_to_tls_port::CHECK,
    tls_origination_to_plain_port::CHECK,
];
