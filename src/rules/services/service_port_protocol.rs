//! KIA0601, KIA0602: ports whose name or `appProtocol` does not tell Istio the protocol.

use super::managed_namespace;
use crate::diagnostics::{Code, Evidence, Finding, Findings, Severity};
use crate::mesh::registry::NEVER_SNIFFED;
use crate::mesh::{Mesh, Namespace, Workload};
use crate::model::Object;
use crate::model::core::{Service, ServicePort};
use crate::nearest::{is_one_off, is_slip};
use crate::path;
use crate::rules::common::is_without_istio;
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
    if service.metadata.labels.contains_key("kiali_wizard") || is_without_istio(mesh) {
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
        let mut finding = finding(service, at, port, problem);
        if !mesh.quirks.run_time_plays_no_part {
            let Some((severity, why)) = weight(service, port, mesh) else {
                continue;
            };
            finding.severity = severity;
            finding.message.push_str(&why);
        }
        findings.push(finding.given(evidence.clone()));
    }
}

/// How much a port without a protocol matters, and why; `None` where nobody reads protocols.
/// Since Istio 1.3 the proxy detects HTTP and takes the rest for TCP.
fn weight(
    service: &Object<Service>,
    port: &ServicePort,
    mesh: &Mesh,
) -> Option<(Severity, String)> {
    // Their servers speak first, and the proxy waits for the client.
    const SERVER_FIRST: [i64; 5] = [21, 110, 143, 587, 1433];
    if is_ambient_without_waypoint(service, mesh) {
        return None;
    }
    let warn = |why: &str| Some((Severity::Warning, format!("; {why}")));
    if let Some(what) = mesh.evidence.http_use_of(service, port.port) {
        return warn(&format!("{what} depends on its being HTTP"));
    }
    if SERVER_FIRST.contains(&port.port) {
        return warn("servers of this port speak first, so that detection delays every connection");
    }
    let first = port.app_protocol.as_ref().unwrap_or(&port.name);
    let first = first.split(['-', '_', '.']).next().unwrap_or_default();
    if is_near_a_protocol(first) {
        return warn("Istio detects HTTP and takes the rest for TCP");
    }
    let outcome = if NEVER_SNIFFED.contains(&port.port) {
        "; it is plain TCP to Istio"
    } else {
        "; Istio detects HTTP and takes the rest for TCP"
    };
    Some((Severity::Info, outcome.to_owned()))
}

/// Whether a word is a protocol with a slip of the pen.
fn is_near_a_protocol(word: &str) -> bool {
    let word = word.to_lowercase();
    let is_near = if word.len() > 4 { is_slip } else { is_one_off };
    word.len() > 2 && PROTOCOLS.iter().any(|protocol| is_near(&word, protocol))
}

/// Whether ztunnel alone handles the Service's traffic: it reads no protocols.
fn is_ambient_without_waypoint(service: &Object<Service>, mesh: &Mesh) -> bool {
    let home = mesh.places.namespace_of(service.id);
    if mesh.ambient.is_enrolled(&service.metadata.labels, home) {
        return false;
    }
    let selector = &service.spec.spec.selector;
    let mut workloads = mesh
        .workloads
        .matching(home, selector)
        .filter(|workload| !selector.is_empty() && workload.has_pods())
        .peekable();
    if workloads.peek().is_some() {
        return workloads.all(Workload::is_ambient);
    }
    mesh.places.get(home).has_ambient_label()
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
