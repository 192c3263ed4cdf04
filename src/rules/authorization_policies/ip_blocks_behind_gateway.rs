//! MESH2004: addresses of clients in policies of workloads that clients reach through a gateway.

use super::addresses::public_blocks;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::routing::IngressRoute;
use crate::mesh::security::PolicyGroup;
use crate::mesh::{Mesh, Workload};
use crate::rules::common::acting::judged;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ip-blocks-behind-gateway",
    codes: &[Code::MESH2004],
    runs: &[Run::Mesh(ip_blocks_behind_gateway)],
};

fn ip_blocks_behind_gateway(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for group in mesh.security.authorization_policies().groups() {
        let policies: Vec<_> = judged(group, &mesh.objects.authorization_policies, mesh)
            .filter(|policy| public_blocks(&policy.spec).next().is_some())
            .collect();
        if policies.is_empty() {
            continue;
        }
        let Some((workload, route)) = behind_gateway(mesh, group) else {
            continue;
        };
        let gateway = mesh.objects.header(route.gateway);
        let gateway = gateway.map_or("", |header| header.name.as_str());
        for policy in policies {
            for (place, block) in public_blocks(&policy.spec) {
                let message = format!(
                    "{block} is compared with the address of the direct peer: requests to {} come \
                     through Gateway {gateway}, so that is the address of a gateway pod",
                    workload.name
                );
                findings.push(
                    Finding::new(Code::MESH2004, policy.id, place, message)
                        .help(
                            "use remoteIpBlocks, with numTrustedProxies set to the number of \
                             proxies before the gateway, or move the policy to the gateway",
                        )
                        .related(
                            route.route,
                            route.path.clone(),
                            "the route from the gateway",
                        ),
                );
            }
        }
    }
}

/// The first workload of a group that a route leads to from a gateway, itself no gateway.
fn behind_gateway<'m>(
    mesh: &'m Mesh,
    group: &PolicyGroup,
) -> Option<(&'m Workload, &'m IngressRoute)> {
    let ids = group.workloads.iter();
    let mut workloads = ids.filter_map(|id| Some((*id, mesh.workloads.get(*id)?)));
    workloads.find_map(|(id, workload)| {
        if mesh.routing.is_at_edge(id) {
            return None;
        }
        let services = mesh
            .registry
            .services_selecting(workload.namespace, &workload.labels);
        let mut routes = services.flat_map(|service| mesh.routing.ingress_routes(service.id));
        Some((workload, routes.next()?))
    })
}
