//! What a port of a Service or ServiceEntry, or a server of a Gateway, speaks, as istiod reads it.

use crate::model::core::ServicePort;
use crate::model::networking::Port;
use crate::yaml::is_placeholder;

/// What a port speaks, as far as proxies treat it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP or gRPC in plain text: routes see requests.
    Http,
    /// TLS that the proxy does not end (`https`, `tls`): routes see the server name.
    Tls,
    /// Plain TCP, or a protocol that the proxy passes on as TCP (databases).
    Tcp,
    /// UDP, which proxies do not take.
    Udp,
    /// Nothing says what: a sidecar listens, and finds HTTP or takes it for TCP. So it may be HTTP,
    /// and never proves TCP.
    Sniffed,
}

/// Ports that are TCP unless a name says otherwise: their servers speak first, so that the proxy
/// could wait for ever (`pkg/config/kube/conversion.go` of Istio).
pub const NEVER_SNIFFED: [i64; 4] = [25, 53, 3306, 27017];

impl Protocol {
    /// What the port of a Service speaks: `appProtocol`, else what its name begins with. What is
    /// filled in later says nothing yet.
    pub fn of_service_port(port: &ServicePort) -> Self {
        if port.protocol.eq_ignore_ascii_case("udp") {
            return Self::Udp;
        }
        let said = port.app_protocol.as_ref().unwrap_or(&port.name);
        let known = match said.as_str() {
            "kubernetes.io/h2c" | "kubernetes.io/ws" if port.app_protocol.is_some() => {
                Some(Self::Http)
            }
            "kubernetes.io/wss" if port.app_protocol.is_some() => Some(Self::Tls),
            other => of_prefix(other),
        };
        let is_tcp = NEVER_SNIFFED.contains(&port.port) && !is_placeholder(said);
        known.unwrap_or(if is_tcp { Self::Tcp } else { Self::Sniffed })
    }

    /// What the port of a ServiceEntry or the server of a Gateway speaks: `protocol`. The name does
    /// not count.
    pub fn of_port(port: &Port) -> Self {
        of_word(&port.protocol.to_lowercase()).unwrap_or(Self::Sniffed)
    }

    /// Whether routes by requests can act on the port.
    pub const fn may_be_http(self) -> bool {
        matches!(self, Self::Http | Self::Sniffed)
    }

    /// The word for it in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sniffed => "undeclared",
        }
    }
}

fn of_prefix(name: &str) -> Option<Protocol> {
    let name = name.to_lowercase();
    if name.starts_with("grpc-web") {
        return Some(Protocol::Http);
    }
    of_word(name.split('-').next().unwrap_or_default())
}

fn of_word(word: &str) -> Option<Protocol> {
    match word {
        "http" | "http2" | "grpc" | "grpc-web" | "http_proxy" => Some(Protocol::Http),
        "https" | "tls" => Some(Protocol::Tls),
        "tcp" | "mongo" | "redis" | "mysql" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_service_port(name: &str, app_protocol: Option<&str>, port: i64) -> Protocol {
        Protocol::of_service_port(&ServicePort {
            name: name.into(),
            app_protocol: app_protocol.map(Into::into),
            port,
            ..ServicePort::default()
        })
    }

    #[test]
    fn names_tell_the_protocol_by_what_they_begin_with() {
        for (name, expected) in [
            ("http", Protocol::Http),
            ("HTTP-web", Protocol::Http),
            ("grpc-web-a", Protocol::Http),
            ("https-web", Protocol::Tls),
            ("tls", Protocol::Tls),
            ("mongo-a", Protocol::Tcp),
            ("web", Protocol::Sniffed),
            ("httpx", Protocol::Sniffed),
            ("", Protocol::Sniffed),
            ("${PROTOCOL}-web", Protocol::Sniffed),
            ("http-${NAME}", Protocol::Http),
        ] {
            assert_eq!(of_service_port(name, None, 80), expected, "{name}");
        }
    }

    #[test]
    fn the_application_protocol_comes_before_the_name() {
        for (protocol, expected) in [
            ("http", Protocol::Http),
            ("kubernetes.io/h2c", Protocol::Http),
            ("kubernetes.io/wss", Protocol::Tls),
            ("tcp", Protocol::Tcp),
            ("example.com/own", Protocol::Sniffed),
        ] {
            let own = of_service_port("tcp-web", Some(protocol), 80);
            assert_eq!(own, expected, "{protocol}");
        }
    }

    #[test]
    fn some_numbers_are_tcp_unless_a_name_says_otherwise() {
        assert_eq!(of_service_port("", None, 3306), Protocol::Tcp);
        assert_eq!(of_service_port("http", None, 3306), Protocol::Http);
    }
}
