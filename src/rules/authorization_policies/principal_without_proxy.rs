//! MESH2003: identities that nobody can show, since their workloads have no proxy.

use rustc_hash::FxHashMap;

use super::{source_path, sources};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::wire::Proxy;
use crate::mesh::{Evidence, Identity, Mesh, NamespaceId, Workload, WorkloadId};
use crate::model::Object;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "principal-without-proxy",
    codes: &[Code::MESH2003],
    runs: &[Run::Mesh(principal_without_proxy)],
};

/// Some workloads: the first without a proxy, and whether all are without one.
#[derive(Debug, Clone, Copy)]
struct State {
    first: WorkloadId,
    all: bool,
}

/// Who runs without a proxy.
#[derive(Default)]
struct Bare<'m> {
    by_account: FxHashMap<(NamespaceId, &'m str), State>,
    by_name: FxHashMap<&'m str, State>,
    by_namespace: FxHashMap<NamespaceId, State>,
}

impl<'m> Bare<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let wire = mesh.security.wire();
        let mut bare = Self::default();
        for (id, workload) in mesh.workloads.iter() {
            let is_bare = wire.proxy(id) == Proxy::None
                && wire.is_proxy_settled(id)
                && !mesh.routing.is_at_edge(id)
                && !workload.is_gateway();
            for account in &workload.accounts {
                let account = account.as_str();
                let key = (workload.namespace, account);
                note(&mut bare.by_account, key, id, is_bare);
                note(&mut bare.by_name, account, id, is_bare);
            }
            note(&mut bare.by_namespace, workload.namespace, id, is_bare);
        }
        bare
    }

    /// The workload that a principal means, if all that it can mean run without a proxy.
    fn of_principal(&self, principal: &str, mesh: &Mesh) -> Option<WorkloadId> {
        let state = if let Some(identity) = Identity::parse(principal) {
            let is_known = mesh.security.is_trust_domain(identity.trust_domain)
                || identity.trust_domain == "*";
            let namespace = mesh.places.id(identity.namespace)?;
            let state = self.by_account.get(&(namespace, identity.account));
            state.filter(|_| is_known)
        } else {
            let account = principal.strip_prefix("*/sa/")?;
            self.by_name.get(account)
        };
        state.filter(|state| state.all).map(|state| state.first)
    }

    /// The first workload of a namespace in which all run without a proxy. Gateways are seldom
    /// kept beside istiod's own manifests, so namespaces of control planes are left alone.
    fn of_namespace(&self, name: &str, mesh: &Mesh) -> Option<WorkloadId> {
        let id = mesh.places.id(name)?;
        let namespace = mesh.places.get(id);
        let is_of_istio = namespace.is_control_plane || namespace.is_root;
        let state = self.by_namespace.get(&id)?;
        (state.all && !is_of_istio).then_some(state.first)
    }
}

fn note<K: std::hash::Hash + Eq>(
    map: &mut FxHashMap<K, State>,
    key: K,
    id: WorkloadId,
    is_bare: bool,
) {
    let state = map.entry(key).or_insert(State {
        first: id,
        all: true,
    });
    state.all &= is_bare;
}

fn principal_without_proxy(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part || mesh.objects.authorization_policies.is_empty() {
        return;
    }
    let bare = Bare::new(mesh);
    for policy in &mesh.objects.authorization_policies {
        if policy.broken || mesh.is_context(policy.id) {
            continue;
        }
        let is_deny = match policy.spec.action {
            Action::Allow => false,
            Action::Deny => true,
            Action::Audit | Action::Custom => continue,
        };
        for (at, source) in sources(&policy.spec) {
            let [(by_principal, principals), (by_namespace, namespaces)] = if is_deny {
                [
                    ("notPrincipals", &source.not_principals),
                    ("notNamespaces", &source.not_namespaces),
                ]
            } else {
                [
                    ("principals", &source.principals),
                    ("namespaces", &source.namespaces),
                ]
            };
            for (k, value) in principals.iter().enumerate() {
                let found = bare.of_principal(value, mesh);
                if let Some(id) = found.filter(|_| !is_unresolved(mesh, value)) {
                    let path = source_path(at, by_principal, k);
                    findings.extend(finding(mesh, policy, path, id, is_deny));
                }
            }
            for (k, value) in namespaces.iter().enumerate() {
                let found = bare.of_namespace(value, mesh);
                if let Some(id) = found.filter(|_| !is_unresolved(mesh, value)) {
                    let path = source_path(at, by_namespace, k);
                    findings.extend(finding(mesh, policy, path, id, is_deny));
                }
            }
        }
    }
}

fn finding(
    mesh: &Mesh,
    policy: &Object<AuthorizationPolicy>,
    path: FieldPath,
    id: WorkloadId,
    is_deny: bool,
) -> Option<Finding> {
    let workload: &Workload = mesh.workloads.get(id)?;
    let home = mesh.places.get(workload.namespace);
    if mesh.evidence.knows_workloads_in(&home.name) != Evidence::Shown {
        return None;
    }
    let outcome = if is_deny {
        "the rule denies them like all others"
    } else {
        "the rule never matches for them"
    };
    let message = format!(
        "{}/{} runs without a proxy, so its calls carry no identity: {outcome}",
        home.name, workload.name
    );
    let finding = Finding::new(Code::MESH2003, policy.id, path, message)
        .help(format!(
            "bring it into the mesh (label namespace {} istio-injection: enabled), or allow it by \
             ipBlocks",
            home.name
        ))
        .related(workload.object, "", "runs without a proxy");
    Some(match home.object {
        Some(namespace) => finding.related(namespace, "metadata", "no label injects a proxy"),
        None => finding,
    })
}
