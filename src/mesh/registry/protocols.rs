//! What a port of a Service or ServiceEntry speaks, as istiod reads it.

use crate::model::core::ServicePort;
use crate::model::networking::Port;

/// What a port speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// HTTP or gRPC.
    Http,
    /// TCP, or something that looks like TCP to Istio (TLS, a database, UDP).
    Tcp,
    /// Nothing says what: the proxy listens, and finds HTTP or takes it for TCP.
    Detected,
}

/// Ports that are TCP unless a name says otherwise: their servers speak first, so that the proxy
/// could wait for ever (`pkg/config/kube/conversion.go`).
pub const NEVER_DETECTED: [i64; 4] = [25, 53, 3306, 27017];

/// What the port of a Service speaks.
pub fn of_service_port(port: &ServicePort) -> Speech {
    if port.protocol.eq_ignore_ascii_case("udp") {
        return Speech::Tcp;
    }
    let said = match &port.app_protocol {
        Some(protocol) => of_app_protocol(&protocol.to_lowercase()),
        None => of_name(&port.name),
    };
    said.unwrap_or(if NEVER_DETECTED.contains(&port.port) {
        Speech::Tcp
    } else {
        Speech::Detected
    })
}

/// What the port of a ServiceEntry speaks. Its name does not count.
pub fn of_entry_port(port: &Port) -> Speech {
    of_word(&port.protocol.to_lowercase()).unwrap_or(Speech::Detected)
}

fn of_app_protocol(protocol: &str) -> Option<Speech> {
    match protocol {
        "kubernetes.io/h2c" | "kubernetes.io/ws" => Some(Speech::Http),
        "kubernetes.io/wss" => Some(Speech::Tcp),
        other => of_word(other),
    }
}

fn of_name(name: &str) -> Option<Speech> {
    let name = name.to_lowercase();
    if name.starts_with("grpc-web") {
        return Some(Speech::Http);
    }
    of_word(name.split('-').next().unwrap_or_default())
}

fn of_word(word: &str) -> Option<Speech> {
    match word {
        "http" | "http2" | "grpc" | "grpc-web" | "http_proxy" => Some(Speech::Http),
        "tcp" | "tls" | "https" | "mongo" | "redis" | "mysql" | "udp" => Some(Speech::Tcp),
        _ => None,
    }
}
