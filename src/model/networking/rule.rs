//! The rules of a VirtualService, seen alike whatever they route.

use super::{Destination, HttpRoute, TcpRoute, TlsRoute, VirtualService};
use crate::model::{Labels, Str};
use crate::path;
use crate::yaml::FieldPath;

/// What a rule routes: the list of a VirtualService in which it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// Requests.
    Http,
    /// TLS that is not ended, by its server name.
    Tls,
    /// Connections.
    Tcp,
}

impl RuleKind {
    /// The name of the list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
        }
    }
}

/// A rule of a VirtualService and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// What it routes.
    pub kind: RuleKind,
    /// Its index among the rules of the kind.
    pub index: usize,
    body: Body<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Body<'a> {
    Http(&'a HttpRoute),
    Tls(&'a TlsRoute),
    Tcp(&'a TcpRoute),
}

/// What the matches of all kinds of rules have in common.
#[derive(Debug, Clone, Copy)]
pub struct RuleMatch<'a> {
    /// Gateways, in place of the VirtualService's.
    pub gateways: &'a [Str],
    /// The port, 0 for any.
    pub port: u32,
    /// Labels of the client.
    pub source_labels: &'a Labels,
    /// Namespace of the client.
    pub source_namespace: &'a str,
}

impl<'a> Rule<'a> {
    /// Where it stands, such as `spec/http[0]`.
    pub fn path(&self) -> FieldPath {
        path!["spec", self.kind.as_str(), self.index]
    }

    /// The route of HTTP that it is, if it is one.
    pub const fn http(&self) -> Option<&'a HttpRoute> {
        match self.body {
            Body::Http(route) => Some(route),
            _ => None,
        }
    }

    /// Its matches in order; the rule takes what any of them takes, and everything if it has none.
    pub fn matches(&self) -> impl Iterator<Item = RuleMatch<'a>> + Clone + use<'a> {
        let count = match self.body {
            Body::Http(route) => route.matches.len(),
            Body::Tls(route) => route.matches.len(),
            Body::Tcp(route) => route.matches.len(),
        };
        let body = self.body;
        (0..count).filter_map(move |at| body.match_at(at))
    }

    /// Its destinations with the index of each in `route`.
    pub fn destinations(&self) -> impl Iterator<Item = (usize, &'a Destination)> + use<'a> {
        let body = self.body;
        let count = match body {
            Body::Http(route) => route.route.len(),
            Body::Tls(route) => route.route.len(),
            Body::Tcp(route) => route.route.len(),
        };
        (0..count).filter_map(move |at| Some((at, body.destination_at(at)?)))
    }

    /// Where a destination stands, such as `spec/http[0]/route[1]/destination`.
    pub fn destination_path(&self, at: usize) -> FieldPath {
        path![
            "spec",
            self.kind.as_str(),
            self.index,
            "route",
            at,
            "destination"
        ]
    }

    /// Where a match stands, such as `spec/http[0]/match[1]`.
    pub fn match_path(&self, at: usize) -> FieldPath {
        path!["spec", self.kind.as_str(), self.index, "match", at]
    }
}

impl<'a> Body<'a> {
    fn match_at(self, at: usize) -> Option<RuleMatch<'a>> {
        macro_rules! common {
            ($block:expr) => {{
                let block = $block;
                RuleMatch {
                    gateways: &block.gateways,
                    port: block.port,
                    source_labels: &block.source_labels,
                    source_namespace: &block.source_namespace,
                }
            }};
        }
        Some(match self {
            Self::Http(route) => common!(route.matches.get(at)?),
            Self::Tls(route) => common!(route.matches.get(at)?),
            Self::Tcp(route) => common!(route.matches.get(at)?),
        })
    }

    fn destination_at(self, at: usize) -> Option<&'a Destination> {
        match self {
            Self::Http(route) => route.route.get(at)?.destination.as_ref(),
            Self::Tls(route) => route.route.get(at)?.destination.as_ref(),
            Self::Tcp(route) => route.route.get(at)?.destination.as_ref(),
        }
    }
}

impl VirtualService {
    /// Its rules: those of HTTP, TLS and TCP, in this order.
    pub fn rules(&self) -> impl Iterator<Item = Rule<'_>> {
        let http = self.http.iter().enumerate().map(|(index, route)| Rule {
            kind: RuleKind::Http,
            index,
            body: Body::Http(route),
        });
        let tls = self.tls.iter().enumerate().map(|(index, route)| Rule {
            kind: RuleKind::Tls,
            index,
            body: Body::Tls(route),
        });
        let tcp = self.tcp.iter().enumerate().map(|(index, route)| Rule {
            kind: RuleKind::Tcp,
            index,
            body: Body::Tcp(route),
        });
        http.chain(tls).chain(tcp)
    }
}
