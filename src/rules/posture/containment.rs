//! Whether everything that fits one rule of a policy fits another.

use crate::mesh::security::authorization::{Fact, Field, fits_with_stars, of_operation, of_source};
use crate::model::Str;
use crate::model::security::{Condition, Rule};

/// Whether whatever fits `inner` fits `outer` too. Cautious: what cannot be told is not contained.
pub(super) fn contains(outer: &Rule, inner: &Rule) -> bool {
    let sources = |rule: &Rule| {
        let list = rule.from.iter();
        list.map(|from| from.source.clone().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let operations = |rule: &Rule| {
        let list = rule.to.iter();
        list.map(|to| to.operation.clone().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let (outer_from, inner_from) = (sources(outer), sources(inner));
    let (outer_to, inner_to) = (operations(outer), operations(inner));
    let from = outer_from.iter().map(of_source).collect::<Vec<_>>();
    let to = outer_to.iter().map(of_operation).collect::<Vec<_>>();
    alternatives(&from, &inner_from.iter().map(of_source).collect::<Vec<_>>())
        && alternatives(&to, &inner_to.iter().map(of_operation).collect::<Vec<_>>())
        && outer
            .when
            .iter()
            .all(|wanted| inner.when.iter().any(|own| is_same(wanted, own)))
}

fn is_same(a: &Condition, b: &Condition) -> bool {
    (&a.key, &a.values, &a.not_values) == (&b.key, &b.values, &b.not_values)
}

/// Whether each of the inner alternatives lies in one of the outer; no alternative is everything.
fn alternatives(outer: &[Vec<Field<'_>>], inner: &[Vec<Field<'_>>]) -> bool {
    let is_within = |own: &[Field<'_>]| outer.iter().any(|wide| group(wide, own));
    if outer.is_empty() {
        return true;
    }
    if inner.is_empty() {
        return is_within(&[]);
    }
    inner.iter().all(|own| is_within(own))
}

/// Whether what fits all fields of `inner` fits all fields of `outer`.
fn group(outer: &[Field<'_>], inner: &[Field<'_>]) -> bool {
    outer.iter().all(|wide| {
        let mut same = inner
            .iter()
            .filter(|own| own.fact == wide.fact && own.is_not == wide.is_not);
        if wide.is_not {
            same.any(|own| {
                wide.values
                    .iter()
                    .all(|value| is_covered(wide.fact, value, own.values))
            })
        } else {
            same.any(|own| {
                own.values
                    .iter()
                    .all(|value| is_covered(wide.fact, value, wide.values))
            })
        }
    })
}

/// Whether a value lies within one of several.
pub(super) fn is_covered(fact: Fact<'_>, value: &str, by: &[Str]) -> bool {
    by.iter().any(|wide| covers(fact, wide, value))
}

/// Whether all that fits `narrow` fits `wide`.
fn covers(fact: Fact<'_>, wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    match fact {
        Fact::Namespace => !narrow.contains('*') && fits_with_stars(wide, narrow),
        Fact::Ip | Fact::RemoteIp => {
            let block = |text: &str| crate::mesh::security::authorization::block(text);
            block(wide)
                .zip(block(narrow))
                .is_some_and(|(wide, narrow)| wide.contains(&narrow))
        }
        Fact::Principal | Fact::RequestPrincipal | Fact::Method => pattern(wide, narrow),
        Fact::Path => !narrow.contains('{') && !wide.contains('{') && pattern(wide, narrow),
        Fact::Host => pattern(&wide.to_lowercase(), &narrow.to_lowercase()),
        _ => false,
    }
}

/// Patterns with a star at one end. `*` is any text but an empty one, which no other pattern means
/// either.
fn pattern(wide: &str, narrow: &str) -> bool {
    if wide == "*" {
        return true;
    }
    if let Some(suffix) = wide.strip_prefix('*') {
        return match narrow.strip_prefix('*') {
            Some(own) => own.ends_with(suffix),
            None => !narrow.ends_with('*') && narrow.ends_with(suffix),
        };
    }
    match wide.strip_suffix('*') {
        Some(prefix) => {
            !narrow.starts_with('*')
                && narrow
                    .strip_suffix('*')
                    .unwrap_or(narrow)
                    .starts_with(prefix)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rule(yaml: &str) -> Rule {
        serde_yaml::from_str(yaml).unwrap()
    }

    #[test]
    fn containment_is_not_overlap() {
        for (outer, inner, expected) in [
            ("{}", "{to: [{operation: {paths: [/a]}}]}", true),
            ("{to: [{operation: {paths: [/a]}}]}", "{}", false),
            (
                "{to: [{operation: {paths: [/a/*]}}]}",
                "{to: [{operation: {paths: [/a/b, /a/c*]}}]}",
                true,
            ),
            (
                "{to: [{operation: {paths: [/a/*]}}]}",
                "{to: [{operation: {paths: [/a/b, /b]}}]}",
                false,
            ),
            (
                "{to: [{operation: {paths: [/a], methods: [GET]}}]}",
                "{to: [{operation: {paths: [/a]}}]}",
                false,
            ),
            (
                "{from: [{source: {notNamespaces: [a]}}]}",
                "{from: [{source: {notNamespaces: [a, b]}}]}",
                true,
            ),
            (
                "{from: [{source: {notNamespaces: [a, b]}}]}",
                "{from: [{source: {notNamespaces: [a]}}]}",
                false,
            ),
            (
                "{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}",
                "{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}",
                true,
            ),
            (
                "{when: [{key: source.namespace, values: [a]}]}",
                "{to: [{operation: {paths: [/a]}}]}",
                false,
            ),
        ] {
            assert_eq!(
                contains(&rule(outer), &rule(inner)),
                expected,
                "{outer} {inner}"
            );
        }
    }
}
