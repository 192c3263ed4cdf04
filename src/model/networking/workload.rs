//! `WorkloadEntry` and `WorkloadGroup`: workloads that are no pods.

use serde::Deserialize;

use crate::model::{Labels, Map, Str};

/// `WorkloadEntry`, also an endpoint of a ServiceEntry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadEntry {
    /// An IP address, a DNS name, or `unix://` and a path.
    pub address: Str,
    /// Port by name of the service's port.
    pub ports: Map<u32>,
    /// Labels of the workload.
    pub labels: Labels,
    /// The network, for meshes over several.
    pub network: Str,
    /// `region/zone/subzone`.
    pub locality: Str,
    /// Weight in load balancing.
    pub weight: u32,
    /// Service account, in the namespace of the object.
    pub service_account: Str,
}

/// `WorkloadGroup`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadGroup {
    /// Labels and annotations of the entries made from the group.
    pub metadata: Option<WorkloadGroupMetadata>,
    /// The entry that registered workloads get.
    pub template: Option<Box<WorkloadEntry>>,
    /// How the workloads' readiness is found out.
    pub probe: Option<Box<ReadinessProbe>>,
}

/// `metadata` in a WorkloadGroup's spec.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadGroupMetadata {
    /// Labels of the entries.
    pub labels: Labels,
    /// Annotations of the entries.
    pub annotations: Labels,
}

/// A readiness probe with at most one method.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReadinessProbe {
    /// Seconds before the first probe.
    pub initial_delay_seconds: i32,
    /// Seconds to wait for an answer.
    pub timeout_seconds: i32,
    /// Seconds between probes.
    pub period_seconds: i32,
    /// Successes in a row that make the workload ready.
    pub success_threshold: i32,
    /// Failures in a row that make it unready.
    pub failure_threshold: i32,
    /// By an HTTP request.
    pub http_get: Option<HttpProbe>,
    /// By a connection.
    pub tcp_socket: Option<TcpProbe>,
    /// By a command.
    pub exec: Option<ExecProbe>,
    /// By a gRPC health check.
    pub grpc: Option<GrpcProbe>,
}

/// A probe by an HTTP request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpProbe {
    /// The path asked for.
    pub path: Str,
    /// The port.
    pub port: u32,
    /// The host, the workload's address when empty.
    pub host: Str,
    /// `HTTP` or `HTTPS`.
    pub scheme: Str,
    /// Headers of the request.
    pub http_headers: Vec<ProbeHeader>,
}

/// A header of a probe's request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProbeHeader {
    /// The header's name.
    pub name: Str,
    /// The header's value.
    pub value: Str,
}

/// A probe by a connection.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpProbe {
    /// The host, `localhost` when empty.
    pub host: Str,
    /// The port.
    pub port: u32,
}

/// A probe by a command.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExecProbe {
    /// The command and its arguments.
    pub command: Vec<Str>,
}

/// A probe by a gRPC health check.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcProbe {
    /// The port.
    pub port: u32,
    /// The service asked about.
    pub service: Str,
}
