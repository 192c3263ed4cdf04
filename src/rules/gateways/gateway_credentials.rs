//! IST0101, IST0161: certificates that a Gateway names and that do not exist, or are not valid.

use jiff::Timestamp;

use super::x509::{base64, is_valid_chain};
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::analysis::{Analysis, full_name};
use crate::mesh::{External, Mesh};
use crate::model::core::Secret;
use crate::model::networking::Gateway;
use crate::model::{Labels, Object};
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
