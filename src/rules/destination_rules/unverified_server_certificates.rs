//! IST0128, IST0129: TLS to a host whose certificate nobody verifies.

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, ClientTlsSettings, DestinationRule};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unverified-server-certificates",
    codes: &[Code::IST0128, Code::IST0129],
    runs: &[Run::DestinationRule(unverified_server_certificates)],
};

fn unverified_server_certificates(
    rule: &Object<DestinationRule>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if mesh.analysis_of(rule.id).is_none() {
        return;
    }
    let Some(policy) = rule.spec.traffic_policy.as_deref() else {
        return;
    };
    let has_selector = rule.spec.workload_selector.is_some();
    if let Some(tls) = unverified(policy.tls.as_deref(), has_selector) {
        let path = path!["spec", "trafficPolicy", "tls", "caCertificates"];
        findings.push(finding(Code::IST0128, rule, tls, path, "", mesh));
    }
    for (index, port) in policy.port_level_settings.iter().enumerate() {
        if let Some(tls) = unverified(port.tls.as_deref(), has_selector) {
            let number = port.port.as_ref().map_or(0, |port| port.number);
            let path = path![
                "spec",
                "trafficPolicy",
                "portLevelSettings",
                index,
                "tls",
                "caCertificates"
            ];
            let at = format!(" at port {number}");
            findings.push(finding(Code::IST0129, rule, tls, path, &at, mesh));
        }
    }
}

const HELP: &str = "set caCertificates to the file that holds the server's CA, such as \
                    /etc/ssl/certs/ca-certificates.crt";

/// The settings, if they need CA certificates and there are none.
fn unverified(tls: Option<&ClientTlsSettings>, has_selector: bool) -> Option<&ClientTlsSettings> {
    let tls = tls?;
    let has_credential = !tls.credential_name.is_empty() && has_selector;
    (matches!(tls.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual)
        && tls.ca_certificates.is_empty()
        && !has_credential)
        .then_some(tls)
}

/// Since Istio 1.21 proxies without CA certificates go by those of their system, unless they are
/// told not to verify anything; istioctl warns all the same.
fn finding(
    code: Code,
    rule: &Object<DestinationRule>,
    tls: &ClientTlsSettings,
    path: FieldPath,
    port: &str,
    mesh: &Mesh,
) -> Finding {
    let config = mesh.analysis().mesh_config();
    let is_skipped = tls.insecure_skip_verify == Some(true)
        || config.verify_certificate_at_client == Some(false);
    let message = format!(
        "TLS mode {} is set for {}{port} without caCertificates, so the identity of the server is \
         not verified{}",
        tls.mode,
        rule.spec.host,
        if is_skipped {
            ""
        } else {
            " (since Istio 1.21 only against the CAs of the proxy's system)"
        }
    );
    let finding = Finding::new(code, rule.id, path, message).help(HELP);
    if is_skipped || mesh.quirks.severities_are_those_of_istioctl {
        finding
    } else {
        finding.severity(Severity::Info)
    }
}
