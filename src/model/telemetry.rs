//! `telemetry.istio.io`: Telemetry.

use serde::Deserialize;

use super::Duration;
use super::attachment::{PolicyTargetReference, WorkloadSelector};
use super::types::{Map, Str};

/// `Telemetry`: tracing, metrics and access logs of workloads.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Telemetry {
    /// The workloads it holds for.
    pub selector: Option<WorkloadSelector>,
    /// The single resource it is attached to (superseded by `targetRefs`).
    pub target_ref: Option<PolicyTargetReference>,
    /// The resources it is attached to.
    pub target_refs: Vec<PolicyTargetReference>,
    /// Tracing; only one item is supported.
    pub tracing: Vec<Tracing>,
    /// Metrics.
    pub metrics: Vec<Metrics>,
    /// Access logs.
    pub access_logging: Vec<AccessLogging>,
}

/// A reference to an extension provider of the mesh config.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProviderRef {
    /// Name of the provider.
    pub name: Str,
}

crate::api_enum! {
    /// `match.mode`: the direction of traffic that an item is about.
    WorkloadMode {
        ClientAndServer = "CLIENT_AND_SERVER",
        Client = "CLIENT",
        Server = "SERVER",
    }
}

/// `match` of tracing and access logs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModeMatch {
    /// The direction.
    pub mode: WorkloadMode,
}

/// `tracing[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Tracing {
    /// The direction of traffic it is about.
    pub r#match: Option<ModeMatch>,
    /// Where spans go; only one is supported.
    pub providers: Vec<ProviderRef>,
    /// Per cent of requests that are traced, 0 to 100.
    pub random_sampling_percentage: Option<f64>,
    /// Whether spans are kept back (trace headers are still passed on).
    pub disable_span_reporting: Option<bool>,
    /// Tags of spans by name.
    pub custom_tags: Map<CustomTag>,
    /// Whether the request id decides on sampling.
    pub use_request_id_for_trace_sampling: Option<bool>,
    /// Whether trace headers are not passed on.
    pub disable_context_propagation: Option<bool>,
    /// Whether spans carry Istio's own tags.
    pub enable_istio_tags: Option<bool>,
}

/// `tracing[].customTags.*`: one of the four is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CustomTag {
    /// A fixed value.
    pub literal: Option<LiteralTag>,
    /// The value of an environment variable of the proxy.
    pub environment: Option<NamedTag>,
    /// The value of a request header.
    pub header: Option<NamedTag>,
    /// A value made by Envoy's formatter.
    pub formatter: Option<LiteralTag>,
}

/// `literal` and `formatter` of a custom tag.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LiteralTag {
    /// The value, or the format string.
    pub value: Str,
}

/// `environment` and `header` of a custom tag.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NamedTag {
    /// Name of the variable or header.
    pub name: Str,
    /// The value when it is missing.
    pub default_value: Str,
}

/// `metrics[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metrics {
    /// Where metrics go.
    pub providers: Vec<ProviderRef>,
    /// Changes to single metrics.
    pub overrides: Vec<MetricsOverride>,
    /// How often metrics are reported.
    pub reporting_interval: Option<Duration>,
}

/// `metrics[].overrides[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricsOverride {
    /// Which metrics are changed.
    pub r#match: Option<MetricSelector>,
    /// Whether the metrics are off.
    pub disabled: Option<bool>,
    /// Changes to the metrics' dimensions, by tag name.
    pub tag_overrides: Map<TagOverride>,
}

/// `metrics[].overrides[].match`: one of `metric` and `customMetric`, and the direction.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetricSelector {
    /// One of Istio's metrics.
    pub metric: Option<IstioMetric>,
    /// Another metric by name.
    pub custom_metric: Option<Str>,
    /// The direction.
    pub mode: WorkloadMode,
}

crate::api_enum! {
    /// `metrics[].overrides[].match.metric`.
    IstioMetric {
        AllMetrics = "ALL_METRICS",
        RequestCount = "REQUEST_COUNT",
        RequestDuration = "REQUEST_DURATION",
        RequestSize = "REQUEST_SIZE",
        ResponseSize = "RESPONSE_SIZE",
        TcpOpenedConnections = "TCP_OPENED_CONNECTIONS",
        TcpClosedConnections = "TCP_CLOSED_CONNECTIONS",
        TcpSentBytes = "TCP_SENT_BYTES",
        TcpReceivedBytes = "TCP_RECEIVED_BYTES",
        GrpcRequestMessages = "GRPC_REQUEST_MESSAGES",
        GrpcResponseMessages = "GRPC_RESPONSE_MESSAGES",
    }
}

/// `metrics[].overrides[].tagOverrides.*`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TagOverride {
    /// What happens to the tag. Absent acts as UPSERT, but the schema tells the two apart.
    pub operation: Option<TagOperation>,
    /// The tag's value, an expression over attributes.
    pub value: Str,
}

crate::api_enum! {
    /// `tagOverrides.*.operation`.
    TagOperation {
        Upsert = "UPSERT",
        Remove = "REMOVE",
    }
}

/// `accessLogging[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccessLogging {
    /// The direction of traffic it is about.
    pub r#match: Option<ModeMatch>,
    /// Where logs go.
    pub providers: Vec<ProviderRef>,
    /// Whether logs are off.
    pub disabled: Option<bool>,
    /// Which requests are logged.
    pub filter: Option<LogFilter>,
}

/// `accessLogging[].filter`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LogFilter {
    /// A CEL expression.
    pub expression: Str,
}
