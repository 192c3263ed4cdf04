//! `Sidecar`: what a workload's proxy listens to and reaches.

use serde::Deserialize;

use super::common::{
    ConnectionPoolSettings, Destination, Port, ServerTlsSettings, WorkloadSelector,
};
use crate::model::{OpenEnum, Str};

crate::api_enum! {
    /// How traffic gets to a listener.
    CaptureMode {
        Default = "DEFAULT",
        Iptables = "IPTABLES",
        None = "NONE",
    }
}

crate::api_enum! {
    /// What becomes of traffic to hosts that the registry lacks. An absent
    /// `outboundTrafficPolicy` means the mesh config's, a present one without `mode` the first
    /// of these.
    OutboundMode {
        RegistryOnly = "REGISTRY_ONLY",
        AllowAny = "ALLOW_ANY",
    }
}

/// `Sidecar`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sidecar {
    /// The workloads meant; absent means the namespace, in the root namespace the mesh.
    pub workload_selector: Option<WorkloadSelector>,
    /// Listeners for traffic to the workload.
    pub ingress: Vec<IngressListener>,
    /// Listeners for traffic from the workload.
    pub egress: Vec<EgressListener>,
    /// Limits of connections to the workload.
    pub inbound_connection_pool: Option<Box<ConnectionPoolSettings>>,
    /// What becomes of traffic to unknown hosts.
    pub outbound_traffic_policy: Option<Box<OutboundTrafficPolicy>>,
}

/// A listener for traffic to the workload.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressListener {
    /// The port.
    pub port: Option<Port>,
    /// The address to listen on.
    pub bind: Str,
    /// How traffic is captured.
    pub capture_mode: CaptureMode,
    /// Where traffic goes: `127.0.0.1:PORT` and the like, or `unix://` and a path.
    pub default_endpoint: Str,
    /// How TLS is ended.
    pub tls: Option<Box<ServerTlsSettings>>,
    /// Limits of connections.
    pub connection_pool: Option<Box<ConnectionPoolSettings>>,
}

/// A listener for traffic from the workload.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EgressListener {
    /// The port; a listener without is for all that no other takes.
    pub port: Option<Port>,
    /// The address to listen on, or `unix://` and a path.
    pub bind: Str,
    /// How traffic is captured.
    pub capture_mode: CaptureMode,
    /// Services that can be reached, each `namespace/dnsName`.
    pub hosts: Vec<Str>,
}

/// What becomes of traffic to hosts that the registry lacks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutboundTrafficPolicy {
    /// Whether such traffic passes; absent means `REGISTRY_ONLY`.
    pub mode: Option<OpenEnum<OutboundMode>>,
    /// Where such traffic goes instead of its own target.
    pub egress_proxy: Option<Destination>,
}
