//! IST0177: ServiceEntries that give a port of a host different protocols.

use std::collections::{BTreeMap, BTreeSet};

use super::known_hosts::scopes;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::model::networking::ServiceEntry;
use crate::model::{Object, ObjectId};
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "conflicting-service-entry-protocols",
    codes: &[Code::IST0177],
    runs: &[Run::Mesh(conflicting_service_entry_protocols)],
};

/// The ServiceEntries that define a port of a host, and with which protocols.
#[derive(Default, Clone)]
struct Users<'m> {
    entries: BTreeMap<ObjectId, &'m Object<ServiceEntry>>,
    protocols: BTreeSet<String>,
}

/// Scope, host and port.
type Key<'m> = (String, &'m str, u32);

fn conflicting_service_entry_protocols(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let mut everywhere: BTreeMap<(&str, u32), Users<'_>> = BTreeMap::new();
    let mut limited: BTreeMap<Key<'_>, Users<'_>> = BTreeMap::new();
    for entry in analysis.service_entries() {
        let scopes = scopes(&entry.spec.export_to, entry.namespace());
        for port in &entry.spec.ports {
            let protocol = port.protocol.to_uppercase();
            for host in &entry.spec.hosts {
                for scope in &scopes {
                    let users = if scope == "*" {
                        everywhere.entry((host, port.number)).or_default()
                    } else {
                        let key = (scope.to_string(), host.as_str(), port.number);
                        limited.entry(key).or_default()
                    };
                    users.entries.insert(entry.id, entry);
                    users.protocols.insert(protocol.to_string());
                }
            }
        }
    }
    let mut reported: BTreeSet<ObjectId> = BTreeSet::new();
    for ((host, port), users) in &everywhere {
        report(host, *port, users, &mut reported, findings);
    }
    for ((_, host, port), mut users) in limited {
        if let Some(others) = everywhere.get(&(host, port)) {
            users.protocols.extend(others.protocols.iter().cloned());
            if users.protocols.len() < 2 {
                continue;
            }
            // Those that are known to conflict need not be gone through again for each scope.
            let is_news = others.entries.keys().any(|id| !reported.contains(id));
            let most = if is_news { usize::MAX } else { 6 };
            let others = others.entries.iter().take(most);
            users
                .entries
                .extend(others.map(|(id, entry)| (*id, *entry)));
        }
        report(host, port, &users, &mut reported, findings);
    }
}

fn report(
    host: &str,
    port: u32,
    users: &Users<'_>,
    reported: &mut BTreeSet<ObjectId>,
    findings: &mut Findings,
) {
    if users.protocols.len() < 2 {
        return;
    }
    let mut names: Vec<String> = Vec::new();
    for entry in users.entries.values() {
        if names.is_empty() {
            names = users
                .entries
                .values()
                .map(|entry| full_name(entry.namespace(), entry.name()))
                .collect();
            names.sort_unstable();
        }
        if !reported.insert(entry.id) {
            continue;
        }
        let message = format!(
            "ServiceEntries define port {port} of {host} with different protocols ({}): {}",
            list(&users.protocols),
            list(&names)
        );
        let mut finding = Finding::new(Code::IST0177, entry.id, "metadata/name", message)
            .help("give the port the same protocol in all of them");
        for other in users.entries.values().filter(|o| o.id != entry.id).take(5) {
            finding = finding.related(other.id, "spec/ports", "defines the port too");
        }
        findings.push(finding);
    }
}
