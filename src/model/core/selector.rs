//! Label selectors with expressions, evaluated as the API server does.

use serde::Deserialize;

use crate::model::types::{Labels, Str};

/// `matchLabels` and `matchExpressions`, all of which must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels with exactly these values.
    pub match_labels: Labels,
    /// Conditions on labels.
    pub match_expressions: Vec<LabelExpression>,
}

impl LabelSelector {
    /// Whether the selector selects `labels`. One without conditions selects everything, an
    /// invalid one nothing, whatever its valid parts say.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.is_valid()
            && self.match_labels.selects(labels)
            && self.match_expressions.iter().all(|e| e.holds(labels))
    }

    /// Whether the API server would accept the selector.
    pub fn is_valid(&self) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| is_label_key(key) && is_label_value(value))
            && self.match_expressions.iter().all(LabelExpression::is_valid)
    }

    /// Whether there is no condition at all.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

/// One entry of `matchExpressions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelExpression {
    /// The label.
    pub key: Str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`, as written.
    pub operator: Str,
    /// Values for `In` and `NotIn`.
    pub values: Vec<Str>,
}

impl LabelExpression {
    /// Whether the API server would accept the expression. Case matters.
    pub fn is_valid(&self) -> bool {
        is_label_key(&self.key)
            && match self.operator.as_str() {
                "In" | "NotIn" => {
                    !self.values.is_empty() && self.values.iter().all(|v| is_label_value(v))
                }
                "Exists" | "DoesNotExist" => self.values.is_empty(),
                _ => false,
            }
    }

    /// Whether a valid expression holds for `labels`.
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    }
}

/// Whether `text` is a label key: an optional DNS name of at most 253 bytes and a slash, then a
/// name of at most 63 letters, digits, `-`, `_` and `.` that starts and ends with a letter or
/// digit.
pub fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_qualified_name(name),
        None => is_qualified_name(text),
    }
}

/// Whether `text` is a label value: empty, or formed like the name part of a key.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified_name(text)
}

fn is_qualified_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_dns_subdomain(text: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(alphanumeric)
                && bytes.last().is_some_and(alphanumeric)
                && bytes.iter().all(|b| alphanumeric(b) || *b == b'-')
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(text: &str) -> Labels {
        text.split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }

    fn selector(yaml: &str) -> LabelSelector {
        serde_yaml::from_str(yaml).unwrap()
    }

    #[test]
    fn evaluates_labels_and_expressions_together() {
        for (yaml, of, expected) in [
            ("{}", "", true),
            ("matchLabels: {a: b}", "a=b,c=d", true),
            ("matchLabels: {a: b}", "a=c", false),
            (
                "matchExpressions: [{key: a, operator: In, values: [x, y]}]",
                "a=y",
                true,
            ),
            (
                "matchExpressions: [{key: a, operator: In, values: [x, y]}]",
                "",
                false,
            ),
            (
                "matchExpressions: [{key: a, operator: NotIn, values: [x]}]",
                "",
                true,
            ),
            (
                "matchExpressions: [{key: a, operator: NotIn, values: [x]}]",
                "a=x",
                false,
            ),
            ("matchExpressions: [{key: a, operator: Exists}]", "a=", true),
            (
                "matchExpressions: [{key: a, operator: DoesNotExist}]",
                "a=",
                false,
            ),
            (
                "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}",
                "a=b",
                false,
            ),
        ] {
            assert_eq!(selector(yaml).matches(&labels(of)), expected, "{yaml} {of}");
        }
    }

    #[test]
    fn an_invalid_part_spoils_the_selector() {
        for yaml in [
            "matchExpressions: [{key: a, operator: in, values: [b]}]",
            "matchExpressions: [{key: a, operator: In}]",
            "matchExpressions: [{key: a, operator: Exists, values: [b]}]",
            "matchExpressions: [{key: -a, operator: DoesNotExist}]",
            "matchLabels: {a: -b}",
            "{matchLabels: {a: b}, matchExpressions: [{key: x/y/z, operator: DoesNotExist}]}",
        ] {
            assert!(!selector(yaml).matches(&labels("a=b")), "{yaml}");
        }
    }

    #[test]
    fn knows_label_keys() {
        let long = "a".repeat(64);
        for (key, expected) in [
            ("app", true),
            ("app.kubernetes.io/name", true),
            ("A_b.c-1", true),
            ("Upper.io/name", false),
            ("/name", false),
            ("a/", false),
            ("", false),
            ("a b", false),
            (long.as_str(), false),
        ] {
            assert_eq!(is_label_key(key), expected, "{key:?}");
        }
    }
}
