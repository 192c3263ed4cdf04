//! ProxyConfig of the mesh config: `defaultConfig`, and the annotation `proxy.istio.io/config`.

use serde::Deserialize;

use super::{ProxyTracing, seconds};
use crate::model::Duration;
use crate::model::networking::{ClientTlsSettings, ProxyImage, ReadinessProbe, TcpKeepalive};
use crate::model::types::{Labels, Str};

/// `ProxyConfig` of the mesh config. Not the kind ProxyConfig, which covers a part of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyConfig {
    /// Folder of generated configuration.
    pub config_path: Str,
    /// Path of the proxy's binary.
    pub binary_path: Str,
    /// Name of the service behind the proxy. One of this and `tracingServiceName` counts.
    pub service_cluster: Str,
    /// How the service's name is made for tracing.
    pub tracing_service_name: Option<TracingServiceName>,
    /// How long connections drain on a hot restart.
    pub drain_duration: Option<Duration>,
    /// Address of istiod.
    pub discovery_address: Str,
    /// How often configuration is polled (deprecated).
    pub discovery_refresh_delay: Option<Duration>,
    /// Address of Zipkin (deprecated).
    pub zipkin_address: Str,
    /// Address of a statsd listener.
    pub statsd_udp_address: Str,
    /// Address of Envoy's metrics service (deprecated).
    pub envoy_metrics_service_address: Str,
    /// Port of the proxy's admin interface.
    pub proxy_admin_port: i32,
    /// The availability zone (deprecated).
    pub availability_zone: Str,
    /// How proxies authenticate to istiod.
    pub control_plane_auth_policy: AuthenticationPolicy,
    /// File with a proxy config of one's own.
    pub custom_config_file: Str,
    /// The longest name of a statistic.
    pub stat_name_length: i32,
    /// Worker threads; 0 means one per core, absent is decided by the CPU limit.
    pub concurrency: Option<i32>,
    /// Path of the bootstrap template.
    pub proxy_bootstrap_template_path: Str,
    /// How traffic is redirected to the proxy.
    pub interception_mode: InterceptionMode,
    /// Tracing.
    pub tracing: Option<Box<ProxyTracing>>,
    /// The secret discovery service (deprecated).
    pub sds: Option<Sds>,
    /// Envoy's access log service.
    pub envoy_access_log_service: Option<Box<RemoteService>>,
    /// Envoy's metrics service.
    pub envoy_metrics_service: Option<Box<RemoteService>>,
    /// Environment variables of the proxy; those that begin with `ISTIO_META_` become metadata.
    pub proxy_metadata: Labels,
    /// Envoy's runtime values.
    pub runtime_values: Labels,
    /// Port of the agent's health and metrics endpoint.
    pub status_port: i32,
    /// Tags of statistics (deprecated).
    pub extra_stat_tags: Vec<Str>,
    /// Where gateways stand.
    pub gateway_topology: Option<Topology>,
    /// How long connections drain on shutdown.
    pub termination_drain_duration: Option<Duration>,
    /// The mesh's id.
    pub mesh_id: Str,
    /// The readiness probe of a virtual machine's application.
    pub readiness_probe: Option<Box<ReadinessProbe>>,
    /// Which statistics proxies make.
    pub proxy_stats_matcher: Option<ProxyStatsMatcher>,
    /// Whether the application waits for the proxy.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// Root certificates.
    pub ca_certificates_pem: Vec<Str>,
    /// The proxy's image.
    pub image: Option<ProxyImage>,
    /// Who does operations with private keys.
    pub private_key_provider: Option<PrivateKeyProvider>,
    /// Which headers proxies set.
    pub proxy_headers: Option<Box<ProxyHeaders>>,
    /// How often access logs are flushed.
    pub file_flush_interval: Option<Duration>,
    /// How much is buffered before a flush, in KiB.
    pub file_flush_min_size_kb: u32,
    /// Whether metrics are sent compressed.
    pub stats_compression: Option<bool>,
    /// Limits and timeouts of connections.
    pub connection_settings: Option<Box<ConnectionSettings>>,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            config_path: "./etc/istio/proxy".into(),
            binary_path: "/usr/local/bin/envoy".into(),
            service_cluster: "istio-proxy".into(),
            tracing_service_name: None,
            drain_duration: Some(seconds(45)),
            discovery_address: "istiod.istio-system.svc:15012".into(),
            discovery_refresh_delay: None,
            zipkin_address: Str::default(),
            statsd_udp_address: Str::default(),
            envoy_metrics_service_address: Str::default(),
            proxy_admin_port: 15000,
            availability_zone: Str::default(),
            control_plane_auth_policy: AuthenticationPolicy::MutualTls,
            custom_config_file: Str::default(),
            stat_name_length: 189,
            concurrency: None,
            proxy_bootstrap_template_path: Str::default(),
            interception_mode: InterceptionMode::Redirect,
            tracing: None,
            sds: None,
            envoy_access_log_service: None,
            envoy_metrics_service: None,
            proxy_metadata: Labels::default(),
            runtime_values: Labels::default(),
            status_port: 15020,
            extra_stat_tags: Vec::new(),
            gateway_topology: None,
            termination_drain_duration: Some(seconds(5)),
            mesh_id: Str::default(),
            readiness_probe: None,
            proxy_stats_matcher: None,
            hold_application_until_proxy_starts: None,
            ca_certificates_pem: Vec::new(),
            image: None,
            private_key_provider: None,
            proxy_headers: None,
            file_flush_interval: None,
            file_flush_min_size_kb: 0,
            stats_compression: None,
            connection_settings: None,
        }
    }
}

crate::api_enum! {
    /// `tracingServiceName`.
    TracingServiceName {
        AppLabelAndNamespace = "APP_LABEL_AND_NAMESPACE",
        CanonicalNameOnly = "CANONICAL_NAME_ONLY",
        CanonicalNameAndNamespace = "CANONICAL_NAME_AND_NAMESPACE",
    }
}

crate::api_enum! {
    /// `controlPlaneAuthPolicy`.
    AuthenticationPolicy {
        None = "NONE",
        MutualTls = "MUTUAL_TLS",
        Inherit = "INHERIT",
    }
}

crate::api_enum! {
    /// `interceptionMode`.
    InterceptionMode {
        Redirect = "REDIRECT",
        Tproxy = "TPROXY",
        None = "NONE",
    }
}

/// `sds` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sds {
    /// Whether it is on.
    pub enabled: bool,
    /// Path of the service account's token.
    pub k8s_sa_jwt_path: Str,
}

/// `envoyAccessLogService` and `envoyMetricsService`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RemoteService {
    /// The service as `host:port`.
    pub address: Str,
    /// TLS towards it.
    pub tls_settings: Option<ClientTlsSettings>,
    /// TCP keepalive towards it.
    pub tcp_keepalive: Option<TcpKeepalive>,
}

/// `gatewayTopology`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Topology {
    /// How many trusted proxies stand in front.
    pub num_trusted_proxies: u32,
    /// What becomes of the forwarded client certificate.
    pub forward_client_cert_details: ForwardClientCertDetails,
    /// Whether the PROXY protocol is read.
    pub proxy_protocol: Option<ProxyProtocolConfiguration>,
}

crate::api_enum! {
    /// `gatewayTopology.forwardClientCertDetails` and `proxyHeaders.forwardedClientCert`.
    ForwardClientCertDetails {
        Undefined = "UNDEFINED",
        Sanitize = "SANITIZE",
        ForwardOnly = "FORWARD_ONLY",
        AppendForward = "APPEND_FORWARD",
        SanitizeSet = "SANITIZE_SET",
        AlwaysForwardOnly = "ALWAYS_FORWARD_ONLY",
    }
}

/// `gatewayTopology.proxyProtocol`: nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyProtocolConfiguration {}

/// `proxyStatsMatcher`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyStatsMatcher {
    /// Beginnings of names.
    pub inclusion_prefixes: Vec<Str>,
    /// Ends of names.
    pub inclusion_suffixes: Vec<Str>,
    /// Regular expressions for names.
    pub inclusion_regexps: Vec<Str>,
}

/// `privateKeyProvider`: one of the two is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrivateKeyProvider {
    /// `CryptoMB`.
    pub cryptomb: Option<PrivateKeyAccelerator>,
    /// `QuickAssist`.
    pub qat: Option<PrivateKeyAccelerator>,
}

/// `privateKeyProvider.cryptomb` and `privateKeyProvider.qat`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrivateKeyAccelerator {
    /// How long operations are gathered.
    pub poll_delay: Option<Duration>,
    /// Whether software takes over where the hardware is missing.
    pub fallback: Option<bool>,
}

/// `proxyHeaders`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyHeaders {
    /// What becomes of the forwarded client certificate.
    pub forwarded_client_cert: ForwardClientCertDetails,
    /// What of the client's certificate is put in.
    pub set_current_client_cert_details: Option<SetCurrentClientCertDetails>,
    /// The header `x-request-id`.
    pub request_id: Option<DisabledHeader>,
    /// The header `server`.
    pub server: Option<ServerHeader>,
    /// The header `x-envoy-attempt-count`.
    pub attempt_count: Option<DisabledHeader>,
    /// The headers `x-envoy-*` for debugging.
    pub envoy_debug_headers: Option<DisabledHeader>,
    /// The headers of metadata exchange.
    pub metadata_exchange_headers: Option<MetadataExchangeHeaders>,
    /// Whether the case of HTTP/1 headers is kept.
    pub preserve_http1_header_case: Option<bool>,
    /// The header `x-forwarded-host`.
    pub x_forwarded_host: Option<EnabledHeader>,
    /// The header `x-forwarded-port`.
    pub x_forwarded_port: Option<EnabledHeader>,
}

/// `proxyHeaders.server`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerHeader {
    /// Whether the header is left alone.
    pub disabled: Option<bool>,
    /// Its value.
    pub value: Str,
}

/// A header of `proxyHeaders` that is set unless switched off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DisabledHeader {
    /// Whether it is not set.
    pub disabled: Option<bool>,
}

/// A header of `proxyHeaders` that is set only if switched on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnabledHeader {
    /// Whether it is set.
    pub enabled: Option<bool>,
}

/// `proxyHeaders.metadataExchangeHeaders`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetadataExchangeHeaders {
    /// To whom they are sent.
    pub mode: MetadataExchangeMode,
}

crate::api_enum! {
    /// `proxyHeaders.metadataExchangeHeaders.mode`.
    MetadataExchangeMode {
        Undefined = "UNDEFINED",
        InMesh = "IN_MESH",
    }
}

/// `proxyHeaders.setCurrentClientCertDetails`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SetCurrentClientCertDetails {
    /// The subject.
    pub subject: Option<bool>,
    /// The certificate.
    pub cert: Option<bool>,
    /// The chain.
    pub chain: Option<bool>,
    /// The DNS names.
    pub dns: Option<bool>,
    /// The URIs.
    pub uri: Option<bool>,
}

/// `connectionSettings`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConnectionSettings {
    /// What the rest defaults to.
    pub profile: ConnectionProfile,
    /// Bytes buffered per downstream connection.
    pub listener_per_connection_buffer_limit_bytes: Option<i32>,
    /// Bytes buffered per upstream connection.
    pub cluster_per_connection_buffer_limit_bytes: Option<i32>,
    /// How long an HTTP connection may idle.
    pub http_idle_timeout: Option<Duration>,
    /// How long an HTTP connection may live.
    pub http_max_connection_duration: Option<Duration>,
    /// How long an HTTP connection drains.
    pub http_drain_timeout: Option<Duration>,
    /// How long a request may take to arrive.
    pub http_request_timeout: Option<Duration>,
    /// How long the headers of a request may take to arrive.
    pub http_request_headers_timeout: Option<Duration>,
    /// How long a stream may idle.
    pub http_stream_idle_timeout: Option<Duration>,
    /// How long a stream may live.
    pub http_max_stream_duration: Option<Duration>,
    /// The most streams of a connection.
    pub http_max_concurrent_streams: Option<i32>,
    /// The first window of a stream, in bytes.
    pub http2_initial_stream_window_size: Option<i32>,
    /// The first window of a connection, in bytes.
    pub http2_initial_connection_window_size: Option<i32>,
    /// What becomes of headers with underscores.
    pub http_headers_with_underscores_action: HeadersWithUnderscoresAction,
    /// Whether slashes are merged.
    pub http_merge_slashes: Option<bool>,
    /// What becomes of paths with escaped slashes.
    pub http_path_with_escaped_slashes_action: PathWithEscapedSlashesAction,
    /// The most connections of a listener.
    pub listener_connection_limit: Option<i32>,
    /// The most downstream connections of the proxy.
    pub global_downstream_connection_limit: Option<i32>,
}

crate::api_enum! {
    /// `connectionSettings.profile`.
    ConnectionProfile {
        Sidecar = "SIDECAR",
        Edge = "EDGE",
    }
}

crate::api_enum! {
    /// `connectionSettings.httpHeadersWithUnderscoresAction`.
    HeadersWithUnderscoresAction {
        Unspecified = "HEADERS_WITH_UNDERSCORES_UNSPECIFIED",
        Allow = "HEADERS_WITH_UNDERSCORES_ALLOW",
        RejectRequest = "HEADERS_WITH_UNDERSCORES_REJECT_REQUEST",
        DropHeader = "HEADERS_WITH_UNDERSCORES_DROP_HEADER",
    }
}

crate::api_enum! {
    /// `connectionSettings.httpPathWithEscapedSlashesAction`.
    PathWithEscapedSlashesAction {
        Unspecified = "PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED",
        KeepUnchanged = "KEEP_UNCHANGED",
        RejectRequest = "REJECT_REQUEST",
        UnescapeAndRedirect = "UNESCAPE_AND_REDIRECT",
        UnescapeAndForward = "UNESCAPE_AND_FORWARD",
    }
}
