//! MESH3002: policies of ztunnel that do not allow the waypoint before the workload.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::ambient::is_l7_rule;
use crate::mesh::security::PolicyGroup;
use crate::mesh::{Mesh, Workload};
use crate::model::core::Service;
use crate::model::gateway_api::Gateway;
use crate::model::security::{Action, AuthorizationPolicy, Rule, Source};
use crate::model::{Object, Str};
use crate::path;
use crate::rules::common::acting::{judged, members};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "waypoint-identity-not-allowed",
    codes: &[Code::MESH3002],
    runs: &[Run::Mesh(waypoint_identity_not_allowed)],
};

const SWITCH: &str = "PILOT_AUTO_ALLOW_WAYPOINT_POLICY";

fn waypoint_identity_not_allowed(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part
        || mesh.objects.k8s_gateways.is_empty()
        || mesh.places.is_on_in_istiod(SWITCH)
    {
        return;
    }
    let policies = mesh.security.authorization_policies();
    let mut told = FxHashSet::default();
    let mut seen = FxHashSet::default();
    // Workloads of the same labels are behind the same Services and under the same policies.
    let mut labels = FxHashSet::default();
    for group in policies
        .groups()
        .iter()
        .filter(|own| own.targets.is_empty())
    {
        for id in &group.workloads {
            let Some(workload) = mesh.workloads.get(*id).filter(|own| own.is_ambient()) else {
                continue;
            };
            if !labels.insert((workload.namespace, workload.labels.sorted())) {
                continue;
            }
            let together: Vec<&PolicyGroup> = policies
                .of_workload(*id)
                .filter(|own| own.targets.is_empty())
                .collect();
            let groups: Vec<u32> = together.iter().map(|own| own.id).collect();
            for (service, gateway) in waypoints(mesh, workload) {
                if !seen.insert((groups.clone(), gateway.id)) {
                    continue;
                }
                let identity = Waypoint::new(gateway, mesh);
                for policy in refusing(mesh, &together, &identity) {
                    if told.insert(policy.id) {
                        findings.push(finding(policy, &identity, gateway, service, mesh));
                    }
                }
            }
        }
    }
}

/// The waypoints of the input that stand before a workload, each with the first Service that uses
/// it.
fn waypoints<'m>(
    mesh: &'m Mesh,
    workload: &Workload,
) -> Vec<(&'m Object<Service>, &'m Object<Gateway>)> {
    let services = mesh
        .registry
        .services_selecting(workload.namespace, &workload.labels);
    let mut found: Vec<(&Object<Service>, &Object<Gateway>)> = Vec::new();
    for service in services {
        let gateway = mesh
            .ambient
            .waypoint_of_service(service)
            .and_then(|waypoint| mesh.ambient.gateway_of(&waypoint))
            .filter(|gateway| {
                let (handled, _) = mesh.ambient.handled_traffic(gateway);
                matches!(handled, "service" | "all")
            });
        if let Some(gateway) = gateway
            && !found.iter().any(|(_, own)| own.id == gateway.id)
        {
            found.push((service, gateway));
        }
    }
    found
}

/// The ALLOW policies of a workload of which none lets its waypoint in: those that name identities
/// in every rule. None if some policy may let the waypoint in.
fn refusing<'m>(
    mesh: &'m Mesh,
    groups: &[&'m PolicyGroup],
    waypoint: &Waypoint<'_>,
) -> Vec<&'m Object<AuthorizationPolicy>> {
    let objects = &mesh.objects.authorization_policies;
    let is_allow = |policy: &&Object<AuthorizationPolicy>| policy.spec.action == Action::Allow;
    let mut all = groups
        .iter()
        .flat_map(|group| members(group, objects).filter(is_allow));
    if all.any(|policy| {
        policy
            .spec
            .rules
            .iter()
            .any(|rule| waypoint.may_meet(rule, policy))
    }) {
        return Vec::new();
    }
    let judged = groups
        .iter()
        .flat_map(|group| judged(group, objects, mesh).filter(is_allow));
    judged
        .filter(|policy| {
            let rules = &policy.spec.rules;
            let names_callers = |rule: &Rule| !rule.from.is_empty();
            !rules.is_empty() && rules.iter().all(names_callers)
        })
        .collect()
}

/// The identity that a waypoint shows to ztunnel.
struct Waypoint<'m> {
    namespace: &'m str,
    account: &'m str,
    domains: &'m [Str],
    mesh: &'m Mesh,
}

impl<'m> Waypoint<'m> {
    fn new(gateway: &'m Object<Gateway>, mesh: &'m Mesh) -> Self {
        Self {
            namespace: gateway.namespace(),
            account: gateway.name(),
            domains: mesh.security.trust_domains(),
            mesh,
        }
    }

    fn principal(&self) -> String {
        let home = self.mesh.places.id(self.namespace).unwrap_or_default();
        let plane = self.mesh.places.control_plane_or_first(home);
        let domain = &plane.config.trust_domain;
        format!("{domain}/ns/{}/sa/{}", self.namespace, self.account)
    }

    /// Whether a rule may let the waypoint in, as far as the rule is one that ztunnel knows.
    fn may_meet(&self, rule: &Rule, policy: &Object<AuthorizationPolicy>) -> bool {
        if is_l7_rule(rule) {
            return false;
        }
        let by_condition = rule.when.iter().all(|when| match when.key.as_str() {
            "source.principal" => self.is_among(&when.values),
            "source.namespace" => self.is_in(&when.values),
            _ => true,
        });
        let mut sources = rule.from.iter().filter_map(|from| from.source.as_ref());
        by_condition && (rule.from.is_empty() || sources.any(|own| self.may_be(own, policy)))
    }

    fn may_be(&self, source: &Source, policy: &Object<AuthorizationPolicy>) -> bool {
        let accounts = &source.service_accounts;
        self.is_among(&source.principals)
            && self.is_in(&source.namespaces)
            && (accounts.is_empty() || accounts.iter().any(|own| self.has_account(own, policy)))
    }

    fn is_among(&self, principals: &[Str]) -> bool {
        let covers = |pattern: &Str| {
            is_unresolved(self.mesh, pattern)
                || self.domains.iter().any(|domain| {
                    let own = format!("{domain}/ns/{}/sa/{}", self.namespace, self.account);
                    is_covered(pattern, &own)
                })
        };
        principals.is_empty() || principals.iter().any(covers)
    }

    fn is_in(&self, namespaces: &[Str]) -> bool {
        let covers = |pattern: &Str| {
            is_unresolved(self.mesh, pattern) || is_covered(pattern, self.namespace)
        };
        namespaces.is_empty() || namespaces.iter().any(covers)
    }

    fn has_account(&self, account: &str, policy: &Object<AuthorizationPolicy>) -> bool {
        let (namespace, name) = account
            .split_once('/')
            .unwrap_or((policy.namespace(), account));
        is_unresolved(self.mesh, account) || namespace == self.namespace && name == self.account
    }
}

/// Whether a pattern with a star at one end covers a text.
fn is_covered(pattern: &str, text: &str) -> bool {
    if let Some(suffix) = pattern.strip_prefix('*') {
        return text.ends_with(suffix);
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => pattern == text,
    }
}

fn finding(
    policy: &Object<AuthorizationPolicy>,
    waypoint: &Waypoint<'_>,
    gateway: &Object<Gateway>,
    service: &Object<Service>,
    mesh: &Mesh,
) -> Finding {
    let principal = waypoint.principal();
    let message = format!(
        "requests to Service {} come through waypoint {}/{}: ztunnel sees its identity, \
         {principal}, which no policy here allows, and resets the connection",
        service.name(),
        waypoint.namespace,
        waypoint.account
    );
    let fix = fix(policy, &principal);
    let home = mesh.places.name(mesh.places.namespace_of(policy.id));
    Finding::new(
        Code::MESH3002,
        policy.id,
        path!["spec", "rules", 0usize, "from"],
        message,
    )
    .help(format!(
        "allow {principal} here, and move the rules on clients to a policy of namespace {home} with \
         targetRefs to the Service"
    ))
    .related(gateway.id, "metadata/name", "the waypoint")
    .related(service.id, "metadata/name", "the Service")
    .fix(fix)
}

/// Adds the waypoint to the principals of the first source, if that names nothing else.
fn fix(policy: &Object<AuthorizationPolicy>, principal: &str) -> Option<Fix> {
    let source = policy.spec.rules.first()?.from.first()?.source.as_ref()?;
    let names_principals_alone = !source.principals.is_empty()
        && source.not_principals.is_empty()
        && source.namespaces.is_empty()
        && source.service_accounts.is_empty();
    let at = source.principals.len();
    let place = path![
        "spec",
        "rules",
        0usize,
        "from",
        0usize,
        "source",
        "principals",
        at
    ];
    names_principals_alone.then(|| {
        let fix = Fix::hazardous(format!("allow {principal}"));
        fix.change(policy.id, place, Change::Insert(Content::text(principal)))
    })
}
