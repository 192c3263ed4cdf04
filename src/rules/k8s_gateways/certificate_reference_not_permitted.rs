//! MESH4003: a Gateway that refers to a certificate of another namespace without its permission.

use super::credentials::{Credential, credentials};
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::Reference;
use crate::model::Object;
use crate::model::gateway_api::Gateway;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "certificate-reference-not-permitted",
    codes: &[Code::MESH4003],
    runs: &[Run::K8sGateway(certificate_reference_not_permitted)],
};

fn certificate_reference_not_permitted(
    gateway: &Object<Gateway>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for credential in credentials(gateway) {
        let texts = [credential.namespace, credential.name, gateway.namespace()];
        let is_open = texts.iter().any(|text| is_unresolved(mesh, text));
        let is_foreign = credential.namespace != gateway.namespace();
        if is_foreign
            && !is_open
            && !credential.kind.is_empty()
            && !is_permitted(gateway, &credential, mesh)
        {
            findings.push(finding(gateway, &credential, mesh));
        }
    }
}

/// Whether a ReferenceGrant allows the reference to something in another namespace.
pub(super) fn is_permitted(
    gateway: &Object<Gateway>,
    credential: &Credential<'_>,
    mesh: &Mesh,
) -> bool {
    mesh.routing.is_granted(&Reference {
        from_kind: "Gateway",
        from_namespace: gateway.namespace(),
        kind: credential.kind,
        namespace: credential.namespace,
        name: credential.name,
    })
}

fn finding(gateway: &Object<Gateway>, credential: &Credential<'_>, mesh: &Mesh) -> Finding {
    let own = gateway.namespace();
    let Credential {
        kind,
        namespace,
        name,
        ..
    } = *credential;
    let outcome = match credential.listener {
        Some(listener) => format!("listener {listener} has no certificate and TLS handshakes fail"),
        None => "the reference is refused".to_owned(),
    };
    let message = format!(
        "no ReferenceGrant in namespace {namespace} lets Gateways of namespace {own} refer to {kind} \
         {name}: {outcome}"
    );
    let mut nearly = mesh.routing.reference_grants(namespace, own, "Gateway");
    let mut misplaced = mesh.routing.reference_grants(own, own, "Gateway");
    let path = credential.path.field("namespace");
    let finding = Finding::new(Code::MESH4003, gateway.id, path, message);
    let finding = if let Some(grant) = nearly.next() {
        finding
            .help(format!(
                "let ReferenceGrant {} allow {kind} {name} as well",
                grant.name()
            ))
            .related(grant.id, "spec/to", "what the grant allows")
    } else if let Some(grant) = misplaced.next() {
        finding
            .help(format!(
                "a ReferenceGrant belongs into the namespace of the {kind}: move {} to {namespace}",
                grant.name()
            ))
            .related(grant.id, "metadata/namespace", "the grant holds here")
    } else {
        finding.help(format!(
            "add to namespace {namespace}:\n\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: \
             ReferenceGrant\nspec:\n  from:\n  - group: gateway.networking.k8s.io\n    kind: Gateway\n    \
             namespace: {own}\n  to:\n  - group: \"\"\n    kind: {kind}\n    name: {name}"
        ))
    };
    finding.given(evidence(gateway, namespace, mesh))
}

/// Evidence for a grant in a namespace: the input shows something of it.
fn evidence(gateway: &Object<Gateway>, namespace: &str, mesh: &Mesh) -> Evidence {
    if mesh.settings.closed_world {
        return Evidence::Shown;
    }
    if mesh.places.is_unplaced(gateway.id) {
        return Evidence::NotShown("the Gateway names no namespace".to_owned());
    }
    mesh.evidence.knows_namespace(namespace)
}
