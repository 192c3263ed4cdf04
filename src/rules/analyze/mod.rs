//! What `istioctl analyze` reports, one file per analyzer or family of analyzers. Admission
//! validation, which istioctl runs as well, is not here.

mod annotation_table;
mod annotation_values;
mod annotations;
mod conditions;
mod deployments;
mod deprecation;
mod destination_rule_certificates;
mod envoy_filters;
mod external_control_plane;
mod image_auto;
mod injection;
mod injection_images;
mod service_ports;
mod user_id;
mod words;

use super::Check;

/// The tables of the checks.
pub(super) const TABLES: &[&[Check]] = &[
    annotations::CHECKS,
    injection::CHECKS,
    injection_images::CHECKS,
    image_auto::CHECKS,
    deployments::CHECKS,
    user_id::CHECKS,
    conditions::CHECKS,
    destination_rule_certificates::CHECKS,
    deprecation::CHECKS,
    envoy_filters::CHECKS,
    external_control_plane::CHECKS,
    service_ports::CHECKS,
];
