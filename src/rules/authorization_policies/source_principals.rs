//! KIA0106, KIA0107, KIA0108: a source names an identity that no workload has.

use super::{source_path, sources};
use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix};
use crate::mesh::{External, Identity, Mesh};
use crate::model::Object;
use crate::model::operators::Makes;
use crate::model::security::AuthorizationPolicy;
use crate::rules::common::{Selective, words};
use crate::rules::{Check, Run};
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "source-principals",
    codes: &[Code::KIA0106, Code::KIA0107, Code::KIA0108],
    runs: &[Run::AuthorizationPolicy(source_principals)],
};

/// Checks the principals of all sources.
fn source_principals(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, findings: &mut Findings) {
    if !AuthorizationPolicy::is_judged(policy, mesh) {
        return;
    }
    for (at, source) in sources(&policy.spec) {
        for (k, principal) in source.principals.iter().enumerate() {
            if principal == "*"
                || words::is_unresolved(mesh, principal)
                || mesh.security.has_principal(principal)
                || exists_otherwise(mesh, principal)
            {
                continue;
            }
            let path = source_path(at, "principals", k);
            findings.push(finding(policy, mesh, path, principal));
        }
    }
}

/// Whether an account exists although no workload of the input runs under it: it is configured as
/// external, or Istio makes it for a Gateway.
fn exists_otherwise(mesh: &Mesh, principal: &str) -> bool {
    if mesh.quirks.only_accounts_of_pods {
        return false;
    }
    let Some(Identity {
        trust_domain,
        namespace,
        account,
    }) = Identity::parse(principal)
    else {
        return false;
    };
    let key = format!("{namespace}/{account}");
    if External::has(&mesh.settings.external.service_accounts, &key)
        || mesh
            .evidence
            .is_made(Makes::ServiceAccount, namespace, account)
    {
        return true;
    }
    let gateway = |name: &str| mesh.places.named(namespace, name).k8s_gateways();
    // A waypoint's account has the Gateway's name, that of other Gateways their class besides.
    let made_for_gateway = gateway(account).is_some()
        || account.match_indices('-').any(|(dash, _)| {
            let name = account.get(..dash).unwrap_or_default();
            let class = account.get(dash + 1..).unwrap_or_default();
            gateway(name).is_some_and(|gateway| gateway.spec.gateway_class_name == class)
        });
    made_for_gateway && mesh.security.is_trust_domain(trust_domain)
}

fn finding(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    path: FieldPath,
    principal: &str,
) -> Finding {
    if let Some(domain) = foreign_domain(mesh, principal) {
        return foreign(policy, mesh, path, principal, domain);
    }
    let evidence = evidence(mesh, principal);
    if let Some(secret) = mesh
        .security
        .remote_secret()
        .filter(|_| !mesh.quirks.other_clusters_have_no_identities)
        && evidence == Evidence::Shown
        && (principal.contains('*') || Identity::parse(principal).is_some())
    {
        let message = format!(
            "no workload of this cluster has the identity {principal}; one of another cluster may"
        );
        return Finding::new(Code::KIA0107, policy.id, path, message)
            .help("check that the account exists in the other cluster")
            .related(secret, "", "the mesh has another cluster");
    }
    let message = match Identity::parse(principal).filter(|_| !principal.contains('*')) {
        Some(Identity {
            namespace, account, ..
        }) => format!("no workload of namespace {namespace} runs under service account {account}"),
        None if principal.contains('*') => format!("no workload has an identity like {principal}"),
        None => format!("{principal:?} is no identity of a workload"),
    };
    let finding = Finding::new(Code::KIA0106, policy.id, path, message).given(evidence);
    match help(mesh, principal) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// The trust domain that a principal names, if the mesh does not know it.
fn foreign_domain<'a>(mesh: &Mesh, principal: &'a str) -> Option<&'a str> {
    let (domain, _) = principal.split_once("/ns/")?;
    let named = !domain.is_empty() && !principal.contains('*');
    (named && !mesh.security.is_trust_domain(domain)).then_some(domain)
}

fn foreign(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    path: FieldPath,
    principal: &str,
    domain: &str,
) -> Finding {
    let new = |message: String| Finding::new(Code::KIA0108, policy.id, &path, message);
    if let Some(plain) = principal.strip_prefix("spiffe://") {
        return new(format!(
            "{principal} begins with spiffe://, which no principal does"
        ))
        .help(format!("write {plain}"))
        .fix(Fix::safe("remove spiffe://").write(policy.id, &path, plain));
    }
    let known = mesh.security.trust_domains();
    let list: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let finding = new(format!(
        "{domain} is no trust domain of the mesh, which has {}",
        list.join(", ")
    ));
    if let Some(near) = words::nearest(domain, list.into_iter()) {
        return finding.help(format!("did you mean {near}?"));
    }
    finding
        .help("list it under trustDomainAliases of the mesh config if it belongs to the mesh")
        .given(mesh.evidence.knows_trust_domains())
}

/// Whether the input shows the workloads among which the account would be.
fn evidence(mesh: &Mesh, principal: &str) -> Evidence {
    if mesh.settings.closed_world {
        return Evidence::Shown;
    }
    let Some((_, rest)) = principal.split_once("/ns/") else {
        return if principal.contains('*') {
            mesh.evidence.knows_workloads()
        } else {
            // The text cannot be an identity, whatever the input lacks.
            Evidence::Shown
        };
    };
    let (namespace, account) = rest.split_once("/sa/").unwrap_or((rest, ""));
    if namespace.contains('*') {
        return mesh.evidence.knows_workloads();
    }
    let Some(id) = mesh.places.id(namespace) else {
        return mesh.evidence.knows_account(namespace, account);
    };
    let home = mesh.places.get(id);
    if (home.is_control_plane || home.is_root) && account.starts_with("istio") {
        return Evidence::NotShown(
            "the workloads that Istio's installation brings are not in the input".into(),
        );
    }
    let mut accounts = mesh.workloads.of(id).iter().flat_map(|w| &w.accounts);
    if accounts.any(|account| is_placeholder(account)) {
        return Evidence::NotShown(format!(
            "a service account of namespace {namespace} holds a placeholder"
        ));
    }
    mesh.evidence.knows_account(namespace, account)
}

fn help(mesh: &Mesh, principal: &str) -> Option<String> {
    const FORM: &str = "a principal reads TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT";
    if let Some(plain) = principal.strip_prefix("spiffe://") {
        return Some(format!("{FORM}, without spiffe://: {plain}"));
    }
    if principal.contains('*') {
        let at_end = principal.starts_with('*') || principal.ends_with('*');
        return (!at_end).then(|| "a star counts only at the beginning or at the end".to_owned());
    }
    let Some(Identity {
        trust_domain,
        namespace,
        account,
    }) = Identity::parse(principal)
    else {
        return Some(format!("{FORM}, such as cluster.local/ns/default/sa/sleep"));
    };
    let own = mesh.places.id(namespace);
    let accounts = own.map(|id| mesh.workloads.of(id).iter().flat_map(|w| &w.accounts));
    let accounts = accounts.into_iter().flatten().map(AsRef::as_ref);
    if let Some(near) = words::nearest(account, accounts) {
        return Some(format!(
            "did you mean {trust_domain}/ns/{namespace}/sa/{near}?"
        ));
    }
    if let Some(elsewhere) = mesh.security.identity_like(&format!("*/sa/{account}")) {
        return Some(format!("there is {elsewhere}; did you mean that?"));
    }
    own.is_none()
        .then(|| mesh.evidence.nearest_namespace(namespace))
        .flatten()
        .map(|near| format!("did you mean namespace {}?", near.what))
}
