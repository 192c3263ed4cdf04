//! The rules of the Gateway API's definitions, with the defaults that the API server fills in
//! before it applies them.

use rustc_hash::FxHashSet;

use super::rule::{Rule, field, has, integer};
use crate::model::Duration;
use crate::yaml::{Node, is_placeholder};

/// Types of filters with the fields that belong to them.
const FILTERS: &[(&str, &str)] = &[
    ("RequestHeaderModifier", "requestHeaderModifier"),
    ("ResponseHeaderModifier", "responseHeaderModifier"),
    ("RequestMirror", "requestMirror"),
    ("RequestRedirect", "requestRedirect"),
    ("URLRewrite", "urlRewrite"),
    ("ExtensionRef", "extensionRef"),
    ("CORS", "cors"),
    ("ExternalAuth", "externalAuth"),
];

/// Whether a value satisfies a rule of the Gateway API; see [`Rule::holds`].
pub(super) fn holds(rule: Rule, node: Node<'_>) -> bool {
    match rule {
        Rule::ListenerWithoutTls => {
            !has(node, "tls") || !matches!(field(node, "protocol"), "HTTP" | "TCP" | "UDP")
        }
        Rule::ListenerTerminates => {
            field(node, "protocol") != "HTTPS"
                || node
                    .get("tls")
                    .is_none_or(|tls| field(tls, "mode") != "Passthrough")
        }
        Rule::ListenerWithoutHostname => {
            field(node, "hostname").is_empty() || !matches!(field(node, "protocol"), "TCP" | "UDP")
        }
        Rule::ListenersDistinct => distinct(node.items().filter_map(|listener| {
            let hostname = field(listener, "hostname");
            let port = listener.get("port").and_then(integer)?;
            let protocol = field(listener, "protocol");
            (!is_placeholder(hostname) && !is_placeholder(protocol))
                .then_some((port, protocol, hostname))
        })),
        Rule::TlsCertificate => {
            !matches!(field(node, "mode"), "" | "Terminate")
                || filled(node, "certificateRefs")
                || filled(node, "options")
        }
        Rule::AddressesUnique => distinct(node.items().filter_map(|address| {
            let kind = or(field(address, "type"), "IPAddress");
            let value = field(address, "value");
            let counts = matches!(kind, "IPAddress" | "Hostname")
                && !value.is_empty()
                && !is_placeholder(value);
            counts.then_some((kind, value))
        })),
        Rule::AddressHostname => {
            let value = field(node, "value");
            field(node, "type") != "Hostname" || value.is_empty() || is_hostname(value)
        }
        Rule::AddressIp => {
            let value = field(node, "value");
            or(field(node, "type"), "IPAddress") != "IPAddress"
                || value.is_empty()
                || is_placeholder(value)
                || value.parse::<std::net::IpAddr>().is_ok()
        }
        Rule::SectionNamed | Rule::SectionUnique => sections(rule, node),
        Rule::ServicePort => {
            !field(node, "group").is_empty()
                || !matches!(field(node, "kind"), "" | "Service")
                || has(node, "port")
        }
        Rule::FilterMember => {
            let kind = field(node, "type");
            !FILTERS.iter().any(|(known, _)| *known == kind)
                || FILTERS
                    .iter()
                    .all(|(owner, member)| has(node, member) == (*owner == kind))
        }
        Rule::FiltersOnce => distinct(node.items().map(|filter| field(filter, "type")).filter(
            |kind| {
                matches!(
                    *kind,
                    "RequestHeaderModifier"
                        | "ResponseHeaderModifier"
                        | "RequestRedirect"
                        | "URLRewrite"
                        | "CORS"
                )
            },
        )),
        Rule::RedirectOrRewrite => {
            let any = |kind| node.items().any(|filter| field(filter, "type") == kind);
            !(any("RequestRedirect") && any("URLRewrite"))
        }
        Rule::RedirectWithoutBackends => {
            !filled(node, "backendRefs")
                || !items(node, "filters").any(|filter| has(filter, "requestRedirect"))
        }
        Rule::PrefixReplaced => one_prefix(node) || !replaces_prefix(node),
        Rule::FewMatches => {
            let matches: usize = node
                .items()
                .map(|rule| items(rule, "matches").count())
                .sum();
            matches <= 128
        }
        _ => values(rule, node),
    }
}

/// The rules about single values and small objects.
fn values(rule: Rule, node: Node<'_>) -> bool {
    let text = node.as_str().unwrap_or_default();
    match rule {
        Rule::PathAbsolute => plain_path(node).is_none_or(|path| path.starts_with('/')),
        Rule::PathNormal => plain_path(node).is_none_or(|path| {
            !["//", "/./", "/../", "%2f", "%2F", "#"]
                .iter()
                .any(|part| path.contains(part))
                && !path.ends_with("/..")
                && !path.ends_with("/.")
        }),
        Rule::PathValid => plain_path(node).is_none_or(is_path),
        Rule::PathCharacters => is_path(text),
        Rule::PathModifier => {
            let (full, prefix) = (
                has(node, "replaceFullPath"),
                has(node, "replacePrefixMatch"),
            );
            match field(node, "type") {
                "ReplaceFullPath" => full && !prefix,
                "ReplacePrefixMatch" => prefix && !full,
                _ => true,
            }
        }
        Rule::RedirectStatus => {
            integer(node).is_none_or(|status| matches!(status, 301 | 302 | 303 | 307 | 308))
        }
        Rule::TimeoutOrder => {
            let time = |name| Duration::parse(field(node, name));
            match (time("request"), time("backendRequest")) {
                (Some(request), Some(backend)) => request == Duration(0) || backend <= request,
                _ => true,
            }
        }
        // What is no duration at all is the decoder's to report.
        Rule::GatewayDuration => Duration::parse(text).is_none() || is_gateway_duration(text),
        Rule::Fraction => {
            let number = |name| node.get(name).and_then(integer);
            number("numerator").is_none_or(|n| n <= number("denominator").unwrap_or(100))
        }
        Rule::HeaderValue => !text.chars().any(|c| c.is_control() && c != '\t'),
        Rule::ItemsUnique => distinct(
            node.items()
                .filter_map(Node::as_str)
                .filter(|text| !is_placeholder(text)),
        ),
        Rule::StarAlone => {
            node.items().nth(1).is_none() || !node.items().any(|item| item.as_str() == Some("*"))
        }
        Rule::AuthProtocol => {
            let protocol = field(node, "protocol");
            !(has(node, "grpc") && protocol == "HTTP" || has(node, "http") && protocol == "GRPC")
        }
        Rule::PermanentCookie => {
            has(node, "absoluteTimeout")
                || node
                    .get("cookieConfig")
                    .is_none_or(|cookie| field(cookie, "lifetimeType") != "Permanent")
        }
        Rule::ServiceOrMethod => has(node, "service") || has(node, "method"),
        Rule::GrpcNames => {
            let (service, method) = (field(node, "service"), field(node, "method"));
            !matches!(field(node, "type"), "" | "Exact")
                || ((service.is_empty() || is_placeholder(service) || is_service(service))
                    && (method.is_empty() || is_placeholder(method) || is_word(method)))
        }
        Rule::Authorities => {
            filled(node, "caCertificateRefs") == field(node, "wellKnownCACertificates").is_empty()
        }
        Rule::AltName => {
            let (hostname, uri) = (has(node, "hostname"), has(node, "uri"));
            match field(node, "type") {
                "Hostname" => hostname && !uri,
                "URI" => uri && !hostname,
                _ => true,
            }
        }
        _ => true,
    }
}

/// References to one object are told apart by `sectionName`. The experimental definitions tell
/// them apart by `port` as well: here holds what either channel accepts.
fn sections(rule: Rule, list: Node<'_>) -> bool {
    let target = |node| {
        (
            node_default(node, "group"),
            node_default(node, "kind"),
            field(node, "namespace"),
            field(node, "name"),
        )
    };
    let section = |node| field(node, "sectionName");
    let port = |node: Node<'_>| node.get("port").and_then(integer);
    // At most 32 references are allowed, so that pairs are few.
    let entries = || list.items().take(64).enumerate();
    let mut pairs = entries().flat_map(|(index, a)| {
        entries()
            .take_while(move |(other, _)| *other < index)
            .map(move |(_, b)| (a, b))
    });
    !pairs.any(|(a, b)| {
        let known = [a, b]
            .iter()
            .all(|n| !is_placeholder(section(*n)) && !is_placeholder(field(*n, "name")));
        known
            && target(a) == target(b)
            && if rule == Rule::SectionNamed {
                section(a).is_empty() != section(b).is_empty()
            } else {
                section(a) == section(b) && port(a) == port(b)
            }
    })
}

/// The text of a reference's `group` or `kind` with the default of parents filled in.
fn node_default<'t>(node: Node<'t>, name: &str) -> &'t str {
    match (node.get(name), name) {
        (None, "group") => "gateway.networking.k8s.io",
        (None, _) => "Gateway",
        (Some(value), _) => value.as_str().unwrap_or_default(),
    }
}

/// Whether a rule of a route has exactly one match, of a path prefix; that is the default.
fn one_prefix(rule: Node<'_>) -> bool {
    if !has(rule, "matches") {
        return true;
    }
    let mut matches = items(rule, "matches");
    let (Some(only), None) = (matches.next(), matches.next()) else {
        return false;
    };
    only.get("path").is_none_or(|path| {
        let kind = field(path, "type");
        matches!(kind, "" | "PathPrefix") || is_placeholder(kind)
    })
}

/// Whether a rule of a route, or one of its backends, replaces the prefix of the path.
fn replaces_prefix(rule: Node<'_>) -> bool {
    let replaces = |filter: Node<'_>| {
        ["requestRedirect", "urlRewrite"].iter().any(|member| {
            filter
                .get(member)
                .and_then(|filter| filter.get("path"))
                .is_some_and(|path| {
                    field(path, "type") == "ReplacePrefixMatch" && has(path, "replacePrefixMatch")
                })
        })
    };
    items(rule, "filters").any(replaces)
        || items(rule, "backendRefs").any(|backend| items(backend, "filters").any(replaces))
}

/// The value of a path match, unless it is a regular expression or left open.
fn plain_path(node: Node<'_>) -> Option<&str> {
    let value = node.get("value")?.as_str()?;
    (matches!(field(node, "type"), "" | "Exact" | "PathPrefix") && !is_placeholder(value))
        .then_some(value)
}

/// Whether a text has only characters of a URL's path, at least one.
fn is_path(text: &str) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let valid = match byte {
            b'%' => (0..2).all(|_| rest.next().is_some_and(|b| b.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte),
        };
        if !valid {
            return false;
        }
    }
    !text.is_empty()
}

/// Whether a text is a duration of the form `([0-9]{1,5}(h|m|s|ms)){1,4}`.
fn is_gateway_duration(text: &str) -> bool {
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let unit = number.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let digits = rest.len() - number.len();
        let known = number
            .strip_suffix(unit)
            .is_some_and(|unit| matches!(unit, "h" | "m" | "s" | "ms"));
        parts += 1;
        if !(1..=5).contains(&digits) || !known || parts > 4 {
            return false;
        }
        rest = unit;
    }
    parts > 0
}

/// Whether a text is a host name in lower case, with a wildcard as the first label or none.
fn is_hostname(text: &str) -> bool {
    is_placeholder(text)
        || text
            .strip_prefix("*.")
            .unwrap_or(text)
            .split('.')
            .all(|label| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            })
}

/// Whether a text is the name of a gRPC service.
fn is_service(text: &str) -> bool {
    text.strip_prefix('.')
        .unwrap_or(text)
        .split('.')
        .all(is_word)
}

/// Whether a text is an identifier.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The text, or the default when it is empty.
fn or<'t>(text: &'t str, default: &'static str) -> &'t str {
    if text.is_empty() { default } else { text }
}

/// The items of a list, none when the field is absent.
fn items<'t>(node: Node<'t>, name: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(name).into_iter().flat_map(Node::items)
}

/// Whether the list or map has an element.
fn filled(node: Node<'_>, name: &str) -> bool {
    node.get(name)
        .is_some_and(|value| value.items().next().is_some() || value.entries().next().is_some())
}

/// Whether no two keys are equal.
fn distinct<K: std::hash::Hash + Eq>(mut keys: impl Iterator<Item = K>) -> bool {
    let mut seen = FxHashSet::default();
    keys.all(|key| seen.insert(key))
}
