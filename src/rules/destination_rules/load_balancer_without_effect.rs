//! MESH1025: load balancing of a host whose connections go where the client dials.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::wire::Proxy;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::networking::{
    DestinationRule, LoadBalancerSettings, Resolution, ServiceEntry, SimpleLb, TrafficPolicy,
};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::proxies;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "load-balancer-without-effect",
    codes: &[Code::MESH1025],
    runs: &[Run::DestinationRule(load_balancer_without_effect)],
};

fn load_balancer_without_effect(
    rule: &Object<DestinationRule>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let settings = settings_of(&rule.spec);
    if settings.is_empty() {
        return;
    }
    let Some(dialled) = dialled(rule, mesh) else {
        return;
    };
    // Waypoints and gateways know the endpoints of such hosts.
    let there = mesh.places.namespace_of(dialled.object);
    if mesh.places.get(there).has_ambient_label() {
        return;
    }
    if has_only_gateways(mesh.places.namespace_of(rule.id), mesh) {
        return;
    }
    for (path, what) in settings {
        let message = format!(
            "{what} has no effect on {}: {}, so a connection goes to the address that the client \
             dialled",
            rule.spec.host, dialled.why
        );
        findings.push(
            Finding::new(Code::MESH1025, rule.id, path, message)
                .help(dialled.help)
                .related(dialled.object, dialled.path, "clients choose the address"),
        );
    }
}

/// Settings that choose among endpoints, with their paths and names.
fn settings_of(spec: &DestinationRule) -> Vec<(FieldPath, &'static str)> {
    let mut settings = Vec::new();
    let mut add = |path: FieldPath, policy: Option<&TrafficPolicy>| {
        let Some(policy) = policy else { return };
        let balancer = policy.load_balancer.as_deref().and_then(chooses);
        settings.extend(balancer.map(|what| (path.field("loadBalancer"), what)));
        for (at, port) in policy.port_level_settings.iter().enumerate() {
            let balancer = port.load_balancer.as_deref().and_then(chooses);
            let path = path
                .field("portLevelSettings")
                .item(at)
                .field("loadBalancer");
            settings.extend(balancer.map(|what| (path, what)));
        }
    };
    add(
        path!["spec", "trafficPolicy"],
        spec.traffic_policy.as_deref(),
    );
    for (at, subset) in spec.subsets.iter().enumerate() {
        let path = path!["spec", "subsets", at, "trafficPolicy"];
        add(path, subset.traffic_policy.as_deref());
    }
    settings
}

fn chooses(settings: &LoadBalancerSettings) -> Option<&'static str> {
    if settings.consistent_hash.is_some() {
        return Some("consistentHash");
    }
    match settings.simple? {
        SimpleLb::Unspecified | SimpleLb::Passthrough => None,
        SimpleLb::RoundRobin => Some("ROUND_ROBIN"),
        SimpleLb::LeastConn => Some("LEAST_CONN"),
        SimpleLb::LeastRequest => Some("LEAST_REQUEST"),
        SimpleLb::Random => Some("RANDOM"),
    }
}

/// What says that the client's address counts.
struct Dialled {
    object: ObjectId,
    path: &'static str,
    why: String,
    help: &'static str,
}

/// `None` if proxies choose the address, or if the input does not show the host.
fn dialled(rule: &Object<DestinationRule>, mesh: &Mesh) -> Option<Dialled> {
    let host = mesh.routing.host_of(rule);
    let service = mesh.registry.service(&host);
    let entries = mesh.routing.service_entries_for(&host, rule.id);
    match (service, entries.as_slice()) {
        (Some(service), []) if service.spec.is_headless() => Some(Dialled {
            object: service.id,
            path: "spec/clusterIP",
            why: format!("Service {} is headless", service.name()),
            help: "remove clusterIP: None if clients need not choose the pod",
        }),
        (None, [first, rest @ ..]) => {
            let is_none = |entry: &Object<ServiceEntry>| entry.spec.resolution == Resolution::None;
            let all_none = is_none(first) && rest.iter().all(|entry| is_none(entry));
            all_none.then(|| Dialled {
                object: first.id,
                path: "spec/resolution",
                why: format!("ServiceEntry {} has resolution NONE", first.name()),
                help: "set resolution: DNS in the ServiceEntry, or STATIC with endpoints",
            })
        }
        _ => None,
    }
}

/// Whether the workloads of a namespace that have a proxy are gateways, and there is one.
fn has_only_gateways(namespace: NamespaceId, mesh: &Mesh) -> bool {
    let mut has_gateway = false;
    for id in mesh.workloads.ids_of(namespace) {
        match proxies::proxy_of(id, mesh) {
            Some(Proxy::Gateway) => has_gateway = true,
            Some(Proxy::None) => {}
            _ => return false,
        }
    }
    has_gateway
}
