//! Parts of traffic policies, which DestinationRules and the mesh config share: connection pools,
//! outlier detection, client TLS, locality and zone aware load balancing, retries.

use rustc_hash::FxHashMap;

use crate::model::networking::{
    ClientTlsMode, ClientTlsSettings, ConnectionPoolSettings, Failover, H2UpgradePolicy, HttpRetry,
    HttpSettings, LocalityLbSetting, OutlierDetection, TcpSettings, ZoneAwareLbSetting,
};
use crate::model::{Duration, Str};

use super::issues::Issues;
use super::text::{duration, percent, quote};
use crate::yaml::Trail;

/// Checks a duration if it is given.
pub(crate) fn given(value: Option<Duration>, field: &str, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(value) = value {
        issues.check(&path.field(field), duration(value));
    }
}

/// Checks a connection pool.
pub(crate) fn connection_pool(
    pool: &ConnectionPoolSettings,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if pool.http.is_none() && pool.tcp.is_none() {
        issues.error(path, "connection pool must have at least one field");
    }
    if let Some(http) = &pool.http {
        http_settings(http, &path.field("http"), issues);
    }
    if let Some(tcp) = &pool.tcp {
        tcp_settings(tcp, &path.field("tcp"), issues);
    }
}

fn not_negative(value: i32, field: &str, name: &str, path: &Trail<'_>, issues: &mut Issues) {
    if value < 0 {
        issues.error(&path.field(field), format!("{name} must be non-negative"));
    }
}

fn http_settings(http: &HttpSettings, path: &Trail<'_>, issues: &mut Issues) {
    for (value, field, name) in [
        (
            http.http1_max_pending_requests,
            "http1MaxPendingRequests",
            "http1 max pending requests",
        ),
        (
            http.http2_max_requests,
            "http2MaxRequests",
            "http2 max requests",
        ),
        (
            http.max_requests_per_connection,
            "maxRequestsPerConnection",
            "max requests per connection",
        ),
        (http.max_retries, "maxRetries", "max retries"),
    ] {
        not_negative(value, field, name, path, issues);
    }
    given(http.idle_timeout, "idleTimeout", path, issues);
    if http.h2_upgrade_policy == H2UpgradePolicy::Upgrade && http.use_client_protocol {
        issues.error(
            &path.field("useClientProtocol"),
            "use client protocol must not be true when H2UpgradePolicy is UPGRADE",
        );
    }
    not_negative(
        http.max_concurrent_streams,
        "maxConcurrentStreams",
        "max concurrent streams",
        path,
        issues,
    );
    if let Some(keep_alive) = &http.http2_keep_alive {
        let path = path.field("http2KeepAlive");
        for (value, field) in [
            (keep_alive.interval, "interval"),
            (keep_alive.timeout, "timeout"),
        ] {
            if value.is_none() {
                issues.error(
                    &path.field(field),
                    format!("http2 keepalive {field} is required"),
                );
            }
            given(value, field, &path, issues);
        }
    }
}

fn tcp_settings(tcp: &TcpSettings, path: &Trail<'_>, issues: &mut Issues) {
    not_negative(
        tcp.max_connections,
        "maxConnections",
        "max connections",
        path,
        issues,
    );
    given(tcp.connect_timeout, "connectTimeout", path, issues);
    given(
        tcp.max_connection_duration,
        "maxConnectionDuration",
        path,
        issues,
    );
    // Less than a millisecond switches the timeout off.
    let idle = tcp.idle_timeout.filter(|idle| idle.0 / 1_000_000 != 0);
    given(idle, "idleTimeout", path, issues);
    if let Some(keepalive) = &tcp.tcp_keepalive {
        let path = path.field("tcpKeepalive");
        given(keepalive.time, "time", &path, issues);
        given(keepalive.interval, "interval", &path, issues);
    }
}

/// Checks outlier detection.
pub(crate) fn outlier_detection(outlier: &OutlierDetection, path: &Trail<'_>, issues: &mut Issues) {
    given(outlier.base_ejection_time, "baseEjectionTime", path, issues);
    if outlier.consecutive_errors != 0 {
        issues.warn(
            &path.field("consecutiveErrors"),
            "outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or \
             consecutive5xxErrors instead",
        );
    }
    let local_failures = outlier.consecutive_local_origin_failures.unwrap_or(0);
    if local_failures > 0 && !outlier.split_external_local_origin_errors {
        issues
            .error(
                &path.field("consecutiveLocalOriginFailures"),
                "outlier detection consecutive local origin failures is specified, but split \
                 external local origin errors is set to false",
            )
            .help("set splitExternalLocalOriginErrors: true");
    }
    given(outlier.interval, "interval", path, issues);
    issues.check(
        &path.field("maxEjectionPercent"),
        percent(outlier.max_ejection_percent),
    );
    issues.check(
        &path.field("minHealthPercent"),
        percent(outlier.min_health_percent),
    );
}

/// Checks TLS towards a server. `namespace` is that of the configuration, empty in mesh config.
pub(crate) fn client_tls(
    tls: &ClientTlsSettings,
    namespace: &str,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let credential = tls.credential_name.as_str();
    if let Some(name) = credential.strip_prefix("configmap://") {
        issues.check(
            &path.field("credentialName"),
            config_map_name(credential, name, namespace)
                .map_err(|why| format!("invalid configmap:// credentialName: {why}")),
        );
    }
    let has_credential = !credential.is_empty();
    let has_ca = !tls.ca_certificates.is_empty();
    let has_names = !tls.subject_alt_names.is_empty();
    if tls.insecure_skip_verify == Some(true) {
        let message = match tls.mode {
            ClientTlsMode::Simple if has_ca || has_credential || has_names => Some(
                "cannot specify CaCertificates or CredentialName or SubjectAltNames when \
                 InsecureSkipVerify is set true",
            ),
            ClientTlsMode::Mutual if has_ca || has_names => Some(
                "cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set \
                 true",
            ),
            _ => None,
        };
        if let Some(message) = message {
            issues.error(&path.field("insecureSkipVerify"), message);
        }
    }
    if !matches!(tls.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual) {
        return;
    }
    if has_credential {
        let has_files = has_ca
            || [&tls.client_certificate, &tls.private_key, &tls.ca_crl]
                .iter()
                .any(|file| !file.is_empty());
        if has_files {
            issues.error(
                &path.field("credentialName"),
                "cannot specify client certificates or CA certificate or CA CRL If \
                 credentialName is set",
            );
        }
        return;
    }
    if tls.mode == ClientTlsMode::Mutual {
        if tls.client_certificate.is_empty() {
            issues.error(
                &path.field("clientCertificate"),
                "client certificate required for mutual tls",
            );
        }
        if tls.private_key.is_empty() {
            issues.error(
                &path.field("privateKey"),
                "private key required for mutual tls",
            );
        }
    }
}

/// `namespace/name` behind `configmap://`.
fn config_map_name(credential: &str, name: &str, namespace: &str) -> Result<(), String> {
    let invalid = |expected: &str| {
        Err(format!(
            "invalid resource name {}. Expected {expected}",
            quote(credential)
        ))
    };
    match name.split_once('/') {
        None => invalid("namespace and name"),
        Some((_, rest)) if rest.contains('/') => invalid("namespace and name"),
        Some(("", _)) => invalid("namespace"),
        Some((_, "")) => invalid("name"),
        Some((own, _)) if own != namespace => Err(format!(
            "namespace must match the configuration namespace {}",
            quote(namespace)
        )),
        Some(_) => Ok(()),
    }
}

const TOPOLOGY_LABELS: [&str; 3] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
];

/// Checks locality load balancing. `has_outlier` is whether outlier detection, without which
/// failover does nothing, stands beside it.
pub(crate) fn locality(
    setting: &LocalityLbSetting,
    has_outlier: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if !setting.distribute.is_empty() && !setting.failover.is_empty() {
        issues.error(
            path,
            "can not simultaneously specify 'distribute' and 'failover'",
        );
        return;
    }
    let label = setting
        .failover_priority
        .iter()
        .position(|label| TOPOLOGY_LABELS.contains(&label.as_str()));
    if let (Some(index), false) = (label, setting.failover.is_empty()) {
        let label = setting.failover_priority.get(index).map_or("", Str::as_str);
        issues.error(
            &path.field("failoverPriority").item(index),
            format!(
                "can not simultaneously set 'failover' and topology label '{label}' in \
                 'failover_priority'"
            ),
        );
        return;
    }
    let distribute = path.field("distribute");
    let forwards_only = issues.quirks.localities_overlap_forwards_only;
    for (index, entry) in setting.distribute.iter().enumerate() {
        let item = distribute.item(index);
        let to = item.field("to");
        let bad = entry.to.iter().find(|(_, w)| !(1..=100).contains(*w));
        if let Some((place, _)) = bad {
            issues.error(
                &to.field(place),
                "locality weight must be in range [1, 100]",
            );
            return;
        }
        let total: u64 = entry.to.values().map(|weight| u64::from(*weight)).sum();
        if total != 100 {
            issues.error(&to, format!("total locality weight {total} != 100"));
            return;
        }
        if let Err((index, message)) = localities(entry.to.keys(), forwards_only) {
            let place = entry.to.keys().nth(index).map_or("", Str::as_str);
            issues.error(&to.field(place), message);
        }
    }
    if let Err((index, message)) =
        localities(setting.distribute.iter().map(|d| &d.from), forwards_only)
    {
        issues.error(&distribute.item(index).field("from"), message);
    }
    let is_off = setting.enabled == Some(false) && !issues.quirks.run_time_plays_no_part;
    let has_failover = !setting.failover.is_empty() || !setting.failover_priority.is_empty();
    failover_without_outlier(has_failover && !is_off, has_outlier, path, issues);
    failovers(
        &setting.failover,
        [
            "locality lb failover settings must specify different regions",
            "locality lb failover only specify region",
            "locality lb failover region should not contain '*' wildcard",
        ],
        path,
        issues,
    );
}

/// Checks zone aware load balancing; `has_outlier` as in [`locality`].
pub(crate) fn zone_aware(
    setting: &ZoneAwareLbSetting,
    has_outlier: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let priority = path.field("failoverPriority");
    for (index, label) in setting.failover_priority.iter().enumerate() {
        if TOPOLOGY_LABELS.contains(&label.as_str()) {
            issues.error(
                &priority.item(index),
                format!(
                    "'failover_priority' for zone aware lb must not use topology label '{label}'; \
                     region- and zone-level routing are handled automatically"
                ),
            );
        }
    }
    let is_off = setting.enabled == Some(false) && !issues.quirks.run_time_plays_no_part;
    let has_failover = !setting.failover.is_empty() || !setting.failover_priority.is_empty();
    failover_without_outlier(has_failover && !is_off, has_outlier, path, issues);
    failovers(
        &setting.failover,
        [
            "zone aware lb failover settings must specify different regions",
            "zone aware lb failover only specifies region; zone and subzone failover are handled \
             automatically",
            "zone aware lb failover region should not contain '*' wildcard",
        ],
        path,
        issues,
    );
}

fn failover_without_outlier(
    has_failover: bool,
    has_outlier: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if has_failover && !has_outlier {
        issues
            .warn(
                path,
                "outlier detection policy must be provided for failover: without outlierDetection no \
                 endpoint counts as failed, and traffic never leaves its locality",
            )
            .help(
                "add outlierDetection beside loadBalancer, such as {consecutive5xxErrors: 5, interval: \
                 10s, baseEjectionTime: 30s}",
            );
    }
}

/// `texts`: equal regions, a zone, a wildcard.
fn failovers(list: &[Failover], texts: [&str; 3], path: &Trail<'_>, issues: &mut Issues) {
    let [equal, zone, wildcard] = texts;
    let failover = path.field("failover");
    for (index, entry) in list.iter().enumerate() {
        let holds = |c: char| entry.from.contains(c) || entry.to.contains(c);
        for (is_bad, text) in [
            (entry.from == entry.to, equal),
            (holds('/'), zone),
            (holds('*'), wildcard),
        ] {
            if is_bad {
                issues.error(&failover.item(index), text);
            }
        }
    }
}

/// The zones seen of each region, and the subzones of each zone; `*` is the whole.
type Seen<'a> = FxHashMap<&'a str, FxHashMap<&'a str, Vec<&'a str>>>;

/// Finds the first locality of a list that is malformed, lies in one before it or, unless
/// `forwards_only`, covers one before it.
fn localities<'a>(
    list: impl Iterator<Item = &'a Str>,
    forwards_only: bool,
) -> Result<(), (usize, String)> {
    let mut seen: Seen<'a> = FxHashMap::default();
    for (index, locality) in list.enumerate() {
        let wildcards = locality.matches('*').count();
        let why = if wildcards > 1 || (wildcards == 1 && !locality.ends_with('*')) {
            "wildcard '*' number can not exceed 1 and must be in the end"
        } else if seen.contains_key("*") {
            "overlap with previous specified ones"
        } else if locality.splitn(3, '/').any(str::is_empty) {
            "must not contain empty region/zone/subzone info"
        } else if (!forwards_only && covers_known(locality, &seen)) || overlaps(locality, &mut seen)
        {
            "overlap with previous specified ones"
        } else {
            continue;
        };
        return Err((index, format!("locality {locality} {why}")));
    }
    Ok(())
}

/// Whether the locality is a wildcard that covers one seen before.
fn covers_known(locality: &str, seen: &Seen<'_>) -> bool {
    let Some(covered) = locality.strip_suffix('*') else {
        return false;
    };
    let mut parts = covered.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(""), None, _) => !seen.is_empty(),
        (Some(region), Some(""), None) => seen.contains_key(region),
        (Some(region), Some(zone), Some("")) => seen
            .get(region)
            .is_some_and(|zones| zones.contains_key(zone)),
        _ => false,
    }
}

/// Whether the locality lies in one seen before; notes it otherwise.
fn overlaps<'a>(locality: &'a str, seen: &mut Seen<'a>) -> bool {
    let mut parts = locality.splitn(3, '/');
    let region = parts.next().unwrap_or_default();
    let (zone, subzone) = (parts.next(), parts.next());
    let known = seen.contains_key(region);
    let zones = seen.entry(region).or_default();
    let Some(zone) = zone else {
        zones.insert("*", vec!["*"]);
        return known;
    };
    if zones.contains_key("*") {
        return true;
    }
    let known = zones.contains_key(zone);
    let subzones = zones.entry(zone).or_default();
    let Some(subzone) = subzone else {
        subzones.push("*");
        return known;
    };
    let covered = subzones.contains(&"*") || subzones.contains(&subzone);
    subzones.push(subzone);
    covered
}

/// Checks retries.
pub(crate) fn http_retry(retry: &HttpRetry, path: &Trail<'_>, issues: &mut Issues) {
    let attempts = path.field("attempts");
    if retry.attempts < 0 {
        issues.error(&attempts, "attempts cannot be negative");
    }
    let is_configured = retry.per_try_timeout.is_some()
        || !retry.retry_on.is_empty()
        || retry.retry_remote_localities.is_some();
    if retry.attempts == 0 && is_configured {
        issues
            .error(
                &attempts,
                "http retry policy configured when attempts are set to 0 (disabled)",
            )
            .help("set attempts to 1 or more, or remove the other retry settings");
    }
    given(retry.per_try_timeout, "perTryTimeout", path, issues);
    if !retry.retry_on.is_empty() {
        for item in retry.retry_on.split(',') {
            if !is_retry_condition(item) {
                issues.error(
                    &path.field("retryOn"),
                    format!("{} is not a valid retryOn policy", quote(item)),
                );
            }
        }
    }
    given(retry.backoff, "backoff", path, issues);
}

fn is_retry_condition(item: &str) -> bool {
    const CONDITIONS: [&str; 16] = [
        "5xx",
        "gateway-error",
        "reset",
        "reset-before-request",
        "connect-failure",
        "retriable-4xx",
        "refused-stream",
        "retriable-status-codes",
        "retriable-headers",
        "envoy-ratelimited",
        "http3-post-connect-failure",
        "cancelled",
        "deadline-exceeded",
        "internal",
        "resource-exhausted",
        "unavailable",
    ];
    CONDITIONS.contains(&item) || item.parse::<i64>().is_ok_and(has_status_text)
}

/// Whether Go knows a text for the HTTP status.
fn has_status_text(status: i64) -> bool {
    matches!(
        status,
        100..=103
            | 200..=208
            | 226
            | 300..=305
            | 307
            | 308
            | 400..=418
            | 421..=426
            | 428
            | 429
            | 431
            | 451
            | 500..=508
            | 510
            | 511
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_localities() {
        for (list, bad) in [
            (vec!["us/a", "us/b", "eu"], None),
            (vec!["us", "us/a"], Some(1)),
            (vec!["us/*", "us/a"], Some(1)),
            (vec!["us/a", "us/*"], None),
            (vec!["us/a/*", "us/a"], Some(1)),
            (vec!["us/a/b", "us/a/c"], None),
            (vec!["us/a/b", "us/a/b"], Some(1)),
            (vec!["us/a", "us/a/b"], Some(1)),
            (vec!["us/a/b", "us"], Some(1)),
            (vec!["us", "*"], None),
            (vec!["*", "us"], Some(1)),
            (vec!["us/a//"], None),
            (vec!["us//a"], Some(0)),
            (vec!["*/a"], Some(0)),
        ] {
            let list: Vec<Str> = list.into_iter().map(Str::from).collect();
            let found = localities(list.iter(), true).err().map(|(index, _)| index);
            assert_eq!(found, bad, "{list:?}");
        }
    }

    #[test]
    fn wildcards_overlap_what_they_cover() {
        for list in [["us/a", "us/*"], ["us", "*"], ["us/a/b", "us/a/*"]] {
            let list: Vec<Str> = list.into_iter().map(Str::from).collect();
            assert!(localities(list.iter(), true).is_ok(), "{list:?}");
            assert!(localities(list.iter(), false).is_err(), "{list:?}");
        }
    }
}
