//! Whether two VirtualServices of one host and gateway get in each other's way.
//!
//! A gateway joins the routes of all VirtualServices for a host. That is a documented way to share
//! a host between teams, and the order of the routes matters only where two of them take the same
//! request. What is asked here is whether they provably do.

use rustc_hash::FxHashSet;

use crate::mesh::GatewayName;
use crate::model::networking::{HttpMatchRequest, StringMatch, VirtualService};
use crate::model::{Map, Object, Str};

/// What traffic a route takes, as far as an index can tell. Routes that take the same traffic have
/// equal keys, or one key is a prefix of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RouteKey<'m> {
    /// Not asked: sidecars do not join routes.
    Any,
    /// All requests. Gateways try such routes last.
    All,
    /// Paths that begin so, with other conditions perhaps.
    Prefix(&'m str),
    /// This path.
    Exact(&'m str),
    /// Paths that match the expression.
    Regex(&'m str),
    /// TLS connections to this server name.
    Sni(&'m str),
    /// TCP connections to this port, 0 for any.
    Port(u32),
}

/// The keys of the routes that a VirtualService has on a gateway.
pub(super) fn keys<'m>(
    service: &'m Object<VirtualService>,
    gateway: GatewayName<'_>,
) -> Vec<RouteKey<'m>> {
    let home = service.namespace();
    let mut keys = FxHashSet::default();
    for block in blocks(service, gateway) {
        keys.insert(block.map_or(RouteKey::All, key));
    }
    for route in &service.spec.tls {
        for block in &route.matches {
            if is_on(&block.gateways, gateway, home) {
                keys.extend(block.sni_hosts.iter().map(|name| RouteKey::Sni(name)));
            }
        }
    }
    for route in &service.spec.tcp {
        if route.matches.is_empty() {
            keys.insert(RouteKey::Port(0));
        }
        for block in &route.matches {
            if is_on(&block.gateways, gateway, home) {
                keys.insert(RouteKey::Port(block.port));
            }
        }
    }
    keys.into_iter().collect()
}

/// The keys under which routes may lie that take some of the traffic of `key`, if they are not
/// longer: `lengths` are those of the prefixes that occur.
pub(super) fn wider<'m>(key: RouteKey<'m>, lengths: &FxHashSet<usize>) -> Vec<RouteKey<'m>> {
    let prefixes = |text: &'m str| {
        (0..=text.len())
            .filter(|length| lengths.contains(length))
            .filter_map(move |length| text.get(..length))
            .map(RouteKey::Prefix)
    };
    match key {
        RouteKey::Prefix(text) => prefixes(text).collect(),
        RouteKey::Exact(text) => std::iter::once(key).chain(prefixes(text)).collect(),
        RouteKey::Regex(_) => vec![key, RouteKey::Prefix("")],
        _ => vec![key],
    }
}

/// The traffic that a route of each takes, in words; `None` if none provably does.
pub(super) fn shared_route(
    a: &Object<VirtualService>,
    b: &Object<VirtualService>,
    gateway: GatewayName<'_>,
) -> Option<String> {
    let theirs: Vec<Option<&HttpMatchRequest>> = blocks(b, gateway).collect();
    for own in blocks(a, gateway) {
        for other in &theirs {
            if let Some(shared) = shared(own, *other) {
                return Some(shared);
            }
        }
    }
    let theirs = keys(b, gateway);
    keys(a, gateway).into_iter().find_map(|key| match key {
        RouteKey::Sni(name) if theirs.contains(&key) => Some(format!("TLS connections to {name}")),
        RouteKey::Port(0) if theirs.contains(&key) => Some("TCP connections".to_owned()),
        RouteKey::Port(port) if theirs.contains(&key) => {
            Some(format!("TCP connections to port {port}"))
        }
        _ => None,
    })
}

/// The matches of all HTTP routes on a gateway; `None` for a route without conditions.
fn blocks<'m>(
    service: &'m Object<VirtualService>,
    gateway: GatewayName<'_>,
) -> impl Iterator<Item = Option<&'m HttpMatchRequest>> {
    service.spec.http.iter().flat_map(move |route| {
        let all = route.matches.is_empty().then_some(None);
        let some = route
            .matches
            .iter()
            .filter(move |block| is_on(&block.gateways, gateway, service.namespace()))
            .map(|block| (!is_unconditional(block)).then_some(block));
        all.into_iter().chain(some)
    })
}

/// Whether a match with these gateways holds on `gateway`.
fn is_on(gateways: &[Str], gateway: GatewayName<'_>, home: &str) -> bool {
    gateways.is_empty()
        || gateways
            .iter()
            .any(|name| GatewayName::read(name, home) == gateway)
}

fn is_unconditional(block: &HttpMatchRequest) -> bool {
    let takes_every_path = match &block.uri {
        None => true,
        Some(uri) => {
            uri.is_unset()
                || uri.prefix.as_deref() == Some("/")
                || matches!(uri.regex.as_deref(), Some("*" | ".*"))
        }
    };
    takes_every_path
        && block.scheme.is_none()
        && block.method.is_none()
        && block.authority.is_none()
        && block.headers.is_empty()
        && block.without_headers.is_empty()
        && block.query_params.is_empty()
        && block.port == 0
}

fn key(block: &HttpMatchRequest) -> RouteKey<'_> {
    let Some(uri) = &block.uri else {
        return RouteKey::Prefix("");
    };
    match (&uri.exact, &uri.prefix, &uri.regex) {
        (Some(text), _, _) => RouteKey::Exact(text),
        (_, Some(text), _) => RouteKey::Prefix(text),
        (_, _, Some(text)) => RouteKey::Regex(text),
        _ => RouteKey::Prefix(""),
    }
}

/// What both matches take, in words, if they provably take something. A route without conditions
/// is tried after all others, so it only gets in the way of its like.
fn shared(a: Option<&HttpMatchRequest>, b: Option<&HttpMatchRequest>) -> Option<String> {
    let (a, b) = match (a, b) {
        (None, None) => return Some("all requests".to_owned()),
        (Some(a), Some(b)) => (a, b),
        _ => return None,
    };
    let overlap = texts_overlap(a.uri.as_ref(), b.uri.as_ref())
        && texts_overlap(a.scheme.as_ref(), b.scheme.as_ref())
        && texts_overlap(a.method.as_ref(), b.method.as_ref())
        && texts_overlap(a.authority.as_ref(), b.authority.as_ref())
        && maps_overlap(&a.headers, &b.headers)
        && maps_overlap(&a.query_params, &b.query_params)
        && !excludes(a, b)
        && !excludes(b, a)
        && (a.port == 0 || b.port == 0 || a.port == b.port);
    if !overlap {
        return None;
    }
    let longer = if length(key(a)) < length(key(b)) {
        b
    } else {
        a
    };
    Some(match key(longer) {
        RouteKey::Exact(path) => format!("requests for {path}"),
        RouteKey::Prefix("") => "requests that fulfil the conditions of both".to_owned(),
        RouteKey::Prefix(path) => format!("requests for paths below {path}"),
        RouteKey::Regex(path) => format!("requests for paths like {path}"),
        _ => "the same requests".to_owned(),
    })
}

fn length(key: RouteKey<'_>) -> usize {
    match key {
        RouteKey::Exact(text) | RouteKey::Prefix(text) | RouteKey::Regex(text) => text.len(),
        _ => 0,
    }
}

fn texts_overlap(a: Option<&StringMatch>, b: Option<&StringMatch>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return true;
    };
    if a.is_unset() || b.is_unset() {
        return true;
    }
    match ((&a.exact, &a.prefix), (&b.exact, &b.prefix)) {
        ((Some(a), _), (Some(b), _)) => a == b,
        ((Some(exact), _), (None, Some(prefix))) | ((None, Some(prefix)), (Some(exact), _)) => {
            exact.starts_with(prefix.as_str())
        }
        ((None, Some(a)), (None, Some(b))) => {
            a.starts_with(b.as_str()) || b.starts_with(a.as_str())
        }
        // Whether expressions overlap is not worked out, but for equal ones.
        _ => a == b,
    }
}

fn maps_overlap(a: &Map<StringMatch>, b: &Map<StringMatch>) -> bool {
    a.iter().all(|(name, own)| {
        b.get(name)
            .is_none_or(|other| texts_overlap(Some(own), Some(other)))
    })
}

/// Whether `a` refuses a header that `b` demands.
fn excludes(a: &HttpMatchRequest, b: &HttpMatchRequest) -> bool {
    a.without_headers
        .keys()
        .any(|name| b.headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shared_by(a: &str, b: &str) -> Option<String> {
        let read = |text: &str| -> HttpMatchRequest { serde_yaml::from_str(text).unwrap() };
        let (a, b) = (read(a), read(b));
        let block = |block| (!is_unconditional(block)).then_some(block);
        shared(block(&a), block(&b))
    }

    #[test]
    fn routes_share_what_both_provably_take() {
        for (a, b, expected) in [
            (
                "{uri: {prefix: /a}}",
                "{uri: {prefix: /a/b}}",
                Some("requests for paths below /a/b"),
            ),
            ("{uri: {prefix: /a}}", "{uri: {prefix: /b}}", None),
            (
                "{uri: {prefix: /a}}",
                "{uri: {exact: /a/b}}",
                Some("requests for /a/b"),
            ),
            ("{uri: {exact: /a}}", "{uri: {exact: /b}}", None),
            ("{uri: {regex: a+}}", "{uri: {prefix: /a}}", None),
            ("{uri: {prefix: /}}", "{uri: {prefix: /a}}", None),
            ("{uri: {prefix: /}}", "{}", Some("all requests")),
            (
                "{uri: {prefix: /a}, method: {exact: GET}}",
                "{uri: {prefix: /a}, method: {exact: POST}}",
                None,
            ),
            (
                "{uri: {prefix: /a}, headers: {user: {exact: x}}}",
                "{uri: {prefix: /a}, withoutHeaders: {user: {}}}",
                None,
            ),
            (
                "{headers: {user: {exact: x}}}",
                "{headers: {team: {exact: y}}}",
                Some("requests that fulfil the conditions of both"),
            ),
        ] {
            assert_eq!(shared_by(a, b).as_deref(), expected, "{a} {b}");
            assert_eq!(shared_by(b, a).as_deref(), expected, "{b} {a}");
        }
    }
}
