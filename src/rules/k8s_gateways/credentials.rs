//! The Secrets and ConfigMaps that a Gateway refers to.

use crate::model::Object;
use crate::model::gateway_api::{FrontendValidation, Gateway, NamespacedRef, SecretRef};
use crate::path;
use crate::yaml::FieldPath;

/// A reference of a Gateway.
pub(super) struct Credential<'g> {
    /// Where it stands.
    pub(super) path: FieldPath,
    /// The kind, of the core group; empty for another group.
    pub(super) kind: &'g str,
    /// The namespace: the Gateway's unless the reference says another.
    pub(super) namespace: &'g str,
    /// The name.
    pub(super) name: &'g str,
    /// The listener that presents the certificate, if it is one.
    pub(super) listener: Option<&'g str>,
}

/// All references of a Gateway: certificates of listeners, authorities for those of clients, and the
/// certificate that is shown to backends.
pub(super) fn credentials(gateway: &Object<Gateway>) -> Vec<Credential<'_>> {
    let own = gateway.namespace();
    let mut found = Vec::new();
    for (at, listener) in gateway.spec.listeners.iter().enumerate() {
        let Some(tls) = &listener.tls else { continue };
        let path = path!["spec", "listeners", at, "tls"];
        for (at, reference) in tls.certificate_refs.iter().enumerate() {
            let path = path.field("certificateRefs").item(at);
            found.push(Credential {
                listener: Some(&listener.name),
                ..of_secret(reference, path, own)
            });
        }
        let validation = tls.frontend_validation.as_deref();
        add_authorities(
            validation,
            &path.field("frontendValidation"),
            own,
            &mut found,
        );
    }
    if let Some(tls) = &gateway.spec.tls {
        let path = path!["spec", "tls"];
        if let Some(frontend) = &tls.frontend {
            let path = path.field("frontend");
            let default = path.field("default").field("validation");
            add_authorities(
                frontend.default.validation.as_ref(),
                &default,
                own,
                &mut found,
            );
            for (at, port) in frontend.per_port.iter().enumerate() {
                let path = path.field("perPort").item(at).field("tls");
                let validation = port.tls.validation.as_ref();
                add_authorities(validation, &path.field("validation"), own, &mut found);
            }
        }
        let client = tls.backend.as_ref();
        if let Some(reference) = client.and_then(|backend| backend.client_certificate_ref.as_ref())
        {
            let path = path.field("backend").field("clientCertificateRef");
            found.push(of_secret(reference, path, own));
        }
    }
    found
}

fn of_secret<'g>(reference: &'g SecretRef, path: FieldPath, own: &'g str) -> Credential<'g> {
    Credential {
        path,
        kind: if reference.group.is_empty() {
            reference.kind()
        } else {
            ""
        },
        namespace: reference.namespace(own),
        name: &reference.name,
        listener: None,
    }
}

fn add_authorities<'g>(
    validation: Option<&'g FrontendValidation>,
    path: &FieldPath,
    own: &'g str,
    found: &mut Vec<Credential<'g>>,
) {
    let references = validation
        .into_iter()
        .flat_map(|own| &own.ca_certificate_refs);
    for (at, reference) in references.enumerate() {
        let NamespacedRef {
            group,
            kind,
            namespace,
            name,
        } = reference;
        found.push(Credential {
            path: path.field("caCertificateRefs").item(at),
            kind: if group.is_empty() { kind } else { "" },
            namespace: if namespace.is_empty() { own } else { namespace },
            name,
            listener: None,
        });
    }
}
