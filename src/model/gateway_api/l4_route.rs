//! `TCPRoute`, `TLSRoute` and `UDPRoute`, which have one shape.

use serde::Deserialize;

use super::reference::{BackendRef, DefaultScope, ParentRef};
use crate::model::types::Str;

/// `spec` of a TCPRoute, TLSRoute or UDPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct L4Route {
    /// What the route attaches to.
    pub parent_refs: Vec<ParentRef>,
    /// TLSRoute: server names.
    pub hostnames: Vec<Str>,
    /// Rules.
    pub rules: Vec<L4Rule>,
    /// Whether the route attaches to default Gateways.
    pub use_default_gateways: Option<DefaultScope>,
}

/// `spec.rules[]` of a TCPRoute, TLSRoute or UDPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct L4Rule {
    /// Name, unique in the route.
    pub name: Str,
    /// Who gets the connections.
    pub backend_refs: Vec<BackendRef>,
}
