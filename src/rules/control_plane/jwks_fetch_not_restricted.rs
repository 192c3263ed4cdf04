//! IST0175: an istiod that fetches keys from anywhere.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::model::Object;
use crate::model::core::Controller;
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "jwks-fetch-not-restricted",
    codes: &[Code::IST0175],
    runs: &[Run::Mesh(jwks_fetch_not_restricted)],
};

const VARIABLE: &str = "BLOCKED_CIDRS_IN_JWKS_URIS";

fn jwks_fetch_not_restricted(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let control_planes: Vec<&Object<Controller>> = analysis
        .deployments()
        .filter(|deployment| deployment.metadata.labels.has("app", "istiod"))
        .filter(|deployment| !is_configured(deployment))
        .collect();
    if control_planes.is_empty() {
        return;
    }
    let any = mesh.quirks.any_request_authentication_fetches_keys;
    let mut names: Vec<String> = analysis
        .request_authentications()
        .filter(|policy| {
            let mut rules = policy.spec.jwt_rules.iter();
            any || rules.any(|rule| rule.jwks.is_empty())
        })
        .map(|policy| full_name(policy.namespace(), policy.name()))
        .collect();
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    for deployment in control_planes {
        let message = format!(
            "istiod fetches the keys of RequestAuthentications from any address: {VARIABLE} is not \
             set, and there are {} of them, {}",
            names.len(),
            list(&names)
        );
        findings.push(
            Finding::new(Code::IST0175, deployment.id, "", message)
                .points_at("spec/template/spec/containers")
                .help(format!(
                    "set {VARIABLE} to ranges that istiod must not be sent to, such as \
                     169.254.0.0/16"
                )),
        );
    }
}

fn is_configured(deployment: &Object<Controller>) -> bool {
    let containers = &deployment.spec.template.spec.containers;
    containers.iter().any(|container| {
        container
            .env
            .iter()
            .any(|variable| variable.name == VARIABLE && !variable.value.is_empty())
    })
}
