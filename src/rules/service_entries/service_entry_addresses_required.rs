//! IST0134, IST0177: addresses that ServiceEntries need, and protocols that they disagree about.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, full_name};
use crate::mesh::istio_version::IstioVersion;
use crate::model::networking::{Resolution, ServiceEntry};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::lists::list;
use crate::rules::common::reading::{meets, path};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-entry-addresses-required",
    codes: &[Code::IST0134, Code::IST0177],
    runs: &[Run::ServiceEntry(addresses), Run::Mesh(protocols)],
};

fn addresses(entry: &Object<ServiceEntry>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(entry.id) else {
        return;
    };
    let status = entry.status.as_deref();
    let has_addresses = !entry.spec.addresses.is_empty()
        || status.is_some_and(|status| !status.addresses.is_empty());
    let allocated = if mesh.quirks.run_time_plays_no_part {
        are_allocated_for_istioctl(analysis)
    } else {
        are_allocated(entry, mesh)
    };
    if has_addresses || allocated {
        return;
    }
    for (index, port) in entry.spec.ports.iter().enumerate() {
        if port.protocol.is_empty() || port.protocol.eq_ignore_ascii_case("TCP") {
            let message =
                "a TCP port needs addresses: without them its traffic is told apart by port alone";
            findings.push(
                Finding::new(
                    Code::IST0134,
                    entry.id,
                    path!["spec", "ports", index, "name"],
                    message,
                )
                .help(help(entry, port.protocol.is_empty())),
            );
        }
    }
}

fn help(entry: &Object<ServiceEntry>, has_no_protocol: bool) -> String {
    let mut help = "set spec.addresses, or a protocol that carries the host name (HTTP, TLS, \
                    HTTPS)"
        .to_owned();
    if has_no_protocol {
        help.push_str("; a port without protocol is TCP, whatever its name");
    }
    if may_be_allocated(entry) {
        help.push_str(
            "; or let proxies capture DNS (ISTIO_META_DNS_CAPTURE: \"true\" in proxyMetadata), so \
             that they use the address that istiod allocates",
        );
    }
    help
}

/// Whether istiod allocates addresses for such an entry: the controller leaves out wildcards,
/// resolution NONE, and what opts out by label.
fn may_be_allocated(entry: &Object<ServiceEntry>) -> bool {
    let label = "networking.istio.io/enable-autoallocate-ip";
    let has_opted_out = entry.metadata.labels.has(label, "false");
    let has_wildcard = entry.spec.hosts.iter().any(|host| host.starts_with('*'));
    entry.spec.resolution != Resolution::None && !has_wildcard && !has_opted_out
}

/// Whether istiod gives the entry an address that clients use: sidecars that capture DNS, and
/// ztunnel, which always does.
fn are_allocated(entry: &Object<ServiceEntry>, mesh: &Mesh) -> bool {
    if !may_be_allocated(entry) {
        return false;
    }
    let home = mesh.places.namespace_of(entry.id);
    let by_default = mesh.settings.istio_version >= IstioVersion::minor(25);
    if by_default && mesh.places.get(home).has_ambient_label() {
        return true;
    }
    let of_mesh = &mesh
        .places
        .control_plane_or_first(home)
        .config
        .default_config
        .proxy_metadata;
    let of_namespace = mesh
        .places
        .of(home)
        .proxy_configs()
        .filter(|config| config.spec.selector.is_none())
        .map(|config| &config.spec.environment_variables);
    let is_on = |key: &str| {
        let mut own = of_namespace.clone();
        of_mesh.has(key, "true") || own.any(|variables| variables.has(key, "true"))
    };
    is_on("ISTIO_META_DNS_CAPTURE") && (by_default || is_on("ISTIO_META_DNS_AUTO_ALLOCATE"))
}

/// Whether istioctl takes it that istiod gives ServiceEntries addresses of its own.
fn are_allocated_for_istioctl(analysis: Analysis<'_>) -> bool {
    let metadata = &analysis.mesh_config().default_config.proxy_metadata;
    let is_on = |key: &str| metadata.has(key, "true");
    is_on("ISTIO_META_DNS_CAPTURE")
        && (is_on("ISTIO_META_DNS_AUTO_ALLOCATE") || is_on("PILOT_ENABLE_IP_AUTOALLOCATE"))
}

/// The ServiceEntries that define a port of a host, and with which protocols.
#[derive(Default, Clone)]
struct Users<'m> {
    entries: BTreeMap<ObjectId, &'m Object<ServiceEntry>>,
    protocols: BTreeSet<String>,
}

/// Scope, host and port.
type Key<'m> = (String, &'m str, u32);

fn protocols(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let mut everywhere: BTreeMap<(&str, u32), Users<'_>> = BTreeMap::new();
    let mut limited: BTreeMap<Key<'_>, Users<'_>> = BTreeMap::new();
    for entry in analysis.service_entries() {
        let scopes = analysis.scopes(&entry.spec.export_to, entry.namespace());
        for port in &entry.spec.ports {
            let mut protocol = port.protocol.to_uppercase();
            if protocol.is_empty() && !mesh.quirks.protocols_have_no_default {
                protocol.push_str("TCP");
            }
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
        report(host, *port, users, &mut reported, mesh, findings);
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
        report(host, port, &users, &mut reported, mesh, findings);
    }
}

fn report(
    host: &str,
    port: u32,
    users: &Users<'_>,
    reported: &mut BTreeSet<ObjectId>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if users.protocols.len() < 2
        || users.entries.len() < 2 && !mesh.quirks.objects_conflict_with_themselves
    {
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
        let others = users.entries.keys().copied();
        let is_alone = users.entries.len() > 1 && !meets(entry.id, others, mesh);
        if is_alone || !reported.insert(entry.id) {
            continue;
        }
        let message = format!(
            "ServiceEntries define port {port} of {host} with different protocols ({}): {}",
            list(&users.protocols),
            list(&names)
        );
        let mut finding = Finding::new(
            Code::IST0177,
            entry.id,
            path("metadata/name", "spec/ports", mesh),
            message,
        )
        .help("give the port the same protocol in all of them");
        for other in users.entries.values().filter(|o| o.id != entry.id).take(5) {
            finding = finding.related(other.id, "spec/ports", "defines the port too");
        }
        findings.push(finding);
    }
}
