//! MESH2017: a policy that denies everything, gateways included.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::BoundRoute;
use crate::mesh::security::PolicyGroup;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::model::{Object, ObjectId};
use crate::rules::common::acting::{judged, members, of_generated_gateway};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "default-deny-blocks-gateway",
    codes: &[Code::MESH2017],
    runs: &[Run::Mesh(default_deny_blocks_gateway)],
};

/// How many workloads of one Gateway are looked at.
const WORKLOADS: usize = 16;

/// A gateway that serves a route.
struct Served<'m> {
    gateway: ObjectId,
    name: &'m str,
    pods: Option<ObjectId>,
    bound: &'m BoundRoute,
}

fn default_deny_blocks_gateway(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let policies = mesh.security.authorization_policies();
    let mut told = FxHashSet::default();
    let mut seen = FxHashSet::default();
    for gateway in &mesh.objects.gateways {
        let Some(bound) = mesh.routing.bound_route(gateway.id) else {
            continue;
        };
        let ids = mesh.routing.gateway_pods(gateway).workloads.iter().copied();
        for id in ids.take(WORKLOADS).filter(|id| seen.insert(*id)) {
            let groups: Vec<&PolicyGroup> = policies.of_workload(id).collect();
            let served = Served {
                gateway: gateway.id,
                name: gateway.name(),
                pods: mesh.workloads.get(id).map(|own| own.object),
                bound,
            };
            tell(mesh, &groups, &served, &mut told, findings);
        }
    }
    for gateway in &mesh.objects.k8s_gateways {
        let Some(bound) = mesh.routing.bound_route(gateway.id) else {
            continue;
        };
        let home = mesh.places.namespace_of(gateway.id);
        let groups = of_generated_gateway(mesh, home, gateway.name(), policies);
        let served = Served {
            gateway: gateway.id,
            name: gateway.name(),
            pods: None,
            bound,
        };
        tell(mesh, &groups, &served, &mut told, findings);
    }
}

/// Reports the policies without rules that act on a gateway, if nothing else allows a request.
fn tell(
    mesh: &Mesh,
    groups: &[&PolicyGroup],
    served: &Served<'_>,
    told: &mut FxHashSet<ObjectId>,
    findings: &mut Findings,
) {
    let objects = &mesh.objects.authorization_policies;
    let is_wide = |group: &PolicyGroup| group.labels.is_empty() && group.targets.is_empty();
    let denies = |policy: &&Object<AuthorizationPolicy>| {
        policy.spec.action == Action::Allow && policy.spec.rules.is_empty()
    };
    let denying: Vec<_> = groups
        .iter()
        .filter(|group| is_wide(group))
        .flat_map(|group| judged(group, objects, mesh).filter(denies))
        .collect();
    let is_allowed = || {
        let mut all = groups.iter().flat_map(|group| members(group, objects));
        all.any(|policy| policy.spec.action == Action::Allow && !policy.spec.rules.is_empty())
    };
    if denying.is_empty() || is_allowed() {
        return;
    }
    for policy in denying {
        if told.insert(policy.id) {
            findings.push(finding(policy, served));
        }
    }
}

fn finding(policy: &Object<AuthorizationPolicy>, served: &Served<'_>) -> Finding {
    let message = format!(
        "AuthorizationPolicy {} denies everything at Gateway {} too, and no ALLOW policy is for the \
         gateway: requests to {} get 403",
        policy.name(),
        served.name,
        served.bound.host
    );
    let mut finding = Finding::new(Code::MESH2017, policy.id, "spec", message)
        .help(
            "add an ALLOW policy for the gateway, with the labels of its pods as selector, or with \
             targetRefs to a Gateway of the Gateway API",
        )
        .related(served.gateway, "metadata/name", "the gateway")
        .related(served.bound.route, "", "a route that it serves");
    if let Some(pods) = served.pods {
        finding = finding.related(pods, "", "its pods");
    }
    finding
}
