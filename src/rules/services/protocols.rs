//! How `istioctl analyze` tells the protocol of a Service's port.

use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::core::{Service, ServicePort};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::workloads::reserved_user_id::is_control_plane;
use crate::yaml::FieldPath;

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

/// The ports whose protocol Istio cannot tell, with their places; none of Services that Istio itself
/// makes.
pub(in crate::rules) fn unclear_ports<'m>(
    service: &'m Object<Service>,
    mesh: &'m Mesh,
) -> impl Iterator<Item = (usize, &'m ServicePort)> {
    let labels = &service.metadata.labels;
    let is_managed = labels.get("gateway.istio.io/managed").is_some_and(|by| {
        [
            "istio.io-gateway-controller",
            "istio.io-mesh-controller",
            "istio.io-eastwest-controller",
        ]
        .contains(&by.as_str())
    });
    let is_judged =
        !is_managed && !is_control_plane(labels) && mesh.analysis_of(service.id).is_some();
    let is_external = service.spec.is_external_name();
    let ports = service.spec.spec.ports.iter().enumerate();
    ports.filter(move |(_, port)| {
        let protocol = port.app_protocol.as_deref().unwrap_or_default();
        is_judged
            && ![&port.name, protocol]
                .into_iter()
                .any(|text| is_unresolved(mesh, text))
            && (!is_supported(port) || port.name == "tcp" && is_external)
    })
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

/// The field that tells the protocol, or the port where none does.
pub(in crate::rules) fn telling_field(port: &ServicePort, index: usize) -> FieldPath {
    let field = if port.app_protocol.is_some() {
        "appProtocol"
    } else if port.name.is_empty() {
        "port"
    } else {
        "name"
    };
    path!["spec", "ports", index, field]
}
