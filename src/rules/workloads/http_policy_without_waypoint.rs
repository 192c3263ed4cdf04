//! KIA1317: policies that only a waypoint can enforce, for a workload that has none.

use super::ambient_workload::{knows_waypoint, waypoint};
use super::policies::{Policies, targeted_services};
use crate::diagnostics::{Code, Findings};
use crate::mesh::Mesh;
use crate::model::attachment::Attached;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "http-policy-without-waypoint",
    codes: &[Code::KIA1317],
    runs: &[Run::Mesh(http_policy_without_waypoint)],
};

fn http_policy_without_waypoint(mesh: &Mesh, findings: &mut Findings) {
    let mut list = Vec::new();
    for policy in &mesh.objects.authorization_policies {
        let home = mesh.places.namespace_of(policy.id);
        if !mesh.places.get(home).is_managed() || !mesh.ambient.needs_l7_authorization(&policy.spec)
        {
            continue;
        }
        if policy.spec.targets().next().is_some() {
            list.extend(targeted_services(mesh, policy).map(|service| {
                let selector = service.spec.spec.selector.clone();
                (home, Some(selector), policy.id)
            }));
        } else {
            let selector = policy.spec.selector.as_ref();
            let labels = selector.map(|selector| selector.match_labels.clone());
            list.push((home, labels, policy.id));
        }
    }
    if list.is_empty() {
        return;
    }
    let policies = Policies::new(list);
    for (_, workload) in mesh.workloads.iter() {
        let namespace = mesh.places.get(workload.namespace);
        if !namespace.is_known
            || workload.is_waypoint()
            || workload.is_gateway()
            || workload.opts_out_of_ambient()
            || !(workload.is_ambient() || mesh.ambient.has_ambient_label(workload))
            || waypoint(workload, mesh).is_some()
        {
            continue;
        }
        let has_proxy = workload.has_pods() && workload.has_sidecars();
        if has_proxy && !mesh.quirks.gateways_are_sidecars {
            continue;
        }
        let Some(policy) = policies.applying(workload.namespace, &workload.labels) else {
            continue;
        };
        let name = mesh
            .objects
            .header(policy)
            .map_or("", |header| &header.name);
        let message = format!("has no waypoint, which AuthorizationPolicy {name} needs");
        findings.push(
            super::finding(Code::KIA1317, workload, &message)
                .help(
                    "deploy a waypoint and label the namespace istio.io/use-waypoint with its \
                     name",
                )
                .related(policy, "", "looks at HTTP, which ztunnel does not know")
                .given(knows_waypoint(workload, mesh)),
        );
    }
}
