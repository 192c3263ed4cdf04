//! Validation of `defaultConfig`, the ProxyConfig in the mesh config.

use crate::model::Duration;
use crate::model::mesh_config::{
    AuthenticationPolicy, ConnectionSettings, PrivateKeyProvider, ProxyConfig, ProxyTracing,
};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::text::{self, is_placeholder, quote};
use crate::rules::validation::traffic_policy as traffic;
use crate::yaml::Trail;

/// Validates a proxy config at `path`.
pub(super) fn proxy_config(config: &ProxyConfig, path: &Trail<'_>, issues: &mut Issues) {
    if config.config_path.is_empty() {
        issues.error(&path.field("configPath"), "config path must be set");
    }
    if config.binary_path.is_empty() {
        issues.error(&path.field("binaryPath"), "binary path must be set");
    }
    if config.service_cluster.is_empty() && config.tracing_service_name.is_none() {
        issues.error(
            &path.field("serviceCluster"),
            "service cluster must be specified",
        );
    }
    if let Some(drain) = config.drain_duration {
        issues.check_as(
            &path.field("drainDuration"),
            "invalid drain duration: ",
            drain_duration(drain),
        );
    }
    if config.discovery_address.is_empty() {
        issues.error(
            &path.field("discoveryAddress"),
            "discovery address must be set to the proxy discovery service",
        );
    } else {
        address(
            &config.discovery_address,
            "invalid discovery address: ",
            &path.field("discoveryAddress"),
            issues,
        );
    }
    if let Some(settings) = &config.tracing {
        tracing(settings, &path.field("tracing"), issues);
    }
    services(config, path, issues);
    if config
        .proxy_metadata
        .contains_key("ISTIO_META_DNS_AUTO_ALLOCATE")
    {
        let metadata = path.field("proxyMetadata");
        issues.warn(
            &metadata.field("ISTIO_META_DNS_AUTO_ALLOCATE"),
            "'ISTIO_META_DNS_AUTO_ALLOCATE' is deprecated; review \
             https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/#dns-auto-allocation-v2 \
             for information about replacement functionality",
        );
    }
    issues.check_as(
        &path.field("proxyAdminPort"),
        "invalid proxy admin port: ",
        text::port(config.proxy_admin_port),
    );
    issues.check_as(
        &path.field("statusPort"),
        "invalid status port: ",
        text::port(config.status_port),
    );
    if config.control_plane_auth_policy == AuthenticationPolicy::Inherit {
        issues.error(
            &path.field("controlPlaneAuthPolicy"),
            "invalid authentication policy: unrecognized control plane auth policy \"INHERIT\"",
        );
    }
    if let Some(provider) = &config.private_key_provider {
        let mark = issues.mark();
        private_key_provider(provider, &path.field("privateKeyProvider"), issues);
        issues.prefix_errors(mark, "invalid private key provider configuration: ");
    }
    if let Some(settings) = &config.connection_settings {
        let mark = issues.mark();
        connection_settings(settings, &path.field("connectionSettings"), issues);
        issues.prefix_errors(mark, "invalid connection settings: ");
    }
}

fn drain_duration(drain: Duration) -> Result<(), &'static str> {
    text::duration(drain)?;
    if drain.0 % 1_000_000_000 == 0 {
        Ok(())
    } else {
        Err("drain time only supports durations to seconds precision")
    }
}

fn address(value: &str, prefix: &str, path: &Trail<'_>, issues: &mut Issues) {
    if !is_placeholder(value) {
        issues.check_as(path, prefix, text::proxy_address(value));
    }
}

fn tracing(settings: &ProxyTracing, path: &Trail<'_>, issues: &mut Issues) {
    let set = [
        ("zipkin", settings.zipkin.is_some()),
        ("lightstep", settings.lightstep.is_some()),
        ("datadog", settings.datadog.is_some()),
        ("stackdriver", settings.stackdriver.is_some()),
        ("openCensusAgent", settings.open_census_agent.is_some()),
    ];
    let set = set
        .into_iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(name, _)| name);
    if one_of(set, path, issues) {
        return;
    }
    if let Some(lightstep) = &settings.lightstep {
        let path = path.field("lightstep");
        let mark = issues.mark();
        if lightstep.address.is_empty() {
            issues.error(&path.field("address"), "address is required");
        }
        address(
            &lightstep.address,
            "invalid lightstep address: ",
            &path.field("address"),
            issues,
        );
        if lightstep.access_token.is_empty() {
            issues.error(&path.field("accessToken"), "access token is required");
        }
        issues.prefix_errors(mark, "invalid lightstep config: ");
    }
    for (tracer, name) in [(&settings.zipkin, "zipkin"), (&settings.datadog, "datadog")] {
        let Some(tracer) = tracer else { continue };
        let node = tracer
            .address
            .as_str()
            .replacen("$(HOST_IP)", "127.0.0.1", 1);
        address(
            &node,
            &format!("invalid {name} config: "),
            &path.field(name).field("address"),
            issues,
        );
    }
    if let Some(tls) = &settings.tls_settings {
        let mark = issues.mark();
        traffic::client_tls(tls, "", &path.field("tlsSettings"), issues);
        issues.prefix_errors(mark, "invalid tracing TLS config: ");
    }
}

/// The addresses of the services that proxies report to.
fn services(config: &ProxyConfig, path: &Trail<'_>, issues: &mut Issues) {
    for (value, field, what) in [
        (
            &config.statsd_udp_address,
            "statsdUdpAddress",
            "statsd udp address",
        ),
        (
            &config.envoy_metrics_service_address,
            "envoyMetricsServiceAddress",
            "envoy metrics service address",
        ),
    ] {
        if !value.is_empty() {
            let prefix = format!("invalid {what} {}: ", quote(value));
            address(value, &prefix, &path.field(field), issues);
        }
    }
    for (service, field, what) in [
        (
            &config.envoy_metrics_service,
            "envoyMetricsService",
            "envoy metrics service address",
        ),
        (
            &config.envoy_access_log_service,
            "envoyAccessLogService",
            "envoy access log service address",
        ),
    ] {
        if let Some(service) = service
            && !service.address.is_empty()
        {
            let prefix = format!("invalid {what} {}: ", quote(&service.address));
            let service_path = path.field(field);
            address(
                &service.address,
                &prefix,
                &service_path.field("address"),
                issues,
            );
        }
    }
}

fn private_key_provider(provider: &PrivateKeyProvider, path: &Trail<'_>, issues: &mut Issues) {
    // Of several members the one declared last counts.
    let (accelerator, field) = match (&provider.qat, &provider.cryptomb) {
        (Some(qat), _) => (qat, "qat"),
        (None, Some(cryptomb)) => (cryptomb, "cryptomb"),
        (None, None) => {
            issues.error(path, "private key provider configuration is required");
            issues.error(path, "unknown private key provider");
            return;
        }
    };
    let accelerator_path = path.field(field);
    let delay = accelerator_path.field("pollDelay");
    match accelerator.poll_delay {
        None => {
            issues.error(&delay, "pollDelay is required");
        }
        Some(Duration(0)) => {
            issues.error(&delay, "pollDelay must be non zero");
        }
        Some(_) => {}
    }
}

fn connection_settings(settings: &ConnectionSettings, path: &Trail<'_>, issues: &mut Issues) {
    let mut least = |value: Option<i64>, least: i64, must: &str, field: &str, name: &str| {
        if value.is_some_and(|value| value < least) {
            issues.error(&path.field(field), format!("{name} must be {must}"));
        }
    };
    let number = |value: Option<i32>| value.map(i64::from);
    let span = |value: Option<Duration>| value.map(|duration| duration.0);
    for (value, field, name) in [
        (
            number(settings.listener_per_connection_buffer_limit_bytes),
            "listenerPerConnectionBufferLimitBytes",
            "listener_per_connection_buffer_limit_bytes",
        ),
        (
            number(settings.cluster_per_connection_buffer_limit_bytes),
            "clusterPerConnectionBufferLimitBytes",
            "cluster_per_connection_buffer_limit_bytes",
        ),
        (
            span(settings.http_idle_timeout),
            "httpIdleTimeout",
            "http_idle_timeout",
        ),
        (
            span(settings.http_max_connection_duration),
            "httpMaxConnectionDuration",
            "http_max_connection_duration",
        ),
        (
            span(settings.http_drain_timeout),
            "httpDrainTimeout",
            "http_drain_timeout",
        ),
        (
            span(settings.http_request_timeout),
            "httpRequestTimeout",
            "http_request_timeout",
        ),
        (
            span(settings.http_request_headers_timeout),
            "httpRequestHeadersTimeout",
            "http_request_headers_timeout",
        ),
        (
            span(settings.http_stream_idle_timeout),
            "httpStreamIdleTimeout",
            "http_stream_idle_timeout",
        ),
        (
            span(settings.http_max_stream_duration),
            "httpMaxStreamDuration",
            "http_max_stream_duration",
        ),
    ] {
        least(value, 0, "non-negative", field, name);
    }
    for (value, field, name) in [
        (
            settings.http_max_concurrent_streams,
            "httpMaxConcurrentStreams",
            "http_max_concurrent_streams",
        ),
        (
            settings.listener_connection_limit,
            "listenerConnectionLimit",
            "listener_connection_limit",
        ),
        (
            settings.global_downstream_connection_limit,
            "globalDownstreamConnectionLimit",
            "global_downstream_connection_limit",
        ),
    ] {
        least(number(value), 1, "positive", field, name);
    }
    for (value, field, name) in [
        (
            settings.http2_initial_stream_window_size,
            "http2InitialStreamWindowSize",
            "http2_initial_stream_window_size",
        ),
        (
            settings.http2_initial_connection_window_size,
            "http2InitialConnectionWindowSize",
            "http2_initial_connection_window_size",
        ),
    ] {
        least(number(value), 65535, "at least 65535", field, name);
    }
}

/// Whether more than one member of a `oneof` is set: istiod then reads nothing of the mesh config.
/// istioctl does not load such a file.
pub(super) fn one_of<'n>(
    set: impl Iterator<Item = &'n str>,
    path: &Trail<'_>,
    issues: &mut Issues,
) -> bool {
    let set: Vec<&str> = set.collect();
    let [first, second, ..] = set.as_slice() else {
        return false;
    };
    issues
        .error(
            &path.field(second),
            format!(
                "only one of {} can be set: istiod refuses the whole mesh config",
                set.join(", ")
            ),
        )
        .help(format!("keep {first} or {second}"));
    true
}
