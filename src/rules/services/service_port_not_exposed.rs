//! KIA0701: a Service's port that no container behind it exposes.

use std::cell::LazyCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::managed_namespace;
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Mesh, NamespaceId, Workload};
use crate::model::core::{Container, PodSpec, Service, ServicePort};
use crate::model::{IntOrString, Labels, Object, ObjectId};
use crate::path;
use crate::rules::common::words::{self, is_unresolved};
use crate::rules::{Check, Run};

/// The workloads that a finding names.
const SHOWN: usize = 4;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-port-not-exposed",
    codes: &[Code::KIA0701],
    runs: &[Run::Mesh(service_port_not_exposed)],
};

/// Ports of the proxy itself: health, merged metrics, its own metrics.
const PROXY_PORTS: [i64; 3] = [15020, 15021, 15090];

fn service_port_not_exposed(mesh: &Mesh, findings: &mut Findings) {
    let configured = LazyCell::new(|| configured_numbers(mesh));
    let mut backends: FxHashMap<Selected<'_>, Backends<'_>> = FxHashMap::default();
    for service in &mesh.objects.services {
        if service.broken || mesh.objects.is_context(service.id) {
            continue;
        }
        let selector = &service.spec.spec.selector;
        let is_judged = managed_namespace(service, mesh)
            .is_some_and(|namespace| !namespace.is_control_plane)
            && !selector.is_empty()
            && !is_gateway_service(&service.metadata.labels);
        if !is_judged {
            continue;
        }
        if mesh.quirks.ports_of_first_deployment_count {
            check_first_deployment(service, mesh, findings);
        } else {
            let home = mesh.places.namespace_of(service.id);
            let backends = backends
                .entry((home, selector.sorted()))
                .or_insert_with(|| Backends::new(home, selector, mesh));
            check_workloads(service, backends, &configured, mesh, findings);
        }
    }
}

fn check_first_deployment(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    let Some(deployment) = mesh
        .workloads
        .first_deployment_labelled(&service.spec.spec.selector)
    else {
        return;
    };
    let containers = &deployment.spec.template.spec.containers;
    for (at, port) in service.spec.spec.ports.iter().enumerate() {
        if !containers.iter().any(|container| exposes(container, port)) {
            let behind = [(deployment.id, deployment.name())];
            findings.push(finding(service, at, port, &behind, mesh));
        }
    }
}

/// What a Service selects: a namespace and labels.
type Selected<'m> = (NamespaceId, Vec<(&'m str, &'m str)>);

/// The workloads behind the Services that select the same.
struct Backends<'m> {
    workloads: Vec<&'m Workload>,
    has_gateway: bool,
    /// Whether some workload may expose what a port leads to.
    exposed: FxHashMap<(i64, Option<String>), bool>,
}

impl<'m> Backends<'m> {
    fn new(home: NamespaceId, selector: &'m Labels, mesh: &'m Mesh) -> Self {
        let workloads: Vec<&Workload> = mesh.workloads.matching(home, selector).collect();
        Self {
            has_gateway: workloads.iter().any(|workload| workload.is_gateway()),
            workloads,
            exposed: FxHashMap::default(),
        }
    }

    fn may_expose(&mut self, port: &ServicePort, mesh: &Mesh) -> bool {
        let target = port.target_port.as_ref().map(ToString::to_string);
        let workloads = &self.workloads;
        let exposed = self.exposed.entry((port.port, target));
        *exposed.or_insert_with(|| workloads.iter().any(|one| may_expose(one, port, mesh)))
    }
}

fn check_workloads(
    service: &Object<Service>,
    backends: &mut Backends<'_>,
    configured: &FxHashSet<(NamespaceId, i64)>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let home = mesh.places.namespace_of(service.id);
    if backends.workloads.is_empty() || backends.has_gateway {
        return;
    }
    for (at, port) in service.spec.spec.ports.iter().enumerate() {
        let by_config = number(port).is_some_and(|number| configured.contains(&(home, number)));
        if !by_config && !backends.may_expose(port, mesh) {
            let shown = backends.workloads.iter().take(SHOWN + 1);
            let behind: Vec<_> = shown
                .map(|workload| (workload.object, workload.name.as_str()))
                .collect();
            findings.push(finding(service, at, port, &behind, mesh));
        }
    }
}

/// The numbers that the ConfigMaps of each namespace hold: perhaps ports that something listens
/// on without declaring them.
fn configured_numbers(mesh: &Mesh) -> FxHashSet<(NamespaceId, i64)> {
    let mut found = FxHashSet::default();
    for map in &mesh.objects.config_maps {
        let home = mesh.places.namespace_of(map.id);
        for text in map.spec.data.values() {
            found.extend(numbers(text).map(|number| (home, number)));
        }
    }
    found
}

/// The numbers of a text that may be ports.
fn numbers(text: &str) -> impl Iterator<Item = i64> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| (2..=5).contains(&digits.len()))
        .filter_map(|digits| digits.parse().ok())
}

/// The number that a port leads to; `None` if it leads to a name.
fn number(port: &ServicePort) -> Option<i64> {
    match &port.target_port {
        Some(IntOrString::String(name)) if !name.is_empty() => None,
        Some(IntOrString::Int(number)) if *number > 0 => Some(*number),
        _ => Some(port.port),
    }
}

/// Whether the labels of a Service are those of a waypoint or a gateway.
fn is_gateway_service(labels: &Labels) -> bool {
    let is_one = |key: &str, values: [&str; 2]| {
        let value = labels.get(key);
        value.is_some_and(|value| values.contains(&value.as_str()))
    };
    is_one(
        "gateway.istio.io/managed",
        ["istio.io-mesh-controller", "istio.io-gateway-controller"],
    ) || is_one(
        "operator.istio.io/component",
        ["IngressGateways", "EgressGateways"],
    ) || is_one("istio", ["ingressgateway", "egressgateway"])
        || labels.contains_key("istio.io/gateway-name")
        || labels
            .get("gateway.networking.k8s.io/gateway-name")
            .is_some_and(|name| name.to_lowercase().contains("waypoint"))
}

/// Whether a container declares the port that a Service's port leads to.
fn exposes(container: &Container, port: &ServicePort) -> bool {
    let mut declared = container.ports.iter();
    match (number(port), &port.target_port) {
        (Some(number), _) => declared.any(|own| own.container_port == number),
        (None, Some(target)) => declared.any(|own| own.is_target(target)),
        (None, None) => false,
    }
}

/// Whether the port may lead somewhere in a workload. Declaring ports is optional, so that a number
/// may also be that of the proxy, or stand in the arguments or environment of a container; if
/// nothing is declared at all, any number may be right.
fn may_expose(workload: &Workload, port: &ServicePort, mesh: &Mesh) -> bool {
    let Some(pod) = workload.pod_spec(&mesh.objects) else {
        return true;
    };
    if serving(pod).any(|container| exposes(container, port)) {
        return true;
    }
    let Some(number) = number(port) else {
        let target = port.target_port.as_ref();
        return target.is_some_and(|name| is_unresolved(mesh, &name.to_string()));
    };
    serving(pod).all(|container| container.ports.is_empty())
        || PROXY_PORTS.contains(&number) && workload.has_some_sidecar()
        || serving(pod).any(|container| is_told(container, number))
}

/// Whether the command line or environment of a container holds the number.
fn is_told(container: &Container, number: i64) -> bool {
    let words = container.command.iter().chain(&container.args);
    let values = container.env.iter().map(|variable| &variable.value);
    words
        .chain(values)
        .any(|text| numbers(text).any(|told| told == number))
}

/// The containers whose ports can be reached: native sidecars are among the init containers.
fn serving(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    let native = pod.init_containers.iter();
    let native = native.filter(|container| container.restart_policy == "Always");
    pod.containers.iter().chain(native)
}

fn finding(
    service: &Object<Service>,
    at: usize,
    port: &ServicePort,
    behind: &[(ObjectId, &str)],
    mesh: &Mesh,
) -> Finding {
    let number = port.port;
    let (target, field) = match (&port.target_port, self::number(port)) {
        (Some(name), None) => (format!("a port named {name}"), "targetPort"),
        (Some(_), Some(target)) => (format!("port {target}"), "targetPort"),
        (None, _) => (format!("port {number}"), "port"),
    };
    // Declaring ports is optional, so that only a name leads nowhere for certain.
    let is_optional = self::number(port).is_some() && !mesh.quirks.run_time_plays_no_part;
    let note = if is_optional {
        " (declaring is optional)"
    } else {
        ""
    };
    let message = format!(
        "port {number} leads to {target}, which no container of {} declares{note}",
        words::some_of(behind.iter().map(|(_, name)| *name))
    );
    let path = path!["spec", "ports", at];
    let mut finding = Finding::new(Code::KIA0701, service.id, path.clone(), message)
        .points_at(path.field(field))
        .help("set targetPort to a port that the containers listen on, or declare the port there");
    for (object, _) in behind.iter().take(SHOWN) {
        finding = finding.related(
            *object,
            "spec/template/spec/containers",
            "the ports of these containers",
        );
    }
    if is_optional {
        finding.severity = Severity::Info;
    }
    finding
}
