//! IST0101, IST0161: certificates that a Gateway names and that do not exist, or are not valid.

use jiff::Timestamp;

use super::x509::{base64, is_valid_chain};
use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix};
use crate::mesh::analysis::{Analysis, full_name};
use crate::mesh::{External, Mesh};
use crate::model::core::Secret;
use crate::model::networking::Gateway;
use crate::model::operators::Makes;
use crate::model::{Labels, Object, ObjectId};
use crate::path;
use crate::rules::common::lists::list;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-credentials",
    codes: &[Code::IST0101, Code::IST0161],
    runs: &[Run::Gateway(gateway_credentials)],
};

fn gateway_credentials(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    let Some(workloads) = super::workloads(gateway, mesh) else {
        return;
    };
    let analysis = mesh.analysis();
    let mut namespaces: Vec<&str> = analysis
        .pods_by_id(&workloads.pods)
        .map(|pod| pod.namespace.as_str())
        .collect();
    namespaces.dedup();
    if analysis.quirks().secrets_of_one_namespace {
        namespaces.truncate(1);
    }
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let name = server.tls.as_ref().map_or("", |tls| &tls.credential_name);
        if name.is_empty() {
            continue;
        }
        let quirks = analysis.quirks();
        let is_url = !quirks.credential_urls_are_names && name.contains("://");
        if is_url || is_unresolved(analysis.mesh, name) {
            continue;
        }
        let path = path!["spec", "servers", index, "tls", "credentialName"];
        let places: Vec<(&str, &str)> = match name.split_once('/') {
            Some((namespace, name)) => vec![(namespace, name)],
            None => namespaces.iter().map(|ns| (*ns, name)).collect(),
        };
        let secrets: Vec<&Object<Secret>> = places
            .iter()
            .filter_map(|(namespace, name)| analysis.secret(namespace, name))
            .filter(|secret| !quirks.unloaded_objects_are_not_checked || is_loaded(secret))
            .collect();
        if secrets.is_empty() {
            findings.extend(missing(gateway, name, &places, path, analysis));
        } else if !secrets.iter().any(|secret| is_valid(secret, analysis)) {
            let filled = filled_elsewhere(&secrets, analysis);
            findings.push(invalid(gateway, &secrets, path).given(filled));
        }
    }
}

fn missing(
    gateway: &Object<Gateway>,
    name: &str,
    places: &[(&str, &str)],
    path: FieldPath,
    analysis: Analysis<'_>,
) -> Option<Finding> {
    let mesh = analysis.mesh;
    let is_external = places.iter().any(|(namespace, name)| {
        External::has(
            &mesh.settings.external.credentials,
            &full_name(namespace, name),
        )
    });
    if is_external {
        return None;
    }
    let is_made =
        |(namespace, name): &(&str, &str)| mesh.evidence.is_made(Makes::Secret, namespace, name);
    if !mesh.quirks.run_time_plays_no_part && places.iter().any(is_made) {
        return None;
    }
    if let Some(elsewhere) = elsewhere(name, places, mesh) {
        return Some(elsewhere.finding(gateway, name, places, path));
    }
    let namespaces = list(places.iter().map(|(namespace, _)| *namespace));
    let message =
        format!("there is no Secret {name} for the Gateway's workloads, in namespace {namespaces}");
    let (namespace, _) = places.first()?;
    Some(
        Finding::new(Code::IST0101, gateway.id, path, message)
            .help("make the Secret in the namespace of the gateway's pods")
            .given(mesh.evidence.knows_credentials_in(namespace)),
    )
}

/// A Secret that a Gateway names, in a namespace where its pods do not look.
struct Elsewhere<'m> {
    namespace: &'m str,
    /// The Secret, or the object that an operator makes it for.
    object: ObjectId,
    /// What that is: `Secret`, `Certificate`.
    kind: &'m str,
    /// Whether something may copy it to other namespaces.
    is_copied: bool,
}

/// The Secret of this name in another namespace than those in which it is looked for. `None` if
/// there is none, or something that the input does not show may bring it here as well.
fn elsewhere<'m>(name: &str, places: &[(&str, &str)], mesh: &'m Mesh) -> Option<Elsewhere<'m>> {
    if mesh.quirks.run_time_plays_no_part || name.contains('/') {
        return None;
    }
    let is_open = places.iter().any(|(namespace, _)| {
        External::has(&mesh.settings.external.namespaces, namespace)
            || matches!(
                mesh.evidence.knows_credentials_in(namespace),
                Evidence::Unseen { .. }
            )
    });
    if is_open {
        return None;
    }
    let is_other = |own: &str| places.iter().all(|(namespace, _)| *namespace != own);
    let mut secrets = mesh.evidence.secrets_named(name);
    let secret =
        secrets.find(|secret| is_other(secret.namespace()) && !mesh.places.is_unplaced(secret.id));
    if let Some(secret) = secret {
        return Some(Elsewhere {
            namespace: secret.namespace(),
            object: secret.id,
            kind: "Secret",
            is_copied: is_copied(secret),
        });
    }
    let mut made = mesh.evidence.made_secrets_named(name);
    let made =
        made.find(|made| is_other(&made.namespace) && !mesh.places.is_unplaced(made.object))?;
    let header = mesh.objects.header(made.object)?;
    Some(Elsewhere {
        namespace: &made.namespace,
        object: made.object,
        kind: &header.kind,
        is_copied: false,
    })
}

/// Whether annotations ask a controller to copy a Secret to other namespaces.
fn is_copied(secret: &Object<Secret>) -> bool {
    const COPIERS: [&str; 4] = [
        "reflector.v1.k8s.emberstack.com/",
        "replicator.v1.mittwald.de/",
        "kubed.appscode.com/",
        "config.syncer/",
    ];
    let mut annotations = secret.metadata.annotations.iter();
    annotations.any(|(key, _)| COPIERS.iter().any(|copier| key.starts_with(copier)))
}

impl Elsewhere<'_> {
    fn finding(
        &self,
        gateway: &Object<Gateway>,
        name: &str,
        places: &[(&str, &str)],
        path: FieldPath,
    ) -> Finding {
        let read = list(places.iter().map(|(namespace, _)| *namespace));
        let what = if self.kind == "Secret" {
            format!("Secret {name} is")
        } else {
            format!("Secret {name} is made for a {}", self.kind)
        };
        let message = format!(
            "{what} in namespace {}, but the gateway reads Secrets of {read}, where its pods run: without \
             a certificate TLS handshakes fail",
            self.namespace
        );
        let finding = Finding::new(Code::IST0101, gateway.id, path, message)
            .help(format!("move the {} to {read}", self.kind))
            .related(
                self.object,
                "metadata/namespace",
                format!("the {} is in another namespace", self.kind),
            );
        if self.is_copied {
            let why = "annotations of the Secret may have it copied to other namespaces";
            return finding.given(Evidence::NotShown(why.to_owned()));
        }
        let fix = Fix::hazardous(format!("move the {} to {read}", self.kind));
        match places {
            [(only, _)] => finding.fix(fix.write(self.object, "metadata/namespace", *only)),
            _ => finding,
        }
    }
}

fn invalid(gateway: &Object<Gateway>, secrets: &[&Object<Secret>], path: FieldPath) -> Finding {
    let namespaces = list(secrets.iter().map(|secret| secret.namespace()));
    let message = format!(
        "a Secret that Gateway {} uses in namespace {namespaces} holds no valid certificate with \
         its key",
        gateway.name()
    );
    let mut finding = Finding::new(Code::IST0161, gateway.id, path, message).help(
        "the Secret needs tls.crt and tls.key (or cert and key), with a certificate that has not \
         expired",
    );
    for secret in secrets {
        finding = finding.related(secret.id, "data", "the Secret");
    }
    finding
}

/// A Secret without any data is often one that a controller fills: a copy of another namespace's,
/// or one whose content is kept out of version control.
fn filled_elsewhere(secrets: &[&Object<Secret>], analysis: Analysis<'_>) -> Evidence {
    let is_empty = |secret: &&Object<Secret>| {
        secret.spec.data.is_empty() && secret.spec.string_data.is_empty()
    };
    if analysis.mesh.settings.closed_world || !secrets.iter().any(is_empty) {
        Evidence::Shown
    } else {
        Evidence::NotShown("the Secret has no data in its manifest".to_owned())
    }
}

/// Whether istioctl can load the Secret: all of `data` is base64.
fn is_loaded(secret: &Object<Secret>) -> bool {
    let mut values = secret.spec.data.values();
    values.all(|value| base64(value.as_bytes()).is_some())
}

fn is_valid(secret: &Object<Secret>, analysis: Analysis<'_>) -> bool {
    let reads_plain = !analysis.quirks().string_data_is_not_read;
    let value = |key: &str| -> Option<Vec<u8>> {
        let plain = secret.spec.string_data.get(key).filter(|_| reads_plain);
        let bytes = match plain {
            Some(text) => text.as_bytes().to_vec(),
            None => base64(secret.spec.data.get(key)?.as_bytes())?,
        };
        (!bytes.is_empty()).then_some(bytes)
    };
    let is_open = |data: &Labels| data.values().any(|text| is_unresolved(analysis.mesh, text));
    if is_open(&secret.spec.data) || is_open(&secret.spec.string_data) {
        return true;
    }
    let now = analysis.mesh.settings.now.map(Timestamp::as_second);
    [("cert", "key"), ("tls.crt", "tls.key")]
        .into_iter()
        .find_map(|(certificate, key)| {
            value(key)?;
            value(certificate)
        })
        .is_some_and(|certificate| is_valid_chain(&certificate, now))
}
