//! `Gateway`: a load balancer at the edge of the mesh.

use serde::Deserialize;

use super::common::{Port, ServerTlsSettings};
use crate::model::{Labels, Str};

/// `Gateway`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Gateway {
    /// The servers that the gateway opens.
    pub servers: Vec<Server>,
    /// Labels of the gateway's pods, in any namespace unless Istio is told to scope it.
    pub selector: Labels,
}

/// One server of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Server {
    /// The port.
    pub port: Option<Port>,
    /// The address to listen on, or `unix://` and a path.
    pub bind: Str,
    /// Hosts, each `[namespace/]dnsName`.
    pub hosts: Vec<Str>,
    /// How TLS is ended.
    pub tls: Option<Box<ServerTlsSettings>>,
    /// Where traffic goes that no route takes.
    pub default_endpoint: Str,
    /// The server's name, for statistics.
    pub name: Str,
}
