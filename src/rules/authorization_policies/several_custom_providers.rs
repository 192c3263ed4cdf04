//! MESH2016: several external authorizers for one workload.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::PolicyGroup;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::model::{Object, ObjectId};
use crate::rules::common::acting::{acting_with, members, subject};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "several-custom-providers",
    codes: &[Code::MESH2016],
    runs: &[Run::Mesh(several_custom_providers)],
};

const SWITCH: &str = "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS";

/// A CUSTOM policy and the name of its provider.
type Custom<'m> = (&'m Object<AuthorizationPolicy>, &'m str);

fn several_custom_providers(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part || mesh.places.is_on_in_istiod(SWITCH) {
        return;
    }
    let policies = mesh.security.authorization_policies();
    // Of each group the policies of its first two providers: against one of them every other
    // policy differs.
    let custom: Vec<Vec<Custom<'_>>> = policies.groups().iter().map(|g| customs(g, mesh)).collect();
    let of = |group: &PolicyGroup| custom.get(group.id as usize).map_or(&[][..], Vec::as_slice);
    let mut told = FxHashSet::default();
    let mut seen: FxHashSet<Vec<u32>> = FxHashSet::default();
    for group in policies
        .groups()
        .iter()
        .filter(|group| !of(group).is_empty())
    {
        for id in &group.workloads {
            let together: Vec<&PolicyGroup> = policies
                .of_workload(*id)
                .filter(|group| !of(group).is_empty())
                .collect();
            let key = together.iter().map(|group| group.id).collect();
            let workload = mesh.workloads.get(*id);
            let Some(workload) = workload.filter(|own| !own.is_ambient()) else {
                continue;
            };
            if seen.insert(key) {
                let place = (workload.name.as_str(), Some(workload.object));
                tell(mesh, &together, &of, place, &mut told, findings);
            }
        }
        if !group.targets.is_empty() {
            let mut together = acting_with(mesh, group, policies);
            together.retain(|group| !of(group).is_empty());
            let what = subject(mesh, group);
            tell(mesh, &together, &of, (&what, None), &mut told, findings);
        }
    }
}

/// The CUSTOM policies of a group, one for each of its first two providers.
fn customs<'m>(group: &'m PolicyGroup, mesh: &'m Mesh) -> Vec<Custom<'m>> {
    let mut found: Vec<Custom<'_>> = Vec::new();
    for (policy, name) in all_customs(group, mesh) {
        if found.len() < 2 && !found.iter().any(|(_, own)| *own == name) {
            found.push((policy, name));
        }
    }
    found
}

fn all_customs<'m>(group: &'m PolicyGroup, mesh: &'m Mesh) -> impl Iterator<Item = Custom<'m>> {
    members(group, &mesh.objects.authorization_policies)
        .filter(|policy| policy.spec.action == Action::Custom)
        .filter_map(|policy| Some((policy, policy.spec.provider.as_ref()?.name.as_str())))
        .filter(|(_, name)| !name.is_empty() && !is_unresolved(mesh, name))
}

/// Reports every policy of the groups that act together beside one with another provider.
fn tell<'m>(
    mesh: &'m Mesh,
    together: &[&'m PolicyGroup],
    of: &impl Fn(&PolicyGroup) -> &'m [Custom<'m>],
    (what, workload): (&str, Option<ObjectId>),
    told: &mut FxHashSet<ObjectId>,
    findings: &mut Findings,
) {
    let known: Vec<Custom<'_>> = together.iter().flat_map(|g| of(g)).copied().collect();
    let Some((_, first)) = known.first() else {
        return;
    };
    if known.iter().all(|(_, name)| name == first) {
        return;
    }
    for (policy, name) in together.iter().flat_map(|group| all_customs(group, mesh)) {
        let other = known.iter().find(|(_, own)| *own != name);
        let is_judged = !policy.broken && !mesh.is_context(policy.id);
        if let Some((other, its)) = other.filter(|_| is_judged && told.insert(policy.id)) {
            let message = format!(
                "AuthorizationPolicies {} and {} send requests to {what} to different providers, \
                 {name} and {its}: istiod takes one for a workload; of two it asks none, and denies \
                 what their rules match",
                policy.name(),
                other.name(),
            );
            let mut finding = Finding::new(Code::MESH2016, policy.id, PLACE, message)
                .help(format!(
                    "use one provider, or set {SWITCH} of istiod to true"
                ))
                .related(other.id, PLACE, "the other provider");
            if let Some(workload) = workload {
                finding = finding.related(workload, "", "the workload");
            }
            findings.push(finding);
        }
    }
}

const PLACE: &str = "spec/provider/name";
