//! What comes of what a client sends and a server accepts.

use super::peers::{Mode, PeerDecision};
use super::sends::Sent;
use crate::mesh::registry::Protocol;

/// What a port of a workload accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepts {
    /// The workload has no proxy, or is one itself: what stands behind the port decides.
    NoSidecar,
    /// By the mode of PeerAuthentications, and the one that sets it; none for Istio's default.
    Mode(Mode, Option<PeerDecision>),
}

impl Accepts {
    /// The mode, if PeerAuthentications decide.
    pub fn mode(&self) -> Option<Mode> {
        match self {
            Self::NoSidecar => None,
            Self::Mode(mode, _) => Some(*mode),
        }
    }

    /// The PeerAuthentication that sets the mode.
    pub fn by(&self) -> Option<&PeerDecision> {
        match self {
            Self::NoSidecar => None,
            Self::Mode(_, by) => by.as_ref(),
        }
    }
}

/// What comes of what a client sends and a server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Mutual TLS of the mesh: encrypted, and both know each other.
    Mtls,
    /// Plain text.
    Plaintext,
    /// TLS that works only if the application itself ends it.
    Tls,
    /// No connection, or none that either side understands.
    Broken,
}

/// The verdict on what is sent to a port with a proxy that accepts `mode` (`None`: no proxy, or a
/// gateway) and speaks `protocol`.
pub fn verdict(sent: Sent, mode: Option<Mode>, protocol: Protocol) -> Verdict {
    match (sent, mode) {
        (Sent::Plaintext, Some(Mode::Strict)) => Verdict::Broken,
        (Sent::Plaintext, _) => Verdict::Plaintext,
        (Sent::Mtls, Some(Mode::Strict | Mode::Permissive)) => Verdict::Mtls,
        (Sent::Mtls, _) => Verdict::Broken,
        (Sent::Tls | Sent::Mutual, None) => Verdict::Tls,
        (Sent::Tls | Sent::Mutual, Some(Mode::Strict)) => Verdict::Broken,
        (Sent::Tls | Sent::Mutual, Some(_)) if protocol == Protocol::Http => Verdict::Broken,
        (Sent::Tls | Sent::Mutual, Some(_)) => Verdict::Tls,
    }
}
