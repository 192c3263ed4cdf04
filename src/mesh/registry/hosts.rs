//! Host names as Kiali reads them: exact string work on the parts between dots, without any
//! allocation. Nothing is lower-cased and no trailing dot is removed.

use std::fmt;

/// What a host name means to the object that holds it.
///
/// Two hosts are equal when their full names are; compare hosts, not texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Host<'a> {
    /// Name of the service, or the whole name when it is not [`complete`](Self::complete).
    pub service: &'a str,
    /// Namespace of the service; empty when the host is not complete.
    pub namespace: &'a str,
    /// The identity domain (`svc.cluster.local`); empty when the host is not complete.
    pub domain: &'a str,
    /// Whether the name is that of a service of the cluster. Others are external names and
    /// wildcards such as `*.local`.
    pub complete: bool,
}

impl fmt::Display for Host<'_> {
    /// The full name: `service.namespace.domain`, or the name as written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces()
            .iter()
            .try_for_each(|piece| f.write_str(piece))
    }
}

impl<'a> Host<'a> {
    /// A service of the cluster.
    pub fn cluster(service: &'a str, namespace: &'a str, domain: &'a str) -> Self {
        Self {
            service,
            namespace,
            domain,
            complete: true,
        }
    }

    /// A name that stands for itself.
    pub fn external(name: &'a str) -> Self {
        Self {
            service: name,
            namespace: "",
            domain: "",
            complete: false,
        }
    }

    /// Reads `name` in an object of `namespace`: a single label is a service there, a name that
    /// ends in `domain` a service of the namespace it says, everything else (two labels as well)
    /// stands for itself (upstream: `ParseHost`).
    pub fn parse(name: &'a str, namespace: &'a str, domain: &'a str) -> Self {
        match split3(name) {
            (_, None) => Self::cluster(name, namespace, domain),
            (service, Some((of, Some(rest)))) if rest == domain => {
                Self::cluster(service, of, domain)
            }
            _ => Self::external(name),
        }
    }

    /// Reads `name` as [`Host::parse`] does, and besides takes `name.namespace` with a namespace
    /// that `is_namespace` knows (or the object's own) and `name.namespace.svc` for services of
    /// the cluster (upstream: `GetHost`; the reading that nearly all checks use).
    pub fn resolve(
        name: &'a str,
        namespace: &'a str,
        domain: &'a str,
        is_namespace: impl Fn(&str) -> bool,
    ) -> Self {
        match split3(name) {
            (_, None) => Self::cluster(name, namespace, domain),
            (service, Some((of, None))) if of == namespace || is_namespace(of) => {
                Self::cluster(service, of, domain)
            }
            (service, Some((of, Some(rest)))) if rest == "svc" || rest == domain => {
                Self::cluster(service, of, domain)
            }
            _ => Self::external(name),
        }
    }

    /// Whether the service begins with a star. A bare `*` is the wildcard of the object's own
    /// namespace.
    pub fn is_wildcard(&self) -> bool {
        self.service.starts_with('*')
    }

    /// Service and namespace, guessed from the first two labels where the name stands for itself
    /// (upstream: `ParseTwoPartHost`): `www.google.com` gives `www` in `google`.
    pub fn two_parts(&self) -> (&'a str, &'a str) {
        match split3(self.service) {
            (first, Some((second, _))) if !self.complete => (first, second),
            _ => (self.service, self.namespace),
        }
    }

    /// Whether the full name is within a pattern `*.suffix` or `*`; see `within`.
    pub fn is_within(&self, pattern: &str) -> bool {
        pattern == "*"
            || pattern
                .strip_prefix('*')
                .is_some_and(|suffix| suffix.starts_with('.') && self.ends_with(suffix))
    }

    /// Whether this host is a wildcard `*.suffix` that covers `name`.
    pub fn covers(&self, name: &str) -> bool {
        if !self.complete {
            return within(name, self.service);
        }
        self.service == "*"
            && name
                .strip_suffix(self.domain)
                .and_then(|rest| rest.strip_suffix('.'))
                .and_then(|rest| rest.strip_suffix(self.namespace))
                .is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether the full name ends with `suffix`, wherever that begins.
    pub fn ends_with(&self, suffix: &str) -> bool {
        let mut rest = suffix;
        for piece in self.pieces().iter().rev() {
            if rest.len() <= piece.len() {
                return piece.ends_with(rest);
            }
            match rest.strip_suffix(piece) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// Whether the full name is `text`.
    pub fn is(&self, text: &str) -> bool {
        is_join(text, &self.pieces())
    }

    /// Whether this host, whose full name an object speaks of, names a service (upstream:
    /// `FilterByHost`). Wildcards name nothing.
    pub fn names(&self, service: &Host<'_>) -> bool {
        if self.complete {
            return self.service == service.service && self.namespace == service.namespace;
        }
        names(
            self.service,
            self.namespace,
            service.service,
            service.namespace,
            service.domain,
        )
    }

    /// The parts whose concatenation is the full name.
    fn pieces(&self) -> [&'a str; 5] {
        if !self.complete {
            [self.service, "", "", "", ""]
        } else if self.domain.is_empty() {
            [self.service, ".", self.namespace, "", ""]
        } else {
            [self.service, ".", self.namespace, ".", self.domain]
        }
    }
}

/// Whether `name`, of which an object in `namespace` speaks, is the service `service` of
/// `service_namespace`: as `service` within the namespace, or with `.namespace`,
/// `.namespace.svc` or `.namespace.DOMAIN` from anywhere.
fn names(
    name: &str,
    namespace: &str,
    service: &str,
    service_namespace: &str,
    domain: &str,
) -> bool {
    match name.strip_prefix(service) {
        None => false,
        Some("") => namespace == service_namespace,
        Some(rest) => rest
            .strip_prefix('.')
            .and_then(|rest| rest.strip_prefix(service_namespace))
            .is_some_and(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('.')
                        .is_some_and(|tail| tail == "svc" || tail == domain)
            }),
    }
}

/// Whether `name` is within `pattern`: any name is within `*`, and one that ends in `.suffix` is
/// within `*.suffix` (whatever number of labels stands before it; `*.suffix` itself included).
/// Nothing is within any other text, not even that text itself.
pub(in crate::mesh) fn within(name: &str, pattern: &str) -> bool {
    Host::external(name).is_within(pattern)
}

/// `host` of a `namespace/host` entry of a Gateway or Sidecar, and the namespace where it has one.
pub fn split_namespace(entry: &str) -> (Option<&str>, &str) {
    match entry.split_once('/') {
        Some((namespace, host)) => (Some(namespace), host),
        None => (None, entry),
    }
}

/// Every suffix of `name` that begins with a dot, the longest first: what a wildcard may stand
/// before.
pub fn dot_suffixes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.')
        .filter_map(move |(at, _)| name.get(at..))
}

/// First label, second label, and all that follows.
fn split3(name: &str) -> (&str, Option<(&str, Option<&str>)>) {
    match name.split_once('.') {
        None => (name, None),
        Some((first, rest)) => match rest.split_once('.') {
            None => (first, Some((rest, None))),
            Some((second, rest)) => (first, Some((second, Some(rest)))),
        },
    }
}

fn is_join(text: &str, pieces: &[&str]) -> bool {
    pieces
        .iter()
        .try_fold(text, |rest, piece| rest.strip_prefix(piece))
        .is_some_and(str::is_empty)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    const DOMAIN: &str = "svc.cluster.local";

    fn resolve<'a>(name: &'a str, namespace: &'a str) -> Host<'a> {
        Host::resolve(name, namespace, DOMAIN, |n| {
            ["test", "bookinfo"].contains(&n)
        })
    }

    #[test]
    fn resolves_names() {
        for (name, text, complete) in [
            ("reviews", "reviews.test.svc.cluster.local", true),
            (
                "reviews.bookinfo",
                "reviews.bookinfo.svc.cluster.local",
                true,
            ),
            ("reviews.nowhere", "reviews.nowhere", false),
            (
                "reviews.nowhere.svc",
                "reviews.nowhere.svc.cluster.local",
                true,
            ),
            (
                "reviews.bookinfo.svc.cluster.local",
                "reviews.bookinfo.svc.cluster.local",
                true,
            ),
            (
                "reviews.bookinfo.svc.cluster",
                "reviews.bookinfo.svc.cluster",
                false,
            ),
            ("*", "*.test.svc.cluster.local", true),
            ("", ".test.svc.cluster.local", true),
            (
                "*.bookinfo.svc.cluster.local",
                "*.bookinfo.svc.cluster.local",
                true,
            ),
            ("*.local", "*.local", false),
            ("www.google.com", "www.google.com", false),
            ("foo.", "foo.", false),
        ] {
            let host = resolve(name, "test");
            assert_eq!(
                (host.to_string().as_str(), host.complete),
                (text, complete),
                "{name}"
            );
        }
    }

    #[test]
    fn takes_two_parts() {
        for (name, expected) in [
            ("reviews", ("reviews", "test")),
            ("reviews.bookinfo", ("reviews", "bookinfo")),
            ("reviews.test.svc.cluster", ("reviews", "test")),
            ("www.google.com", ("www", "google")),
        ] {
            assert_eq!(resolve(name, "test").two_parts(), expected, "{name}");
        }
    }

    #[test]
    fn finds_names_within_patterns() {
        for (name, pattern, expected) in [
            ("*.test.x", "*.test.x", true),
            ("*.b.c.x", "*.c.x", true),
            ("*.b.c.x", "*.x", true),
            ("svc.istio-test.x", "*.test.x", false),
            ("test.x", "*.test.x", false),
            ("test.x", "test.x", false),
            ("anything", "*", true),
            ("a.b", "*b", false),
        ] {
            assert_eq!(within(name, pattern), expected, "{name} in {pattern}");
        }
    }

    fn name() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                "a", "b", "\\*", "svc", "test", "cluster", "local", "nowhere", "x", ""
            ],
            0..6,
        )
        .prop_map(|labels| labels.join("."))
    }

    /// The definition of the reading, word by word.
    fn naive(name: &str, namespace: &str) -> (String, bool) {
        let labels: Vec<_> = name.split('.').collect();
        let full = |s: &str, n: &str| (format!("{s}.{n}.{DOMAIN}"), true);
        match labels.as_slice() {
            [one] => full(one, namespace),
            [s, n] if *n == namespace || ["test", "bookinfo"].contains(n) => full(s, n),
            [s, n, "svc"] => full(s, n),
            [s, n, rest @ ..] if rest.join(".") == DOMAIN => full(s, n),
            _ => (name.to_owned(), false),
        }
    }

    proptest! {
        #[test]
        fn resolve_agrees_with_the_definition(name in name(), namespace in "a|b|test") {
            let host = resolve(&name, &namespace);
            prop_assert_eq!((host.to_string(), host.complete), naive(&name, &namespace));
        }

        #[test]
        fn within_agrees_with_text(name in name(), pattern in name()) {
            let host = resolve(&name, "test");
            let expected = pattern == "*"
                || pattern.starts_with("*.") && host.to_string().ends_with(&pattern[1..]);
            prop_assert_eq!(host.is_within(&pattern), expected);
        }

        #[test]
        fn suffixes_agree_with_text(name in name(), suffix in "[a-z.]{0,4}", cut in 0usize..30) {
            let host = resolve(&name, "test");
            let text = host.to_string();
            prop_assert_eq!(host.ends_with(&suffix), text.ends_with(&suffix));
            let tail = &text[cut.min(text.len())..];
            prop_assert!(host.ends_with(tail));
            prop_assert!(host.is(&text));
            prop_assert_eq!(host.is(tail), tail == text);
        }

        #[test]
        fn names_agrees_with_text(a in name(), b in name(), home in "a|b|test") {
            let (host, service) = (resolve(&a, &home), resolve(&b, "test"));
            let (text, s, n) = (host.to_string(), service.service, service.namespace);
            let expected = text == s && host.namespace == n
                || text == format!("{s}.{n}")
                || text == format!("{s}.{n}.svc")
                || text == format!("{s}.{n}.{DOMAIN}");
            // A name that stands for itself has no domain to complete.
            if service.complete || !text.contains("..") {
                prop_assert_eq!(host.names(&service), expected, "{} {}", text, service);
            }
        }

        #[test]
        fn equal_hosts_have_equal_texts(a in name(), b in name()) {
            let (a, b) = (resolve(&a, "test"), resolve(&b, "bookinfo"));
            prop_assert_eq!(a == b, a.to_string() == b.to_string());
        }
    }
}
