//! The connection: whether it comes about, and the identity that the server sees.

use super::{Call, Caller};
use crate::answers::edges::{outcome, words};
use crate::mesh::Mesh;
use crate::mesh::security::Identity;
use crate::mesh::security::wire::{Accepts, Mode, Proxy, Sent, Verdict, Wire};
use crate::model::ObjectId;

/// A connection, or why there is none.
pub(super) struct Connection {
    /// The identity that the server sees.
    pub(super) identity: Option<String>,
    /// The server name of TLS.
    pub(super) sni: Option<String>,
    /// What became of it, in words.
    pub(super) because: String,
    /// Whether it is refused, and the PeerAuthentication that does so.
    pub(super) refused: Option<Option<ObjectId>>,
}

/// Connects.
pub(super) fn connect(mesh: &Mesh, wire: &Wire, call: &Call<'_>) -> Connection {
    let connection = match &call.caller {
        Caller::Workload(from) => from_workload(mesh, wire, call, *from),
        Caller::Principal(principal) => with_identity(mesh, wire, call, principal),
        Caller::Address => in_plain_text(mesh, wire, call),
    };
    if call.proxy == Proxy::None {
        return Connection {
            identity: None,
            sni: None,
            because: "the server has no proxy".to_owned(),
            refused: None,
        };
    }
    if call.proxy.is_gateway() {
        return Connection {
            refused: None,
            ..connection
        };
    }
    connection
}

fn from_workload(
    mesh: &Mesh,
    wire: &Wire,
    call: &Call<'_>,
    from: crate::mesh::WorkloadId,
) -> Connection {
    let refused = || Connection {
        identity: None,
        sni: None,
        because: String::new(),
        refused: None,
    };
    let Some(client) = wire.client(wire.client_of(from)) else {
        return refused();
    };
    let way = wire.way(client, call.target, call.port);
    let server = wire.server_of(call.to);
    let outcome = outcome(wire, &way, &call.port, server, call.to);
    let why = words::why(mesh, &outcome, call.to);
    match outcome.verdict {
        Verdict::Broken => {
            let is_plain = outcome.sends.sent == Sent::Plaintext;
            let by = outcome.accepts.by().filter(|_| is_plain);
            Connection {
                because: why,
                refused: Some(by.map(|by| by.object)),
                ..refused()
            }
        }
        Verdict::Mtls => {
            let identity = wire.identity(from);
            let is_envoy = client.proxy.is_envoy() && call.proxy != Proxy::Ambient;
            Connection {
                because: format!("mTLS, as {}", identity.as_deref().unwrap_or_default()),
                sni: is_envoy.then(|| {
                    let (port, host) = (call.port.number(), wire.host(call.target));
                    format!("outbound_.{port}_._.{host}")
                }),
                identity,
                refused: None,
            }
        }
        Verdict::Plaintext => Connection {
            because: format!("plain text: {why}"),
            ..refused()
        },
        Verdict::Tls => Connection {
            because: format!("TLS of the application: {why}"),
            ..refused()
        },
    }
}

fn with_identity(mesh: &Mesh, wire: &Wire, call: &Call<'_>, principal: &str) -> Connection {
    let config = &mesh
        .places
        .control_plane_or_first(call.target.namespace)
        .config;
    let domain = Identity::parse(principal).map_or("", |identity| identity.trust_domain);
    let bundles = config.ca_certificates.iter();
    let is_trusted = config.trust_domain == domain
        || config.trust_domain_aliases.iter().any(|own| own == domain)
        || bundles
            .flat_map(|own| &own.trust_domains)
            .any(|own| own == domain);
    let port = wire.workload_port(call.port.declared, call.to);
    let mode = wire.accepts(wire.server_of(call.to), port).mode();
    let because = if !is_trusted {
        format!("the trust domain {domain} is not the mesh's")
    } else if mode == Some(Mode::Disable) {
        "the server's port disables mTLS".to_owned()
    } else {
        format!("mTLS, as {principal}")
    };
    let is_refused = !is_trusted || mode == Some(Mode::Disable);
    Connection {
        identity: (!is_refused).then(|| principal.to_owned()),
        sni: None,
        because,
        refused: is_refused.then_some(None),
    }
}

fn in_plain_text(mesh: &Mesh, wire: &Wire, call: &Call<'_>) -> Connection {
    let port = wire.workload_port(call.port.declared, call.to);
    let accepts = wire.accepts(wire.server_of(call.to), port);
    let by = accepts.by().map(|by| by.object);
    let (because, refused) = match accepts {
        Accepts::Mode(Mode::Strict, _) => {
            let policy = by.map_or_else(String::new, |by| words::object(mesh, by));
            (format!("plain text, and {policy} is STRICT"), Some(by))
        }
        _ => ("plain text".to_owned(), None),
    };
    Connection {
        identity: None,
        sni: None,
        because,
        refused,
    }
}
