//! Which TCP ports a DENY policy by HTTP attributes reaches: there it denies everything.

use crate::mesh::registry::Protocol;
use crate::mesh::{Mesh, Workload};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::security::AuthorizationPolicy;

/// The TCP ports in the scope of a policy.
pub(super) enum Reach {
    /// Every port is HTTP, so that only requests are denied.
    None,
    /// A TCP port, in words.
    Port(String),
    /// The input does not show all ports, or some that the proxy must detect.
    Unknown,
    /// Another finding says what the policy does.
    SaidElsewhere,
}

/// How many workloads of a policy are looked at.
const WORKLOADS: usize = 200;

/// The TCP ports that the policy reaches.
pub(super) fn reach(policy: &Object<AuthorizationPolicy>, mesh: &Mesh) -> Reach {
    let home = mesh.places.namespace_of(policy.id);
    let namespace = mesh.places.get(home);
    let spec = &policy.spec;
    let mut targets = spec.target_ref.iter().chain(&spec.target_refs).peekable();
    if targets.peek().is_some() {
        let mut services = Vec::new();
        for target in targets {
            let service = mesh
                .places
                .named(policy.namespace(), &target.name)
                .services();
            match service.filter(|_| target.is("", "Service")) {
                Some(service) => services.push(service),
                None => return Reach::Unknown,
            }
        }
        return of_services(services.into_iter());
    }
    if namespace.has_ambient_label() && mesh.ambient.needs_l7_authorization(spec) {
        return Reach::SaidElsewhere;
    }
    if mesh.places.is_own_root(home) {
        return Reach::Unknown;
    }
    let labels = spec
        .selector
        .as_ref()
        .map(|selector| &selector.match_labels);
    let workloads: Vec<&Workload> = match labels.filter(|labels| !labels.is_empty()) {
        Some(labels) => mesh
            .workloads
            .matching(home, labels)
            .take(WORKLOADS)
            .collect(),
        None => mesh.workloads.of(home).iter().take(WORKLOADS).collect(),
    };
    if workloads.is_empty() || workloads.len() == WORKLOADS {
        return Reach::Unknown;
    }
    let mut services = Vec::new();
    for workload in workloads {
        let before = services.len();
        services.extend(mesh.registry.services_selecting(home, &workload.labels));
        if services.len() == before {
            return Reach::Unknown;
        }
    }
    of_services(services.into_iter())
}

fn of_services<'m>(services: impl Iterator<Item = &'m Object<Service>>) -> Reach {
    let mut found = Reach::None;
    for service in services {
        for port in &service.spec.spec.ports {
            match Protocol::of_service_port(port) {
                Protocol::Http | Protocol::Udp => {}
                Protocol::Sniffed => found = Reach::Unknown,
                Protocol::Tcp | Protocol::Tls => {
                    let name = if port.name.is_empty() {
                        port.port.to_string()
                    } else {
                        format!("{} ({})", port.name, port.port)
                    };
                    return Reach::Port(format!("port {name} of Service {}", service.name()));
                }
            }
        }
    }
    found
}
