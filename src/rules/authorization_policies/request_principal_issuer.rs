//! MESH2008: rules on tokens of an issuer whose tokens are not accepted.

use super::tokens::Issuer;
use super::{source_path, sources};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::security::PolicyGroup;
use crate::model::security::AuthorizationPolicy;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::acting::{acting_with, judged, members, subject};
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "request-principal-issuer",
    codes: &[Code::MESH2008],
    runs: &[Run::Mesh(request_principal_issuer)],
};

/// An issuer that is accepted, and where that is said.
struct Accepted<'m> {
    issuer: &'m str,
    object: ObjectId,
    path: FieldPath,
}

fn request_principal_issuer(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for group in mesh.security.authorization_policies().groups() {
        let policies: Vec<(&Object<AuthorizationPolicy>, Vec<Demand<'_>>)> =
            judged(group, &mesh.objects.authorization_policies, mesh)
                .map(|policy| (policy, demands(&policy.spec, mesh)))
                .filter(|(_, demands)| !demands.is_empty())
                .collect();
        if policies.is_empty() {
            continue;
        }
        let Some(accepted) = accepted(mesh, group) else {
            continue;
        };
        let words = Words {
            subject: subject(mesh, group),
            issuers: some_of(accepted.iter().map(|own| own.issuer)),
        };
        for (policy, demands) in policies {
            for demand in demands {
                if !is_met(demand.issuer, &accepted) {
                    findings.push(finding(policy, &demand, &accepted, &words));
                }
            }
        }
    }
}

/// What findings about one group say alike.
struct Words {
    subject: String,
    issuers: String,
}

/// Whether tokens of an accepted issuer meet a demand. The issuers are in order.
fn is_met(demand: Issuer<'_>, accepted: &[Accepted<'_>]) -> bool {
    match demand {
        Issuer::Any => true,
        Issuer::Is(text) => accepted
            .binary_search_by(|own| own.issuer.cmp(text))
            .is_ok(),
        Issuer::Begins(text) => {
            let from = accepted.partition_point(|own| own.issuer < text);
            let first = accepted.get(from);
            first.is_some_and(|own| own.issuer.starts_with(text))
        }
        Issuer::Ends(text) => accepted.iter().any(|own| own.issuer.ends_with(text)),
    }
}

/// The issuers that RequestAuthentications accept where the policies act; `None` if there are none,
/// or any issuer may be accepted.
fn accepted<'m>(mesh: &'m Mesh, group: &PolicyGroup) -> Option<Vec<Accepted<'m>>> {
    let authentications = mesh.security.request_authentications();
    let mut accepted = Vec::new();
    for other in acting_with(mesh, group, authentications) {
        for object in members(other, &mesh.objects.request_authentications) {
            for (index, rule) in object.spec.jwt_rules.iter().enumerate() {
                if rule.issuer.is_empty() || is_unresolved(mesh, &rule.issuer) {
                    return None;
                }
                accepted.push(Accepted {
                    issuer: &rule.issuer,
                    object: object.id,
                    path: path!["spec", "jwtRules", index, "issuer"],
                });
            }
        }
    }
    accepted.sort_by_key(|own| own.issuer);
    accepted.dedup_by_key(|own| own.issuer);
    (!accepted.is_empty()).then_some(accepted)
}

/// A value that asks for an issuer.
struct Demand<'m> {
    value: &'m str,
    issuer: Issuer<'m>,
    path: FieldPath,
}

fn demands<'m>(policy: &'m AuthorizationPolicy, mesh: &Mesh) -> Vec<Demand<'m>> {
    let by_source = sources(policy).flat_map(|(at, source)| {
        let values = source.request_principals.iter().enumerate();
        values.map(move |(k, value)| Demand {
            value,
            issuer: Issuer::of_principal(value),
            path: source_path(at, "requestPrincipals", k),
        })
    });
    let rules = policy.rules.iter().enumerate();
    let by_condition = rules.flat_map(|(i, rule)| {
        let conditions = rule.when.iter().enumerate();
        conditions.flat_map(move |(j, when)| {
            let read: Option<fn(&'m str) -> Issuer<'m>> = match when.key.as_str() {
                "request.auth.principal" => Some(Issuer::of_principal),
                "request.auth.claims[iss]" => Some(Issuer::of_claim),
                _ => None,
            };
            let values = when.values.iter().enumerate();
            values.filter_map(move |(k, value)| {
                Some(Demand {
                    value,
                    issuer: read?(value),
                    path: path!["spec", "rules", i, "when", j, "values", k],
                })
            })
        })
    });
    by_source
        .chain(by_condition)
        .filter(|demand| demand.issuer != Issuer::Any && !is_unresolved(mesh, demand.value))
        .collect()
}

fn finding(
    policy: &Object<AuthorizationPolicy>,
    demand: &Demand<'_>,
    accepted: &[Accepted<'_>],
    words: &Words,
) -> Finding {
    let wanted = demand.issuer.text();
    let message = format!(
        "no RequestAuthentication for {} accepts tokens of issuer {wanted} (only {}): {} never \
         matches",
        words.subject, words.issuers, demand.value
    );
    let mut finding = Finding::new(Code::MESH2008, policy.id, demand.path.clone(), message);
    if let ([only], Issuer::Is(_)) = (accepted, demand.issuer) {
        let rest = demand.value.strip_prefix(wanted).unwrap_or_default();
        let instead = format!("{}{rest}", only.issuer);
        let fix = Fix::hazardous(format!("write {instead}"));
        let fix = fix.write(policy.id, demand.path.clone(), instead.as_str());
        finding = finding.help(format!("write {instead}")).fix(fix);
    } else {
        finding = finding.help(format!(
            "write one of these issuers, or add a rule for {wanted} to the RequestAuthentication"
        ));
    }
    for own in accepted.iter().take(RELATED) {
        finding = finding.related(own.object, own.path.clone(), "an issuer that is accepted");
    }
    finding
}

/// How many issuers a finding points at.
const RELATED: usize = 3;
