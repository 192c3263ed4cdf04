//! Host names as `istioctl analyze` completes them.

use std::borrow::Cow;

/// The full name of a host as an object of the namespace writes it: a name without a dot is that
/// of a service of the namespace.
pub fn full_host<'a>(namespace: &str, host: &'a str) -> Cow<'a, str> {
    if host.starts_with('*') || host.contains('.') {
        Cow::Borrowed(host)
    } else {
        Cow::Owned(format!("{host}.{namespace}.svc.cluster.local"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_belong_to_the_namespace() {
        for (host, full) in [
            ("reviews", "reviews.shop.svc.cluster.local"),
            ("reviews.shop", "reviews.shop"),
            ("*", "*"),
            ("*.example.com", "*.example.com"),
        ] {
            assert_eq!(full_host("shop", host), full);
        }
    }
}
