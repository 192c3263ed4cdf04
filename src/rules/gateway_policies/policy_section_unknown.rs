//! MESH4006: a policy for a part that its target does not have.

use super::every_policy;
use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Attachable, Policy, Target};
use crate::model::Kind;
use crate::nearest::nearest;
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::{is_unresolved, some_of};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "policy-section-unknown",
    codes: &[Code::MESH4006],
    runs: every_policy!(policy_section_unknown),
};

fn policy_section_unknown(
    policy: &Policy<'_>,
    target: &Target<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if target.section.is_empty() {
        return;
    }
    let found = target
        .known_kind()
        .and_then(|kind| mesh.routing.attachable(kind, target.namespace, target.name));
    let Some(found) = found.filter(|found| !found.is_broken) else {
        return;
    };
    let is_there = |own: &&str| *own == target.section || is_unresolved(mesh, own);
    if !found.sections.iter().any(is_there) {
        findings.push(finding(policy, target, &found, mesh));
    }
}

fn finding(
    policy: &Policy<'_>,
    target: &Target<'_>,
    found: &Attachable<'_>,
    mesh: &Mesh,
) -> Finding {
    let names = || {
        found
            .sections
            .iter()
            .copied()
            .filter(|name| !name.is_empty())
    };
    let has = match some_of(names()).as_str() {
        "" => format!("its {} have no names", found.parts),
        names => format!("it has {names}"),
    };
    let part = found.parts.trim_end_matches('s');
    let message = format!(
        "{} {}/{} has no {part} {} ({has}), so that {} {} acts nowhere",
        target.kind,
        target.namespace,
        target.name,
        target.section,
        policy.kind.name(),
        policy.name
    );
    let path = target.path.field("sectionName");
    let finding = Finding::new(Code::MESH4006, policy.id, path.clone(), message);
    let near = nearest(target.section, names(), |name| name);
    let finding = match near {
        Some(near) => {
            let message = format!("write {}", near.what);
            let fix = Fix::guess(message, &near).map(|fix| fix.write(policy.id, path, near.what));
            finding
                .help(format!("did you mean {}?", near.what))
                .fix(fix)
        }
        None => finding.help(format!(
            "name a {part} of the target, or leave sectionName out to mean all of it"
        )),
    };
    let parts = path!["spec", found.parts];
    let finding = finding.related(found.id, parts, "what the target has");
    if found.is_open && !mesh.settings.closed_world {
        let reason = "the Gateway lets ListenerSets add listeners".to_owned();
        return finding.given(Evidence::NotShown(reason));
    }
    let meant = format!("{} {}", target.kind, target.name);
    finding.given(mesh.evidence.knows_meant(policy.id, found.id, &meant))
}
