//! MESH2107: the fields of a rule contradict each other.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::Identity;
use crate::mesh::security::authorization::{
    Field, Key, fits_with_stars, key, of_condition, of_operation, of_source,
};
use crate::model::Object;
use crate::model::security::{AuthorizationPolicy, Rule, Source};
use crate::path;
use crate::rules::{Check, Run};

use super::containment::is_covered;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "rule-never-matches",
    codes: &[Code::MESH2107],
    runs: &[Run::AuthorizationPolicy(rule_never_matches)],
};

fn rule_never_matches(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, findings: &mut Findings) {
    for (index, rule) in policy.spec.rules.iter().enumerate() {
        let Some(why) = contradiction(rule, mesh) else {
            continue;
        };
        let message = format!("this rule matches no request: {why}");
        findings.push(
            Finding::new(
                Code::MESH2107,
                policy.id,
                path!["spec", "rules", index],
                message,
            )
            .help("write two rules, or two entries of from, for what is meant apart"),
        );
    }
}

/// Whether a rule matches nothing, for its fields contradict each other.
pub(super) fn is_dead(rule: &Rule, mesh: &Mesh) -> bool {
    contradiction(rule, mesh).is_some()
}

fn contradiction(rule: &Rule, mesh: &Mesh) -> Option<String> {
    let sources = rule.from.iter().map(|from| {
        from.source
            .as_ref()
            .and_then(|own| of_one_source(own, mesh))
    });
    let operations = rule.to.iter().map(|to| {
        to.operation
            .as_ref()
            .and_then(|own| denied_by_itself(&of_operation(own)))
    });
    all(sources).or_else(|| all(operations)).or_else(|| {
        rule.when
            .iter()
            .find_map(|condition| match key(&condition.key) {
                Key::Known(fact) => denied_by_itself(&of_condition(condition, fact)),
                Key::Malformed | Key::Unknown => None,
            })
    })
}

/// The first contradiction, if each alternative has one.
fn all(alternatives: impl Iterator<Item = Option<String>>) -> Option<String> {
    let found: Option<Vec<String>> = alternatives.collect();
    found?.into_iter().next()
}

fn of_one_source(source: &Source, mesh: &Mesh) -> Option<String> {
    denied_by_itself(&of_source(source)).or_else(|| nobody(source, mesh))
}

/// A field whose values are all excluded by its `not`.
fn denied_by_itself(fields: &[Field<'_>]) -> Option<String> {
    fields
        .iter()
        .filter(|field| !field.is_not)
        .find_map(|field| {
            let excluded = fields
                .iter()
                .find(|other| other.is_not && other.fact == field.fact)?;
            let is_excluded = field
                .values
                .iter()
                .all(|value| is_covered(field.fact, value, excluded.values));
            let name = field.name;
            is_excluded.then(|| format!("all values of {name} are excluded by its not"))
        })
}

/// Namespaces, principals and service accounts that no caller has together. Those that nobody has at
/// all are another matter.
fn nobody(source: &Source, mesh: &Mesh) -> Option<String> {
    if source.namespaces.is_empty() {
        return None;
    }
    let is_outside = |namespace: &str| {
        !source
            .namespaces
            .iter()
            .any(|own| fits_with_stars(own, namespace))
    };
    let principals = &source.principals;
    let are_outside = !principals.is_empty()
        && principals.iter().all(|principal| {
            let identity = Identity::parse(principal).filter(|_| !principal.contains('*'));
            identity.is_some_and(|identity| is_outside(identity.namespace))
                && mesh.security.has_principal(principal)
        });
    if are_outside {
        return Some("none of its principals is of one of its namespaces".to_owned());
    }
    let accounts = &source.service_accounts;
    let are_outside = !accounts.is_empty()
        && accounts.iter().all(|account| {
            account
                .split_once('/')
                .is_some_and(|(namespace, _)| is_outside(namespace))
        });
    are_outside.then(|| "none of its serviceAccounts is of one of its namespaces".to_owned())
}
