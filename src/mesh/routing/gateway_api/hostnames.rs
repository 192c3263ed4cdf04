//! Which hostnames have names in common.

/// Whether some name lies within both hostnames. `*.example.com` covers every name below
/// `example.com`, however deep, but not `example.com`; an empty hostname and `*` cover all.
pub(super) fn intersect(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let covers_all = |name: &str| name.is_empty() || name == "*";
    if covers_all(&a) || covers_all(&b) || a == b {
        return true;
    }
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
        (Some(suffix), None) => is_below(&b, suffix),
        (None, Some(suffix)) => is_below(&a, suffix),
        (None, None) => false,
    }
}

/// Whether a name has labels before the suffix, which begins with a dot.
fn is_below(name: &str, suffix: &str) -> bool {
    name.len() > suffix.len() && name.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::intersect;

    #[test]
    fn a_wildcard_covers_names_below_it_alone() {
        for (a, b, expected) in [
            ("shop.example.com", "shop.example.com", true),
            ("Shop.example.com", "shop.EXAMPLE.com", true),
            ("*.example.com", "shop.example.com", true),
            ("*.example.com", "eu.shop.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "*.shop.example.com", true),
            ("*.example.com", "*.example.org", false),
            ("shop.example.com", "shop.example.org", false),
            ("", "shop.example.com", true),
            ("*", "shop.example.com", true),
        ] {
            assert_eq!(intersect(a, b), expected, "{a} {b}");
            assert_eq!(intersect(b, a), expected, "{b} {a}");
        }
    }
}
