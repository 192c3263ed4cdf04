//! KIA1301: a workload that no authorization policy is for.

use rustc_hash::FxHashSet;

use super::policies::{Policies, targeted_services};
use crate::diagnostics::{Code, Findings};
use crate::mesh::{Mesh, NamespaceId, Workload};
use crate::model::attachment::Attached;
use crate::model::security::AuthorizationPolicy;
use crate::model::{Labels, Object, ObjectId};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "uncovered-workload",
    codes: &[Code::KIA1301],
    runs: &[Run::Mesh(uncovered_workload)],
};

/// Looks for workloads that anybody may call.
fn uncovered_workload(mesh: &Mesh, findings: &mut Findings) {
    let mut coverage = Coverage::default();
    let mut list = Vec::new();
    for policy in &mesh.objects.authorization_policies {
        let home = mesh.places.namespace_of(policy.id);
        if mesh.places.discoverer(home).is_some() {
            coverage.add(mesh, home, policy, &mut list);
        }
    }
    coverage.policies = Policies::new(list);
    for (_, workload) in mesh.workloads.iter() {
        let namespace = mesh.places.get(workload.namespace);
        let judged = if mesh.quirks.target_refs_cover_namespaces {
            namespace.is_known
        } else {
            namespace.is_managed()
        };
        if judged && !coverage.covers(mesh, workload) {
            let message = format!(
                "is covered by no AuthorizationPolicy of namespace {} or of the whole mesh",
                namespace.name
            );
            findings.push(
                super::finding(Code::KIA1301, workload, &message)
                    .help("add a policy that selects it, or one without selector"),
            );
        }
    }
}

/// What policies are for.
#[derive(Default)]
struct Coverage {
    policies: Policies,
    /// Gateways of the Gateway API, and waypoints, that policies target.
    gateways: FxHashSet<ObjectId>,
    /// Whether a policy is for all waypoints.
    all_waypoints: bool,
}

impl Coverage {
    fn add(
        &mut self,
        mesh: &Mesh,
        home: NamespaceId,
        policy: &Object<AuthorizationPolicy>,
        list: &mut Vec<(NamespaceId, Option<Labels>, ObjectId)>,
    ) {
        let selector = policy.spec.selector.as_ref();
        let mut is_targeted = false;
        if !mesh.quirks.target_refs_cover_namespaces {
            for target in policy.spec.targets() {
                is_targeted = true;
                let namespace = mesh.places.name(home);
                if target.is("gateway.networking.k8s.io", "Gateway") {
                    let waypoint = mesh.ambient.waypoint(namespace, &target.name);
                    self.gateways
                        .extend(waypoint.map(|waypoint| waypoint.object));
                    let label = "gateway.networking.k8s.io/gateway-name".into();
                    let labels = [(label, target.name.clone())].into_iter().collect();
                    list.push((home, Some(labels), policy.id));
                } else if target.kind == "GatewayClass" {
                    self.all_waypoints = true;
                }
            }
            list.extend(targeted_services(mesh, policy).map(|service| {
                let selector = service.spec.spec.selector.clone();
                (home, Some(selector), policy.id)
            }));
        }
        if !is_targeted {
            let labels = selector.map(|selector| selector.match_labels.clone());
            list.push((home, labels, policy.id));
        }
    }

    fn covers(&self, mesh: &Mesh, workload: &Workload) -> bool {
        let home = workload.namespace;
        let Some(plane) = mesh.places.discoverer(home) else {
            return false;
        };
        let applies = |namespace| {
            self.policies
                .applying(namespace, &workload.labels)
                .is_some()
        };
        if applies(home) || applies(plane.root_namespace) {
            return true;
        }
        if self.gateways.is_empty() && !self.all_waypoints {
            return false;
        }
        mesh.ambient
            .resolved_waypoint(workload)
            .is_some_and(|waypoint| self.all_waypoints || self.gateways.contains(&waypoint.object))
    }
}
