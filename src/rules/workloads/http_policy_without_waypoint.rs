//! KIA1317: policies that only a waypoint can enforce, for a workload that has none.

use super::ambient_workload::{knows_waypoint, waypoint};
use super::policies::{Policies, targeted_services};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Mesh, Workload};
use crate::model::attachment::Attached;
use crate::model::security::AuthorizationPolicy;
use crate::model::{Object, ObjectId};
use crate::rules::common::{DENIES_ALL, words};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "http-policy-without-waypoint",
    codes: &[Code::KIA1317],
    runs: &[Run::Mesh(http_policy_without_waypoint)],
};

fn http_policy_without_waypoint(mesh: &Mesh, findings: &mut Findings) {
    let mut list = Vec::new();
    let mut denying: FxHashSet<ObjectId> = FxHashSet::default();
    for policy in &mesh.objects.authorization_policies {
        let home = mesh.places.namespace_of(policy.id);
        if !mesh.places.get(home).is_managed() || !mesh.ambient.needs_l7_authorization(&policy.spec)
        {
            continue;
        }
        if mesh.ambient.ztunnel_denies_all(&policy.spec) {
            denying.insert(policy.id);
        }
        if !mesh.quirks.run_time_plays_no_part && is_said_at_policy(policy, mesh) {
            continue;
        }
        if policy.spec.targets().next().is_some() {
            list.extend(targeted_services(mesh, policy).map(|service| {
                let selector = service.spec.spec.selector.clone();
                (home, Some(selector), policy.id)
            }));
        } else {
            let selector = policy.spec.selector.as_ref();
            let labels = selector.map(|selector| selector.match_labels.clone());
            list.push((home, labels, policy.id));
        }
    }
    if list.is_empty() {
        return;
    }
    let policies = Policies::new(list);
    let mut said: FxHashMap<ObjectId, Finding> = FxHashMap::default();
    for (_, workload) in mesh.workloads.iter() {
        let namespace = mesh.places.get(workload.namespace);
        if !namespace.is_known
            || workload.is_waypoint()
            || workload.is_gateway()
            || workload.opts_out_of_ambient()
            || !(workload.is_ambient() || mesh.ambient.has_ambient_label(workload))
            || waypoint(workload, mesh).is_some()
        {
            continue;
        }
        let has_proxy = workload.has_pods() && workload.has_sidecars();
        if has_proxy && !mesh.quirks.gateways_are_sidecars {
            continue;
        }
        let Some(policy) = policies.applying(workload.namespace, &workload.labels) else {
            continue;
        };
        let evidence = knows_waypoint(workload, mesh);
        if mesh.quirks.run_time_plays_no_part {
            findings.push(at_workload(workload, policy, mesh).given(evidence));
            continue;
        }
        // One policy is one cause, however many workloads it is for.
        match said.get_mut(&policy) {
            Some(finding) if finding.related.len() < RELATED => {
                let message = "has no waypoint either";
                *finding = finding
                    .clone()
                    .related(workload.object, "metadata/name", message);
            }
            Some(_) => {}
            None => {
                let denies_all = denying.contains(&policy);
                let finding = at_policy(policy, workload, denies_all, mesh).given(evidence);
                said.insert(policy, finding);
            }
        }
    }
    let mut said: Vec<(ObjectId, Finding)> = said.into_iter().collect();
    said.sort_by_key(|(policy, _)| *policy);
    findings.extend(said.into_iter().map(|(_, finding)| finding));
}

/// How many workloads a finding names.
const RELATED: usize = 10;

const HELP: &str = "deploy a waypoint and label the namespace istio.io/use-waypoint with its name";

fn name(policy: ObjectId, mesh: &Mesh) -> &str {
    let header = mesh.objects.header(policy);
    header.map_or("", |header| &header.name)
}

fn at_workload(workload: &Workload, policy: ObjectId, mesh: &Mesh) -> Finding {
    let name = name(policy, mesh);
    let message = format!("has no waypoint, which AuthorizationPolicy {name} needs");
    super::finding(Code::KIA1317, workload, &message)
        .help(HELP)
        .related(policy, "", "looks at HTTP, which ztunnel does not know")
}

fn at_policy(policy: ObjectId, workload: &Workload, denies_all: bool, mesh: &Mesh) -> Finding {
    let name = name(policy, mesh);
    let outcome = if denies_all {
        DENIES_ALL
    } else {
        "; ztunnel enforces it and knows no HTTP"
    };
    let message = format!(
        "AuthorizationPolicy {name} needs a waypoint, but {} {} has none{outcome}",
        words::kind(workload),
        workload.name
    );
    let mut finding = Finding::new(Code::KIA1317, policy, "spec/selector", message)
        .help(HELP)
        .related(workload.object, "metadata/name", "has no waypoint");
    if denies_all {
        finding.severity = Severity::Error;
    }
    finding
}

/// Whether KIA0109 says at the policy that a waypoint lacks: for policies without selector in an
/// ambient namespace, and those for Services, that ask for none.
fn is_said_at_policy(policy: &Object<AuthorizationPolicy>, mesh: &Mesh) -> bool {
    let home = mesh.places.namespace_of(policy.id);
    if !mesh.places.get(home).has_ambient_label() {
        return false;
    }
    if policy.spec.targets().next().is_some() {
        let mut services = targeted_services(mesh, policy);
        return services.any(|service| !mesh.ambient.is_enrolled(&service.metadata.labels, home));
    }
    policy.spec.is_selectorless() && !mesh.ambient.is_namespace_enrolled(home)
}
