//! Which objects ask for a proxy that understands HTTP, and so for a waypoint in ambient mode.
//! Kiali's reading is in [`ambient`](super::waypoints); here is what it leaves out, which counts
//! outside upstream mode.

use crate::mesh::Mesh;
use crate::mesh::ambient::waypoints::{is_l7_authorization, is_l7_destination_rule};
use crate::model::Str;
use crate::model::networking::{DestinationRule, LoadBalancerSettings, TrafficPolicy};
use crate::model::security::{Action, AuthorizationPolicy};

impl Mesh {
    /// Whether an AuthorizationPolicy needs a waypoint: ztunnel understands neither its rules nor
    /// its action.
    pub fn needs_l7_authorization(&self, policy: &AuthorizationPolicy) -> bool {
        is_l7_authorization(policy)
            || !self.quirks.some_l7_features_are_l4
                && (matches!(policy.action, Action::Custom | Action::Audit)
                    || has_http_conditions(policy))
    }

    /// Whether a DestinationRule needs a waypoint.
    pub fn needs_l7_routing(&self, rule: &DestinationRule) -> bool {
        is_l7_destination_rule(rule)
            || !self.quirks.some_l7_features_are_l4
                && std::iter::once(&rule.traffic_policy)
                    .chain(rule.subsets.iter().map(|subset| &subset.traffic_policy))
                    .flatten()
                    .any(|policy| has_more_l7(policy))
    }
}

/// Conditions on what ztunnel does not know.
fn has_http_conditions(policy: &AuthorizationPolicy) -> bool {
    const L4: [&str; 5] = [
        "source.ip",
        "source.namespace",
        "source.principal",
        "destination.ip",
        "destination.port",
    ];
    let is_http = |key: &Str| !L4.contains(&key.as_str());
    policy.rules.iter().any(|rule| {
        rule.when.iter().any(|when| is_http(&when.key))
            || rule
                .from
                .iter()
                .filter_map(|from| from.source.as_ref())
                .any(|source| {
                    !(source.remote_ip_blocks.is_empty() && source.not_remote_ip_blocks.is_empty())
                })
    })
}

fn has_more_l7(policy: &TrafficPolicy) -> bool {
    let hashes = |balancer: &LoadBalancerSettings| {
        let hash = balancer.consistent_hash.as_ref();
        hash.is_some_and(|hash| {
            let named = |name: &Option<Str>| name.as_ref().is_some_and(|name| !name.is_empty());
            named(&hash.http_query_parameter_name)
                || named(&hash.http_header_name)
                || hash.http_cookie.is_some()
        })
    };
    policy
        .load_balancer
        .as_ref()
        .is_some_and(|balancer| hashes(balancer))
        || policy.port_level_settings.iter().any(|port| {
            port.outlier_detection.is_some()
                || port
                    .connection_pool
                    .as_ref()
                    .is_some_and(|pool| pool.http.is_some())
                || port
                    .load_balancer
                    .as_ref()
                    .is_some_and(|balancer| hashes(balancer))
        })
}
