//! How values of policies are held against facts of a request.
//!
//! Source: Istio's `pilot/pkg/security/authz/matcher` and `model/generator.go`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::mesh_config::NormalizationType;

/// Whether a value with a star at one end fits a text: `*` any text (`empty_too`: even an empty one),
/// `*x` one that ends in `x`, `x*` one that begins so, anything else that text. A star at the
/// beginning beats one at the end.
pub(super) fn fits(value: &str, text: &str, empty_too: bool) -> bool {
    if value == "*" {
        return empty_too || !text.is_empty();
    }
    if let Some(suffix) = value.strip_prefix('*') {
        return text.ends_with(suffix);
    }
    match value.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => value == text,
    }
}

/// Whether a value fits whose stars stand for any text wherever they are, as those for namespaces do.
pub fn fits_with_stars(value: &str, text: &str) -> bool {
    let mut parts = value.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a path fits a value: a template with `{*}` and `{**}`, or a value with a star.
pub(super) fn fits_path(value: &str, path: &str) -> bool {
    if value.contains("{*}") || value.contains("{**}") {
        fits_template(value, path)
    } else {
        fits(value, path, false)
    }
}

/// Whether a path fits a template: `{*}` is one or more letters but no slash, `{**}` any text.
fn fits_template(template: &str, path: &str) -> bool {
    // The places of the path that the template may have reached.
    let letters: Vec<char> = path.chars().collect();
    let mut reached = vec![false; letters.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut rest = template;
    while !rest.is_empty() {
        let mut next = vec![false; letters.len() + 1];
        if let Some(tail) = rest.strip_prefix("{**}") {
            let mut open = false;
            for (own, was) in next.iter_mut().zip(&reached) {
                open |= was;
                *own = open;
            }
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("{*}") {
            let mut open = false;
            let pairs = reached.iter().zip(&letters);
            for ((was, letter), own) in pairs.zip(next.iter_mut().skip(1)) {
                open = (open || *was) && *letter != '/';
                *own = open;
            }
            rest = tail;
        } else {
            let mut chars = rest.chars();
            let wanted = chars.next();
            let pairs = reached.iter().zip(&letters);
            for ((was, letter), own) in pairs.zip(next.iter_mut().skip(1)) {
                *own = *was && Some(*letter) == wanted;
            }
            rest = chars.as_str();
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

/// An address or a block of addresses; `None` for what is neither.
pub fn block(value: &str) -> Option<IpNet> {
    match value.parse::<IpAddr>() {
        Ok(address) => Some(address.into()),
        Err(_) => value.parse().ok(),
    }
}

/// A path as policies see it: without query and fragment, normalised as the mesh says.
pub fn normalized(path: &str, how: NormalizationType) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = path.get(..end).unwrap_or(path);
    if how == NormalizationType::None {
        return path.to_owned();
    }
    let mut text = decoded(path, how == NormalizationType::DecodeAndMergeSlashes);
    text = text.replace('\\', "/");
    if matches!(
        how,
        NormalizationType::MergeSlashes | NormalizationType::DecodeAndMergeSlashes
    ) {
        while text.contains("//") {
            text = text.replace("//", "/");
        }
    }
    without_dots(&text)
}

/// Unreserved characters decoded; slashes as well where asked.
fn decoded(path: &str, slashes: bool) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        text.push_str(rest.get(..at).unwrap_or_default());
        let code = rest.get(at + 1..at + 3);
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        let letter = byte.map(char::from).filter(|letter| {
            letter.is_ascii_alphanumeric()
                || matches!(letter, '.' | '-' | '_' | '~')
                || slashes && matches!(letter, '/' | '\\')
        });
        match letter {
            Some(letter) => {
                text.push(letter);
                rest = rest.get(at + 3..).unwrap_or_default();
            }
            None => {
                text.push('%');
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    text
}

/// `.` and `..` resolved.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                if kept.len() > 1 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    kept.join("/")
}

/// A principal as the mesh reads it: one of its own trust domain stands for all that the mesh has.
/// `domains` are the mesh's trust domain and its aliases.
pub(super) fn migrated(value: &str, domains: &[&str]) -> Vec<String> {
    let parts: Vec<&str> = value.split('/').collect();
    let [domain, _, _, _, _] = parts.as_slice() else {
        return vec![value.to_owned()];
    };
    let Some(rest) = value.strip_prefix(domain).filter(|_| *domain != "*") else {
        return vec![value.to_owned()];
    };
    let is_own = *domain == "cluster.local" || domains.iter().any(|own| fits(domain, own, false));
    if !is_own {
        return vec![value.to_owned()];
    }
    let mut values: Vec<String> = domains
        .iter()
        .map(|own| {
            if domain.contains('*') && fits(domain, own, false) {
                value.to_owned()
            } else {
                format!("{own}{rest}")
            }
        })
        .collect();
    values.dedup();
    values
}

/// Whether issuer and subject of a token fit a request principal.
pub(super) fn fits_request_principal(value: &str, issuer: &str, subject: &str) -> bool {
    if value == "*" {
        return !issuer.is_empty() && !subject.is_empty();
    }
    let (head, tail) = match value.rsplit_once('/') {
        Some((head, tail)) => (head, Some(tail)),
        None => (value, None),
    };
    if let Some(rest) = value.strip_prefix('*') {
        return match tail {
            None => !issuer.is_empty() && subject.ends_with(rest),
            Some(tail) => {
                let is_issuer = match head.strip_prefix('*') {
                    Some("") => !issuer.is_empty(),
                    Some(suffix) => issuer.ends_with(suffix),
                    None => issuer == head,
                };
                is_issuer && subject == tail
            }
        };
    }
    if let Some(rest) = value.strip_suffix('*') {
        return match tail {
            None => issuer.starts_with(rest) && !subject.is_empty(),
            Some("*") => issuer == head && !subject.is_empty(),
            Some(tail) => {
                issuer == head && subject.starts_with(tail.strip_suffix('*').unwrap_or(tail))
            }
        };
    }
    issuer == head && subject == tail.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_at_one_end() {
        for (value, text, expected) in [
            ("*", "a", true),
            ("*", "", false),
            ("/a*", "/ab", true),
            ("*b", "/ab", true),
            ("*x*", "ax*", true),
            ("*x*", "ax", false),
            ("a*c", "abc", false),
            ("/A", "/a", false),
        ] {
            assert_eq!(fits(value, text, false), expected, "{value} {text}");
        }
        assert!(fits("*", "", true));
    }

    #[test]
    fn stars_of_namespaces_stand_anywhere() {
        for (pattern, text, expected) in [
            ("foo", "foo", true),
            ("foo", "food", false),
            ("*", "", true),
            ("f*", "foo", true),
            ("*o", "foo", true),
            ("f*o", "fo", true),
            ("f*o", "f", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
        ] {
            assert_eq!(fits_with_stars(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn templates_cross_slashes_only_with_two_stars() {
        for (template, path, expected) in [
            ("/a/{*}/c", "/a/b/c", true),
            ("/a/{*}/c", "/a/b/d/c", false),
            ("/a/{*}/c", "/a//c", false),
            ("/a/{**}", "/a/", true),
            ("/a/{**}", "/a/b/c", true),
            ("/a/{**}", "/a", false),
            ("/{*}/{**}/z", "/x/y/z", true),
        ] {
            assert_eq!(fits_path(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn paths_are_normalised_as_the_mesh_says() {
        use NormalizationType as N;
        for (path, how, expected) in [
            ("/a/../b?x=1", N::Default, "/b"),
            ("/a/%2e%2e/b", N::Base, "/b"),
            ("/a\\b", N::Default, "/a/b"),
            ("/a//b", N::Default, "/a//b"),
            ("/a//b", N::MergeSlashes, "/a/b"),
            ("/a%2Fb", N::MergeSlashes, "/a%2Fb"),
            ("/a%2F%5Cb", N::DecodeAndMergeSlashes, "/a/b"),
            ("/a/../b", N::None, "/a/../b"),
            ("/a/.", N::Default, "/a/"),
            ("/..", N::Default, "/"),
            ("/a/", N::Default, "/a/"),
        ] {
            assert_eq!(normalized(path, how), expected, "{path} {how:?}");
        }
    }

    #[test]
    fn trust_domains_of_the_mesh_stand_for_each_other() {
        let domains = ["new", "old"];
        assert_eq!(
            migrated("old/ns/a/sa/b", &domains),
            ["new/ns/a/sa/b", "old/ns/a/sa/b"]
        );
        assert_eq!(
            migrated("cluster.local/ns/a/sa/b", &domains),
            ["new/ns/a/sa/b", "old/ns/a/sa/b"]
        );
        assert_eq!(migrated("other/ns/a/sa/b", &domains), ["other/ns/a/sa/b"]);
        assert_eq!(migrated("*/ns/a/sa/b", &domains), ["*/ns/a/sa/b"]);
        assert_eq!(migrated("*/sa/b", &domains), ["*/sa/b"]);
    }

    #[test]
    fn request_principals_split_at_the_last_slash() {
        for (value, issuer, subject, expected) in [
            ("*", "i", "s", true),
            ("*", "i", "", false),
            ("https://i/s", "https://i", "s", true),
            ("i/*", "i", "s", true),
            ("i/*", "j", "s", false),
            ("i/s*", "i", "sub", true),
            ("*/s", "i", "s", true),
            ("*i/s", "the-i", "s", true),
            ("*s", "i", "s", true),
            ("i*", "issuer", "s", true),
            ("i", "i", "s", false),
        ] {
            assert_eq!(
                fits_request_principal(value, issuer, subject),
                expected,
                "{value}"
            );
        }
    }
}
