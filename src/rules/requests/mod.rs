//! Checks of what routes do with requests: how paths and origins are compared, what is rewritten,
//! retried or failed on purpose, whose routes are left out. They judge by what istiod and Envoy do
//! with each, and run outside upstream mode alone.

mod cors_origin_never_matches;
mod delegate_without_effect;
mod fault_on_every_request;
mod regex_matches_whole_path;
mod retries_without_time;
mod rewrite_doubles_slash;
mod star_in_path;
mod wildcard_routes_shadowed;

use super::Check;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::{HttpMatch, HttpRoute, ParentRef};
use crate::model::networking::{HttpMatchRequest, VirtualService};
use crate::path;
use crate::yaml::FieldPath;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    cors_origin_never_matches::CHECK,
    delegate_without_effect::CHECK,
    fault_on_every_request::CHECK,
    regex_matches_whole_path::CHECK,
    retries_without_time::CHECK,
    rewrite_doubles_slash::CHECK,
    star_in_path::CHECK,
    wildcard_routes_shadowed::CHECK,
];

/// The matches of the HTTP routes of a VirtualService, each with its path.
fn matches_of(service: &VirtualService) -> impl Iterator<Item = (FieldPath, &HttpMatchRequest)> {
    service.http.iter().enumerate().flat_map(|(i, route)| {
        let matches = route.matches.iter().enumerate();
        matches.map(move |(j, matching)| (path!["spec", "http", i, "match", j], matching))
    })
}

/// The matches of an HTTPRoute, each with its path.
fn matches_of_k8s(route: &HttpRoute) -> impl Iterator<Item = (FieldPath, &HttpMatch)> {
    route.rules.iter().enumerate().flat_map(|(i, rule)| {
        let matches = rule.matches.iter().enumerate();
        matches.map(move |(j, matching)| (path!["spec", "rules", i, "matches", j], matching))
    })
}

/// Whether a route is, for all that the input shows, one of Istio's: it has a parent that may be.
pub(in crate::rules) fn is_routed_by_istio(route: &Object<HttpRoute>, mesh: &Mesh) -> bool {
    let is_istio = |parent: &ParentRef| {
        if !parent.is_gateway() {
            return true;
        }
        let namespace = parent.namespace(route.namespace());
        let gateway = mesh.named(namespace, &parent.name).k8s_gateways();
        gateway.is_none_or(|gateway| {
            let class = gateway.spec.gateway_class_name.as_str();
            let mut classes = mesh.objects.gateway_classes.iter();
            let declared = classes.find(|object| object.name() == class);
            declared.map_or(class.starts_with("istio"), |class| {
                class.spec.controller_name.starts_with("istio.io/")
            })
        })
    };
    mesh.evidence.has_sign_of_istio() && route.spec.parent_refs.iter().any(is_istio)
}
