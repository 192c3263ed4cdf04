//! RequestAuthentications: whether a token is accepted, and what it then tells.

use serde_json::Value;

use super::Verdict;
use super::stages::{Outcome, Policy, Run, Stage};
use crate::answers::edges::words;
use crate::mesh::security::authorization::{Claims, Reader, Reading};
use crate::model::Object;
use crate::model::security::{JwtRule, RequestAuthentication};

impl Run<'_> {
    pub(super) fn request_authentication(&mut self) {
        let authorization = self.mesh.security.authorization();
        let objects = match self.workload {
            Some(workload) if self.call.reader == Reader::Http => {
                authorization.request_authentications(workload, self.call.proxy)
            }
            _ => Vec::new(),
        };
        let stage = Stage::RequestAuthentication;
        let rules: Vec<&JwtRule> = objects.iter().flat_map(|own| &own.spec.jwt_rules).collect();
        let token = self.call.query.from.jwt.as_ref();
        let (Some(token), false) = (token, rules.is_empty() || self.is_preflight()) else {
            let because = match (objects.is_empty(), token) {
                (true, _) => "no policy",
                (false, None) => "no token, which passes",
                (false, Some(_)) => "nothing looks at the token",
            };
            let policies = self.authentications(&objects, false, because);
            return self.step(stage, Outcome::Pass, because, policies);
        };
        let is_valid = token.get("valid") != Some(&Value::Bool(false));
        let accepting = rules
            .into_iter()
            .find(|rule| is_valid && accepts(rule, token));
        if let Some(rule) = accepting {
            let mut values = token.clone();
            values.remove("valid");
            self.request.claims = Some(Claims {
                values,
                lists: rule
                    .space_delimited_claims
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            });
            let policies = self.authentications(&objects, true, "accepts the token");
            return self.step(stage, Outcome::Pass, "the token is accepted", policies);
        }
        let why = if is_valid {
            "no jwtRule accepts the token's issuer and audience"
        } else {
            "the token fails verification"
        };
        let policies = self.authentications(&objects, false, why);
        let by = objects.first().map(|own| own.id);
        if self.decided.is_some() {
            return self.step(stage, Outcome::Skipped, why, policies);
        }
        self.step(stage, Outcome::Deny, why, policies);
        let name = by.map_or_else(String::new, |by| words::object(self.mesh, by));
        self.decide(Verdict::Deny, by, None, format!("{name}: {why}"));
    }

    fn authentications(
        &self,
        objects: &[&Object<RequestAuthentication>],
        matches: bool,
        because: &str,
    ) -> Vec<Policy> {
        let policies = objects.iter().map(|object| Policy {
            object: object.id,
            name: words::object(self.mesh, object.id),
            rule: None,
            matches,
            because: because.to_owned(),
            reading: Reading::default(),
        });
        policies.collect()
    }

    /// Whether it is a preflight request of CORS, which carries no token.
    fn is_preflight(&self) -> bool {
        self.request.http.as_ref().is_some_and(|http| {
            let has = |name: &str| http.headers.iter().flatten().any(|(own, _)| own == name);
            http.method == "OPTIONS" && has("origin") && has("access-control-request-method")
        })
    }
}

/// Whether a rule for tokens accepts one.
fn accepts(rule: &JwtRule, token: &serde_json::Map<String, Value>) -> bool {
    let issuer = token.get("iss").and_then(Value::as_str).unwrap_or_default();
    if !rule.issuer.is_empty() && rule.issuer != issuer {
        return false;
    }
    if rule.audiences.is_empty() {
        return true;
    }
    let is_one = |text: &str| rule.audiences.iter().any(|own| own == text);
    match token.get("aud") {
        Some(Value::String(text)) => is_one(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).any(is_one),
        _ => false,
    }
}
