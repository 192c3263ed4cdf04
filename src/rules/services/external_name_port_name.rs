//! IST0118, IST0150: ports whose protocol Istio cannot tell from their name.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::core::{Service, ServicePort};
use crate::path;
use crate::rules::common::is_without_istio;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

use crate::rules::workloads::reserved_user_id::is_control_plane;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "external-name-port-name",
    codes: &[Code::IST0118, Code::IST0150],
    runs: &[Run::Service(external_name_port_name)],
};

/// Protocols that a name can begin with.
const PROTOCOLS: [&str; 11] = [
    "tcp",
    "udp",
    "grpc",
    "http",
    "http_proxy",
    "http2",
    "https",
    "tls",
    "mongo",
    "redis",
    "mysql",
];

fn external_name_port_name(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    let labels = &service.metadata.labels;
    let is_managed = labels.get("gateway.istio.io/managed").is_some_and(|by| {
        [
            "istio.io-gateway-controller",
            "istio.io-mesh-controller",
            "istio.io-eastwest-controller",
        ]
        .contains(&by.as_str())
    });
    if is_managed || is_control_plane(labels) || mesh.analysis_of(service.id).is_none() {
        return;
    }
    let is_external = service.spec.is_external_name();
    // Of other ports KIA0601 and KIA0602 speak.
    if !mesh.quirks.run_time_plays_no_part && (!is_external || is_without_istio(mesh)) {
        return;
    }
    for (index, port) in service.spec.spec.ports.iter().enumerate() {
        let protocol = port.app_protocol.as_deref();
        if is_unresolved(mesh, &port.name)
            || protocol.is_some_and(|protocol| is_unresolved(mesh, protocol))
        {
            continue;
        }
        let is_bad = !is_supported(port) || port.name == "tcp" && is_external;
        if is_bad {
            findings.push(finding(service, port, index, is_external, mesh));
        }
    }
}

/// Whether Istio can tell the protocol of the port.
fn is_supported(port: &ServicePort) -> bool {
    if port.protocol == "UDP" {
        return true;
    }
    if let Some(protocol) = &port.app_protocol
        && ["kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"]
            .contains(&protocol.as_str())
    {
        return true;
    }
    let text = port.app_protocol.as_ref().unwrap_or(&port.name);
    let lower = text.to_lowercase();
    let word = lower.split('-').next().unwrap_or_default();
    lower.starts_with("grpc-web")
        || PROTOCOLS.contains(&word)
        || matches!(port.port, 25 | 53 | 3306 | 27017)
}

fn finding(
    service: &Object<Service>,
    port: &ServicePort,
    index: usize,
    external: bool,
    mesh: &Mesh,
) -> Finding {
    let path = path!["spec", "ports", index, "port"];
    let number = port.port;
    let (code, message, help) = if external {
        let message = "traffic to the ports of an ExternalName service is forwarded only where \
                       their names tell another protocol than TCP";
        let help = "name the port http, https, tls or grpc, or set appProtocol";
        (Code::IST0150, message.to_owned(), help)
    } else {
        // Without one the port's own number is the target; istioctl prints 0.
        let default_target = if mesh.quirks.run_time_plays_no_part {
            0
        } else {
            number
        };
        let target = port
            .target_port
            .as_ref()
            .map_or_else(|| default_target.to_string(), ToString::to_string);
        let what = match &port.app_protocol {
            Some(protocol) => format!("appProtocol {protocol:?}"),
            None => format!("name {:?}", port.name),
        };
        let message =
            format!("the {what} of port {number} (target port {target}) tells Istio no protocol");
        let help = "name the port PROTOCOL-SUFFIX, such as http-web or tcp-metrics, or set \
                    appProtocol";
        (Code::IST0118, message, help)
    };
    let field = if port.app_protocol.is_some() {
        "appProtocol"
    } else if port.name.is_empty() {
        "port"
    } else {
        "name"
    };
    Finding::new(code, service.id, path, message)
        .points_at(path!["spec", "ports", index, field])
        .help(help)
}
