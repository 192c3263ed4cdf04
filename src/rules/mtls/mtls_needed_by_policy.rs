//! KIA0105: a policy names identities that only mTLS can prove, where mTLS is off.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::security::{Action, AuthorizationPolicy, Source};
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "mtls-needed-by-policy",
    codes: &[Code::KIA0105],
    runs: &[Run::AuthorizationPolicy(mtls_needed_by_policy)],
};

/// Keys of conditions that read the peer's certificate.
const KEYS: &[&str] = &["source.namespace", "source.principal", "connection.sni"];

fn mtls_needed_by_policy(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let namespace = mesh.places.namespace_of(policy.id);
    let uses = uses(&policy.spec, mesh.quirks.service_accounts_need_no_mtls);
    if uses.is_empty() || !mesh.places.get(namespace).is_managed() {
        return;
    }
    let labels = policy
        .spec
        .selector
        .as_ref()
        .map_or_else(Labels::default, |s| s.match_labels.clone());
    if mesh.security.has_mtls(namespace, &labels) {
        return;
    }
    for (path, what) in uses {
        let text = path.to_string();
        let field = text.rsplit('/').next();
        let is_negative = field.is_some_and(|field| field.starts_with("not"));
        let outcome = match policy.spec.action {
            Action::Deny if is_negative => "; without mTLS this blocks every request",
            Action::Allow if is_negative => "; without mTLS this lets every request in",
            _ => "",
        };
        let outcome = if mesh.quirks.run_time_plays_no_part {
            ""
        } else {
            outcome
        };
        let message = format!(
            "This field requires mTLS to be enabled: {what} can only be proven by a client certificate, and mTLS is \
             off for the workloads of this policy in namespace {}{outcome}",
            policy.namespace()
        );
        findings.push(Finding::new(Code::KIA0105, policy.id, path, message).help(
            "enable mTLS for these workloads (a PeerAuthentication that isn't DISABLE, and clients that use mTLS), \
             or match by something else, such as ipBlocks",
        ));
    }
}

/// The fields that need mTLS, and what they are.
fn uses(policy: &AuthorizationPolicy, without_accounts: bool) -> Vec<(FieldPath, &'static str)> {
    let mut uses = Vec::new();
    for (i, rule) in policy.rules.iter().enumerate() {
        for (j, from) in rule.from.iter().enumerate() {
            let Some(source) = &from.source else { continue };
            for (field, what, values) in fields(source) {
                let passed_over = without_accounts && what == "a service account";
                if !values.is_empty() && !passed_over {
                    uses.push((path!["spec", "rules", i, "from", j, "source", field], what));
                }
            }
        }
        for (j, condition) in rule.when.iter().enumerate() {
            if KEYS.contains(&condition.key.as_str()) {
                uses.push((
                    path!["spec", "rules", i, "when", j],
                    "what this condition reads",
                ));
            }
        }
    }
    uses
}

fn fields(source: &Source) -> [(&'static str, &'static str, &[Str]); 6] {
    [
        ("principals", "a principal", &source.principals),
        ("notPrincipals", "a principal", &source.not_principals),
        (
            "namespaces",
            "the namespace of a caller",
            &source.namespaces,
        ),
        (
            "notNamespaces",
            "the namespace of a caller",
            &source.not_namespaces,
        ),
        (
            "serviceAccounts",
            "a service account",
            &source.service_accounts,
        ),
        (
            "notServiceAccounts",
            "a service account",
            &source.not_service_accounts,
        ),
    ]
}
