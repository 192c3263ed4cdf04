//! KIA0101: a source names a namespace that does not exist.

use super::{source_path, sources};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::AuthorizationPolicy;
use crate::rules::common::{Selective, words};

/// Checks the namespaces of all sources.
pub(super) fn check(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, findings: &mut Findings) {
    if !AuthorizationPolicy::is_judged(policy, mesh) {
        return;
    }
    for (at, source) in sources(&policy.spec) {
        for (k, name) in source.namespaces.iter().enumerate() {
            if !words::is_unresolved(mesh, name) && !mesh.has_namespace_like(name) {
                let path = source_path(at, "namespaces", k);
                findings.push(
                    Finding::new(Code::KIA0101, policy.id, path, message(name))
                        .help(help(mesh, name))
                        .given(mesh.knows_namespaces()),
                );
            }
        }
    }
}

fn message(name: &str) -> String {
    if name.is_empty() {
        "the name of a namespace is empty".to_owned()
    } else if name.contains('*') {
        format!("no namespace is named like {name}")
    } else {
        format!("there is no namespace {name}")
    }
}

fn help(mesh: &Mesh, name: &str) -> String {
    let ends = name.strip_prefix('*').unwrap_or(name);
    if ends.strip_suffix('*').unwrap_or(ends).contains('*')
        || name.starts_with('*') && name.ends_with('*')
    {
        return "a star may stand at the beginning or at the end, not both, and nowhere else"
            .to_owned();
    }
    match mesh.nearest_namespace(name.trim_matches('*')) {
        Some(near) => format!("did you mean {near}?"),
        None => "requests from there cannot come; correct or remove the entry".to_owned(),
    }
}
