//! MESH2106: what a rule allows, another denies.

use crate::answers::edges::words;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::authorization::{Fact, of_operation, of_source};
use crate::mesh::security::wire::Proxy;
use crate::model::attachment::Attached;
use crate::model::security::{Action, AuthorizationPolicy, Rule};
use crate::model::{Labels, Object};
use crate::path;
use crate::rules::{Check, Run};

use super::containment::contains;
use super::rule_never_matches::is_dead;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "allow-shadowed-by-deny",
    codes: &[Code::MESH2106],
    runs: &[Run::AuthorizationPolicy(allow_shadowed_by_deny)],
};

/// So many DENY rules of a namespace are held against a rule.
const COMPARED: usize = 200;

fn allow_shadowed_by_deny(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if policy.spec.action != Action::Allow || is_elsewhere(policy) {
        return;
    }
    let namespace = mesh.places.namespace_of(policy.id);
    let root = mesh.places.control_plane_or_first(namespace).root_namespace;
    let own = mesh.of(namespace).authorization_policies();
    let of_root = (root != namespace).then(|| mesh.of(root).authorization_policies());
    let denying: Vec<(&Object<AuthorizationPolicy>, usize, &Rule)> = own
        .chain(of_root.into_iter().flatten())
        .filter(|deny| deny.spec.action == Action::Deny && !is_elsewhere(deny))
        .filter(|deny| reaches_all_of(deny, policy))
        .flat_map(|deny| {
            let rules = deny.spec.rules.iter().enumerate();
            rules.map(move |(index, rule)| (deny, index, rule))
        })
        .take(COMPARED)
        .collect();
    if denying.is_empty() {
        return;
    }
    let has_ambient = has_ambient(policy, mesh);
    for (index, rule) in policy.spec.rules.iter().enumerate() {
        if is_dead(rule, mesh) {
            continue;
        }
        let shadow = denying
            .iter()
            .find(|(_, _, deny)| contains(deny, rule) && !(has_ambient && is_for_http(deny)));
        let Some((deny, at, _)) = shadow else {
            continue;
        };
        let message = format!(
            "{} denies all that this rule allows, and DENY comes first: it lets nobody in",
            words::object(mesh, deny.id)
        );
        findings.push(
            Finding::new(
                Code::MESH2106,
                policy.id,
                path!["spec", "rules", index],
                message,
            )
            .help(format!(
                "narrow spec/rules[{at}] of {}, or remove this rule",
                words::object(mesh, deny.id)
            ))
            .related(deny.id, path!["spec", "rules", *at], "denies it"),
        );
    }
}

/// Whether a policy is bound to something else than workloads, or only tried.
fn is_elsewhere(policy: &Object<AuthorizationPolicy>) -> bool {
    policy.spec.targets().next().is_some()
        || policy.metadata.annotations.contains_key("istio.io/dry-run")
}

/// Whether a policy applies to all workloads that another applies to.
fn reaches_all_of(deny: &Object<AuthorizationPolicy>, allow: &Object<AuthorizationPolicy>) -> bool {
    let none = Labels::default();
    let labels = deny.spec.selected_labels().unwrap_or(&none);
    labels.selects(allow.spec.selected_labels().unwrap_or(&none))
}

/// Whether ztunnel enforces the policy for some workload: it does not see requests.
fn has_ambient(policy: &Object<AuthorizationPolicy>, mesh: &Mesh) -> bool {
    let none = Labels::default();
    let labels = policy.spec.selected_labels().unwrap_or(&none);
    let namespace = mesh.places.namespace_of(policy.id);
    let wire = mesh.security.wire();
    let mut selected = mesh.workloads.ids_matching(Some(namespace), labels);
    selected.any(|id| wire.proxy(id) == Proxy::Ambient)
}

fn is_for_http(rule: &Rule) -> bool {
    let sources = rule.from.iter().filter_map(|from| from.source.as_ref());
    let operations = rule.to.iter().filter_map(|to| to.operation.as_ref());
    let is_http = |fact: Fact<'_>| fact.is_http() || fact == Fact::RemoteIp;
    sources.flat_map(of_source).any(|field| is_http(field.fact))
        || operations
            .flat_map(of_operation)
            .any(|field| is_http(field.fact))
        || !rule.when.is_empty()
}
