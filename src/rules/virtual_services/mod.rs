//! Checks of VirtualServices.

mod affected;
pub(in crate::rules) mod destination_ports;
pub(in crate::rules) mod destinations;
pub(in crate::rules) mod gateway_hosts;
mod gateway_names;
mod http_routes_without_http_port;
mod jwt_claim_route_without_authentication;
mod route_host_unknown;
mod route_overlap;
mod route_weights;
mod subset_unknown;
mod subset_without_effect_on_ingress;
mod unused_matches;
mod virtual_services_share_host;

use super::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    gateway_hosts::CHECK,
    gateway_names::CHECK,
    http_routes_without_http_port::CHECK,
    jwt_claim_route_without_authentication::CHECK,
    route_host_unknown::CHECK,
    route_weights::CHECK,
    subset_unknown::CHECK,
    subset_without_effect_on_ingress::CHECK,
    unused_matches::CHECK,
    virtual_services_share_host::CHECK,
];
