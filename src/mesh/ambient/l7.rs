//! Which objects ask for a proxy that understands HTTP, and so for a waypoint in ambient mode: what
//! Kiali reads as such, and what it leaves out.

use super::Ambient;
use crate::model::Str;
use crate::model::networking::{
    DestinationRule, LoadBalancerSettings, TrafficPolicy, VirtualService,
};
use crate::model::security::{Action, AuthorizationPolicy, Rule};
use crate::model::telemetry::Telemetry;

impl Ambient {
    /// Whether an AuthorizationPolicy needs a waypoint: ztunnel understands neither its rules nor
    /// its action.
    pub fn needs_l7_authorization(&self, policy: &AuthorizationPolicy) -> bool {
        is_l7_authorization(policy)
            || !self.quirks.some_l7_features_are_l4
                && (matches!(policy.action, Action::Custom | Action::Audit)
                    || has_http_conditions(policy))
    }

    /// Whether ztunnel, which knows no HTTP, denies all traffic because of the policy: no rule is
    /// left of an ALLOW policy, or a rule of a DENY policy has nothing else and matches everything.
    pub fn ztunnel_denies_all(&self, policy: &AuthorizationPolicy) -> bool {
        let mut rules = policy.rules.iter();
        match policy.action {
            Action::Allow => !policy.rules.is_empty() && rules.all(is_l7_rule),
            Action::Deny => rules.any(|rule| is_l7_rule(rule) && !has_l4(rule)),
            Action::Custom | Action::Audit => false,
        }
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

/// Whether a rule has something that ztunnel does not know: HTTP, tokens, most conditions.
pub fn is_l7_rule(rule: &Rule) -> bool {
    let alone = AuthorizationPolicy {
        rules: vec![rule.clone()],
        ..AuthorizationPolicy::default()
    };
    is_l7_authorization(&alone) || has_http_conditions(&alone)
}

/// Whether a rule has something that ztunnel knows.
fn has_l4(rule: &Rule) -> bool {
    let sources = rule.from.iter().filter_map(|from| from.source.as_ref());
    let operations = rule.to.iter().filter_map(|to| to.operation.as_ref());
    let mut sources = sources.flat_map(|source| {
        [
            &source.principals,
            &source.not_principals,
            &source.namespaces,
            &source.not_namespaces,
            &source.ip_blocks,
            &source.not_ip_blocks,
            &source.service_accounts,
            &source.not_service_accounts,
        ]
    });
    let mut operations = operations.flat_map(|operation| [&operation.ports, &operation.not_ports]);
    sources.any(|list| !list.is_empty())
        || operations.any(|list| !list.is_empty())
        || rule
            .when
            .iter()
            .any(|when| L4_KEYS.contains(&when.key.as_str()))
}

/// Keys of conditions that ztunnel knows.
const L4_KEYS: [&str; 5] = [
    "source.ip",
    "source.namespace",
    "source.principal",
    "destination.ip",
    "destination.port",
];

/// Conditions on what ztunnel does not know.
fn has_http_conditions(policy: &AuthorizationPolicy) -> bool {
    let is_http = |key: &Str| !L4_KEYS.contains(&key.as_str());
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

/// Whether an AuthorizationPolicy looks at HTTP. Its action does not matter.
pub fn is_l7_authorization(policy: &AuthorizationPolicy) -> bool {
    const KEYS: [&str; 5] = [
        "request.headers",
        "request.auth.claims",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
    ];
    policy.rules.iter().any(|rule| {
        let condition = |key: &Str| KEYS.iter().any(|prefix| key.starts_with(prefix));
        rule.when.iter().any(|when| condition(&when.key))
            || rule
                .to
                .iter()
                .filter_map(|to| to.operation.as_ref())
                .any(|operation| {
                    !(operation.methods.is_empty()
                        && operation.not_methods.is_empty()
                        && operation.paths.is_empty()
                        && operation.not_paths.is_empty()
                        && operation.hosts.is_empty()
                        && operation.not_hosts.is_empty())
                })
            || rule
                .from
                .iter()
                .filter_map(|from| from.source.as_ref())
                .any(|source| {
                    !(source.request_principals.is_empty()
                        && source.not_request_principals.is_empty())
                })
    })
}

/// Whether a Telemetry needs a proxy that understands HTTP.
pub fn is_l7_telemetry(telemetry: &Telemetry) -> bool {
    !telemetry.tracing.is_empty()
        || !telemetry.access_logging.is_empty()
        || telemetry
            .metrics
            .iter()
            .any(|metrics| !metrics.overrides.is_empty())
}

/// Whether a DestinationRule needs a proxy that understands HTTP. Settings of ports do not count.
pub fn is_l7_destination_rule(rule: &DestinationRule) -> bool {
    let subsets = rule.subsets.iter().map(|subset| &subset.traffic_policy);
    std::iter::once(&rule.traffic_policy)
        .chain(subsets)
        .flatten()
        .any(|policy| is_l7_traffic_policy(policy))
}

fn is_l7_traffic_policy(policy: &TrafficPolicy) -> bool {
    let hash = policy
        .load_balancer
        .as_ref()
        .and_then(|balancer| balancer.consistent_hash.as_ref());
    hash.is_some_and(|hash| {
        let header = hash.http_header_name.as_ref();
        header.is_some_and(|name| !name.is_empty()) || hash.http_cookie.is_some()
    }) || policy
        .connection_pool
        .as_ref()
        .is_some_and(|pool| pool.http.is_some())
        || policy.outlier_detection.is_some()
}

/// Whether a VirtualService routes mesh traffic by HTTP or TLS, for which ambient mode needs a
/// waypoint.
pub fn requires_waypoint(service: &VirtualService) -> bool {
    !(service.http.is_empty() && service.tls.is_empty())
        && (service.gateways.is_empty() || service.gateways.iter().any(|name| name == "mesh"))
}
