//! What rules of AuthorizationPolicies ask of tokens.

use crate::model::security::{Action, AuthorizationPolicy, Rule};
use crate::path;
use crate::yaml::FieldPath;

/// Keys of conditions on what a token says begin with this.
const AUTH: &str = "request.auth.";

/// Whether a policy asks for something that only a token brings, or leaves it to an authorizer.
pub(in crate::rules) fn asks_for_token(policy: &AuthorizationPolicy) -> bool {
    match policy.action {
        Action::Custom => true,
        Action::Audit => false,
        Action::Allow | Action::Deny => policy.rules.iter().any(|rule| {
            let sources = rule.from.iter().filter_map(|from| from.source.as_ref());
            let by_source = |source: &crate::model::security::Source| {
                !(source.request_principals.is_empty() && source.not_request_principals.is_empty())
            };
            sources.into_iter().any(by_source)
                || rule.when.iter().any(|when| when.key.starts_with(AUTH))
        }),
    }
}

/// The places where rules need a token to let a request in: those of ALLOW rules that never match
/// without one, and those of DENY rules that always do.
pub(super) fn needs_of_token(policy: &AuthorizationPolicy) -> Vec<FieldPath> {
    let rules = policy.rules.iter().enumerate();
    match policy.action {
        Action::Allow => rules
            .flat_map(|(i, rule)| needs_of_allow(i, rule))
            .collect(),
        Action::Deny => rules.flat_map(|(i, rule)| needs_of_deny(i, rule)).collect(),
        Action::Audit | Action::Custom => Vec::new(),
    }
}

fn needs_of_allow(i: usize, rule: &Rule) -> Vec<FieldPath> {
    let sources = rule.from.iter().enumerate().filter_map(|(j, from)| {
        let source = from.source.as_ref()?;
        let place = path!["spec", "rules", i, "from", j, "source", "requestPrincipals"];
        (!source.request_principals.is_empty()).then_some(place)
    });
    let conditions = rule.when.iter().enumerate().filter_map(|(j, when)| {
        let is_need = when.key.starts_with(AUTH) && !when.values.is_empty();
        is_need.then(|| path!["spec", "rules", i, "when", j, "key"])
    });
    sources.chain(conditions).collect()
}

/// Without a token what must not be there is not there.
fn needs_of_deny(i: usize, rule: &Rule) -> Vec<FieldPath> {
    let sources = rule.from.iter().enumerate().filter_map(|(j, from)| {
        let source = from.source.as_ref()?;
        let place = path![
            "spec",
            "rules",
            i,
            "from",
            j,
            "source",
            "notRequestPrincipals"
        ];
        (!source.not_request_principals.is_empty() && source.request_principals.is_empty())
            .then_some(place)
    });
    sources.collect()
}

/// What a value of `requestPrincipals` asks of the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issuer<'a> {
    /// Any will do.
    Any,
    /// This one.
    Is(&'a str),
    /// One that begins so.
    Begins(&'a str),
    /// One that ends so.
    Ends(&'a str),
}

impl<'a> Issuer<'a> {
    /// Reads a value: issuer and subject, parted by the last slash. Source: Istio's
    /// `pilot/pkg/security/authz/model/generator.go`.
    pub(super) fn of_principal(value: &'a str) -> Self {
        let parted = value.rsplit_once('/');
        if let Some(rest) = value.strip_prefix('*') {
            return match rest.rsplit_once('/') {
                Some((issuer, _)) if !issuer.is_empty() => Self::Ends(issuer),
                _ => Self::Any,
            };
        }
        match (parted, value.strip_suffix('*')) {
            (Some((issuer, _)), _) => Self::Is(issuer),
            (None, Some(prefix)) => Self::Begins(prefix),
            // Without a slash the subject would have to be empty: that is another mistake.
            (None, None) => Self::Any,
        }
    }

    /// Reads a value of a condition on the issuer itself.
    pub(super) fn of_claim(value: &'a str) -> Self {
        if value == "*" {
            return Self::Any;
        }
        match (value.strip_prefix('*'), value.strip_suffix('*')) {
            (Some(suffix), _) => Self::Ends(suffix),
            (None, Some(prefix)) => Self::Begins(prefix),
            (None, None) => Self::Is(value),
        }
    }

    /// The text.
    pub(super) const fn text(self) -> &'a str {
        match self {
            Self::Any => "*",
            Self::Is(text) | Self::Begins(text) | Self::Ends(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Issuer;

    #[test]
    fn issuers_of_principals_are_what_stands_before_the_last_slash() {
        for (value, issuer) in [
            (
                "https://id.example.com/*",
                Issuer::Is("https://id.example.com"),
            ),
            (
                "https://id.example.com//ann",
                Issuer::Is("https://id.example.com/"),
            ),
            ("me@example.com/ann", Issuer::Is("me@example.com")),
            ("*", Issuer::Any),
            ("*/ann", Issuer::Any),
            ("*.example.com/ann", Issuer::Ends(".example.com")),
            ("me@*", Issuer::Begins("me@")),
            ("me", Issuer::Any),
        ] {
            assert_eq!(Issuer::of_principal(value), issuer, "{value}");
        }
    }
}
