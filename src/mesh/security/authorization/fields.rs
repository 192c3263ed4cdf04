//! The fields of sources, operations and conditions: what each asks of a request, and who can ask it.
//!
//! Source: Istio's `pilot/pkg/security/authz/model/model.go` and `generator.go`; ztunnel's
//! `pilot/pkg/serviceregistry/ambient/authorization.go`.

use crate::model::Str;
use crate::model::security::{Condition, Operation, Source};

/// What a field asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'p> {
    /// The identity.
    Principal,
    /// The namespace of the identity.
    Namespace,
    /// The service account of the identity.
    ServiceAccount,
    /// The trust domain of the identity.
    TrustDomain,
    /// The address of the TCP peer.
    Ip,
    /// The address of the original client.
    RemoteIp,
    /// Issuer and subject of the token.
    RequestPrincipal,
    /// The audiences of the token.
    Audiences,
    /// Who the token was made for.
    Presenter,
    /// A claim of the token, by names from the outside inwards.
    Claim(&'p str),
    /// The host.
    Host,
    /// The method.
    Method,
    /// The path.
    Path,
    /// A header.
    Header(&'p str),
    /// The port of the workload.
    Port,
    /// The address of the workload.
    DestinationIp,
    /// The server name of TLS.
    Sni,
    /// Something that only a running Envoy knows.
    Envoy(&'p str),
}

impl Fact<'_> {
    /// Whether a proxy that sees no more than connections cannot know it.
    pub const fn is_http(self) -> bool {
        matches!(
            self,
            Self::RequestPrincipal
                | Self::Audiences
                | Self::Presenter
                | Self::Claim(_)
                | Self::Host
                | Self::Method
                | Self::Path
                | Self::Header(_)
        )
    }
}

/// A field with values, or with values that must not fit.
#[derive(Debug, Clone, Copy)]
pub struct Field<'p> {
    /// What it asks about.
    pub fact: Fact<'p>,
    /// The name of the field; for a condition the key.
    pub name: &'p str,
    /// The values.
    pub values: &'p [Str],
    /// Whether none of them may fit.
    pub is_not: bool,
}

/// The fields of a source that have values.
pub fn of_source(source: &Source) -> Vec<Field<'_>> {
    given([
        (Fact::Principal, "principals", &source.principals, false),
        (
            Fact::Principal,
            "notPrincipals",
            &source.not_principals,
            true,
        ),
        (
            Fact::RequestPrincipal,
            "requestPrincipals",
            &source.request_principals,
            false,
        ),
        (
            Fact::RequestPrincipal,
            "notRequestPrincipals",
            &source.not_request_principals,
            true,
        ),
        (Fact::Namespace, "namespaces", &source.namespaces, false),
        (
            Fact::Namespace,
            "notNamespaces",
            &source.not_namespaces,
            true,
        ),
        (
            Fact::ServiceAccount,
            "serviceAccounts",
            &source.service_accounts,
            false,
        ),
        (
            Fact::ServiceAccount,
            "notServiceAccounts",
            &source.not_service_accounts,
            true,
        ),
        (
            Fact::TrustDomain,
            "trustDomains",
            &source.trust_domains,
            false,
        ),
        (
            Fact::TrustDomain,
            "notTrustDomains",
            &source.not_trust_domains,
            true,
        ),
        (Fact::Ip, "ipBlocks", &source.ip_blocks, false),
        (Fact::Ip, "notIpBlocks", &source.not_ip_blocks, true),
        (
            Fact::RemoteIp,
            "remoteIpBlocks",
            &source.remote_ip_blocks,
            false,
        ),
        (
            Fact::RemoteIp,
            "notRemoteIpBlocks",
            &source.not_remote_ip_blocks,
            true,
        ),
    ])
}

/// The fields of an operation that have values.
pub fn of_operation(operation: &Operation) -> Vec<Field<'_>> {
    given([
        (Fact::Host, "hosts", &operation.hosts, false),
        (Fact::Host, "notHosts", &operation.not_hosts, true),
        (Fact::Port, "ports", &operation.ports, false),
        (Fact::Port, "notPorts", &operation.not_ports, true),
        (Fact::Method, "methods", &operation.methods, false),
        (Fact::Method, "notMethods", &operation.not_methods, true),
        (Fact::Path, "paths", &operation.paths, false),
        (Fact::Path, "notPaths", &operation.not_paths, true),
    ])
}

fn given<'p, const N: usize>(
    fields: [(Fact<'p>, &'static str, &'p Vec<Str>, bool); N],
) -> Vec<Field<'p>> {
    let fields = fields
        .into_iter()
        .filter(|(_, _, values, _)| !values.is_empty());
    fields
        .map(|(fact, name, values, is_not)| Field {
            fact,
            name,
            values,
            is_not,
        })
        .collect()
}

/// What the key of a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'p> {
    /// A fact.
    Known(Fact<'p>),
    /// A known attribute, wrongly written.
    Malformed,
    /// No attribute.
    Unknown,
}

/// Reads the key of a condition.
pub fn key(key: &str) -> Key<'_> {
    let plain = match key {
        "source.ip" => Some(Fact::Ip),
        "remote.ip" => Some(Fact::RemoteIp),
        "source.namespace" => Some(Fact::Namespace),
        "source.serviceAccount" => Some(Fact::ServiceAccount),
        "source.principal" => Some(Fact::Principal),
        "source.trustDomain" => Some(Fact::TrustDomain),
        "request.auth.principal" => Some(Fact::RequestPrincipal),
        "request.auth.audiences" => Some(Fact::Audiences),
        "request.auth.presenter" => Some(Fact::Presenter),
        "destination.ip" => Some(Fact::DestinationIp),
        "destination.port" => Some(Fact::Port),
        "connection.sni" => Some(Fact::Sni),
        _ => None,
    };
    if let Some(fact) = plain {
        return Key::Known(fact);
    }
    let bracketed = |rest: &str| rest.starts_with('[') && rest.ends_with(']') && rest.len() > 2;
    if let Some(rest) = key.strip_prefix("request.headers") {
        let name = rest
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        return match name.filter(|name| !name.is_empty()) {
            Some(name) => Key::Known(Fact::Header(name)),
            None => Key::Malformed,
        };
    }
    if let Some(rest) = key.strip_prefix("request.auth.claims") {
        return if bracketed(rest) {
            Key::Known(Fact::Claim(rest))
        } else {
            Key::Malformed
        };
    }
    if key.starts_with("experimental.envoy.filters.") {
        return Key::Known(Fact::Envoy(key));
    }
    Key::Unknown
}

/// The names in `[a][b]`.
pub(super) fn claim_names(brackets: &str) -> Vec<&str> {
    let inner = brackets
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.map_or_else(Vec::new, |inner| inner.split("][").collect())
}

/// The two halves of a condition as fields.
pub fn of_condition<'p>(condition: &'p Condition, fact: Fact<'p>) -> Vec<Field<'p>> {
    let half = |values: &'p Vec<Str>, is_not| Field {
        fact,
        name: &condition.key,
        values,
        is_not,
    };
    [
        half(&condition.values, false),
        half(&condition.not_values, true),
    ]
    .into_iter()
    .filter(|field| !field.values.is_empty())
    .collect()
}
