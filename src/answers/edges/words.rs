//! Edges in words: the names that reports use, and a line that says why.

use super::{Kinds, Outcome, Row, name_of};
use crate::mesh::Mesh;
use crate::mesh::security::wire::{Accepts, Mode, Proxy, Reason, Sent, Verdict};
use crate::mesh::workloads::WorkloadId;
use crate::model::ObjectId;
use crate::model::networking::ClientTlsMode;
use crate::yaml::FieldPath;

/// A place that decides about one end of an edge.
pub type Decider = (ObjectId, FieldPath);

/// The word for what a client sends.
pub const fn sent(sent: Sent) -> &'static str {
    match sent {
        Sent::Plaintext => "plaintext",
        Sent::Mtls => "mtls",
        Sent::Tls => "tls",
        Sent::Mutual => "mutual",
    }
}

/// The word for what a server accepts; `None`: it has no sidecar.
pub const fn server(mode: Option<Mode>) -> &'static str {
    match mode {
        Some(Mode::Strict) => "strict",
        Some(Mode::Permissive) => "permissive",
        Some(Mode::Disable) => "disable",
        None => "no-sidecar",
    }
}

/// The word for a verdict.
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Mtls => "mtls",
        Verdict::Plaintext => "plaintext",
        Verdict::Tls => "tls",
        Verdict::Broken => "broken",
    }
}

/// `Kind namespace/name` of an object.
pub fn object(mesh: &Mesh, id: ObjectId) -> String {
    mesh.objects.header(id).map_or_else(String::new, |header| {
        if header.namespace.is_empty() {
            format!("{} {}", header.kind, header.name)
        } else {
            format!("{} {}/{}", header.kind, header.namespace, header.name)
        }
    })
}

/// The place in a DestinationRule that decides what is sent.
pub fn client_by(outcome: &Outcome) -> Option<Decider> {
    let by = outcome.sends.by?;
    Some((by.rule, by.path()))
}

/// The place in a PeerAuthentication that decides what is accepted.
pub fn server_by(outcome: &Outcome) -> Option<Decider> {
    let by = outcome.accepts.by()?;
    Some((by.object, by.path.clone()))
}

/// Why an edge is what it is, on one line.
pub fn why(mesh: &Mesh, outcome: &Outcome, to: WorkloadId) -> String {
    let client = match outcome.sends.by {
        Some(by) => format!("{}{}", object(mesh, by.rule), of_rule(outcome.sends.reason)),
        None => of_client(outcome.sends.reason).to_owned(),
    };
    format!("{client}; {}", of_server(mesh, outcome, to))
}

/// The same in few words, where the deciding objects stand below.
pub fn short(mesh: &Mesh, outcome: &Outcome, to: WorkloadId) -> String {
    let server = match (&outcome.accepts, mesh.security.wire().proxy(to)) {
        (Accepts::Mode(mode, _), _) => upper(*mode).to_owned(),
        (Accepts::NoSidecar, proxy) if proxy.is_gateway() => "a gateway".to_owned(),
        (Accepts::NoSidecar, _) => "no proxy on the server".to_owned(),
    };
    let client = match outcome.sends.reason {
        Reason::NoSidecar if outcome.accepts == Accepts::NoSidecar => return server,
        Reason::Rule(mode) => rule_mode(mode),
        reason => of_client(reason),
    };
    format!("{client}; {server}")
}

/// What a DestinationRule does, after its name.
pub fn of_rule(reason: Reason) -> &'static str {
    match reason {
        Reason::Rule(ClientTlsMode::Disable) => " disables TLS",
        Reason::Rule(ClientTlsMode::Simple) => " sends TLS of the application",
        Reason::Rule(ClientTlsMode::Mutual) => " sends TLS with a certificate of its own",
        Reason::Rule(ClientTlsMode::IstioMutual) => " sends mutual TLS",
        Reason::CredentialName => " has a credentialName, which sidecars ignore together with TLS",
        _ => " has TLS settings above an entry for the port without any",
    }
}

/// What a PeerAuthentication does, after its name.
pub fn of_peer(mode: Mode) -> &'static str {
    match mode {
        Mode::Strict => " is STRICT",
        Mode::Permissive => " is PERMISSIVE",
        Mode::Disable => " is DISABLE",
    }
}

fn upper(mode: Mode) -> &'static str {
    match mode {
        Mode::Strict => "STRICT",
        Mode::Permissive => "PERMISSIVE",
        Mode::Disable => "DISABLE",
    }
}

fn rule_mode(mode: ClientTlsMode) -> &'static str {
    match mode {
        ClientTlsMode::Disable => "TLS disabled",
        ClientTlsMode::Simple => "TLS of the application",
        ClientTlsMode::Mutual => "TLS with its own certificate",
        ClientTlsMode::IstioMutual => "mutual TLS",
    }
}

fn of_client(reason: Reason) -> &'static str {
    match reason {
        Reason::NoProxy => "no proxy",
        Reason::Auto => "auto mTLS",
        Reason::External => "outside the mesh",
        Reason::AutoOff => "auto mTLS is off",
        Reason::SomeWithoutSidecar => "some backends have no sidecar",
        Reason::NamespaceDisabled => "the namespace disables mTLS",
        Reason::OriginalDestination => "auto mTLS, decided for all backends together",
        Reason::NoSidecar => "no sidecar on the server",
        Reason::PortDisabled => "the server's port disables mTLS",
        Reason::Hbone => "HBONE",
        Reason::NoHbone => "ztunnel, and the server takes no HBONE",
        Reason::CredentialName => "a credentialName that sidecars ignore",
        Reason::LeftOver(_) => "TLS settings that the port's entry drops",
        Reason::Rule(mode) => rule_mode(mode),
    }
}

fn of_server(mesh: &Mesh, outcome: &Outcome, to: WorkloadId) -> String {
    match &outcome.accepts {
        Accepts::Mode(mode, Some(by)) => format!("{}{}", object(mesh, by.object), of_peer(*mode)),
        Accepts::Mode(mode, None) => format!("{} by default", upper(*mode)),
        Accepts::NoSidecar => match mesh.security.wire().proxy(to) {
            Proxy::Gateway | Proxy::Waypoint => "the server is a gateway".to_owned(),
            _ => "no proxy on the server".to_owned(),
        },
    }
}

/// An edge in words.
#[derive(Debug, Clone)]
pub struct Told {
    /// `namespace/workload`.
    pub from: String,
    /// `namespace/service:port`.
    pub to: String,
    /// `namespace/workload` of the backend.
    pub to_workload: String,
    /// What the client sends.
    pub client: &'static str,
    /// What the server accepts.
    pub server: &'static str,
    /// What comes of it.
    pub verdict: &'static str,
    /// Why, on one line.
    pub why: String,
    /// The DestinationRule that decides, and where in it.
    pub client_by: Option<(String, Decider)>,
    /// The PeerAuthentication that decides, and where in it.
    pub server_by: Option<(String, Decider)>,
    /// The subset, on edges to one.
    pub subset: Option<String>,
    /// By what the input shows the call.
    pub evidence: Kinds,
}

impl Row<'_> {
    /// The edge in words.
    pub fn told(&self, mesh: &Mesh) -> Told {
        let outcome = &self.outcome;
        let named = |by: Option<Decider>| by.map(|by| (object(mesh, by.0), by));
        let header = mesh.objects.header(self.target.object);
        Told {
            from: name_of(mesh, self.from),
            to: header.map_or_else(String::new, |header| {
                format!("{}/{}:{}", header.namespace, header.name, self.port)
            }),
            to_workload: name_of(mesh, self.to),
            client: sent(outcome.sends.sent),
            server: server(outcome.accepts.mode()),
            verdict: verdict(outcome.verdict),
            why: why(mesh, outcome, self.to),
            client_by: named(client_by(outcome)),
            server_by: named(server_by(outcome)),
            subset: self.subset.map(ToString::to_string),
            evidence: self.evidence,
        }
    }
}
