//! KIA1601: a ReferenceGrant for a namespace that does not exist.

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::ReferenceGrant;
use crate::path;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "reference-grant-namespace-not-found",
    codes: &[Code::KIA1601],
    runs: &[Run::ReferenceGrant(reference_grant_namespace_not_found)],
};

/// Namespaces that every cluster has.
const ALWAYS: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

fn reference_grant_namespace_not_found(
    grant: &Object<ReferenceGrant>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if mesh
        .places
        .is_passed_over(mesh.places.namespace_of(grant.id))
    {
        return;
    }
    for (at, from) in grant.spec.from.iter().enumerate() {
        let name = from.namespace.as_str();
        let found = mesh.places.find(name);
        // An empty name is refused by the schema.
        let is_known = found.is_some_and(|namespace| namespace.is_known)
            || !mesh.quirks.grants_need_shown_namespaces
                && (name.is_empty()
                    || mesh.places.is_known(name)
                    || ALWAYS.contains(&name)
                    || is_unresolved(mesh, name));
        if !is_known {
            findings.push(finding(grant, at, name, &from.kind, mesh));
        }
    }
}

fn finding(
    grant: &Object<ReferenceGrant>,
    at: usize,
    name: &str,
    kind: &str,
    mesh: &Mesh,
) -> Finding {
    let known = mesh.places.known();
    let near = nearest(name, known.map(|(_, namespace)| namespace.name.as_str()));
    let hint = near.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
    let message = format!(
        "there is no namespace {name}{hint}, so that no {kind} in it can make use of the grant"
    );
    let path = path!["spec", "from", at, "namespace"];
    let finding = Finding::new(Code::KIA1601, grant.id, path, message);
    // A grant that nothing uses harms nobody: clusters often share one list.
    let is_harmless = near.is_none() && !mesh.quirks.grants_need_shown_namespaces;
    let finding = if is_harmless {
        finding.severity(Severity::Warning)
    } else {
        finding
    };
    finding
        .help(match near {
            Some(name) => format!("write `namespace: {name}`"),
            None => format!("create the namespace {name}, or remove the entry"),
        })
        .given(mesh.evidence.knows_namespaces())
}
