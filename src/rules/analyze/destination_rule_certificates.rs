//! IST0128, IST0129: TLS to a host whose certificate nobody verifies.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, ClientTlsSettings, DestinationRule};
use crate::rules::{Check, Run};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "destination-rule-ca-certificates",
    codes: &[Code::IST0128, Code::IST0129],
    run: Run::DestinationRule(check),
}];

fn check(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(rule.id).is_none() {
        return;
    }
    let Some(policy) = rule.spec.traffic_policy.as_deref() else {
        return;
    };
    let has_selector = rule.spec.workload_selector.is_some();
    if let Some(mode) = unverified(policy.tls.as_deref(), has_selector) {
        let message = message(rule, mode, "");
        let path = "spec/trafficPolicy/tls/caCertificates";
        findings.push(Finding::new(Code::IST0128, rule.id, path, message).help(HELP));
    }
    for (index, port) in policy.port_level_settings.iter().enumerate() {
        if let Some(mode) = unverified(port.tls.as_deref(), has_selector) {
            let number = port.port.as_ref().map_or(0, |port| port.number);
            let message = message(rule, mode, &format!(" at port {number}"));
            let path = format!("spec/trafficPolicy/portLevelSettings[{index}]/tls/caCertificates");
            findings.push(Finding::new(Code::IST0129, rule.id, path, message).help(HELP));
        }
    }
}

const HELP: &str = "set caCertificates to the file that holds the server's CA, such as \
                    /etc/ssl/certs/ca-certificates.crt";

/// The mode, if it is one that needs CA certificates and there are none.
fn unverified(tls: Option<&ClientTlsSettings>, has_selector: bool) -> Option<ClientTlsMode> {
    let tls = tls?;
    let has_credential = !tls.credential_name.is_empty() && has_selector;
    (matches!(tls.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual)
        && tls.ca_certificates.is_empty()
        && !has_credential)
        .then_some(tls.mode)
}

fn message(rule: &Object<DestinationRule>, mode: ClientTlsMode, port: &str) -> String {
    format!(
        "TLS mode {mode} is set for {}{port} without caCertificates, so the identity of the \
         server is not verified",
        rule.spec.host
    )
}
