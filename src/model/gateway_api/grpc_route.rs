//! `GRPCRoute`.

use serde::Deserialize;

use super::filters::{HeaderFilter, MirrorFilter, SessionPersistence};
use super::http_route::MatchType;
use super::reference::{BackendRef, DefaultScope, LocalRef, ParentRef};
use crate::model::types::Str;

/// `spec` of a GRPCRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcRoute {
    /// What the route attaches to.
    pub parent_refs: Vec<ParentRef>,
    /// Host names; none means those of the listener.
    pub hostnames: Vec<Str>,
    /// Rules.
    pub rules: Vec<GrpcRule>,
    /// Whether the route attaches to default Gateways.
    pub use_default_gateways: Option<DefaultScope>,
}

/// `spec.rules[]` of a GRPCRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcRule {
    /// Name, unique in the route.
    pub name: Str,
    /// Calls, any of the entries; none means all.
    pub matches: Vec<GrpcMatch>,
    /// What happens to them.
    pub filters: Vec<GrpcFilter>,
    /// Who gets them.
    pub backend_refs: Vec<GrpcBackendRef>,
    /// Whether calls of one client stay together.
    pub session_persistence: Option<Box<SessionPersistence>>,
}

/// `spec.rules[].matches[]` of a GRPCRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcMatch {
    /// Service and method; absent means all.
    pub method: Option<GrpcMethodMatch>,
    /// Headers, all of the entries.
    pub headers: Vec<GrpcHeaderMatch>,
}

/// `method` of a match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcMethodMatch {
    /// How the names are compared.
    #[serde(rename = "type")]
    pub match_type: MatchType,
    /// Service; absent means all.
    pub service: Option<Str>,
    /// Method; absent means all.
    pub method: Option<Str>,
}

/// `headers[]` of a match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcHeaderMatch {
    /// How the value is compared.
    #[serde(rename = "type")]
    pub match_type: MatchType,
    /// Name.
    pub name: Str,
    /// Value.
    pub value: Str,
}

crate::api_enum! {
    /// Which member of a filter is meant.
    GrpcFilterType {
        /// `requestHeaderModifier`
        RequestHeaderModifier = "RequestHeaderModifier",
        /// `responseHeaderModifier`
        ResponseHeaderModifier = "ResponseHeaderModifier",
        /// `requestMirror`
        RequestMirror = "RequestMirror",
        /// `extensionRef`
        ExtensionRef = "ExtensionRef",
    }
}

/// `filters[]` of a gRPC rule or backend.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcFilter {
    /// Which member is meant.
    #[serde(rename = "type")]
    pub filter_type: GrpcFilterType,
    /// Changes request headers.
    pub request_header_modifier: Option<Box<HeaderFilter>>,
    /// Changes response headers.
    pub response_header_modifier: Option<Box<HeaderFilter>>,
    /// Copies calls.
    pub request_mirror: Option<Box<MirrorFilter>>,
    /// A filter of the implementation's own.
    pub extension_ref: Option<Box<LocalRef>>,
}

/// `spec.rules[].backendRefs[]` of a GRPCRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcBackendRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind; absent means `Service`.
    pub kind: Option<Str>,
    /// Namespace; empty means the route's.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// Port, required for a Service.
    pub port: Option<u32>,
    /// Share of the calls; absent means 1.
    pub weight: Option<u32>,
    /// What happens to calls for this backend.
    pub filters: Vec<GrpcFilter>,
}

impl GrpcBackendRef {
    /// The reference without the filters.
    pub fn reference(&self) -> BackendRef {
        BackendRef {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            port: self.port,
            weight: self.weight,
        }
    }
}
