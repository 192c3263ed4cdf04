//! `tracing` of a ProxyConfig: how proxies trace where no Telemetry object says so.

use serde::Deserialize;

use super::OpenCensusContext;
use crate::model::networking::ClientTlsSettings;
use crate::model::types::{Map, Str};

/// `tracing`: one of the tracers and what holds for all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyTracing {
    /// Zipkin.
    pub zipkin: Option<TracerAddress>,
    /// Lightstep (deprecated).
    pub lightstep: Option<LightstepTracer>,
    /// Datadog.
    pub datadog: Option<TracerAddress>,
    /// Stackdriver (deprecated).
    pub stackdriver: Option<StackdriverTracer>,
    /// The `OpenCensus` agent (deprecated).
    pub open_census_agent: Option<OpenCensusTracer>,
    /// Tags of spans by name (deprecated).
    pub custom_tags: Map<TracingTag>,
    /// How much of a path is kept in a tag, in bytes (deprecated).
    pub max_path_tag_length: u32,
    /// Per cent of requests that are traced, 0 to 100.
    pub sampling: f64,
    /// TLS towards the collector.
    pub tls_settings: Option<ClientTlsSettings>,
    /// Whether spans carry Istio's own tags.
    pub enable_istio_tags: Option<bool>,
}

/// `tracing.zipkin` and `tracing.datadog`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TracerAddress {
    /// The collector as `host:port`; `$(HOST_IP)` stands for the node's address.
    pub address: Str,
}

/// `tracing.lightstep` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LightstepTracer {
    /// The collector as `host:port`.
    pub address: Str,
    /// The access token.
    pub access_token: Str,
}

/// `tracing.stackdriver` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StackdriverTracer {
    /// Whether spans are printed too (deprecated).
    pub debug: bool,
    /// The most attributes of a span (deprecated).
    pub max_number_of_attributes: Option<i64>,
    /// The most annotations of a span (deprecated).
    pub max_number_of_annotations: Option<i64>,
    /// The most message events of a span (deprecated).
    pub max_number_of_message_events: Option<i64>,
}

/// `tracing.openCensusAgent` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenCensusTracer {
    /// The agent's gRPC address.
    pub address: Str,
    /// Which trace headers are read and written.
    pub context: Vec<OpenCensusContext>,
}

/// `tracing.customTags.*`: one of the three is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TracingTag {
    /// A fixed value.
    pub literal: Option<TracingLiteral>,
    /// The value of an environment variable of the proxy.
    pub environment: Option<TracingVariable>,
    /// The value of a request header.
    pub header: Option<TracingVariable>,
}

/// `literal` of a custom tag.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TracingLiteral {
    /// The value.
    pub value: Str,
}

/// `environment` and `header` of a custom tag.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TracingVariable {
    /// Name of the variable or header.
    pub name: Str,
    /// The value when it is missing.
    pub default_value: Str,
}
