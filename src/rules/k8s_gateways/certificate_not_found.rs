//! MESH4004: a Gateway that refers to a certificate which does not exist.

use super::certificate_reference_not_permitted::is_permitted;
use super::credentials::{Credential, credentials};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::gateway_api::Gateway;
use crate::model::{Object, ObjectId};
use crate::nearest::Near;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "certificate-not-found",
    codes: &[Code::MESH4004],
    runs: &[Run::K8sGateway(certificate_not_found)],
};

/// With such annotations cert-manager makes the Secrets that the listeners name.
const SHIM: &str = "cert-manager.io/";

fn certificate_not_found(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    let mut annotations = gateway.metadata.annotations.iter();
    if mesh.quirks.run_time_plays_no_part || annotations.any(|(key, _)| key.starts_with(SHIM)) {
        return;
    }
    for credential in credentials(gateway) {
        let Some(listener) = credential.listener else {
            continue;
        };
        let Credential {
            namespace, name, ..
        } = credential;
        let is_open = is_unresolved(mesh, namespace) || is_unresolved(mesh, name);
        if credential.kind != "Secret" || is_open || name.is_empty() {
            continue;
        }
        // Without permission nobody looks for the Secret.
        let is_foreign = namespace != gateway.namespace();
        if is_foreign && !is_permitted(gateway, &credential, mesh) {
            continue;
        }
        if !mesh.evidence.has_secret(namespace, name) {
            findings.push(finding(gateway, &credential, listener, mesh));
        }
    }
}

fn finding(
    gateway: &Object<Gateway>,
    credential: &Credential<'_>,
    listener: &str,
    mesh: &Mesh,
) -> Finding {
    let Credential {
        namespace, name, ..
    } = *credential;
    let path = credential.path.field("name");
    let near = mesh.evidence.nearest_secret(namespace, name);
    let elsewhere = mesh.evidence.secret_elsewhere(namespace, name);
    let hint = match (&near, elsewhere) {
        (Some(near), _) => format!("; {} has {}", provider(near.what.by, mesh), near.what.name),
        (None, Some(other)) => format!("; there is one in namespace {}", other.namespace),
        (None, None) => String::new(),
    };
    let message = format!(
        "there is no Secret {name} in namespace {namespace}{hint}: listener {listener} has no \
         certificate and TLS handshakes fail"
    );
    let mut finding = Finding::new(Code::MESH4004, gateway.id, path.clone(), message);
    if let Some(near) = near {
        let meant = near.what.name.as_str();
        let near = Near {
            what: meant,
            ties: near.ties,
            others: near.others,
        };
        let fix = Fix::guess(format!("write {meant}"), &near);
        finding = finding
            .help(format!("write `name: {meant}`"))
            .fix(fix.map(|fix| fix.write(gateway.id, path, meant)));
    } else if elsewhere.is_some() {
        finding = finding.help(format!(
            "make the Secret in {namespace}, or name its namespace and add a ReferenceGrant there"
        ));
    } else {
        finding = finding.help("make the Secret, or name one that exists");
    }
    if let Some(near) = mesh.evidence.nearest_secret(namespace, name) {
        finding = finding.related(near.what.by, "", "a Secret of a near name comes from here");
    } else if let Some(other) = elsewhere {
        finding = finding.related(other.by, "", "a Secret of this name comes from here");
    }
    finding.given(mesh.evidence.knows_secret(namespace, name))
}

/// `Certificate shop`
fn provider(object: ObjectId, mesh: &Mesh) -> String {
    let header = mesh.objects.header(object);
    header.map_or_else(String::new, |header| {
        format!("{} {}", header.kind, header.name)
    })
}
