//! KIA0101: a source names a namespace that does not exist.

use super::{source_path, sources};
use crate::diagnostics::{Code, Finding, Findings, Fix, Severity};
use crate::mesh::Mesh;
use crate::model::security::{AuthorizationPolicy, Source};
use crate::model::{Object, ObjectId, Str};
use crate::rules::common::reading::as_istio_weighs;
use crate::rules::common::{Selective, words};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unknown-source-namespace",
    codes: &[Code::KIA0101],
    runs: &[Run::AuthorizationPolicy(unknown_source_namespace)],
};

/// Checks the namespaces of all sources.
fn unknown_source_namespace(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if !AuthorizationPolicy::is_judged(policy, mesh) {
        return;
    }
    for (at, source) in sources(&policy.spec) {
        for (list, k, name) in examined(source, mesh) {
            if !words::is_unresolved(mesh, name) && !mesh.security.has_namespace_like(name) {
                let path = source_path(at, list, k);
                let finding = Finding::new(Code::KIA0101, policy.id, &path, message(name))
                    .given(mesh.evidence.knows_namespaces());
                let finding = as_istio_weighs(finding, Severity::Error, mesh);
                findings.push(with_help(finding, policy.id, mesh, name, path));
            }
        }
    }
}

/// The names to examine, each with its list and place. Kiali does not look at those that a source
/// excludes; but one that excludes nobody lets in whom it was to keep out.
fn examined<'s>(
    source: &'s Source,
    mesh: &Mesh,
) -> impl Iterator<Item = (&'static str, usize, &'s Str)> {
    let own = source.namespaces.iter().enumerate();
    let excluded = source.not_namespaces.iter().enumerate();
    let with_excluded = !mesh.quirks.excluded_namespaces_are_not_examined;
    own.map(|(k, name)| ("namespaces", k, name)).chain(
        excluded
            .filter(move |(_, name)| with_excluded && !name.is_empty())
            .map(|(k, name)| ("notNamespaces", k, name)),
    )
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

fn with_help(
    finding: Finding,
    policy: ObjectId,
    mesh: &Mesh,
    name: &str,
    path: FieldPath,
) -> Finding {
    let ends = name.strip_prefix('*').unwrap_or(name);
    if ends.strip_suffix('*').unwrap_or(ends).contains('*')
        || name.starts_with('*') && name.ends_with('*')
    {
        return finding
            .help("a star may stand at the beginning or at the end, not both, and nowhere else");
    }
    match mesh.evidence.nearest_namespace(name.trim_matches('*')) {
        Some(near) if name.contains('*') => finding.help(format!("there is {}", near.what)),
        Some(near) => {
            let meant = near.what.as_str();
            let fix = Fix::guess(format!("write {meant}"), &near);
            finding
                .help(format!("did you mean {meant}?"))
                .fix(fix.map(|fix| fix.write(policy, path, meant)))
        }
        None => finding.help("requests from there cannot come; correct or remove the entry"),
    }
}
