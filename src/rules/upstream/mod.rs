//! What `istioctl analyze` reports, one file per analyzer or family of analyzers. Admission
//! validation, which istioctl runs as well, is not here.

mod annotation_table;
mod annotation_values;
mod annotations;
mod authorization_policies;
mod blocked_cidrs;
mod conditions;
mod crd_versions;
mod deployments;
mod deprecation;
mod destination_hosts;
mod destination_rule_certificates;
mod destination_rule_subsets;
mod destination_subsets;
mod envoy_filters;
mod external_control_plane;
mod gateway_certificates;
mod gateway_conflicts;
mod gateway_selectors;
mod gateways;
mod image_auto;
mod ingress_subsets;
mod injection;
mod injection_images;
mod jwt_routes;
mod mesh_hosts;
mod mesh_networks;
mod paths;
mod selecting;
mod service_entries;
mod service_ports;
mod sidecars;
mod telemetries;
mod user_id;
mod virtual_service_gateways;
mod virtual_services;
mod webhooks;
mod words;
mod x509;

use super::Check;

/// The tables of the checks.
pub(super) const TABLES: &[&[Check]] = &[
    annotations::CHECKS,
    authorization_policies::CHECKS,
    blocked_cidrs::CHECKS,
    conditions::CHECKS,
    crd_versions::CHECKS,
    deployments::CHECKS,
    deprecation::CHECKS,
    destination_hosts::CHECKS,
    destination_rule_certificates::CHECKS,
    destination_rule_subsets::CHECKS,
    destination_subsets::CHECKS,
    envoy_filters::CHECKS,
    external_control_plane::CHECKS,
    gateway_certificates::CHECKS,
    gateway_conflicts::CHECKS,
    gateway_selectors::CHECKS,
    gateways::CHECKS,
    image_auto::CHECKS,
    ingress_subsets::CHECKS,
    injection::CHECKS,
    injection_images::CHECKS,
    jwt_routes::CHECKS,
    mesh_hosts::CHECKS,
    mesh_networks::CHECKS,
    service_entries::CHECKS,
    service_ports::CHECKS,
    sidecars::CHECKS,
    telemetries::CHECKS,
    user_id::CHECKS,
    virtual_service_gateways::CHECKS,
    webhooks::CHECKS,
];
