//! The old templates of `ApplicationSets`: `{{name}}` is replaced by a parameter.

use std::collections::BTreeMap;

/// Parameters by their flat names: `path.basename`, `metadata.labels.env`, `path[0]`.
pub(super) type Flat = BTreeMap<String, String>;

/// Replaces what stands in double braces; names without a parameter stay as they are.
pub(super) fn replace(text: &str, parameters: &Flat) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let inner = from.get(2..).unwrap_or_default();
        let Some(end) = inner.find("}}") else {
            out.push_str(from);
            return out;
        };
        let name = inner.get(..end).unwrap_or_default();
        if let Some(value) = parameters.get(name.trim()) {
            out.push_str(value);
        } else {
            out.push_str("{{");
            out.push_str(name);
            out.push_str("}}");
        }
        rest = inner.get(end + 2..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_replaced_and_unknown_ones_stay() {
        let parameters = Flat::from([
            ("name".to_owned(), "web".to_owned()),
            ("path[0]".to_owned(), "apps".to_owned()),
        ]);
        let of = |text: &str| replace(text, &parameters);
        assert_eq!(of("{{name}}-{{ path[0] }}"), "web-apps");
        assert_eq!(of("{{other}} {{name"), "{{other}} {{name");
    }
}
