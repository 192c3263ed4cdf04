//! `VirtualService`: where the traffic of a host goes.

use serde::Deserialize;

use super::common::{Destination, Percent, StringMatch};
use crate::model::{Duration, Labels, Map, Str};
use crate::path;
use crate::yaml::FieldPath;

/// `VirtualService`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VirtualService {
    /// Hosts that traffic is sent to; none makes the object a delegate.
    pub hosts: Vec<Str>,
    /// Gateways, `[namespace/]name`, and `mesh` for the sidecars; none means `mesh`.
    pub gateways: Vec<Str>,
    /// Routes of HTTP, the first that matches is taken.
    pub http: Vec<HttpRoute>,
    /// Routes of TLS that is not ended.
    pub tls: Vec<TlsRoute>,
    /// Routes of everything else.
    pub tcp: Vec<TcpRoute>,
    /// Namespaces that the object is for.
    pub export_to: Vec<Str>,
}

/// A route of HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRoute {
    /// The route's name.
    pub name: Str,
    /// The route is taken if any of these matches; none takes everything.
    #[serde(rename = "match")]
    pub matches: Vec<HttpMatchRequest>,
    /// Where requests go.
    pub route: Vec<HttpRouteDestination>,
    /// An answer that sends the client elsewhere.
    pub redirect: Option<Box<HttpRedirect>>,
    /// A fixed answer.
    pub direct_response: Option<Box<HttpDirectResponse>>,
    /// The VirtualService that holds the routes.
    pub delegate: Option<Box<Delegate>>,
    /// What is changed in a request.
    pub rewrite: Option<Box<HttpRewrite>>,
    /// How long a request may take.
    pub timeout: Option<Duration>,
    /// When a request is tried again.
    pub retries: Option<Box<HttpRetry>>,
    /// Faults put in on purpose.
    pub fault: Option<Box<HttpFaultInjection>>,
    /// Where a copy of each request goes.
    pub mirror: Option<Box<Destination>>,
    /// Where copies of requests go, in place of `mirror`.
    pub mirrors: Vec<HttpMirrorPolicy>,
    /// Deprecated: share of requests that are copied, percent.
    pub mirror_percent: Option<u32>,
    /// The same, spelled `mirror_percent`: the schema knows both names.
    #[serde(rename = "mirror_percent")]
    pub mirror_percent_snake: Option<u32>,
    /// Share of requests that are copied.
    pub mirror_percentage: Option<Percent>,
    /// Cross-origin requests.
    pub cors_policy: Option<Box<CorsPolicy>>,
    /// Changes of headers.
    pub headers: Option<Box<Headers>>,
}

impl HttpRoute {
    /// The deprecated percentage of mirrored requests, with the name of the field that holds it.
    pub fn deprecated_mirror_percent(&self) -> Option<(u32, &'static str)> {
        self.mirror_percent
            .map(|percent| (percent, "mirrorPercent"))
            .or_else(|| {
                self.mirror_percent_snake
                    .map(|percent| (percent, "mirror_percent"))
            })
    }
}

/// Which requests a route takes: all members must match.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMatchRequest {
    /// The match's name.
    pub name: Str,
    /// The path and what follows it.
    pub uri: Option<StringMatch>,
    /// The scheme.
    pub scheme: Option<StringMatch>,
    /// The method.
    pub method: Option<StringMatch>,
    /// The host header.
    pub authority: Option<StringMatch>,
    /// Headers, by name.
    pub headers: Map<StringMatch>,
    /// Headers that must not match, by name.
    pub without_headers: Map<StringMatch>,
    /// Query parameters, by name.
    pub query_params: Map<StringMatch>,
    /// Whether the case of `uri` is ignored.
    pub ignore_uri_case: bool,
    /// The port, 0 for any.
    pub port: u32,
    /// Labels of the client.
    pub source_labels: Labels,
    /// Namespace of the client.
    pub source_namespace: Str,
    /// Gateways, in place of the object's.
    pub gateways: Vec<Str>,
    /// Prefix of the route's statistics.
    pub stat_prefix: Str,
}

/// A destination of HTTP with its weight.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteDestination {
    /// Where requests go.
    pub destination: Option<Destination>,
    /// Share of requests among the route's weights.
    pub weight: i32,
    /// Changes of headers.
    pub headers: Option<Box<Headers>>,
}

/// A destination of TLS or TCP with its weight.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteDestination {
    /// Where connections go.
    pub destination: Option<Destination>,
    /// Share of connections among the route's weights.
    pub weight: i32,
}

/// An answer that sends the client elsewhere.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRedirect {
    /// The new path.
    pub uri: Str,
    /// What the matched prefix becomes, in place of `uri`.
    pub prefix_rewrite: Str,
    /// The new host.
    pub authority: Str,
    /// The new port.
    pub port: Option<u32>,
    /// How the port is found.
    pub derive_port: Option<RedirectPort>,
    /// The new scheme.
    pub scheme: Str,
    /// The status, 301 when 0.
    pub redirect_code: u32,
}

crate::api_enum! {
    /// How a redirect finds its port.
    RedirectPort {
        FromProtocolDefault = "FROM_PROTOCOL_DEFAULT",
        FromRequestPort = "FROM_REQUEST_PORT",
    }
}

/// A fixed answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpDirectResponse {
    /// The status.
    pub status: u32,
    /// The body.
    pub body: Option<HttpBody>,
}

/// A body: at most one member is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpBody {
    /// As text.
    pub string: Option<Str>,
    /// As base64.
    pub bytes: Option<Str>,
}

/// The VirtualService that holds the routes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Delegate {
    /// Its name.
    pub name: Str,
    /// Its namespace, the object's own when empty.
    pub namespace: Str,
}

/// What is changed in a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRewrite {
    /// The new path, or what the matched prefix becomes.
    pub uri: Str,
    /// The new host.
    pub authority: Str,
    /// A replacement in the path.
    pub uri_regex_rewrite: Option<RegexRewrite>,
}

/// A replacement by an RE2 expression.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RegexRewrite {
    /// What is replaced.
    #[serde(rename = "match")]
    pub matches: Str,
    /// What comes in its place.
    pub rewrite: Str,
}

/// When a request is tried again.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRetry {
    /// How often.
    pub attempts: i32,
    /// How long each try may take.
    pub per_try_timeout: Option<Duration>,
    /// On which conditions, separated by commas.
    pub retry_on: Str,
    /// Whether other localities are tried.
    pub retry_remote_localities: Option<bool>,
    /// Whether hosts that failed are left out.
    pub retry_ignore_previous_hosts: Option<bool>,
    /// The least time between tries.
    pub backoff: Option<Duration>,
}

/// Faults put in on purpose.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpFaultInjection {
    /// Delays.
    pub delay: Option<FaultDelay>,
    /// Failures.
    pub abort: Option<FaultAbort>,
}

/// A delay; at most one of the first two is set.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FaultDelay {
    /// How long.
    pub fixed_delay: Option<Duration>,
    /// Not supported by Istio.
    pub exponential_delay: Option<Duration>,
    /// Deprecated: share of requests, percent.
    pub percent: i32,
    /// Share of requests.
    pub percentage: Option<Percent>,
}

/// A failure; at most one of the first three is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FaultAbort {
    /// An HTTP status.
    pub http_status: Option<i32>,
    /// The name of a gRPC status.
    pub grpc_status: Option<Str>,
    /// Not supported by Istio.
    pub http2_error: Option<Str>,
    /// Share of requests.
    pub percentage: Option<Percent>,
}

/// Where copies of requests go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMirrorPolicy {
    /// Where to.
    pub destination: Option<Destination>,
    /// Share of requests, all when absent.
    pub percentage: Option<Percent>,
}

crate::api_enum! {
    /// What becomes of preflight requests whose origin is not allowed.
    UnmatchedPreflights {
        Unspecified = "UNSPECIFIED",
        Forward = "FORWARD",
        Ignore = "IGNORE",
    }
}

/// Cross-origin requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CorsPolicy {
    /// Deprecated, see `allow_origins`.
    pub allow_origin: Vec<Str>,
    /// Origins allowed.
    pub allow_origins: Vec<StringMatch>,
    /// Methods allowed.
    pub allow_methods: Vec<Str>,
    /// Request headers allowed.
    pub allow_headers: Vec<Str>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<Str>,
    /// How long a preflight's answer is kept.
    pub max_age: Option<Duration>,
    /// Whether credentials may be sent.
    pub allow_credentials: Option<bool>,
    /// What becomes of other preflights.
    pub unmatched_preflights: UnmatchedPreflights,
}

/// Changes of headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Headers {
    /// Of the request.
    pub request: Option<HeaderOperations>,
    /// Of the response.
    pub response: Option<HeaderOperations>,
}

/// Changes of the headers of one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HeaderOperations {
    /// Headers that are set, in place of what was there.
    pub set: Labels,
    /// Headers that are added.
    pub add: Labels,
    /// Headers that are removed.
    pub remove: Vec<Str>,
}

/// A route of TLS that is not ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsRoute {
    /// The route is taken if any of these matches.
    #[serde(rename = "match")]
    pub matches: Vec<TlsMatchAttributes>,
    /// Where connections go.
    pub route: Vec<RouteDestination>,
}

/// Which TLS connections a route takes: all members must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsMatchAttributes {
    /// The SNI, perhaps with a wildcard.
    pub sni_hosts: Vec<Str>,
    /// Addresses that the client means.
    pub destination_subnets: Vec<Str>,
    /// The port, 0 for any.
    pub port: u32,
    /// Labels of the client.
    pub source_labels: Labels,
    /// Gateways, in place of the object's.
    pub gateways: Vec<Str>,
    /// Namespace of the client.
    pub source_namespace: Str,
}

/// A route of TCP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpRoute {
    /// The route is taken if any of these matches; none takes everything.
    #[serde(rename = "match")]
    pub matches: Vec<L4MatchAttributes>,
    /// Where connections go.
    pub route: Vec<RouteDestination>,
}

/// Which connections a route takes: all members must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct L4MatchAttributes {
    /// Addresses that the client means.
    pub destination_subnets: Vec<Str>,
    /// The port, 0 for any.
    pub port: u32,
    /// Not used upstream.
    pub source_subnet: Str,
    /// Labels of the client.
    pub source_labels: Labels,
    /// Gateways, in place of the object's.
    pub gateways: Vec<Str>,
    /// Namespace of the client.
    pub source_namespace: Str,
}

/// An entry of a route and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct RouteTo<'a> {
    /// `http`, `tcp` or `tls`.
    pub protocol: &'static str,
    /// Index of the rule among those of the protocol.
    pub rule: usize,
    /// Index of the entry in the rule's `route`.
    pub entry: usize,
    /// Where traffic goes.
    pub destination: Option<&'a Destination>,
    /// Share of the traffic.
    pub weight: i32,
    /// Changes of headers.
    pub headers: Option<&'a Headers>,
}

impl RouteTo<'_> {
    /// The path of the entry, such as `spec/http[0]/route[1]`.
    pub fn path(&self) -> FieldPath {
        path!["spec", self.protocol, self.rule, "route", self.entry]
    }
}

impl VirtualService {
    /// The entries of every route, route by route: those of HTTP, TCP and TLS, in this order.
    pub fn routes(&self) -> impl Iterator<Item = impl Iterator<Item = RouteTo<'_>> + Clone> {
        let http = self.http.iter().map(|rule| rule.route.len());
        let tcp = self.tcp.iter().map(|rule| rule.route.len());
        let tls = self.tls.iter().map(|rule| rule.route.len());
        let number = |protocol| move |(rule, len)| (protocol, rule, len);
        http.enumerate()
            .map(number("http"))
            .chain(tcp.enumerate().map(number("tcp")))
            .chain(tls.enumerate().map(number("tls")))
            .map(move |(protocol, rule, len)| {
                (0..len).filter_map(move |entry| self.route(protocol, rule, entry))
            })
    }

    /// Every entry of every route.
    pub fn destinations(&self) -> impl Iterator<Item = RouteTo<'_>> {
        self.routes().flatten()
    }

    /// Where copies of requests go, with the path of each.
    pub fn mirrors(&self) -> impl Iterator<Item = (String, &Destination)> {
        self.http.iter().enumerate().flat_map(|(rule, route)| {
            let single = route.mirror.as_deref();
            let single = single.map(|to| (format!("spec/http[{rule}]/mirror"), to));
            let list = route.mirrors.iter().enumerate();
            let list = list.filter_map(move |(at, mirror)| {
                let to = mirror.destination.as_ref()?;
                Some((format!("spec/http[{rule}]/mirrors[{at}]/destination"), to))
            });
            single.into_iter().chain(list)
        })
    }

    fn route(&self, protocol: &'static str, rule: usize, entry: usize) -> Option<RouteTo<'_>> {
        let at = RouteTo {
            protocol,
            rule,
            entry,
            destination: None,
            weight: 0,
            headers: None,
        };
        if protocol == "http" {
            let to = self.http.get(rule)?.route.get(entry)?;
            return Some(RouteTo {
                destination: to.destination.as_ref(),
                weight: to.weight,
                headers: to.headers.as_deref(),
                ..at
            });
        }
        let to = match protocol {
            "tcp" => self.tcp.get(rule)?.route.get(entry)?,
            _ => self.tls.get(rule)?.route.get(entry)?,
        };
        Some(RouteTo {
            destination: to.destination.as_ref(),
            weight: to.weight,
            ..at
        })
    }
}
