//! KIA1701: a WorkloadGroup whose workloads run under a service account that does not exist.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::{External, Mesh, NamespaceId, WorkloadKind};
use crate::model::Object;
use crate::model::networking::WorkloadGroup;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "workload-group-account-not-found",
    codes: &[Code::KIA1701],
    runs: &[Run::Mesh(workload_group_account_not_found)],
};

fn workload_group_account_not_found(mesh: &Mesh, findings: &mut Findings) {
    if mesh.objects.workload_groups.is_empty() {
        return;
    }
    // Not WorkloadGroups themselves: naming an account does not make it.
    let used: FxHashSet<(NamespaceId, &str)> = mesh
        .workloads
        .as_slice()
        .iter()
        .filter(|workload| workload.kind != WorkloadKind::WorkloadGroup)
        .flat_map(|workload| {
            let accounts = workload.accounts.iter();
            accounts.map(|account| (workload.namespace, account.as_str()))
        })
        .collect();
    for group in &mesh.objects.workload_groups {
        if group.broken || mesh.objects.is_context(group.id) {
            continue;
        }
        let template = group.spec.template.as_ref();
        let account = template.map_or("", |template| template.service_account.as_str());
        let home = mesh.places.namespace_of(group.id);
        let namespace = mesh.places.get(home);
        let is_used = namespace.is_known && used.contains(&(home, account));
        if account.is_empty()
            || mesh.places.is_passed_over(home)
            || is_used
            || !mesh.quirks.unused_accounts_do_not_exist && exists(group, account, mesh)
        {
            continue;
        }
        findings.push(finding(group, account, mesh));
    }
}

/// Whether an account exists that no workload uses. Every namespace has one named `default`.
fn exists(group: &Object<WorkloadGroup>, account: &str, mesh: &Mesh) -> bool {
    account == "default"
        || is_unresolved(mesh, account)
        || mesh
            .places
            .named(group.namespace(), account)
            .service_accounts()
            .is_some()
}

fn finding(group: &Object<WorkloadGroup>, account: &str, mesh: &Mesh) -> Finding {
    let namespace = group.namespace();
    let own = mesh.places.of(mesh.places.namespace_of(group.id));
    let near = nearest(account, own.service_accounts().map(Object::name));
    let hint = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
    let message = format!("there is no ServiceAccount {account} in namespace {namespace}{hint}");
    let full = format!("{namespace}/{account}");
    let is_external = External::has(&mesh.settings.external.service_accounts, &full);
    let evidence = if is_external && !mesh.settings.closed_world {
        Evidence::NotShown(format!("service account {full} is configured as external"))
    } else {
        mesh.evidence.knows_accounts_in(namespace)
    };
    Finding::new(
        Code::KIA1701,
        group.id,
        "spec/template/serviceAccount",
        message,
    )
    .help(match near {
        Some(near) => format!("write `serviceAccount: {near}`"),
        None => {
            "create the ServiceAccount: tokens are issued for it when the workloads join".into()
        }
    })
    .given(evidence)
}
