//! MESH2109: a gateway accepts TLS that is not safe any more.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{Gateway, TlsProtocol};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-weak-tls",
    codes: &[Code::MESH2109],
    runs: &[Run::Gateway(gateway_weak_tls)],
};

/// The ciphers that Istio knows whose keys are exchanged by RSA: who gets the server's key reads all
/// that was ever recorded.
const WITHOUT_FORWARD_SECRECY: [&str; 5] = [
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

fn gateway_weak_tls(gateway: &Object<Gateway>, _: &Mesh, findings: &mut Findings) {
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let Some(tls) = &server.tls else { continue };
        let base = path!["spec", "servers", index, "tls"];
        let version = match tls.min_protocol_version {
            TlsProtocol::V1_0 => Some("1.0"),
            TlsProtocol::V1_1 => Some("1.1"),
            _ => None,
        };
        if let Some(version) = version {
            let message =
                format!("TLS {version} is accepted, which browsers and standards have given up");
            findings.push(
                Finding::new(
                    Code::MESH2109,
                    gateway.id,
                    base.field("minProtocolVersion"),
                    message,
                )
                .help("set minProtocolVersion to TLSV1_2 or leave it out"),
            );
        }
        for (at, cipher) in tls.cipher_suites.iter().enumerate() {
            if !WITHOUT_FORWARD_SECRECY.contains(&cipher.as_str()) {
                continue;
            }
            let message = format!(
                "{cipher} has no forward secrecy: with the server's key recorded traffic can be read"
            );
            findings.push(
                Finding::new(
                    Code::MESH2109,
                    gateway.id,
                    base.field("cipherSuites").item(at),
                    message,
                )
                .help("keep the ciphers that begin with ECDHE"),
            );
        }
    }
}
