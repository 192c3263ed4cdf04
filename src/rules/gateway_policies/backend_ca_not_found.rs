//! MESH4009: a BackendTLSPolicy whose certificate of the authority does not exist.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::gateway_api::BackendTlsPolicy;
use crate::model::{Object, ObjectId};
use crate::nearest::{Near, nearest};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "backend-ca-not-found",
    codes: &[Code::MESH4009],
    runs: &[Run::BackendTlsPolicy(backend_ca_not_found)],
};

/// The key of the certificate.
const KEY: &str = "ca.crt";
/// ConfigMaps that controllers write into every namespace.
const EVERYWHERE: [&str; 2] = ["kube-root-ca.crt", "istio-ca-root-cert"];

/// A reference to a ConfigMap or Secret.
struct Reference<'p> {
    path: FieldPath,
    kind: &'p str,
    namespace: &'p str,
    name: &'p str,
}

fn backend_ca_not_found(policy: &Object<BackendTlsPolicy>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let own = policy.namespace();
    let list = policy.spec.validation.ca_certificate_refs.iter();
    let list = list.enumerate().map(|(at, reference)| Reference {
        path: path!["spec", "validation", "caCertificateRefs", at],
        kind: if reference.group.is_empty() {
            &reference.kind
        } else {
            ""
        },
        namespace: own,
        name: &reference.name,
    });
    let old = policy.spec.tls.iter().flat_map(|tls| &tls.ca_cert_refs);
    let old = old.enumerate().map(|(at, reference)| Reference {
        path: path!["spec", "tls", "caCertRefs", at],
        kind: if reference.group.is_empty() {
            &reference.kind
        } else {
            ""
        },
        namespace: if reference.namespace.is_empty() {
            own
        } else {
            &reference.namespace
        },
        name: &reference.name,
    });
    for reference in list.chain(old) {
        let is_open =
            is_unresolved(mesh, reference.name) || is_unresolved(mesh, reference.namespace);
        if !is_open && !reference.name.is_empty() {
            findings.extend(judge(policy.id, &reference, mesh));
        }
    }
}

fn judge(policy: ObjectId, reference: &Reference<'_>, mesh: &Mesh) -> Option<Finding> {
    let Reference {
        namespace, name, ..
    } = *reference;
    let named = mesh.named(namespace, name);
    let (has_key, id) = match reference.kind {
        "ConfigMap" => match named.config_maps() {
            Some(map) => {
                let spec = &map.spec;
                let has_key = spec.data.contains_key(KEY) || spec.binary_data.contains_key(KEY);
                (has_key || map.broken, map.id)
            }
            None => return missing_config_map(policy, reference, mesh),
        },
        "Secret" => match named.secrets() {
            Some(secret) => {
                let spec = &secret.spec;
                let is_empty = spec.data.is_empty() && spec.string_data.is_empty();
                let has_key = spec.data.contains_key(KEY) || spec.string_data.contains_key(KEY);
                // A Secret without data is filled by somebody else.
                (has_key || is_empty || secret.broken, secret.id)
            }
            None => return missing_secret(policy, reference, mesh),
        },
        _ => return None,
    };
    if has_key {
        return None;
    }
    let message = format!(
        "{} {name} of namespace {namespace} has no key {KEY}, so that the policy is not accepted and \
         calls of the backend fail",
        reference.kind
    );
    let meant = format!("{} {name}", reference.kind);
    let evidence = mesh.evidence.knows_meant(policy, id, &meant);
    Some(
        finding(policy, reference, message)
            .help(format!("put the certificate under {KEY}"))
            .related(id, "data", "its keys")
            .given(evidence),
    )
}

fn finding(policy: ObjectId, reference: &Reference<'_>, message: String) -> Finding {
    let path = reference.path.field("name");
    Finding::new(Code::MESH4009, policy, path, message)
}

fn missing_config_map(policy: ObjectId, reference: &Reference<'_>, mesh: &Mesh) -> Option<Finding> {
    let Reference {
        namespace, name, ..
    } = *reference;
    if EVERYWHERE.contains(&name) || mesh.evidence.is_bundle(name) {
        return None;
    }
    let own = mesh.places.id(namespace).map(|id| mesh.of(id));
    let names = own.into_iter().flat_map(|own| own.config_maps());
    let near = nearest(name, names, |map| map.name());
    let near = near.map(|near| (near.what.id, near_name(&near, Object::name)));
    let elsewhere = mesh.evidence.config_map_elsewhere(namespace, name);
    let elsewhere = elsewhere.map(|other| (other.by, other.namespace.as_str()));
    let evidence = mesh.evidence.knows_config_map(namespace, name);
    Some(missing(policy, reference, near, elsewhere).given(evidence))
}

fn missing_secret(policy: ObjectId, reference: &Reference<'_>, mesh: &Mesh) -> Option<Finding> {
    let Reference {
        namespace, name, ..
    } = *reference;
    let evidence = &mesh.evidence;
    if evidence.has_secret(namespace, name) || evidence.is_bundle(name) {
        return None;
    }
    let near = evidence.nearest_secret(namespace, name);
    let near = near.map(|near| (near.what.by, near_name(&near, |secret| &secret.name)));
    let elsewhere = evidence.secret_elsewhere(namespace, name);
    let elsewhere = elsewhere.map(|other| (other.by, other.namespace.as_str()));
    let shown = evidence.knows_secret(namespace, name);
    Some(missing(policy, reference, near, elsewhere).given(shown))
}

/// The name in the place of the thing.
fn near_name<'n, T>(near: &Near<&'n T>, name: impl Fn(&'n T) -> &'n str) -> Near<&'n str> {
    Near {
        what: name(near.what),
        ties: near.ties,
        others: near.others,
    }
}

fn missing(
    policy: ObjectId,
    reference: &Reference<'_>,
    near: Option<(ObjectId, Near<&str>)>,
    elsewhere: Option<(ObjectId, &str)>,
) -> Finding {
    let Reference {
        namespace, name, ..
    } = *reference;
    let message = format!(
        "there is no {} {name} in namespace {namespace}, so that the policy is not accepted and \
         calls of the backend fail",
        reference.kind
    );
    let finding = finding(policy, reference, message);
    if let Some((id, near)) = near {
        let path = reference.path.field("name");
        let fix = Fix::guess(format!("write {}", near.what), &near);
        return finding
            .help(format!("did you mean {}?", near.what))
            .related(id, "metadata/name", "the near name")
            .fix(fix.map(|fix| fix.write(policy, path, near.what)));
    }
    match elsewhere {
        Some((id, place)) => finding
            .help(format!(
                "the policy reads its own namespace: put a copy of the one in {place} there"
            ))
            .related(id, "metadata/namespace", "one of this name"),
        None => finding.help(format!("create the {} with key {KEY}", reference.kind)),
    }
}
