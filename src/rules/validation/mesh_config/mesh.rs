//! Validation of MeshConfig.

use std::collections::BTreeSet;

use crate::model::mesh_config::{DefaultTrafficPolicy, MeshConfig, ProviderKind};
use crate::model::networking::HttpRetry;
use crate::model::{Duration, Str};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::text::{self, is_placeholder};
use crate::rules::validation::traffic_policy as traffic;
use crate::yaml::Trail;

const HOUR: Duration = Duration(3_600_000_000_000);

/// Validates a mesh config at `path`. Extension providers are not looked at: istiod only logs
/// what is wrong with them.
pub(super) fn mesh_config(config: &MeshConfig, path: &Trail<'_>, issues: &mut Issues) {
    issues.check_as(
        &path.field("proxyListenPort"),
        "invalid proxy listen port: ",
        text::port(config.proxy_listen_port),
    );
    if let Some(timeout) = config.connect_timeout {
        issues.check_as(
            &path.field("connectTimeout"),
            "invalid connect timeout: ",
            connect_timeout(timeout),
        );
    }
    // Negative timeouts pass, as upstream.
    let detection = config.protocol_detection_timeout;
    if detection.is_some_and(|timeout| timeout.0 % 1_000_000 != 0) {
        issues.error(
            &path.field("protocolDetectionTimeout"),
            "invalid protocol detection timeout: only durations to ms precision are supported",
        );
    }
    for (index, provider) in config.extension_providers.iter().enumerate() {
        let at = path.field("extensionProviders");
        let kinds = provider.kinds().map(ProviderKind::field);
        super::proxy::one_of(kinds, &at.item(index), issues);
    }
    super::proxy::proxy_config(&config.default_config, &path.field("defaultConfig"), issues);
    if let Some(setting) = &config.locality_lb_setting {
        traffic::locality(setting, true, &path.field("localityLbSetting"), issues);
    }
    if let Some(setting) = &config.zone_aware_lb_setting {
        traffic::zone_aware(setting, true, &path.field("zoneAwareLbSetting"), issues);
    }
    service_settings(config, path, issues);
    trust_domains(config, path, issues);
    if config
        .mesh_mtls
        .as_ref()
        .is_some_and(|tls| !tls.ecdh_curves.is_empty())
    {
        issues
            .error(
                &path.field("meshMTLS").field("ecdhCurves"),
                "mesh TLS does not support ECDH curves configuration",
            )
            .help("set the curves under tlsDefaults");
    }
    if let Some(tls) = &config.tls_defaults {
        let at = path.field("tlsDefaults");
        ecdh_curves(&tls.ecdh_curves, &at.field("ecdhCurves"), issues);
    }
    if let Some(policy) = &config.default_traffic_policy {
        traffic_policy(policy, &path.field("defaultTrafficPolicy"), issues);
    }
    if let Some(retry) = &config.default_inbound_http_retry_policy {
        inbound_retry(retry, &path.field("defaultInboundHttpRetryPolicy"), issues);
    }
}

fn connect_timeout(timeout: Duration) -> Result<(), String> {
    text::duration(timeout)?;
    if timeout > HOUR {
        return Err(format!(
            "time {} must be >1ms and <{}",
            text::go_duration(timeout),
            text::go_duration(HOUR)
        ));
    }
    Ok(())
}

fn service_settings(config: &MeshConfig, path: &Trail<'_>, issues: &mut Issues) {
    let list = path.field("serviceSettings");
    for (i, settings) in config.service_settings.iter().enumerate() {
        let item = list.item(i);
        let hosts = item.field("hosts");
        for (j, host) in settings.hosts.iter().enumerate() {
            if !is_placeholder(host) {
                issues.check_as(
                    &hosts.item(j),
                    &format!("serviceSettings[{i}], host `{host}`: "),
                    text::wildcard_domain(host),
                );
            }
        }
    }
}

fn trust_domains(config: &MeshConfig, path: &Trail<'_>, issues: &mut Issues) {
    if !is_placeholder(&config.trust_domain) {
        issues.check_as(
            &path.field("trustDomain"),
            "trustDomain: ",
            text::trust_domain(&config.trust_domain),
        );
    }
    // istiod numbers the aliases after sorting them and dropping repeats.
    let sorted: BTreeSet<&Str> = config.trust_domain_aliases.iter().collect();
    let list = path.field("trustDomainAliases");
    for (number, alias) in sorted.into_iter().enumerate() {
        if is_placeholder(alias) {
            continue;
        }
        let written = config.trust_domain_aliases.iter().position(|a| a == alias);
        issues.check_as(
            &list.item(written.unwrap_or_default()),
            &format!("trustDomainAliases[{number}], domain `{alias}` : "),
            text::trust_domain(alias),
        );
    }
}

fn ecdh_curves(curves: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    const KNOWN: [&str; 7] = [
        "P-224",
        "P-256",
        "P-521",
        "P-384",
        "X25519",
        "X25519Kyber768Draft00",
        "X25519MLKEM768",
    ];
    let mut seen = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    let mut repeated = BTreeSet::new();
    for curve in curves.iter().map(Str::as_str) {
        if curve.is_empty() || is_placeholder(curve) {
        } else if !KNOWN.contains(&curve) {
            unknown.insert(curve);
        } else if !seen.insert(curve) {
            repeated.insert(curve);
        }
    }
    for (what, names) in [("unrecognized", unknown), ("duplicate", repeated)] {
        if !names.is_empty() {
            let names: Vec<_> = names.into_iter().collect();
            issues.warn(
                path,
                format!("detected {what} ECDH curves: [{}]", names.join(" ")),
            );
        }
    }
}

fn traffic_policy(policy: &DefaultTrafficPolicy, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(pool) = &policy.connection_pool {
        traffic::connection_pool(pool, &path.field("connectionPool"), issues);
    }
    if let Some(outlier) = &policy.outlier_detection {
        traffic::outlier_detection(outlier, &path.field("outlierDetection"), issues);
    }
}

fn inbound_retry(retry: &HttpRetry, path: &Trail<'_>, issues: &mut Issues) {
    let mark = issues.mark();
    traffic::http_retry(retry, path, issues);
    if retry.attempts == 0 && retry.backoff.is_some() {
        issues.error(
            &path.field("backoff"),
            "backoff configured when attempts are set to 0 (disabled)",
        );
    }
    issues.prefix_errors(mark, "invalid default inbound http retry policy: ");
    for (is_given, field) in [
        (retry.per_try_timeout.is_some(), "perTryTimeout"),
        (
            retry.retry_remote_localities.is_some(),
            "retryRemoteLocalities",
        ),
        (
            retry.retry_ignore_previous_hosts.is_some(),
            "retryIgnorePreviousHosts",
        ),
    ] {
        if is_given {
            issues.warn(
                &path.field(field),
                format!("{field} is ignored by the default inbound http retry policy"),
            );
        }
    }
}
