//! `HTTPRoute`.

use serde::Deserialize;

use super::filters::{HeaderFilter, MirrorFilter, SessionPersistence};
use super::reference::{BackendRef, DefaultScope, LocalRef, ParentRef};
use crate::model::Duration;
use crate::model::types::Str;

/// `spec` of an HTTPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRoute {
    /// What the route attaches to.
    pub parent_refs: Vec<ParentRef>,
    /// Host names; none means those of the listener.
    pub hostnames: Vec<Str>,
    /// Rules.
    pub rules: Vec<HttpRule>,
    /// Whether the route attaches to default Gateways.
    pub use_default_gateways: Option<DefaultScope>,
}

/// `spec.rules[]` of an HTTPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRule {
    /// Name, unique in the route.
    pub name: Str,
    /// Requests, any of the entries; none means all.
    pub matches: Vec<HttpMatch>,
    /// What happens to them.
    pub filters: Vec<HttpFilter>,
    /// Who gets them.
    pub backend_refs: Vec<HttpBackendRef>,
    /// How long they may take.
    pub timeouts: Option<HttpTimeouts>,
    /// When they are sent again.
    pub retry: Option<Box<Retry>>,
    /// Whether requests of one client stay together.
    pub session_persistence: Option<Box<SessionPersistence>>,
}

/// `spec.rules[].matches[]` of an HTTPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMatch {
    /// Path; absent means all.
    pub path: Option<HttpPathMatch>,
    /// Headers, all of the entries.
    pub headers: Vec<ValueMatch>,
    /// Query parameters, all of the entries.
    pub query_params: Vec<ValueMatch>,
    /// Method; absent means all.
    pub method: Option<HttpMethod>,
}

crate::api_enum! {
    /// How a path is compared.
    PathMatchType {
        /// By whole elements from the start.
        PathPrefix = "PathPrefix",
        /// As a whole, with case.
        Exact = "Exact",
        /// By the implementation's regular expressions.
        RegularExpression = "RegularExpression",
    }
}

/// `path` of a match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpPathMatch {
    /// How it is compared.
    #[serde(rename = "type")]
    pub match_type: PathMatchType,
    /// With what; absent means `/`.
    pub value: Option<Str>,
}

crate::api_enum! {
    /// How a header, parameter or name is compared.
    MatchType {
        /// As a whole.
        Exact = "Exact",
        /// By the implementation's regular expressions.
        RegularExpression = "RegularExpression",
    }
}

/// A header or query parameter to match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ValueMatch {
    /// How the value is compared.
    #[serde(rename = "type")]
    pub match_type: MatchType,
    /// Name.
    pub name: Str,
    /// Value.
    pub value: Str,
}

crate::api_enum! {
    /// A method of HTTP.
    HttpMethod {
        /// Read.
        Get = "GET",
        /// Read headers.
        Head = "HEAD",
        /// Submit.
        Post = "POST",
        /// Replace.
        Put = "PUT",
        /// Remove.
        Delete = "DELETE",
        /// Open a tunnel.
        Connect = "CONNECT",
        /// Ask what is possible.
        Options = "OPTIONS",
        /// Echo.
        Trace = "TRACE",
        /// Change in part.
        Patch = "PATCH",
    }
}

crate::api_enum! {
    /// Which member of a filter is meant.
    HttpFilterType {
        /// `requestHeaderModifier`
        RequestHeaderModifier = "RequestHeaderModifier",
        /// `responseHeaderModifier`
        ResponseHeaderModifier = "ResponseHeaderModifier",
        /// `requestMirror`
        RequestMirror = "RequestMirror",
        /// `requestRedirect`
        RequestRedirect = "RequestRedirect",
        /// `urlRewrite`
        UrlRewrite = "URLRewrite",
        /// `extensionRef`
        ExtensionRef = "ExtensionRef",
        /// `cors`
        Cors = "CORS",
        /// `externalAuth`
        ExternalAuth = "ExternalAuth",
    }
}

/// `filters[]` of an HTTP rule or backend.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpFilter {
    /// Which member is meant.
    #[serde(rename = "type")]
    pub filter_type: HttpFilterType,
    /// Changes request headers.
    pub request_header_modifier: Option<Box<HeaderFilter>>,
    /// Changes response headers.
    pub response_header_modifier: Option<Box<HeaderFilter>>,
    /// Copies requests.
    pub request_mirror: Option<Box<MirrorFilter>>,
    /// Sends the client elsewhere.
    pub request_redirect: Option<Box<RequestRedirect>>,
    /// Changes host and path.
    pub url_rewrite: Option<Box<UrlRewrite>>,
    /// Answers preflight requests.
    pub cors: Option<Box<CorsFilter>>,
    /// Asks an authorizer.
    pub external_auth: Option<Box<ExternalAuth>>,
    /// A filter of the implementation's own.
    pub extension_ref: Option<Box<LocalRef>>,
}

/// A filter that sends the client elsewhere.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestRedirect {
    /// `http` or `https`; empty keeps the request's.
    pub scheme: Str,
    /// Host; empty keeps the request's.
    pub hostname: Str,
    /// Path; absent keeps the request's.
    pub path: Option<PathModifier>,
    /// Port; absent means that of the scheme, else of the listener.
    pub port: Option<u32>,
    /// 301, 302, 303, 307 or 308; absent means 302.
    pub status_code: Option<u32>,
}

/// A filter that changes host and path.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UrlRewrite {
    /// Host; empty keeps the request's.
    pub hostname: Str,
    /// Path; absent keeps the request's.
    pub path: Option<PathModifier>,
}

crate::api_enum! {
    /// What of the path is replaced.
    PathModifierType {
        /// All of it.
        ReplaceFullPath = "ReplaceFullPath",
        /// The prefix that matched.
        ReplacePrefixMatch = "ReplacePrefixMatch",
    }
}

/// A change of the path.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PathModifier {
    /// What is replaced.
    #[serde(rename = "type")]
    pub modifier_type: PathModifierType,
    /// The new path.
    pub replace_full_path: Option<Str>,
    /// The new prefix.
    pub replace_prefix_match: Option<Str>,
}

/// A filter that answers preflight requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CorsFilter {
    /// Origins that may read answers.
    pub allow_origins: Vec<Str>,
    /// Whether requests may carry credentials.
    pub allow_credentials: Option<bool>,
    /// Methods that requests may use.
    pub allow_methods: Vec<Str>,
    /// Headers that requests may carry.
    pub allow_headers: Vec<Str>,
    /// Headers that scripts may read.
    pub expose_headers: Vec<Str>,
    /// Seconds for which the answer holds.
    pub max_age: Option<i32>,
}

crate::api_enum! {
    /// How an authorizer is asked.
    AuthProtocol {
        /// By a request.
        Http = "HTTP",
        /// By Envoy's `ext_authz` over gRPC.
        Grpc = "GRPC",
    }
}

/// A filter that asks an authorizer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExternalAuth {
    /// How it is asked.
    pub protocol: AuthProtocol,
    /// Who is asked.
    pub backend_ref: BackendRef,
    /// Settings of gRPC.
    pub grpc: Option<GrpcAuth>,
    /// Settings of HTTP.
    pub http: Option<HttpAuth>,
    /// Whether the body is part of the question.
    pub forward_body: Option<ForwardBody>,
}

/// Settings of an authorizer over gRPC.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcAuth {
    /// Headers that it gets to see.
    pub allowed_headers: Vec<Str>,
}

/// Settings of an authorizer over HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpAuth {
    /// Prefix of the path.
    pub path: Str,
    /// Headers that it gets to see.
    pub allowed_headers: Vec<Str>,
    /// Headers of its answer that join the request.
    pub allowed_response_headers: Vec<Str>,
}

/// How much of the body an authorizer gets.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ForwardBody {
    /// Bytes.
    pub max_size: Option<i64>,
}

/// `spec.rules[].backendRefs[]` of an HTTPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpBackendRef {
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
    /// Share of the requests; absent means 1.
    pub weight: Option<u32>,
    /// What happens to requests for this backend.
    pub filters: Vec<HttpFilter>,
}

impl HttpBackendRef {
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

/// `spec.rules[].timeouts` of an HTTPRoute.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpTimeouts {
    /// For the client's request as a whole.
    pub request: Option<Duration>,
    /// For one request to a backend.
    pub backend_request: Option<Duration>,
}

/// `spec.rules[].retry` of an HTTPRoute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Retry {
    /// Status codes after which a request is sent again.
    pub codes: Vec<u32>,
    /// How often.
    pub attempts: Option<i64>,
    /// The pause before.
    pub backoff: Option<Duration>,
}
