//! MeshConfig and MeshNetworks: the mesh-wide settings in the ConfigMap `istio`.
//!
//! The defaults of [`MeshConfig`] and [`ProxyConfig`] are those that istiod lays a given document
//! over, so that a decoded document is the effective config. Scalars without a default of
//! istiod's are zero when absent.

mod providers;
mod proxy;
mod tracing;

use std::sync::LazyLock;

use serde::Deserialize;

use super::Duration;
use super::core::LabelSelector;
use super::networking::{
    ClientTlsSettings, ConnectionPoolSettings, HttpRetry, LocalityLbSetting, OutlierDetection,
    TcpKeepalive, ZoneAwareLbSetting,
};
use super::types::{Map, Str};

pub use providers::*;
pub use proxy::*;
pub use tracing::*;

/// `MeshConfig`: key `mesh` of the ConfigMap.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshConfig {
    /// Port of the sidecar's outbound listener.
    pub proxy_listen_port: i32,
    /// Port of the sidecar's inbound listener.
    pub proxy_inbound_listen_port: i32,
    /// Port of the sidecar's HTTP proxy listener; 0 is off.
    pub proxy_http_port: i32,
    /// How long connecting to an upstream may take.
    pub connect_timeout: Option<Duration>,
    /// How long an HBONE connection may idle.
    pub hbone_idle_timeout: Option<Duration>,
    /// How long protocol detection may take (deprecated).
    pub protocol_detection_timeout: Option<Duration>,
    /// TCP keepalive towards upstreams.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// The class of Ingress objects that Istio serves.
    pub ingress_class: Str,
    /// Name of the ingress gateway's Service.
    pub ingress_service: Str,
    /// Which Ingress objects Istio serves.
    pub ingress_controller_mode: IngressControllerMode,
    /// Value of the label `istio` of the ingress gateway.
    pub ingress_selector: Str,
    /// Whether proxies trace.
    pub enable_tracing: bool,
    /// File of access logs; empty is off.
    pub access_log_file: Str,
    /// Format of access logs.
    pub access_log_format: Str,
    /// Encoding of access logs.
    pub access_log_encoding: AccessLogEncoding,
    /// Whether access logs go to Envoy's access log service.
    pub enable_envoy_access_log_service: bool,
    /// Whether Envoy's listener logs are off.
    pub disable_envoy_listener_log: bool,
    /// The proxies' config, laid over by annotations and ProxyConfig objects.
    pub default_config: Box<ProxyConfig>,
    /// What happens to calls of unknown hosts.
    pub outbound_traffic_policy: OutboundTrafficPolicy,
    /// Where inbound traffic of unknown ports goes.
    pub inbound_traffic_policy: InboundTrafficPolicy,
    /// Where istiod reads configuration from.
    pub config_sources: Vec<ConfigSource>,
    /// Whether clients use mutual TLS where the server can; absent means yes, see
    /// [`MeshConfig::auto_mtls`].
    pub enable_auto_mtls: Option<bool>,
    /// The mesh's trust domain.
    pub trust_domain: Str,
    /// Other names of the trust domain.
    pub trust_domain_aliases: Vec<Str>,
    /// Further root certificates.
    pub ca_certificates: Vec<CertificateData>,
    /// `exportTo` of Services that have none.
    pub default_service_export_to: Vec<Str>,
    /// `exportTo` of VirtualServices that have none.
    pub default_virtual_service_export_to: Vec<Str>,
    /// `exportTo` of DestinationRules that have none.
    pub default_destination_rule_export_to: Vec<Str>,
    /// The namespace whose policies hold for the mesh.
    pub root_namespace: Str,
    /// Locality load balancing.
    pub locality_lb_setting: Option<LocalityLbSetting>,
    /// Zone aware load balancing.
    pub zone_aware_lb_setting: Option<ZoneAwareLbSetting>,
    /// How often Envoy resolves host names.
    pub dns_refresh_rate: Option<Duration>,
    /// Whether HTTP/1.1 connections are upgraded to HTTP/2.
    pub h2_upgrade_policy: MeshH2UpgradePolicy,
    /// Pattern of the names of inbound clusters' statistics.
    pub inbound_cluster_stat_name: Str,
    /// Pattern of the names of outbound clusters' statistics.
    pub outbound_cluster_stat_name: Str,
    /// Certificates that istiod makes (deprecated).
    pub certificates: Vec<Certificate>,
    /// Settings of single services (deprecated).
    pub service_settings: Vec<ServiceSettings>,
    /// Which Services are known to other clusters (ambient).
    pub service_scope_configs: Vec<ServiceScopeConfig>,
    /// Whether the proxy merges the application's metrics with its own; absent means yes.
    pub enable_prometheus_merge: Option<bool>,
    /// Whether clients check the server's certificate (deprecated).
    pub verify_certificate_at_client: Option<bool>,
    /// The certificate authority that signs workload certificates (deprecated).
    pub ca: Option<Box<Ca>>,
    /// The extension providers as given, without the built-in ones; see [`MeshConfig::provider`].
    pub extension_providers: Vec<ExtensionProvider>,
    /// The providers that Telemetry objects without one use.
    pub default_providers: DefaultProviders,
    /// The namespaces that istiod looks at; none means all.
    pub discovery_selectors: Vec<LabelSelector>,
    /// How paths are normalised before authorization.
    pub path_normalization: Option<ProxyPathNormalization>,
    /// Retries of HTTP requests, outbound.
    pub default_http_retry_policy: Option<HttpRetry>,
    /// Retries of HTTP requests, inbound (since the 2026 releases).
    pub default_inbound_http_retry_policy: Option<HttpRetry>,
    /// TLS parameters of traffic inside the mesh.
    #[serde(rename = "meshMTLS")]
    pub mesh_mtls: Option<TlsConfig>,
    /// TLS parameters of all other traffic.
    pub tls_defaults: Option<TlsConfig>,
    /// Traffic policy of destinations that have none.
    pub default_traffic_policy: Option<Box<DefaultTrafficPolicy>>,
    /// Which namespaces see ServiceEntries.
    pub service_entry_visibility: Option<ServiceEntryVisibility>,
}

impl Default for MeshConfig {
    fn default() -> Self {
        let everywhere = || vec![Str::inline("*")];
        Self {
            proxy_listen_port: 15001,
            proxy_inbound_listen_port: 15006,
            proxy_http_port: 0,
            connect_timeout: Some(seconds(10)),
            hbone_idle_timeout: None,
            protocol_detection_timeout: Some(Duration(0)),
            tcp_keepalive: None,
            ingress_class: "istio".into(),
            ingress_service: "istio-ingressgateway".into(),
            ingress_controller_mode: IngressControllerMode::Strict,
            ingress_selector: Str::default(),
            enable_tracing: true,
            access_log_file: Str::default(),
            access_log_format: Str::default(),
            access_log_encoding: AccessLogEncoding::Text,
            enable_envoy_access_log_service: false,
            disable_envoy_listener_log: false,
            default_config: Box::default(),
            outbound_traffic_policy: OutboundTrafficPolicy {
                mode: OutboundMode::AllowAny,
                tls: None,
            },
            inbound_traffic_policy: InboundTrafficPolicy::default(),
            config_sources: Vec::new(),
            enable_auto_mtls: None,
            trust_domain: "cluster.local".into(),
            trust_domain_aliases: Vec::new(),
            ca_certificates: Vec::new(),
            default_service_export_to: everywhere(),
            default_virtual_service_export_to: everywhere(),
            default_destination_rule_export_to: everywhere(),
            root_namespace: "istio-system".into(),
            locality_lb_setting: None,
            zone_aware_lb_setting: None,
            dns_refresh_rate: Some(seconds(60)),
            h2_upgrade_policy: MeshH2UpgradePolicy::DoNotUpgrade,
            inbound_cluster_stat_name: Str::default(),
            outbound_cluster_stat_name: Str::default(),
            certificates: Vec::new(),
            service_settings: Vec::new(),
            service_scope_configs: Vec::new(),
            enable_prometheus_merge: None,
            verify_certificate_at_client: None,
            ca: None,
            extension_providers: Vec::new(),
            default_providers: DefaultProviders::default(),
            discovery_selectors: Vec::new(),
            path_normalization: None,
            default_http_retry_policy: None,
            default_inbound_http_retry_policy: None,
            mesh_mtls: None,
            tls_defaults: None,
            default_traffic_policy: None,
            service_entry_visibility: None,
        }
    }
}

impl MeshConfig {
    /// Whether auto mTLS is on: it is when `enableAutoMtls` is absent.
    pub fn auto_mtls(&self) -> bool {
        self.enable_auto_mtls.unwrap_or(true)
    }

    /// The extension provider of this name: of those given the last, else the built-in
    /// `prometheus`, `stackdriver` and `envoy`.
    pub fn provider(&self, name: &str) -> Option<&ExtensionProvider> {
        static BUILT_IN: LazyLock<Vec<ExtensionProvider>> = LazyLock::new(built_in_providers);
        self.extension_providers
            .iter()
            .rfind(|provider| provider.name == name)
            .or_else(|| BUILT_IN.iter().find(|provider| provider.name == name))
    }
}

/// The providers that istiod knows without being told.
fn built_in_providers() -> Vec<ExtensionProvider> {
    vec![
        ExtensionProvider {
            name: "prometheus".into(),
            prometheus: Some(PrometheusMetricsProvider {}),
            ..ExtensionProvider::default()
        },
        ExtensionProvider {
            name: "stackdriver".into(),
            stackdriver: Some(StackdriverProvider::default()),
            ..ExtensionProvider::default()
        },
        ExtensionProvider {
            name: "envoy".into(),
            envoy_file_access_log: Some(EnvoyFileAccessLogProvider {
                path: "/dev/stdout".into(),
                ..EnvoyFileAccessLogProvider::default()
            }),
            ..ExtensionProvider::default()
        },
    ]
}

const fn seconds(count: i64) -> Duration {
    Duration(count * 1_000_000_000)
}

crate::api_enum! {
    /// `ingressControllerMode`.
    IngressControllerMode {
        Unspecified = "UNSPECIFIED",
        Off = "OFF",
        Default = "DEFAULT",
        Strict = "STRICT",
    }
}

crate::api_enum! {
    /// `accessLogEncoding`.
    AccessLogEncoding {
        Text = "TEXT",
        Json = "JSON",
    }
}

crate::api_enum! {
    /// `h2UpgradePolicy` of the mesh.
    MeshH2UpgradePolicy {
        DoNotUpgrade = "DO_NOT_UPGRADE",
        Upgrade = "UPGRADE",
    }
}

/// `outboundTrafficPolicy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutboundTrafficPolicy {
    /// What happens to calls of unknown hosts.
    pub mode: OutboundMode,
    /// TLS towards unknown hosts.
    pub tls: Option<ClientTlsSettings>,
}

crate::api_enum! {
    /// `outboundTrafficPolicy.mode`.
    OutboundMode {
        RegistryOnly = "REGISTRY_ONLY",
        AllowAny = "ALLOW_ANY",
        AllowAnyDynamicDns = "ALLOW_ANY_DYNAMIC_DNS",
    }
}

/// `inboundTrafficPolicy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InboundTrafficPolicy {
    /// Where traffic goes.
    pub mode: InboundMode,
}

crate::api_enum! {
    /// `inboundTrafficPolicy.mode`.
    InboundMode {
        Passthrough = "PASSTHROUGH",
        Localhost = "LOCALHOST",
    }
}

/// `caCertificates[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CertificateData {
    /// The certificate in PEM. One of this and `spiffeBundleUrl` is given.
    pub pem: Option<Str>,
    /// Where a SPIFFE bundle is fetched from.
    pub spiffe_bundle_url: Option<Str>,
    /// The signers whose certificates it verifies.
    pub cert_signers: Vec<Str>,
    /// The trust domains that it verifies.
    pub trust_domains: Vec<Str>,
}

/// `configSources[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConfigSource {
    /// Address of the source: `fs:///path`, `xds://host:port` or `k8s://`.
    pub address: Str,
    /// TLS towards the source.
    pub tls_settings: Option<ClientTlsSettings>,
    /// What is read from it.
    pub subscribed_resources: Vec<SubscribedResource>,
}

crate::api_enum! {
    /// `configSources[].subscribedResources[]`.
    SubscribedResource {
        ServiceRegistry = "SERVICE_REGISTRY",
    }
}

/// `certificates[]` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Certificate {
    /// Name of the Secret that holds it.
    pub secret_name: Str,
    /// The DNS names that it is for.
    pub dns_names: Vec<Str>,
}

/// `serviceSettings[]` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSettings {
    /// The settings.
    pub settings: Option<ServiceSetting>,
    /// The hosts, with a wildcard in the first label.
    pub hosts: Vec<Str>,
}

/// `serviceSettings[].settings`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSetting {
    /// Whether clients call only endpoints of their own cluster.
    pub cluster_local: bool,
}

/// `serviceScopeConfigs[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceScopeConfig {
    /// The namespaces of the Services.
    pub namespace_selector: Option<LabelSelector>,
    /// The Services.
    pub services_selector: Option<LabelSelector>,
    /// Where they are known.
    pub scope: ServiceScope,
}

crate::api_enum! {
    /// `serviceScopeConfigs[].scope`.
    ServiceScope {
        Local = "LOCAL",
        Global = "GLOBAL",
    }
}

/// `ca` (deprecated).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ca {
    /// Address of the authority.
    pub address: Str,
    /// TLS towards it.
    pub tls_settings: Option<ClientTlsSettings>,
    /// How long a request may take.
    pub request_timeout: Option<Duration>,
    /// Whether istiod (not the agent) calls it.
    pub istiod_side: bool,
}

/// `defaultProviders`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DefaultProviders {
    /// Names of tracing providers.
    pub tracing: Vec<Str>,
    /// Names of metrics providers.
    pub metrics: Vec<Str>,
    /// Names of access log providers.
    pub access_logging: Vec<Str>,
}

/// `pathNormalization`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyPathNormalization {
    /// What is normalised.
    pub normalization: NormalizationType,
}

crate::api_enum! {
    /// `pathNormalization.normalization`.
    NormalizationType {
        Default = "DEFAULT",
        None = "NONE",
        Base = "BASE",
        MergeSlashes = "MERGE_SLASHES",
        DecodeAndMergeSlashes = "DECODE_AND_MERGE_SLASHES",
    }
}

/// `meshMTLS` and `tlsDefaults`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsConfig {
    /// The lowest protocol version.
    pub min_protocol_version: TlsVersion,
    /// Curves of the key exchange.
    pub ecdh_curves: Vec<Str>,
    /// Cipher suites.
    pub cipher_suites: Vec<Str>,
}

crate::api_enum! {
    /// `minProtocolVersion` of the mesh.
    TlsVersion {
        Auto = "TLS_AUTO",
        V1_2 = "TLSV1_2",
        V1_3 = "TLSV1_3",
    }
}

/// `defaultTrafficPolicy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DefaultTrafficPolicy {
    /// Connection pools.
    pub connection_pool: Option<Box<ConnectionPoolSettings>>,
    /// Ejection of failing endpoints.
    pub outlier_detection: Option<Box<OutlierDetection>>,
}

/// `serviceEntryVisibility`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntryVisibility {
    /// Visibility where no policy matches.
    pub default_visibility: Visibility,
    /// Whether sidecars are held to it too.
    pub apply_to_sidecars: bool,
    /// Policies by namespace, the first that matches counts.
    pub policies: Vec<VisibilityPolicy>,
}

crate::api_enum! {
    /// `serviceEntryVisibility.defaultVisibility`.
    Visibility {
        Unspecified = "VISIBILITY_UNSPECIFIED",
        None = "NONE",
        Namespace = "NAMESPACE",
        Public = "PUBLIC",
    }
}

/// `serviceEntryVisibility.policies[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VisibilityPolicy {
    /// The visibility.
    pub visibility: Visibility,
    /// What it holds for.
    pub matching_rules: Vec<VisibilityMatch>,
}

/// `serviceEntryVisibility.policies[].matchingRules[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VisibilityMatch {
    /// The namespaces.
    pub namespace_selector: Option<LabelSelector>,
}

/// `MeshNetworks`: key `meshNetworks` of the ConfigMap.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshNetworks {
    /// The networks by name.
    pub networks: Map<Network>,
}

/// `networks.*`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Network {
    /// The endpoints that are in it.
    pub endpoints: Vec<NetworkEndpoints>,
    /// Its gateways.
    pub gateways: Vec<NetworkGateway>,
}

/// `networks.*.endpoints[]`: one of the two is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkEndpoints {
    /// An address range.
    pub from_cidr: Option<Str>,
    /// Name of a cluster's service registry.
    pub from_registry: Option<Str>,
}

/// `networks.*.gateways[]`: one of `registryServiceName` and `address` is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkGateway {
    /// Host name of the gateway's Service.
    pub registry_service_name: Option<Str>,
    /// Address or DNS name of the gateway.
    pub address: Option<Str>,
    /// The gateway's port.
    pub port: u32,
    /// Where the gateway is.
    pub locality: Str,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_document_is_laid_over_the_defaults() {
        let config: MeshConfig = serde_yaml::from_str(
            "trustDomain: ''\noutboundTrafficPolicy: {}\ndefaultConfig: {statusPort: 0}\n\
             extensionProviders:\n- {name: envoy, zipkin: {}}\n- {name: x}\n",
        )
        .unwrap();
        assert_eq!(config.trust_domain, "");
        assert_eq!(config.root_namespace, "istio-system");
        assert_eq!(
            config.outbound_traffic_policy.mode,
            OutboundMode::RegistryOnly
        );
        assert_eq!(config.default_config.status_port, 0);
        assert_eq!(config.default_config.proxy_admin_port, 15000);
        assert!(config.auto_mtls());
        assert!(config.provider("envoy").unwrap().zipkin.is_some());
        assert!(config.provider("prometheus").unwrap().prometheus.is_some());
        assert!(config.provider("y").is_none());
    }
}
