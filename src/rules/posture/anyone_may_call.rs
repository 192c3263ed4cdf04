//! MESH2104: no ALLOW policy restricts who may call a workload.

use std::collections::BTreeSet;

use crate::answers::edges::words;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::authorization::{of_operation, of_source};
use crate::model::ObjectId;
use crate::model::security::{Action, Rule};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

use super::served;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "anyone-may-call",
    codes: &[Code::MESH2104],
    runs: &[Run::Mesh(anyone_may_call)],
};

fn anyone_may_call(mesh: &Mesh, findings: &mut Findings) {
    let wire = mesh.security.wire();
    let authorization = mesh.security.authorization();
    let mut open: BTreeSet<(ObjectId, usize)> = BTreeSet::new();
    for (id, _) in served(mesh, wire) {
        let Some(workload) = mesh.workloads.get(id) else {
            continue;
        };
        let policies = authorization.policies(workload, wire.proxy(id));
        let mut is_restricted = false;
        for policy in policies
            .into_iter()
            .filter(|own| own.spec.action == Action::Allow)
        {
            is_restricted = true;
            let rules = policy.spec.rules.iter().enumerate();
            open.extend(
                rules
                    .filter(|(_, rule)| matches_everything(rule))
                    .map(|(index, _)| (policy.id, index)),
            );
        }
        if !is_restricted {
            let message = format!(
                "no ALLOW policy applies to {}: every workload that reaches it may call it",
                words::object(mesh, workload.object)
            );
            findings.push(
                Finding::new(Code::MESH2104, workload.object, FieldPath::root(), message).help(
                    "add an AuthorizationPolicy with action ALLOW that names who may call it",
                ),
            );
        }
    }
    for (policy, index) in open {
        if mesh.is_context(policy) {
            continue;
        }
        let message = "this rule allows every request, whoever sends it";
        findings.push(
            Finding::new(
                Code::MESH2104,
                policy,
                path!["spec", "rules", index],
                message,
            )
            .help("name who may call, by principals, namespaces or serviceAccounts"),
        );
    }
}

/// Whether a rule asks nothing of a request.
fn matches_everything(rule: &Rule) -> bool {
    let is_any_source = rule.from.is_empty()
        || rule.from.iter().any(|from| {
            from.source
                .as_ref()
                .is_none_or(|own| of_source(own).is_empty())
        });
    let is_any_operation = rule.to.is_empty()
        || rule.to.iter().any(|to| {
            to.operation
                .as_ref()
                .is_none_or(|own| of_operation(own).is_empty())
        });
    is_any_source && is_any_operation && rule.when.is_empty()
}
