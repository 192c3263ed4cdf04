//! `ServiceEntry`: services that the platform's registry lacks.

use serde::Deserialize;

use super::common::{Port, WorkloadSelector};
use super::workload::WorkloadEntry;
use crate::model::Str;

crate::api_enum! {
    /// Whether a service counts as part of the mesh.
    Location {
        MeshExternal = "MESH_EXTERNAL",
        MeshInternal = "MESH_INTERNAL",
    }
}

crate::api_enum! {
    /// How the addresses of a service are found.
    Resolution {
        None = "NONE",
        Static = "STATIC",
        Dns = "DNS",
        DnsRoundRobin = "DNS_ROUND_ROBIN",
        DynamicDns = "DYNAMIC_DNS",
    }
}

/// `ServiceEntry`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceEntry {
    /// Host names.
    pub hosts: Vec<Str>,
    /// Virtual addresses, perhaps prefixes.
    pub addresses: Vec<Str>,
    /// Ports of the service.
    pub ports: Vec<Port>,
    /// Whether the service counts as part of the mesh.
    pub location: Location,
    /// How addresses are found.
    pub resolution: Resolution,
    /// The addresses behind the service.
    pub endpoints: Vec<WorkloadEntry>,
    /// The workloads behind the service, in place of `endpoints`.
    pub workload_selector: Option<WorkloadSelector>,
    /// Namespaces that see the service.
    pub export_to: Vec<Str>,
    /// Names that the servers' certificates must carry.
    pub subject_alt_names: Vec<Str>,
}
