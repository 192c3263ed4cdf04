//! MESH2005: addresses of clients in policies of a gateway that sees those of nodes.

use super::addresses::public_blocks;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::{PolicyGroup, Target};
use crate::model::core::Service;
use crate::model::{Labels, Object};
use crate::rules::common::acting::judged;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ip-blocks-at-gateway",
    codes: &[Code::MESH2005],
    runs: &[Run::Mesh(ip_blocks_at_gateway)],
};

fn ip_blocks_at_gateway(mesh: &Mesh, findings: &mut Findings) {
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
        let Some(service) = front(mesh, group) else {
            continue;
        };
        let spec = &service.spec.spec;
        let (at, state) = if spec.external_traffic_policy.is_empty() {
            ("spec/type", "no externalTrafficPolicy, which means Cluster")
        } else {
            (
                "spec/externalTrafficPolicy",
                "externalTrafficPolicy Cluster",
            )
        };
        for policy in policies {
            for (place, block) in public_blocks(&policy.spec) {
                let message = format!(
                    "{block} is compared with the address of the direct peer: Service {} has \
                     {state}, so the gateway sees addresses of nodes, not of clients",
                    service.name()
                );
                findings.push(
                    Finding::new(Code::MESH2005, policy.id, place, message)
                        .help(format!(
                            "set externalTrafficPolicy: Local on Service {}, or use \
                             remoteIpBlocks with numTrustedProxies",
                            service.name()
                        ))
                        .related(service.id, at, "the Service of the gateway"),
                );
            }
        }
    }
}

/// A Service that leads from outside to the gateway pods of a group and hides the addresses of
/// clients from them.
fn front<'m>(mesh: &'m Mesh, group: &PolicyGroup) -> Option<&'m Object<Service>> {
    let gateways = group
        .workloads
        .iter()
        .filter(|id| mesh.routing.is_at_edge(**id));
    let shown = gateways
        .filter_map(|id| mesh.workloads.get(*id))
        .filter(|workload| !keeps_addresses(&workload.template_annotations))
        .flat_map(|workload| {
            mesh.registry
                .services_selecting(workload.namespace, &workload.labels)
        });
    let place = mesh.places.name(group.namespace);
    let named = group.targets.iter().filter_map(|target| match target {
        Target::Gateway(name) => mesh.named(place, name).k8s_gateways(),
        _ => None,
    });
    let generated = named
        .filter(|gateway| mesh.routing.is_ingress(&gateway.spec))
        .filter(|gateway| {
            let made = gateway.spec.infrastructure.as_ref();
            !made.is_some_and(|made| keeps_addresses(&made.annotations))
        })
        .flat_map(|gateway| {
            let key = "gateway.networking.k8s.io/gateway-name";
            let labels = Labels::from(vec![(key.into(), gateway.metadata.name.clone())]);
            let services = mesh.registry.services_selecting(group.namespace, &labels);
            services.collect::<Vec<_>>()
        });
    shown.chain(generated).find(|service| {
        let spec = &service.spec.spec;
        matches!(spec.service_type.as_str(), "LoadBalancer" | "NodePort")
            && matches!(spec.external_traffic_policy.as_str(), "" | "Cluster")
            && !keeps_addresses(&service.metadata.annotations)
            && !patches_proxy_protocol(mesh, service)
    })
}

/// Whether annotations speak of the PROXY protocol, which tells the addresses of clients.
fn keeps_addresses(annotations: &Labels) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase().replace(['-', '_'], "");
        text.contains("proxyprotocol")
    };
    let mut pairs = annotations.iter();
    pairs.any(|(key, value)| speaks(key) || speaks(value))
}

/// Whether an EnvoyFilter beside the gateway makes it read the PROXY protocol.
fn patches_proxy_protocol(mesh: &Mesh, service: &Object<Service>) -> bool {
    let home = mesh.places.namespace_of(service.id);
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    [home, root].into_iter().any(|place| {
        mesh.of(place).envoy_filters().any(|filter| {
            let mut patches = filter.spec.config_patches.iter();
            patches.any(|patch| {
                let value = patch.patch.as_ref().and_then(|patch| patch.value.as_ref());
                value.is_some_and(|value| value.to_string().contains("proxy_protocol"))
            })
        })
    })
}
