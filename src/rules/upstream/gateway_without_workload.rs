//! IST0101: Gateways whose selector leads nowhere.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::selectors::{first_label_path, selector_text};
use crate::model::Object;
use crate::model::networking::Gateway;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-without-workload",
    codes: &[Code::IST0101],
    runs: &[Run::Gateway(gateway_without_workload)],
};

fn gateway_without_workload(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(gateway.id) else {
        return;
    };
    let selector = &gateway.spec.selector;
    if analysis.pods_matching_anywhere(selector).next().is_none() {
        findings.push(no_workload(gateway, &selector_text(selector)));
    }
}

/// The finding that a Gateway's selector leads nowhere.
pub(super) fn no_workload(gateway: &Object<Gateway>, text: &str) -> Finding {
    let message = format!("no workload has the labels {text} that the Gateway selects");
    let path = first_label_path("spec/selector", &gateway.spec.selector);
    Finding::new(Code::IST0101, gateway.id, path, message)
        .help("select the labels of the gateway's pods, often istio: ingressgateway")
}
