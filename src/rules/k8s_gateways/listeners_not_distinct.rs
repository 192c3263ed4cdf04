//! KIA1503: listeners of one Gateway that serve the same.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::{Gateway, Listener};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "listeners-not-distinct",
    codes: &[Code::KIA1503],
    runs: &[Run::K8sGateway(listeners_not_distinct)],
};

/// How many of the others a finding names.
const SHOWN: usize = 8;

/// Hostname, port and protocol.
type Key<'g> = (&'g str, u32, &'g str);

fn listeners_not_distinct(gateway: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    if mesh
        .places
        .is_passed_over(mesh.places.namespace_of(gateway.id))
    {
        return;
    }
    let mut groups: FxHashMap<Key<'_>, Vec<(usize, &Listener)>> = FxHashMap::default();
    for (at, listener) in gateway.spec.listeners.iter().enumerate() {
        let hostname = listener.hostname.as_deref().filter(|name| !name.is_empty());
        if hostname.is_none() && mesh.quirks.listeners_without_hostname_never_collide {
            continue;
        }
        let hostname = hostname.unwrap_or_default();
        if !is_unresolved(mesh, hostname) {
            let key = (hostname, listener.port, listener.protocol.as_str());
            groups.entry(key).or_default().push((at, listener));
        }
    }
    let mut found: Vec<(usize, Finding)> = Vec::new();
    for group in groups.values().filter(|group| group.len() > 1) {
        for (at, listener) in group {
            let others: Vec<_> = group
                .iter()
                .filter(|(_, other)| other.name != listener.name)
                .take(SHOWN)
                .collect();
            if !others.is_empty() {
                found.push((*at, finding(gateway, *at, listener, &others)));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    for (_, finding) in found {
        findings.push(finding);
    }
}

fn finding(
    gateway: &Object<Gateway>,
    at: usize,
    listener: &Listener,
    others: &[&(usize, &Listener)],
) -> Finding {
    let hostname = match listener.hostname.as_deref() {
        None | Some("") => "every hostname",
        Some(hostname) => hostname,
    };
    let names: Vec<&str> = others
        .iter()
        .map(|(_, other)| other.name.as_str())
        .collect();
    let message = format!(
        "listener {} serves {hostname} on port {} ({}), and so does listener {}",
        listener.name,
        listener.port,
        listener.protocol,
        names.join(", ")
    );
    let path = |at: usize| path!["spec", "listeners", at, "name"];
    let mut finding = Finding::new(Code::KIA1503, gateway.id, path(at), message)
        .help("give each listener a hostname or port of its own, or remove one of them");
    for (other, _) in others {
        finding = finding.related(
            gateway.id,
            path(*other),
            "the same hostname, port and protocol",
        );
    }
    finding
}
