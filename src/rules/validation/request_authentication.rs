//! IST0106, IST0133: what the admission webhook says of a RequestAuthentication.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::{JwtRule, RequestAuthentication};

use super::issues::Issues;
use super::text::{duration, is_placeholder, quote};
use super::{common, jwks, url};
use crate::yaml::{Trail, is_url_placeholder};

/// Validates a RequestAuthentication.
pub(super) fn check(policy: &Object<RequestAuthentication>, mesh: &Mesh, findings: &mut Findings) {
    super::validate(policy, mesh, findings, spec);
}

fn spec(policy: &RequestAuthentication, issues: &mut Issues) {
    let spec = Trail::top("spec");
    common::attachment(policy, issues);
    let rules = spec.field("jwtRules");
    for (index, rule) in policy.jwt_rules.iter().enumerate() {
        jwt_rule(rule, &rules.item(index), issues);
    }
}

fn jwt_rule(rule: &JwtRule, path: &Trail<'_>, issues: &mut Issues) {
    let empty_items = |items: &[crate::model::Str]| {
        let empty = items.iter().enumerate().filter(|(_, item)| item.is_empty());
        empty.map(|(index, _)| index).collect::<Vec<_>>()
    };
    for index in empty_items(&rule.audiences) {
        issues.error(
            &path.field("audiences").item(index),
            "audience must be non-empty string",
        );
    }
    if rule.issuer.is_empty() && rule.keys_uri().is_empty() {
        issues
            .error(
                &path.field("issuer"),
                "issuer or jwksUri must be non-empty string",
            )
            .help("name the issuer as it stands in the claim iss of its tokens");
    }
    keys_uri(rule, path, issues);
    keys(&rule.jwks, &path.field("jwks"), issues);
    let headers = path.field("fromHeaders");
    for (index, header) in rule.from_headers.iter().enumerate() {
        if header.name.is_empty() {
            issues.error(
                &headers.item(index).field("name"),
                "location header name must be non-empty string",
            );
        }
    }
    for index in empty_items(&rule.from_params) {
        issues.error(
            &path.field("fromParams").item(index),
            "location query must be non-empty string",
        );
    }
    for index in empty_items(&rule.from_cookies) {
        issues.error(
            &path.field("fromCookies").item(index),
            "cookie name must be non-empty string",
        );
    }
    let claims = path.field("outputClaimToHeaders");
    for (index, entry) in rule.output_claim_to_headers.iter().enumerate() {
        let at = claims.item(index);
        let (header, claim) = (entry.header.as_str(), entry.claim.as_str());
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if header.is_empty() || claim.is_empty() {
            let field = if header.is_empty() { "header" } else { "claim" };
            issues.error(
                &at.field(field),
                "outputClaimToHeaders header and claim value must be non-empty string",
            );
        } else if !header.bytes().all(is_name) && !is_placeholder(header) {
            issues.error(
                &at.field("header"),
                format!("header name {header} is not a valid header name"),
            );
        }
    }
    if let Some(timeout) = rule.timeout {
        issues.check(&path.field("timeout"), duration(timeout));
    }
}

fn keys_uri(rule: &JwtRule, path: &Trail<'_>, issues: &mut Issues) {
    let uri = rule.keys_uri();
    if uri.is_empty() || is_url_placeholder(uri) {
        return;
    }
    let field = if rule.jwks_uri.is_empty() {
        "jwks_uri"
    } else {
        "jwksUri"
    };
    let path = path.field(field);
    match url::parse(uri) {
        Err(message) => {
            issues.error(&path, message);
        }
        Ok(scheme) if scheme != "http" && scheme != "https" => {
            issues
                .error(
                    &path,
                    format!("URI scheme {} is not supported", quote(&scheme)),
                )
                .help("begin the URI with https://");
        }
        Ok(_) => {}
    }
}

fn keys(text: &str, path: &Trail<'_>, issues: &mut Issues) {
    if text.is_empty() || is_placeholder(text) {
        return;
    }
    match jwks::secret_keys(text) {
        Err(why) => {
            issues.error(path, format!("jwks parse error: {why}"));
        }
        Ok(indices) => {
            for index in indices {
                issues
                    .warn(
                        path,
                        format!(
                            "jwks key at index {index} contains private key material; only public \
                             keys are used for verification"
                        ),
                    )
                    .help(
                        "publish only the public half, and replace the key: it is no longer secret",
                    );
            }
        }
    }
}
