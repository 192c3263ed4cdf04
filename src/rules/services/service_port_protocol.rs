//! KIA0601, KIA0602: ports whose name or `appProtocol` does not tell Istio the protocol.

use super::managed_namespace;
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::{Mesh, Namespace};
use crate::model::Object;
use crate::model::core::{Service, ServicePort};
use crate::path;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-port-protocol",
    codes: &[Code::KIA0601, Code::KIA0602],
    runs: &[Run::Service(service_port_protocol)],
};

/// The protocols that names of ports may begin with.
const PROTOCOLS: [&str; 11] = [
    "grpc", "grpc-web", "http", "http2", "https", "mongo", "redis", "tcp", "tls", "udp", "mysql",
];

/// What Kubernetes itself adds for `appProtocol`.
const APP_PROTOCOLS: [&str; 3] = ["kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"];

fn service_port_protocol(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    let Some(namespace) = managed_namespace(service, mesh) else {
        return;
    };
    if service.metadata.labels.contains_key("kiali_wizard") {
        return;
    }
    let ports = &service.spec.spec.ports;
    let single = ports.len() == 1 && !mesh.quirks.single_ports_need_names;
    let mut bad = (0..)
        .zip(ports)
        .filter(|(_, port)| !port.protocol.eq_ignore_ascii_case("udp"))
        .filter_map(|(at, port)| Some((at, port, problem(port, single, mesh)?)))
        .peekable();
    if bad.peek().is_none() {
        return;
    }
    let Some(evidence) = membership(service, namespace, mesh) else {
        return;
    };
    for (at, port, problem) in bad {
        findings.push(finding(service, at, port, problem).given(evidence.clone()));
    }
}

#[derive(Clone, Copy)]
enum Problem {
    Name,
    AppProtocol,
}

fn problem(port: &ServicePort, single: bool, mesh: &Mesh) -> Option<Problem> {
    if let Some(protocol) = &port.app_protocol {
        let lower = protocol.to_lowercase();
        let is_known = PROTOCOLS.contains(&lower.as_str())
            || APP_PROTOCOLS.contains(&lower.as_str())
            || is_unresolved(mesh, protocol);
        return (!is_known).then_some(Problem::AppProtocol);
    }
    let is_fine = names_protocol(&port.name)
        || port.name.is_empty() && single
        || is_unresolved(mesh, &port.name);
    (!is_fine).then_some(Problem::Name)
}

/// Whether a port's name is a protocol, or one with a dash and anything after it.
fn names_protocol(name: &str) -> bool {
    PROTOCOLS.iter().any(|protocol| {
        name.strip_prefix(protocol)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// Whether the Pods behind a Service take part in the mesh; `None` if they do not.
fn membership(service: &Object<Service>, namespace: &Namespace, mesh: &Mesh) -> Option<Evidence> {
    let selector = &service.spec.spec.selector;
    if mesh.quirks.pods_of_all_namespaces_count {
        return mesh
            .workloads
            .selected_pods_are_in_mesh(selector)
            .then_some(Evidence::Shown);
    }
    if !selector.is_empty() {
        let home = mesh.places.namespace_of(service.id);
        let mut workloads = mesh
            .workloads
            .matching(home, selector)
            .filter(|workload| workload.has_pods())
            .peekable();
        if workloads.peek().is_some() {
            let (mut ambient, mut sidecars) = (false, true);
            for workload in workloads {
                ambient |= workload.is_ambient();
                sidecars &= workload.has_sidecars();
            }
            return (ambient || sidecars).then_some(Evidence::Shown);
        }
    }
    if !namespace.is_declared() {
        return Some(if mesh.settings.closed_world {
            Evidence::Shown
        } else {
            Evidence::NotShown(format!(
                "the input shows neither workloads of the Service nor the labels of namespace {}",
                namespace.name
            ))
        });
    }
    let revision = namespace.revision();
    revision
        .is_some_and(|revision| !revision.is_empty())
        .then_some(Evidence::Shown)
}

fn finding(service: &Object<Service>, at: usize, port: &ServicePort, problem: Problem) -> Finding {
    let number = port.port;
    let path = path!["spec", "ports", at];
    match problem {
        Problem::Name if port.name.is_empty() => Finding::new(
            Code::KIA0601,
            service.id,
            path,
            format!("port {number} has no name that tells its protocol"),
        )
        .help("name the port for its protocol, such as `name: http`"),
        Problem::Name => {
            let name = &port.name;
            let near = nearest(
                name.split('-').next().unwrap_or_default(),
                PROTOCOLS.into_iter(),
            );
            let help = match (name.to_lowercase(), near) {
                (lower, _) if names_protocol(&lower) => format!("write `name: {lower}`"),
                (lower, _) if joined(&lower).is_some() => {
                    format!("write `name: {}`", joined(&lower).unwrap_or_default())
                }
                (_, Some(near)) => format!("begin the name with the protocol: `name: {near}`"),
                (_, None) => format!(
                    "begin the name with the protocol, such as `name: http-{name}` or `name: tcp-{name}`, or set `appProtocol`"
                ),
            };
            Finding::new(
                Code::KIA0601,
                service.id,
                path.clone(),
                format!(
                    "the name {name} of port {number} begins with no protocol that Istio knows"
                ),
            )
            .points_at(path.field("name"))
            .help(help)
        }
        Problem::AppProtocol => {
            let written = port.app_protocol.as_deref().unwrap_or_default();
            let near = nearest(written, PROTOCOLS.into_iter().chain(APP_PROTOCOLS));
            let what = if written.is_empty() {
                "is empty".to_owned()
            } else {
                format!("{written} is no protocol that Istio knows")
            };
            Finding::new(
                Code::KIA0602,
                service.id,
                path.clone(),
                format!("the appProtocol of port {number} {what}"),
            )
            .points_at(path.field("appProtocol"))
            .help(near.map_or_else(
                || format!("use one of {}", PROTOCOLS.join(", ")),
                |near| format!("write `appProtocol: {near}`"),
            ))
        }
    }
}

/// `http-web` for `httpweb` and `http_web`.
fn joined(name: &str) -> Option<String> {
    let mut protocols = PROTOCOLS;
    protocols.sort_unstable_by_key(|protocol| std::cmp::Reverse(protocol.len()));
    protocols.iter().find_map(|protocol| {
        let rest = name.strip_prefix(protocol)?;
        let rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        (!rest.is_empty()).then(|| format!("{protocol}-{rest}"))
    })
}
