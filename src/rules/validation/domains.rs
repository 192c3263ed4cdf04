//! Host names where they are more than domain names: bound to gateways, behind a namespace, as
//! names of Gateways.

use crate::model::Str;

use super::issues::Issues;
use super::text::{fqdn, is_dns_label, is_ip, is_placeholder, quote, wildcard_domain};
use crate::yaml::Trail;

/// A host of a gateway. For SNI the names of Istio's own clusters are accepted as well:
/// `outbound_.8080_._.reviews.default.svc.cluster.local`.
pub(crate) fn gateway_bound(name: &str, is_sni: bool) -> Result<(), String> {
    if !is_sni || name.len() > 255 || !name.starts_with("outbound_") {
        return wildcard_domain(name);
    }
    let mut parts = name.split('_').skip(1);
    let (Some(port), Some(_), Some(host)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!(
            "domain name {name} invalid, should follow 'outbound_.<PORT>_._.<HOSTNAME>' format"
        ));
    };
    let invalid = |label: &str| {
        Err(format!(
            "domain name {} invalid (label {} invalid). should follow \
             outbound_.<PORT>_._.<HOSTNAME> format",
            quote(name),
            quote(label)
        ))
    };
    let (port, host) = (port.trim_matches('.'), host.trim_matches('.'));
    if !port.bytes().any(|b| b.is_ascii_digit()) {
        invalid(port)
    } else if !host.bytes().any(|b| b.is_ascii_alphabetic()) {
        invalid(host)
    } else {
        Ok(())
    }
}

/// A star must be a whole label of its own.
pub(crate) fn no_partial_wildcard(name: &str) -> Result<(), String> {
    if name.contains('*') && name.len() > 1 && !name.starts_with("*.") {
        Err(format!("partial wildcard {} not allowed", quote(name)))
    } else {
        Ok(())
    }
}

/// Whether both names stand for a common host, as upstream sees it: a name that begins with a star
/// stands for all that end in the rest.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (None, None) => a == b,
        (Some(tail), None) => b.ends_with(tail),
        (None, Some(tail)) => a.ends_with(tail),
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
    }
}

/// Whether every host that `name` stands for is one of `pattern`.
pub(crate) fn is_within(name: &str, pattern: &str) -> bool {
    match (name.strip_prefix('*'), pattern.strip_prefix('*')) {
        (Some(name), Some(tail)) => name.ends_with(tail),
        (Some(_), None) => false,
        (None, Some(tail)) => name.ends_with(tail),
        (None, None) => name == pattern,
    }
}

/// The name behind the slash of `namespace/name` in Gateways and Sidecars: full, and without
/// partial wildcard. `accepts_ip` as in Gateways.
pub(crate) fn scoped_name(name: &str, accepts_ip: bool, path: &Trail<'_>, issues: &mut Issues) {
    if name != "*" && !name.contains('.') {
        let result = Err("short names (non FQDN) are not allowed");
        if let Some(issue) = issues.check_value(path, name, result) {
            issue.help("write the full name, such as reviews.default.svc.cluster.local");
        }
    }
    if let Err(message) = wildcard_domain(name)
        && !(accepts_ip && is_ip(name))
    {
        issues.check_value(path, name, Err(message));
    }
    if let Some(issue) = issues.check_value(path, name, no_partial_wildcard(name)) {
        issue.help("a star stands for whole labels: *.example.com, or * alone");
    }
}

/// The namespace before the slash: a name, or one of `words`.
pub(crate) fn scope_namespace(
    namespace: &str,
    words: &[&str],
    written: &str,
    where_: &str,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if words.contains(&namespace) || is_dns_label(namespace) || is_placeholder(written) {
        return;
    }
    issues
        .error(
            path,
            format!("invalid namespace value {} in {where_}", quote(written)),
        )
        .help("before the slash stands a namespace, . for the object's own, or * for all");
}

/// The names of Gateways that a VirtualService or a match of it names.
pub(crate) fn gateway_names(list: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    for (index, name) in list.iter().enumerate() {
        let path = path.item(index);
        let Some((namespace, gateway)) = name.split_once('/') else {
            if name.contains('.') && !is_placeholder(name) {
                legacy_name(name, &path, issues);
            }
            issues.check_value(&path, name, fqdn(name));
            if issues.quirks.gateway_names_end_at_short_one {
                return;
            }
            continue;
        };
        if is_placeholder(name) {
            continue;
        }
        if namespace.is_empty() || gateway.is_empty() {
            issues.error(&path, "config namespace and gateway name cannot be empty");
        }
        for (part, what) in [(namespace, "namespace"), (gateway, "gateway name")] {
            if !is_dns_label(part) {
                issues
                    .error(&path, format!("invalid value for {what}: {}", quote(part)))
                    .help("write namespace/name, each a DNS label");
            }
        }
    }
}

fn legacy_name(name: &str, path: &Trail<'_>, issues: &mut Issues) {
    let mut parts = name.split('.');
    let (gateway, namespace) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let preferred = format!("{namespace}/{gateway}");
    issues
        .warn(
            path,
            format!(
                "using legacy gatewayName format {}; prefer the <namespace>/<name> format: {}",
                quote(name),
                quote(&preferred)
            ),
        )
        .help(format!("write {preferred}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_names_as_sni() {
        let name = "outbound_.8080_._.reviews.default.svc.cluster.local";
        assert_eq!(gateway_bound(name, true), Ok(()));
        assert!(gateway_bound(name, false).is_err());
        for name in ["outbound_.8080_.a", "outbound_._._.a", "outbound_.80_._.1"] {
            assert!(gateway_bound(name, true).is_err(), "{name}");
        }
    }

    #[test]
    fn wildcards_overlap_at_their_ends() {
        for (a, b, overlaps, within) in [
            ("a.foo.com", "*.foo.com", true, true),
            ("foo.com", "*.foo.com", false, false),
            ("*.a.foo.com", "*.foo.com", true, true),
            ("*.foo.com", "*.a.foo.com", true, false),
            ("*", "x", true, false),
            ("x", "*", true, true),
            ("x", "x", true, true),
            ("*.foo.com", "a.foo.com", true, false),
        ] {
            assert_eq!(overlap(a, b), overlaps, "{a} {b}");
            assert_eq!(is_within(a, b), within, "{a} {b}");
        }
    }
}
