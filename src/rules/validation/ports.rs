//! Names and protocols of ports.

use super::text::is_dns_label;

/// A protocol that Istio knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Grpc,
    GrpcWeb,
    Http,
    HttpProxy,
    Http2,
    Https,
    Tls,
    Mongo,
    Redis,
    Mysql,
    /// Anything else, the empty text as well.
    Unsupported,
}

impl Protocol {
    /// Reads a protocol in any letter case.
    pub(crate) fn parse(text: &str) -> Self {
        const NAMES: [(&str, Protocol); 12] = [
            ("tcp", Protocol::Tcp),
            ("udp", Protocol::Udp),
            ("grpc", Protocol::Grpc),
            ("grpc-web", Protocol::GrpcWeb),
            ("http", Protocol::Http),
            ("http_proxy", Protocol::HttpProxy),
            ("http2", Protocol::Http2),
            ("https", Protocol::Https),
            ("tls", Protocol::Tls),
            ("mongo", Protocol::Mongo),
            ("redis", Protocol::Redis),
            ("mysql", Protocol::Mysql),
        ];
        NAMES
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name))
            .map_or(Self::Unsupported, |(_, protocol)| *protocol)
    }

    /// Whether routes of HTTP apply.
    pub(crate) const fn is_http(self) -> bool {
        matches!(
            self,
            Self::Http | Self::Http2 | Self::HttpProxy | Self::Grpc | Self::GrpcWeb
        )
    }

    /// Whether it is HTTPS or TLS.
    pub(crate) const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    /// Whether it is handled as TCP, TLS included.
    pub(crate) const fn is_tcp(self) -> bool {
        matches!(
            self,
            Self::Tcp | Self::Https | Self::Tls | Self::Mongo | Self::Redis | Self::Mysql
        )
    }
}

/// A protocol of a service's or a listener's port, which may be left out.
pub(crate) fn protocol(text: &str) -> Result<(), String> {
    if text.is_empty() || Protocol::parse(text) != Protocol::Unsupported {
        Ok(())
    } else {
        Err(format!("unsupported protocol: {text}"))
    }
}

/// What [`protocol`] accepts.
pub(crate) const PROTOCOLS: &str = "one of HTTP, HTTP2, HTTPS, GRPC, GRPC-WEB, TCP, TLS, UDP, \
                                    MONGO, MYSQL, REDIS";

/// The name of a port.
pub(crate) fn port_name(name: &str) -> Result<(), String> {
    if is_dns_label(name) {
        Ok(())
    } else {
        Err(format!("invalid port name: {name}"))
    }
}

/// What follows `unix://` in an address.
pub(crate) fn unix_path(path: &str) -> Result<(), String> {
    if path.is_empty() {
        Err("unix address must not be empty".to_owned())
    } else if path.starts_with('@') || (path.starts_with('/') && !path.ends_with('/')) {
        Ok(())
    } else {
        Err(format!("{path} is not an absolute path to a file"))
    }
}
