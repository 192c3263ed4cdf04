//! MESH2108: a gateway takes plain text.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::Gateway as K8sGateway;
use crate::model::networking::Gateway;
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-without-tls",
    codes: &[Code::MESH2108],
    runs: &[
        Run::Gateway(gateway_without_tls),
        Run::K8sGateway(listener_without_tls),
    ],
};

fn gateway_without_tls(gateway: &Object<Gateway>, _: &Mesh, findings: &mut Findings) {
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let Some(port) = &server.port else { continue };
        let protocol = port.protocol.to_uppercase();
        let is_redirect = server.tls.as_ref().is_some_and(|tls| tls.https_redirect);
        if is_redirect || !is_plain(&protocol) {
            continue;
        }
        let message = format!(
            "port {} takes {protocol} without TLS: requests and answers can be read on the way to the mesh",
            port.number
        );
        findings.push(
            Finding::new(
                Code::MESH2108,
                gateway.id,
                path!["spec", "servers", index],
                message,
            )
            .help("redirect to HTTPS (tls.httpsRedirect), or serve TLS"),
        );
    }
}

fn is_plain(protocol: &str) -> bool {
    matches!(
        protocol,
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "TCP" | "MONGO" | "REDIS" | "MYSQL"
    )
}

fn listener_without_tls(gateway: &Object<K8sGateway>, _: &Mesh, findings: &mut Findings) {
    for (index, listener) in gateway.spec.listeners.iter().enumerate() {
        if !matches!(listener.protocol.as_str(), "HTTP" | "TCP") {
            continue;
        }
        let message = format!(
            "listener {} takes {} without TLS: requests and answers can be read on the way to the mesh",
            listener.name, listener.protocol
        );
        findings.push(
            Finding::new(
                Code::MESH2108,
                gateway.id,
                path!["spec", "listeners", index],
                message,
            )
            .help("use protocol HTTPS or TLS, and a route that redirects what comes without"),
        );
    }
}
