//! `Service` and `Endpoints`.

use serde::Deserialize;

use crate::model::object::Status;
use crate::model::types::{IntOrString, Labels, Str};

/// `Service`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Service {
    /// What the user wants.
    pub spec: ServiceSpec,
    /// What the controllers report.
    pub status: Option<Box<Status>>,
}

impl Service {
    /// Whether the service has no virtual address: clients see the addresses of its Pods.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip == "None"
    }

    /// Whether the service is an alias of a DNS name.
    pub fn is_external_name(&self) -> bool {
        self.spec.service_type == "ExternalName"
    }
}

/// `spec` of a Service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`; empty means `ClusterIP`.
    #[serde(rename = "type")]
    pub service_type: Str,
    /// Labels of the Pods behind it; empty means that somebody else names the endpoints.
    pub selector: Labels,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// The virtual address, `None` for a headless service, empty if the API server chooses.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: Str,
    /// The DNS name that an `ExternalName` service stands for.
    pub external_name: Str,
    /// Further addresses at which nodes accept traffic for the service.
    #[serde(rename = "externalIPs")]
    pub external_ips: Vec<Str>,
    /// `Cluster` or `Local`.
    pub internal_traffic_policy: Str,
    /// `Local` keeps the addresses of clients from outside; `Cluster`, also when empty, does not.
    pub external_traffic_policy: Str,
    /// `PreferClose` and the like.
    pub traffic_distribution: Str,
    /// Whether Pods that are not ready are published too.
    pub publish_not_ready_addresses: bool,
}

/// `spec.ports[]` of a Service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// Name, required when there are several ports.
    pub name: Str,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    pub protocol: Str,
    /// Application protocol; its presence, even empty, hides the name from protocol selection.
    pub app_protocol: Option<Str>,
    /// Port of the service.
    pub port: i64,
    /// Port of the Pods by number or name; absent means the same as `port`.
    pub target_port: Option<IntOrString>,
    /// Port on every node.
    pub node_port: Option<i64>,
}

/// `Endpoints`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoints {
    /// Groups of addresses that share ports.
    pub subsets: Vec<EndpointSubset>,
}

/// `subsets[]` of Endpoints.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSubset {
    /// Addresses that take traffic.
    pub addresses: Vec<EndpointAddress>,
    /// Addresses that do not yet.
    pub not_ready_addresses: Vec<EndpointAddress>,
    /// Ports of all addresses.
    pub ports: Vec<EndpointPort>,
}

/// One address of Endpoints.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointAddress {
    /// The address.
    pub ip: Str,
    /// Its name below the service's.
    pub hostname: Str,
}

/// One port of Endpoints.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointPort {
    /// Name of the service's port.
    pub name: Str,
    /// Number.
    pub port: i64,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    pub protocol: Str,
    /// Application protocol.
    pub app_protocol: Option<Str>,
}
