//! Messages that several kinds of `networking.istio.io` share.

use serde::Deserialize;

use crate::model::{Duration, Labels, Str};

/// How a text is matched: at most one of the members is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StringMatch {
    /// The whole text.
    pub exact: Option<Str>,
    /// The beginning of the text.
    pub prefix: Option<Str>,
    /// An RE2 expression over the whole text.
    pub regex: Option<Str>,
}

impl StringMatch {
    /// Whether no member is set: any text matches.
    pub fn is_unset(&self) -> bool {
        self.exact.is_none() && self.prefix.is_none() && self.regex.is_none()
    }
}

/// A percentage of 0.0 to 100.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Percent {
    /// The percentage.
    pub value: f64,
}

/// A port chosen by its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortSelector {
    /// The port's number, 0 when absent.
    pub number: u32,
}

/// A place that traffic goes to: a service of the registry, perhaps one subset and port of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Destination {
    /// Name of a service in the registry; a name without dots means the object's namespace.
    pub host: Str,
    /// A subset that a DestinationRule of the host declares.
    pub subset: Str,
    /// The port, needed when the service has more than one.
    pub port: Option<PortSelector>,
}

/// A port that a listener or a service opens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Port {
    /// The number, 0 when absent.
    pub number: u32,
    /// The protocol, in any case.
    pub protocol: Str,
    /// The port's name.
    pub name: Str,
    /// Deprecated on listeners, where it has no effect.
    pub target_port: u32,
}

/// `workloadSelector` with `labels` (Sidecar, ServiceEntry, EnvoyFilter; the others have
/// [`attachment::WorkloadSelector`](crate::model::attachment::WorkloadSelector)): the pods or workload entries that carry all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSelector {
    /// Labels that a workload must carry; none means every workload.
    pub labels: Labels,
}

crate::api_enum! {
    /// How a server ends TLS.
    ServerTlsMode {
        Passthrough = "PASSTHROUGH",
        Simple = "SIMPLE",
        Mutual = "MUTUAL",
        AutoPassthrough = "AUTO_PASSTHROUGH",
        IstioMutual = "ISTIO_MUTUAL",
        OptionalMutual = "OPTIONAL_MUTUAL",
    }
}

crate::api_enum! {
    /// A bound of the TLS versions.
    TlsProtocol {
        Auto = "TLS_AUTO",
        V1_0 = "TLSV1_0",
        V1_1 = "TLSV1_1",
        V1_2 = "TLSV1_2",
        V1_3 = "TLSV1_3",
    }
}

/// TLS of a server: a Gateway's server or a Sidecar's ingress listener.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerTlsSettings {
    /// Whether plain HTTP is answered with a redirect to HTTPS.
    pub https_redirect: bool,
    /// How TLS is ended.
    pub mode: ServerTlsMode,
    /// Path of the certificate.
    pub server_certificate: Str,
    /// Path of the private key.
    pub private_key: Str,
    /// Path of the authorities that client certificates are verified with.
    pub ca_certificates: Str,
    /// Path of the revocation list.
    pub ca_crl: Str,
    /// Name of the secret that holds key, certificate and authorities.
    pub credential_name: Str,
    /// Names of secrets, when there are several certificates.
    pub credential_names: Vec<Str>,
    /// Name of the secret or ConfigMap that holds the authorities.
    pub ca_cert_credential_name: Str,
    /// Several certificates by path.
    pub tls_certificates: Vec<TlsCertificate>,
    /// Names that a client certificate may carry.
    pub subject_alt_names: Vec<Str>,
    /// SHA-256 hashes of the keys of accepted client certificates.
    pub verify_certificate_spki: Vec<Str>,
    /// SHA-256 hashes of accepted client certificates.
    pub verify_certificate_hash: Vec<Str>,
    /// The lowest TLS version.
    pub min_protocol_version: TlsProtocol,
    /// The highest TLS version.
    pub max_protocol_version: TlsProtocol,
    /// The cipher suites, Envoy's default when empty.
    pub cipher_suites: Vec<Str>,
    /// Whether client certificates are accepted unverified.
    pub insecure_skip_verify: Option<bool>,
}

/// One certificate of [`ServerTlsSettings::tls_certificates`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsCertificate {
    /// Path of the certificate.
    pub server_certificate: Str,
    /// Path of the private key.
    pub private_key: Str,
    /// Path of the authorities.
    pub ca_certificates: Str,
}

/// Limits of the connections to one upstream.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConnectionPoolSettings {
    /// Limits of any connection.
    pub tcp: Option<Box<TcpSettings>>,
    /// Limits of HTTP.
    pub http: Option<Box<HttpSettings>>,
}

/// Limits of any connection.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpSettings {
    /// The highest number of connections to a host.
    pub max_connections: i32,
    /// How long to wait for a connection.
    pub connect_timeout: Option<Duration>,
    /// Keep-alive probes.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// How long a connection may live.
    pub max_connection_duration: Option<Duration>,
    /// How long a connection may idle.
    pub idle_timeout: Option<Duration>,
}

/// Keep-alive probes of TCP.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpKeepalive {
    /// Probes without an answer before the connection counts as dead.
    pub probes: u32,
    /// Idle time before the first probe.
    pub time: Option<Duration>,
    /// Time between probes.
    pub interval: Option<Duration>,
}

crate::api_enum! {
    /// Whether HTTP/1.1 connections are upgraded to HTTP/2.
    H2UpgradePolicy {
        Default = "DEFAULT",
        DoNotUpgrade = "DO_NOT_UPGRADE",
        Upgrade = "UPGRADE",
    }
}

/// Limits of HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpSettings {
    /// The highest number of requests that wait for a connection.
    pub http1_max_pending_requests: i32,
    /// The highest number of active requests.
    pub http2_max_requests: i32,
    /// The highest number of requests on one connection.
    pub max_requests_per_connection: i32,
    /// The highest number of retries under way.
    pub max_retries: i32,
    /// How long a connection without requests may live.
    pub idle_timeout: Option<Duration>,
    /// Whether connections are upgraded to HTTP/2.
    pub h2_upgrade_policy: H2UpgradePolicy,
    /// Whether the client's protocol is kept.
    pub use_client_protocol: bool,
    /// The highest number of streams on one HTTP/2 connection.
    pub max_concurrent_streams: i32,
    /// Keep-alive probes of HTTP/2.
    pub http2_keep_alive: Option<Http2KeepAlive>,
}

/// Keep-alive probes of HTTP/2.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Http2KeepAlive {
    /// Time between pings.
    pub interval: Option<Duration>,
    /// How long to wait for an answer.
    pub timeout: Option<Duration>,
}
