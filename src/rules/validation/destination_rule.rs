//! IST0106, IST0133: what the admission webhook says of a DestinationRule.

use rustc_hash::FxHashSet;

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{
    ClientTlsSettings, ConnectionPoolSettings, ConsistentHashLb, DestinationRule,
    LoadBalancerSettings, Maglev, OutlierDetection, PortTrafficPolicy, TrafficPolicy,
    TunnelSettings, WarmupConfiguration,
};

use super::common::match_labels;
use super::export_to::{Exported, export_to};
use super::issues::Issues;
use super::labels::labels;
use super::text::{fqdn, is_ip, port, wildcard_domain};
use super::traffic_policy::{
    client_tls, connection_pool, given, locality, outlier_detection, zone_aware,
};
use super::validate;
use super::virtual_service::subset_name;
use crate::yaml::Trail;

/// Validates a DestinationRule.
pub(super) fn check(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    let namespace = rule.namespace();
    let ejects = !mesh.quirks.subsets_inherit_no_outlier_detection && ejects(rule, mesh);
    validate(rule, mesh, findings, |spec, issues| {
        destination_rule(spec, namespace, ejects, issues);
    });
}

/// Whether outlier detection stands at the level of the rule, from where subsets have it, or at that
/// of another rule with which istiod merges this one.
fn ejects(rule: &Object<DestinationRule>, mesh: &Mesh) -> bool {
    const LOOKED_AT: usize = 50;
    let ejects = |rule: &DestinationRule| {
        let policy = rule.traffic_policy.as_ref();
        policy.is_some_and(|policy| policy.outlier_detection.is_some())
    };
    if ejects(&rule.spec) {
        return true;
    }
    let has_balancer = |policy: &TrafficPolicy| policy.load_balancer.is_some();
    let subsets = rule
        .spec
        .subsets
        .iter()
        .filter_map(|subset| subset.traffic_policy.as_deref());
    let mut policies = rule
        .spec
        .traffic_policy
        .as_deref()
        .into_iter()
        .chain(subsets);
    if !policies.any(has_balancer) {
        return false;
    }
    let home = mesh.places.namespace_of(rule.id);
    let rules = mesh
        .routing
        .destination_rules_for(mesh.routing.host_of(rule));
    rules
        .filter(|other| mesh.places.namespace_of(other.id) == home)
        .take(LOOKED_AT)
        .any(|other| ejects(&other.spec))
}

/// `ejects` says that outlier detection comes from elsewhere, where a policy has none of its own.
fn destination_rule(rule: &DestinationRule, namespace: &str, ejects: bool, issues: &mut Issues) {
    let spec = Trail::top("spec");
    issues.check_value(&spec.field("host"), &rule.host, wildcard_domain(&rule.host));
    if let Some(policy) = &rule.traffic_policy {
        let path = spec.field("trafficPolicy");
        traffic_policy(policy, namespace, ejects, &path, issues);
    }
    let subsets = spec.field("subsets");
    let mut names: FxHashSet<&str> = FxHashSet::default();
    for (index, subset) in rule.subsets.iter().enumerate() {
        let path = subsets.item(index);
        let name = path.field("name");
        if !names.insert(&subset.name) {
            issues
                .error(&name, format!("duplicate subset names: {}", subset.name))
                .help("routes choose subsets by name: give each a name of its own");
        }
        subset_name(&subset.name, &name, issues);
        labels(&subset.labels, &path.field("labels"), issues);
        if let Some(policy) = &subset.traffic_policy {
            without_warnings(issues, |issues| {
                let path = path.field("trafficPolicy");
                traffic_policy(policy, namespace, ejects, &path, issues);
            });
        }
    }
    let exported = if rule.workload_selector.is_some() {
        Exported::ForWorkloads
    } else {
        Exported::Configuration
    };
    export_to(&rule.export_to, namespace, exported, issues);
    if let Some(selector) = &rule.workload_selector {
        match_labels(
            &selector.match_labels,
            &spec.field("workloadSelector"),
            issues,
        );
    }
}

/// Runs a check whose warnings upstream loses.
fn without_warnings(issues: &mut Issues, check: impl FnOnce(&mut Issues)) {
    let before = issues.mark();
    check(issues);
    issues.lose_warnings(before);
}

fn traffic_policy(
    policy: &TrafficPolicy,
    namespace: &str,
    ejects: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let parts = Parts {
        load_balancer: policy.load_balancer.as_deref(),
        connection_pool: policy.connection_pool.as_deref(),
        outlier_detection: policy.outlier_detection.as_deref(),
        ejects,
        tls: policy.tls.as_deref(),
    };
    let is_empty = parts.are_empty()
        && policy.port_level_settings.is_empty()
        && policy.tunnel.is_none()
        && policy.proxy_protocol.is_none()
        && policy.retry_budget.is_none();
    if is_empty {
        issues
            .error(path, "traffic policy must have at least one field")
            .help("say what the policy is, or remove trafficPolicy");
        return;
    }
    if policy.tunnel.is_some() && policy.proxy_protocol.is_some() {
        issues
            .error(
                &path.field("proxyProtocol"),
                "tunnel and proxyProtocol must not be set together",
            )
            .help("keep one of the two");
        return;
    }
    parts.check(namespace, path, issues);
    let settings_path = path.field("portLevelSettings");
    for (index, setting) in policy.port_level_settings.iter().enumerate() {
        port_policy(setting, namespace, &settings_path.item(index), issues);
    }
    if let Some(settings) = &policy.tunnel {
        tunnel(settings, &path.field("tunnel"), issues);
    }
    if let Some(protocol) = &policy.proxy_protocol
        && let Some(number) = protocol.version.unknown()
    {
        issues
            .error(
                &path.field("proxyProtocol").field("version"),
                format!("proxy protocol version is invalid: {number}"),
            )
            .help("write V1 or V2");
    }
}

fn port_policy(policy: &PortTrafficPolicy, namespace: &str, path: &Trail<'_>, issues: &mut Issues) {
    if policy.port.is_none() {
        issues
            .error(
                &path.field("port"),
                "portTrafficPolicy must have valid port",
            )
            .help("add port with the number of the service's port");
    }
    let parts = Parts {
        load_balancer: policy.load_balancer.as_deref(),
        connection_pool: policy.connection_pool.as_deref(),
        outlier_detection: policy.outlier_detection.as_deref(),
        // A port inherits nothing.
        ejects: false,
        tls: policy.tls.as_deref(),
    };
    if parts.are_empty() {
        issues
            .error(path, "port traffic policy must have at least one field")
            .help("say what the policy of the port is, or remove the item");
    } else {
        without_warnings(issues, |issues| parts.check(namespace, path, issues));
    }
}

/// What the policy of a host, a subset and a port have in common.
struct Parts<'a> {
    load_balancer: Option<&'a LoadBalancerSettings>,
    connection_pool: Option<&'a ConnectionPoolSettings>,
    outlier_detection: Option<&'a OutlierDetection>,
    /// Whether outlier detection comes from elsewhere.
    ejects: bool,
    tls: Option<&'a ClientTlsSettings>,
}

impl Parts<'_> {
    const fn are_empty(&self) -> bool {
        self.load_balancer.is_none()
            && self.connection_pool.is_none()
            && self.outlier_detection.is_none()
            && self.tls.is_none()
    }

    fn check(&self, namespace: &str, path: &Trail<'_>, issues: &mut Issues) {
        if let Some(outlier) = self.outlier_detection {
            outlier_detection(outlier, &path.field("outlierDetection"), issues);
        }
        if let Some(pool) = self.connection_pool {
            connection_pool(pool, &path.field("connectionPool"), issues);
        }
        if let Some(settings) = self.load_balancer {
            let has_outlier = self.ejects || self.outlier_detection.is_some();
            load_balancer(settings, has_outlier, &path.field("loadBalancer"), issues);
        }
        if let Some(tls) = self.tls {
            client_tls(tls, namespace, &path.field("tls"), issues);
        }
    }
}

fn load_balancer(
    settings: &LoadBalancerSettings,
    has_outlier: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if let Some(hash) = &settings.consistent_hash {
        consistent_hash(hash, &path.field("consistentHash"), issues);
    }
    let zone_path = path.field("zoneAwareLbSetting");
    if settings.locality_lb_setting.is_some() && settings.zone_aware_lb_setting.is_some() {
        issues
            .error(
                &zone_path,
                "only one of localityLbSetting and zoneAwareLbSetting can be set",
            )
            .help("keep one of the two");
    }
    if let Some(setting) = &settings.locality_lb_setting {
        locality(
            setting,
            has_outlier,
            &path.field("localityLbSetting"),
            issues,
        );
    }
    if let Some(setting) = &settings.zone_aware_lb_setting {
        zone_aware(setting, has_outlier, &zone_path, issues);
    }
    if let Some(configuration) = &settings.warmup {
        warmup(configuration, &path.field("warmup"), issues);
    }
}

fn consistent_hash(hash: &ConsistentHashLb, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(cookie) = &hash.http_cookie {
        let path = path.field("httpCookie");
        if cookie.name.is_empty() {
            issues.error(&path.field("name"), "name required for HttpCookie");
        }
        let attributes = path.field("attributes");
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for (index, attribute) in cookie.attributes.iter().enumerate() {
            let path = attributes.item(index);
            let path = path.field("name");
            if attribute.name.is_empty() {
                issues.error(&path, "cookie attribute name cannot be empty");
            }
            if !names.insert(&attribute.name) {
                issues.error(
                    &path,
                    format!("duplicate cookie attribute name: {}", attribute.name),
                );
            }
        }
    }
    if hash.minimum_ring_size != 0 {
        let path = path.field("minimumRingSize");
        issues
            .warn(
                &path,
                "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash \
                 configuration instead",
            )
            .help(format!(
                "write ringHash: {{minimumRingSize: {}}}",
                hash.minimum_ring_size
            ));
        if hash.ring_hash.is_some() || hash.maglev.is_some() {
            issues.error(
                &path,
                "only one of MinimumRingSize or Maglev/Ringhash can be specified",
            );
        }
    }
    if let Some(maglev) = &hash.maglev {
        table_size(*maglev, &path.field("maglev").field("tableSize"), issues);
    }
}

/// The table of Maglev: a prime below a bound. Zero is two errors, as upstream.
fn table_size(maglev: Maglev, path: &Trail<'_>, issues: &mut Issues) {
    const BOUND: u64 = 5_000_011;
    let size = maglev.table_size;
    if size == 0 {
        issues.error(path, "tableSize must be set for maglev");
    }
    if size >= BOUND {
        issues.error(path, "tableSize must be less than 5000011 for maglev");
    }
    if !is_prime(size) {
        issues
            .error(path, "tableSize must be a prime number for maglev")
            .help("write a prime, such as 65537");
    }
}

/// Whether it has no divisor but itself; upstream takes 1 for a prime.
fn is_prime(number: u64) -> bool {
    let is_divisor = |n: u64| number.is_multiple_of(n);
    number != 0
        && (number <= 2 || !is_divisor(2))
        && !(3..)
            .step_by(2)
            .take_while(|n| n * n <= number)
            .any(is_divisor)
}

fn warmup(warmup: &WarmupConfiguration, path: &Trail<'_>, issues: &mut Issues) {
    if warmup.duration.is_none() {
        issues.error(&path.field("duration"), "duration is required");
    }
    given(warmup.duration, "duration", path, issues);
    if warmup
        .minimum_percent
        .is_some_and(|percent| percent > 100.0)
    {
        issues.error(
            &path.field("minimumPercent"),
            "minimumPercent value should be less than or equal to 100",
        );
    }
    if warmup
        .aggression
        .is_some_and(|aggression| aggression <= 0.0)
    {
        issues.error(
            &path.field("aggression"),
            "aggression should be greater than 0",
        );
    }
}

fn tunnel(tunnel: &TunnelSettings, path: &Trail<'_>, issues: &mut Issues) {
    if !matches!(tunnel.protocol.as_str(), "" | "CONNECT" | "POST") {
        let result = Err("tunnel protocol must be \"CONNECT\" or \"POST\"");
        issues.check_value(&path.field("protocol"), &tunnel.protocol, result);
    }
    let host = tunnel.target_host.as_str();
    if let Err(why) = fqdn(host)
        && !is_ip(host)
    {
        let result = Err(format!(
            "tunnel target host must be valid FQDN or IP address: {why}; {host} is not a valid IP"
        ));
        issues.check_value(&path.field("targetHost"), host, result);
    }
    issues.check_as(
        &path.field("targetPort"),
        "tunnel target port is invalid: ",
        port(tunnel.target_port),
    );
}

#[cfg(test)]
mod tests {
    use super::is_prime;

    #[test]
    fn primes() {
        for (number, prime) in [
            (0, false),
            (1, true),
            (2, true),
            (4, false),
            (9, false),
            (65537, true),
            (65_535, false),
            (u64::MAX, false),
        ] {
            assert_eq!(is_prime(number), prime, "{number}");
        }
    }
}
