//! `extensionProviders` of the mesh config.

use serde::Deserialize;
use serde_json::Value;

use crate::model::Duration;
use crate::model::types::{Labels, Str};

/// `extensionProviders[]`: a name and one of the rest.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtensionProvider {
    /// The name that policies use.
    pub name: Str,
    /// An external authorizer that speaks HTTP.
    pub envoy_ext_authz_http: Option<Box<ExtAuthzHttpProvider>>,
    /// An external authorizer that speaks gRPC.
    pub envoy_ext_authz_grpc: Option<Box<ExtAuthzGrpcProvider>>,
    /// Zipkin tracing.
    pub zipkin: Option<Box<ZipkinProvider>>,
    /// Lightstep tracing (deprecated).
    pub lightstep: Option<Box<LightstepProvider>>,
    /// Datadog tracing.
    pub datadog: Option<Box<DatadogProvider>>,
    /// Stackdriver (deprecated).
    pub stackdriver: Option<StackdriverProvider>,
    /// `OpenCensus` tracing (deprecated).
    pub opencensus: Option<Box<OpenCensusProvider>>,
    /// `SkyWalking` tracing.
    pub skywalking: Option<Box<SkyWalkingProvider>>,
    /// `OpenTelemetry` tracing.
    pub opentelemetry: Option<Box<OpenTelemetryProvider>>,
    /// Prometheus metrics.
    pub prometheus: Option<PrometheusMetricsProvider>,
    /// Access logs to a file.
    pub envoy_file_access_log: Option<EnvoyFileAccessLogProvider>,
    /// HTTP access logs to a gRPC service.
    pub envoy_http_als: Option<Box<EnvoyHttpAlsProvider>>,
    /// TCP access logs to a gRPC service.
    pub envoy_tcp_als: Option<Box<EnvoyTcpAlsProvider>>,
    /// Access logs to an OpenTelemetry service.
    pub envoy_otel_als: Option<Box<EnvoyOtelAlsProvider>>,
    /// A secret discovery service.
    pub sds: Option<Box<SdsProvider>>,
}

/// Which family of provider it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// `envoyExtAuthzHttp`
    ExtAuthzHttp,
    /// `envoyExtAuthzGrpc`
    ExtAuthzGrpc,
    /// `zipkin`
    Zipkin,
    /// `lightstep`
    Lightstep,
    /// `datadog`
    Datadog,
    /// `stackdriver`
    Stackdriver,
    /// `opencensus`
    OpenCensus,
    /// `skywalking`
    SkyWalking,
    /// `opentelemetry`
    OpenTelemetry,
    /// `prometheus`
    Prometheus,
    /// `envoyFileAccessLog`
    EnvoyFileAccessLog,
    /// `envoyHttpAls`
    EnvoyHttpAls,
    /// `envoyTcpAls`
    EnvoyTcpAls,
    /// `envoyOtelAls`
    EnvoyOtelAls,
    /// `sds`
    Sds,
}

impl ProviderKind {
    /// The field of the provider.
    pub const fn field(self) -> &'static str {
        match self {
            Self::ExtAuthzHttp => "envoyExtAuthzHttp",
            Self::ExtAuthzGrpc => "envoyExtAuthzGrpc",
            Self::Zipkin => "zipkin",
            Self::Lightstep => "lightstep",
            Self::Datadog => "datadog",
            Self::Stackdriver => "stackdriver",
            Self::OpenCensus => "opencensus",
            Self::SkyWalking => "skywalking",
            Self::OpenTelemetry => "opentelemetry",
            Self::Prometheus => "prometheus",
            Self::EnvoyFileAccessLog => "envoyFileAccessLog",
            Self::EnvoyHttpAls => "envoyHttpAls",
            Self::EnvoyTcpAls => "envoyTcpAls",
            Self::EnvoyOtelAls => "envoyOtelAls",
            Self::Sds => "sds",
        }
    }
}

/// The service that a provider calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderTarget<'a> {
    /// `service`: a host name, or `namespace/host`.
    pub service: &'a Str,
    /// `port`.
    pub port: u32,
}

impl ExtensionProvider {
    /// Which provider it is, `None` when no member is given. Of several the one declared last
    /// counts, as in Istio's decoder.
    pub fn kind(&self) -> Option<ProviderKind> {
        self.members().last().map(|(kind, _)| kind)
    }

    /// The kinds of which a member is given; more than one cannot be read.
    pub fn kinds(&self) -> impl Iterator<Item = ProviderKind> {
        self.members().map(|(kind, _)| kind)
    }

    /// The service that it calls, for the kinds that call one.
    pub fn target(&self) -> Option<ProviderTarget<'_>> {
        self.members().last().and_then(|(_, target)| target)
    }

    /// Whether it is an external authorizer.
    pub fn is_ext_authz(&self) -> bool {
        matches!(
            self.kind(),
            Some(ProviderKind::ExtAuthzHttp | ProviderKind::ExtAuthzGrpc)
        )
    }

    fn members(&self) -> impl Iterator<Item = (ProviderKind, Option<ProviderTarget<'_>>)> {
        macro_rules! target {
            ($field:ident, $kind:ident) => {
                self.$field.as_ref().map(|p| {
                    let target = ProviderTarget {
                        service: &p.service,
                        port: p.port,
                    };
                    (ProviderKind::$kind, Some(target))
                })
            };
        }
        macro_rules! plain {
            ($field:ident, $kind:ident) => {
                self.$field.as_ref().map(|_| (ProviderKind::$kind, None))
            };
        }
        [
            target!(envoy_ext_authz_http, ExtAuthzHttp),
            target!(envoy_ext_authz_grpc, ExtAuthzGrpc),
            target!(zipkin, Zipkin),
            target!(lightstep, Lightstep),
            target!(datadog, Datadog),
            plain!(stackdriver, Stackdriver),
            target!(opencensus, OpenCensus),
            target!(skywalking, SkyWalking),
            target!(opentelemetry, OpenTelemetry),
            plain!(prometheus, Prometheus),
            plain!(envoy_file_access_log, EnvoyFileAccessLog),
            target!(envoy_http_als, EnvoyHttpAls),
            target!(envoy_tcp_als, EnvoyTcpAls),
            target!(envoy_otel_als, EnvoyOtelAls),
            target!(sds, Sds),
        ]
        .into_iter()
        .flatten()
    }
}

/// `includeRequestBodyInCheck` of an external authorizer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtAuthzRequestBody {
    /// How much of the body is sent, in bytes.
    pub max_request_bytes: u32,
    /// Whether a longer body is cut (or else refused).
    pub allow_partial_message: bool,
    /// Whether the body is sent as raw bytes.
    pub pack_as_bytes: bool,
}

/// `envoyExtAuthzHttp`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtAuthzHttpProvider {
    /// The authorizer: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How long a check may take.
    pub timeout: Option<Duration>,
    /// What is put before the request's path.
    pub path_prefix: Str,
    /// Whether requests pass when the authorizer fails.
    pub fail_open: bool,
    /// Whether the route is chosen again afterwards.
    pub clear_route_cache: bool,
    /// The HTTP status when the authorizer fails.
    pub status_on_error: Str,
    /// Headers that are sent (deprecated, an older name of `includeRequestHeadersInCheck`).
    pub include_headers_in_check: Vec<Str>,
    /// Headers of the request that are sent.
    pub include_request_headers_in_check: Vec<Str>,
    /// Fixed headers that are sent.
    pub include_additional_headers_in_check: Labels,
    /// How the body is sent.
    pub include_request_body_in_check: Option<ExtAuthzRequestBody>,
    /// Headers of the answer that go upstream when allowed.
    pub headers_to_upstream_on_allow: Vec<Str>,
    /// Headers of the answer that go downstream when denied.
    pub headers_to_downstream_on_deny: Vec<Str>,
    /// Headers of the answer that go downstream when allowed.
    pub headers_to_downstream_on_allow: Vec<Str>,
}

/// `envoyExtAuthzGrpc`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtAuthzGrpcProvider {
    /// The authorizer: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How long a check may take.
    pub timeout: Option<Duration>,
    /// Whether requests pass when the authorizer fails.
    pub fail_open: bool,
    /// Whether the route is chosen again afterwards.
    pub clear_route_cache: bool,
    /// The HTTP status when the authorizer fails.
    pub status_on_error: Str,
    /// How the body is sent.
    pub include_request_body_in_check: Option<ExtAuthzRequestBody>,
}

/// `zipkin`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ZipkinProvider {
    /// The collector: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
    /// Whether trace ids have 64 bits.
    pub enable64bit_trace_id: bool,
    /// Path of the collector's API.
    pub path: Str,
    /// Which trace headers are read and written.
    pub trace_context_option: TraceContextOption,
    /// How long a report may take.
    pub timeout: Option<Duration>,
    /// Headers of reports.
    pub headers: Vec<HttpHeader>,
}

crate::api_enum! {
    /// `zipkin.traceContextOption`.
    TraceContextOption {
        UseB3 = "USE_B3",
        UseB3WithW3cPropagation = "USE_B3_WITH_W3C_PROPAGATION",
    }
}

/// `lightstep` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LightstepProvider {
    /// The collector: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// The access token.
    pub access_token: Str,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
}

/// `datadog`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DatadogProvider {
    /// The agent: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
}

/// `skywalking`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SkyWalkingProvider {
    /// The receiver: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// The access token.
    pub access_token: Str,
}

/// `stackdriver` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StackdriverProvider {
    /// Whether spans are printed too (deprecated).
    pub debug: bool,
    /// The most attributes of a span (deprecated).
    pub max_number_of_attributes: Option<i64>,
    /// The most annotations of a span (deprecated).
    pub max_number_of_annotations: Option<i64>,
    /// The most message events of a span (deprecated).
    pub max_number_of_message_events: Option<i64>,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
    /// Access logs.
    pub logging: Option<StackdriverLogging>,
}

/// `stackdriver.logging`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StackdriverLogging {
    /// Labels of log entries: expressions by name.
    pub labels: Labels,
}

/// `opencensus` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenCensusProvider {
    /// The agent: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// Which trace headers are read and written.
    pub context: Vec<OpenCensusContext>,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
}

crate::api_enum! {
    /// `opencensus.context[]`.
    OpenCensusContext {
        Unspecified = "UNSPECIFIED",
        W3cTraceContext = "W3C_TRACE_CONTEXT",
        GrpcBin = "GRPC_BIN",
        CloudTraceContext = "CLOUD_TRACE_CONTEXT",
        B3 = "B3",
    }
}

/// `prometheus`: nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrometheusMetricsProvider {}

/// `envoyFileAccessLog`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyFileAccessLogProvider {
    /// The file.
    pub path: Str,
    /// The format of entries.
    pub log_format: Option<AccessLogFormat>,
    /// Whether empty values are left out.
    pub omit_empty_values: bool,
}

/// `logFormat` of an access log. To a file one of the two is given, to OpenTelemetry both may be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccessLogFormat {
    /// A format string.
    pub text: Option<Str>,
    /// Format strings by key, free-form.
    pub labels: Option<Value>,
}

/// `envoyHttpAls`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyHttpAlsProvider {
    /// The log service: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// The name of the log.
    pub log_name: Str,
    /// Filter state objects to log.
    pub filter_state_objects_to_log: Vec<Str>,
    /// Request headers to log.
    pub additional_request_headers_to_log: Vec<Str>,
    /// Response headers to log.
    pub additional_response_headers_to_log: Vec<Str>,
    /// Response trailers to log.
    pub additional_response_trailers_to_log: Vec<Str>,
}

/// `envoyTcpAls`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyTcpAlsProvider {
    /// The log service: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// The name of the log.
    pub log_name: Str,
    /// Filter state objects to log.
    pub filter_state_objects_to_log: Vec<Str>,
}

/// `envoyOtelAls`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyOtelAlsProvider {
    /// The log service: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// The name of the log.
    pub log_name: Str,
    /// The format of entries.
    pub log_format: Option<AccessLogFormat>,
}

/// `opentelemetry`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenTelemetryProvider {
    /// The collector: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How much of a path is kept in a tag, in bytes.
    pub max_tag_length: u32,
    /// Export over HTTP. One of this and `grpc` is given; neither means gRPC.
    pub http: Option<HttpService>,
    /// Export over gRPC.
    pub grpc: Option<GrpcService>,
    /// What resource attributes are found out.
    pub resource_detectors: Option<ResourceDetectors>,
    /// How service attributes are named.
    pub service_attribute_enrichment: ServiceAttributeEnrichment,
    /// Sampling as Dynatrace wants it.
    pub dynatrace_sampler: Option<DynatraceSampler>,
}

crate::api_enum! {
    /// `opentelemetry.serviceAttributeEnrichment`.
    ServiceAttributeEnrichment {
        IstioCanonical = "ISTIO_CANONICAL",
        OtelSemanticConventions = "OTEL_SEMANTIC_CONVENTIONS",
    }
}

/// `opentelemetry.dynatraceSampler`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DynatraceSampler {
    /// The tenant.
    pub tenant: Str,
    /// The cluster's id at Dynatrace.
    pub cluster_id: i32,
    /// Root spans per minute while the API cannot be reached.
    pub root_spans_per_minute: u32,
    /// The API that tells the sampling.
    pub http_service: Option<DynatraceApi>,
}

/// `opentelemetry.dynatraceSampler.httpService`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DynatraceApi {
    /// The API: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
    /// How it is called.
    pub http: Option<HttpService>,
}

/// `sds`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SdsProvider {
    /// The name that `credentialName: sds://<name>` uses.
    pub name: Str,
    /// The service: host, or `namespace/host`.
    pub service: Str,
    /// Its port.
    pub port: u32,
}

/// How an HTTP service is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpService {
    /// The path.
    pub path: Str,
    /// How long a request may take.
    pub timeout: Option<Duration>,
    /// Headers of requests.
    pub headers: Vec<HttpHeader>,
}

/// A header: a name and one of `value` and `envName`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpHeader {
    /// Name of the header.
    pub name: Str,
    /// Its value.
    pub value: Option<Str>,
    /// The proxy's environment variable with its value.
    pub env_name: Option<Str>,
}

/// How a gRPC service is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcService {
    /// How long a request may take.
    pub timeout: Option<Duration>,
    /// Metadata of requests.
    pub initial_metadata: Vec<HttpHeader>,
}

/// `opentelemetry.resourceDetectors`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceDetectors {
    /// Attributes from the environment.
    pub environment: Option<EnvironmentResourceDetector>,
    /// Attributes from Dynatrace's files.
    pub dynatrace: Option<DynatraceResourceDetector>,
}

/// `opentelemetry.resourceDetectors.environment`: nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvironmentResourceDetector {}

/// `opentelemetry.resourceDetectors.dynatrace`: nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DynatraceResourceDetector {}
