//! `DestinationRule`: what happens to traffic once its host is known.

use serde::Deserialize;

use super::common::{ConnectionPoolSettings, PortSelector};
use crate::model::attachment::WorkloadSelector;
use crate::model::{Duration, Labels, Map, OpenEnum, Str};

/// `DestinationRule`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DestinationRule {
    /// The service, perhaps with a wildcard.
    pub host: Str,
    /// The policy of all subsets and ports.
    pub traffic_policy: Option<Box<TrafficPolicy>>,
    /// Named sets of the host's endpoints.
    pub subsets: Vec<Subset>,
    /// Namespaces that the rule is for.
    pub export_to: Vec<Str>,
    /// The client workloads that the rule is for, in its own namespace.
    pub workload_selector: Option<WorkloadSelector>,
}

/// A named set of endpoints.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Subset {
    /// The name that routes use.
    pub name: Str,
    /// Labels that the endpoints carry.
    pub labels: Labels,
    /// The subset's own policy; its parts take the place of the rule's.
    pub traffic_policy: Option<Box<TrafficPolicy>>,
}

/// The policy of a host, a subset or (without the last four fields) a port.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficPolicy {
    /// How an endpoint is chosen.
    pub load_balancer: Option<Box<LoadBalancerSettings>>,
    /// Limits of connections.
    pub connection_pool: Option<Box<ConnectionPoolSettings>>,
    /// When endpoints are left out.
    pub outlier_detection: Option<Box<OutlierDetection>>,
    /// How TLS is spoken.
    pub tls: Option<Box<ClientTlsSettings>>,
    /// Policies of single ports; they inherit nothing.
    pub port_level_settings: Vec<PortTrafficPolicy>,
    /// Whether traffic goes through a tunnel.
    pub tunnel: Option<Box<TunnelSettings>>,
    /// Whether the PROXY protocol is spoken.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// How many requests may be retries.
    pub retry_budget: Option<RetryBudget>,
}

/// The policy of one port.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortTrafficPolicy {
    /// The port of the service.
    pub port: Option<PortSelector>,
    /// How an endpoint is chosen.
    pub load_balancer: Option<Box<LoadBalancerSettings>>,
    /// Limits of connections.
    pub connection_pool: Option<Box<ConnectionPoolSettings>>,
    /// When endpoints are left out.
    pub outlier_detection: Option<Box<OutlierDetection>>,
    /// How TLS is spoken.
    pub tls: Option<Box<ClientTlsSettings>>,
}

crate::api_enum! {
    /// How TLS is spoken to the host.
    ClientTlsMode {
        Disable = "DISABLE",
        Simple = "SIMPLE",
        Mutual = "MUTUAL",
        IstioMutual = "ISTIO_MUTUAL",
    }
}

/// How TLS is spoken to the host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientTlsSettings {
    /// Whether and how.
    pub mode: ClientTlsMode,
    /// Path of the client's certificate.
    pub client_certificate: Str,
    /// Path of the client's private key.
    pub private_key: Str,
    /// Path of the authorities that the server's certificate is verified with.
    pub ca_certificates: Str,
    /// Path of the revocation list.
    pub ca_crl: Str,
    /// Name of the secret that holds keys and certificates.
    pub credential_name: Str,
    /// Names that the server's certificate may carry.
    pub subject_alt_names: Vec<Str>,
    /// The SNI sent.
    pub sni: Str,
    /// Whether the server's certificate goes unverified.
    pub insecure_skip_verify: Option<bool>,
}

crate::api_enum! {
    /// The simple algorithms.
    SimpleLb {
        Unspecified = "UNSPECIFIED",
        LeastConn = "LEAST_CONN",
        Random = "RANDOM",
        Passthrough = "PASSTHROUGH",
        RoundRobin = "ROUND_ROBIN",
        LeastRequest = "LEAST_REQUEST",
    }
}

/// How an endpoint is chosen; at most one of `simple` and `consistent_hash` is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancerSettings {
    /// A simple algorithm.
    pub simple: Option<SimpleLb>,
    /// Affinity by a hash.
    pub consistent_hash: Option<Box<ConsistentHashLb>>,
    /// Preference by place, in place of the mesh config's.
    pub locality_lb_setting: Option<Box<LocalityLbSetting>>,
    /// Preference by zone.
    pub zone_aware_lb_setting: Option<Box<ZoneAwareLbSetting>>,
    /// Deprecated, see `warmup`.
    pub warmup_duration_secs: Option<Duration>,
    /// How traffic to new endpoints grows.
    pub warmup: Option<WarmupConfiguration>,
}

/// Affinity by a hash of the request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConsistentHashLb {
    /// Hash of a header.
    pub http_header_name: Option<Str>,
    /// Hash of a cookie.
    pub http_cookie: Option<HttpCookie>,
    /// Hash of the client's address.
    pub use_source_ip: Option<bool>,
    /// Hash of a query parameter.
    pub http_query_parameter_name: Option<Str>,
    /// The ring algorithm.
    pub ring_hash: Option<RingHash>,
    /// The Maglev algorithm.
    pub maglev: Option<Maglev>,
    /// Deprecated, see `ring_hash`.
    pub minimum_ring_size: u64,
}

/// The cookie that affinity goes by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpCookie {
    /// The cookie's name.
    pub name: Str,
    /// The cookie's path.
    pub path: Str,
    /// The cookie's lifetime.
    pub ttl: Option<Duration>,
    /// Further attributes.
    pub attributes: Vec<CookieAttribute>,
}

/// An attribute of a cookie.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CookieAttribute {
    /// The attribute's name.
    pub name: Str,
    /// The attribute's value.
    pub value: Str,
}

/// The ring algorithm.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RingHash {
    /// The least number of virtual nodes.
    pub minimum_ring_size: u64,
}

/// The Maglev algorithm.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Maglev {
    /// Size of the table, a prime.
    pub table_size: u64,
}

/// Preference by region, zone and subzone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LocalityLbSetting {
    /// Shares of traffic by place.
    pub distribute: Vec<Distribute>,
    /// Regions that take over.
    pub failover: Vec<Failover>,
    /// Labels in order of preference.
    pub failover_priority: Vec<Str>,
    /// Whether the setting is in force.
    pub enabled: Option<bool>,
}

/// Preference by zone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ZoneAwareLbSetting {
    /// Whether the setting is in force.
    pub enabled: Option<bool>,
    /// Regions that take over.
    pub failover: Vec<Failover>,
    /// Labels in order of preference.
    pub failover_priority: Vec<Str>,
    /// The least number of endpoints for which zones matter.
    pub min_cluster_size: Option<u64>,
}

/// Where the traffic of one place goes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Distribute {
    /// The place that traffic comes from.
    pub from: Str,
    /// Percent of the traffic by place; the sum is 100.
    pub to: Map<u32>,
}

/// The region that takes over for another.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Failover {
    /// The region whose endpoints are gone.
    pub from: Str,
    /// The region that takes over.
    pub to: Str,
}

/// How traffic to new endpoints grows.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WarmupConfiguration {
    /// How long the growth takes.
    pub duration: Option<Duration>,
    /// The share at the start, percent.
    pub minimum_percent: Option<f64>,
    /// The shape of the growth, 1.0 is linear.
    pub aggression: Option<f64>,
}

/// When endpoints are left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutlierDetection {
    /// Deprecated, see the two fields after the next two.
    pub consecutive_errors: i32,
    /// Whether errors of the connection itself are counted on their own.
    pub split_external_local_origin_errors: bool,
    /// Such errors in a row that leave an endpoint out.
    pub consecutive_local_origin_failures: Option<u32>,
    /// Gateway errors in a row that leave an endpoint out.
    pub consecutive_gateway_errors: Option<u32>,
    /// Answers 5xx in a row that leave an endpoint out, 5 when absent.
    #[serde(rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: Option<u32>,
    /// Time between looks.
    pub interval: Option<Duration>,
    /// How long an endpoint stays out at least.
    pub base_ejection_time: Option<Duration>,
    /// The highest share of endpoints left out, percent.
    pub max_ejection_percent: i32,
    /// The share of healthy endpoints below which none is left out, percent.
    pub min_health_percent: i32,
    /// The statuses that count as errors.
    pub outlier_detection_http_error_codes: Vec<i64>,
}

/// A tunnel to the host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TunnelSettings {
    /// `CONNECT` or `POST`.
    pub protocol: Str,
    /// The host at the tunnel's end.
    pub target_host: Str,
    /// The port at the tunnel's end.
    pub target_port: u32,
}

crate::api_enum! {
    /// Version of the PROXY protocol.
    ProxyProtocolVersion {
        V1 = "V1",
        V2 = "V2",
    }
}

/// The PROXY protocol.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyProtocol {
    /// Its version.
    pub version: OpenEnum<ProxyProtocolVersion>,
}

/// How many requests may be retries.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RetryBudget {
    /// The highest share of retries, percent.
    pub percent: Option<f64>,
    /// The retries that are always allowed.
    pub min_retry_concurrency: u32,
    /// The time that requests are counted over.
    pub budget_interval: Option<Duration>,
}
