//! KIA1501, KIA1502: listeners and addresses that several Gateways ask for.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::gateway_api::{Gateway, GatewayAddress, Listener};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "shared-by-gateways",
    codes: &[Code::KIA1501, Code::KIA1502],
    runs: &[Run::Mesh(listeners), Run::Mesh(addresses)],
};

/// How many of the others a finding names.
const SHOWN: usize = 8;

/// One listener or address, by its position.
struct Entry<'m> {
    gateway: &'m Object<Gateway>,
    at: usize,
}

/// Those that are the same, in load order.
struct Shared<'m> {
    entries: Vec<Entry<'m>>,
    /// Whether Gateways of several names are among them.
    is_shared: bool,
}

/// KIA1501.
fn listeners(mesh: &Mesh, findings: &mut Findings) {
    let keys = |gateway: &'_ Gateway, visit: &mut dyn FnMut(usize, Key)| {
        for (at, listener) in gateway.listeners.iter().enumerate() {
            for key in listener_keys(listener, gateway, mesh) {
                visit(at, key);
            }
        }
    };
    report(mesh, keys, |entry, others| {
        findings.push(shared_listener(entry, others, mesh));
    });
}

/// KIA1502.
fn addresses(mesh: &Mesh, findings: &mut Findings) {
    let keys = |gateway: &'_ Gateway, visit: &mut dyn FnMut(usize, Key)| {
        for (at, address) in gateway.addresses.iter().enumerate() {
            let is_service =
                address.address_type() == "Hostname" && !mesh.quirks.gateways_never_share_a_service;
            if !address.value.is_empty() && !is_service && !is_unresolved(mesh, &address.value) {
                visit(at, address_key(address));
            }
        }
    };
    report(mesh, keys, |entry, others| {
        findings.push(shared_address(entry, others));
    });
}

/// What makes two listeners or two addresses the same.
type Key = (String, String, u32);

/// What a listener shares with others: hostname, protocol and port. Every Gateway has a proxy and
/// an address of its own, so that only those meet that name one Service or IP address.
fn listener_keys(listener: &Listener, gateway: &Gateway, mesh: &Mesh) -> Vec<Key> {
    let Some(hostname) = listener.hostname.as_ref().filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    if is_unresolved(mesh, hostname) || is_unresolved(mesh, &gateway.gateway_class_name) {
        return Vec::new();
    }
    // Gateways of different classes are run by different controllers.
    let class = if mesh.quirks.listeners_collide_across_classes {
        ""
    } else {
        &gateway.gateway_class_name
    };
    let key = |address: &str| {
        let rest = format!("{}\n{class}\n{address}", listener.protocol);
        (hostname.to_string(), rest, listener.port)
    };
    if mesh.quirks.run_time_plays_no_part {
        return vec![key("")];
    }
    let addresses = gateway.addresses.iter();
    let mut keys: Vec<Key> = addresses
        .filter(|address| !address.value.is_empty() && !is_unresolved(mesh, &address.value))
        .map(|address| key(&address.value))
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn address_key(address: &GatewayAddress) -> Key {
    (
        address.value.to_string(),
        address.address_type().to_owned(),
        0,
    )
}

/// Calls `report` for everything that Gateways of different names share, with some of the others.
fn report<'m>(
    mesh: &'m Mesh,
    keys: impl Fn(&'m Gateway, &mut dyn FnMut(usize, Key)),
    mut report: impl FnMut(&Entry<'m>, &[&Entry<'m>]),
) {
    let mut groups: Vec<Shared<'m>> = Vec::new();
    let mut numbers: FxHashMap<Key, usize> = FxHashMap::default();
    for gateway in &mesh.objects.k8s_gateways {
        if mesh
            .places
            .is_passed_over(mesh.places.namespace_of(gateway.id))
        {
            continue;
        }
        keys(&gateway.spec, &mut |at, key| {
            let number = *numbers.entry(key).or_insert_with(|| {
                groups.push(Shared {
                    entries: Vec::new(),
                    is_shared: false,
                });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(number) {
                let first = group.entries.first();
                group.is_shared |= first
                    .is_some_and(|first| identity(first.gateway, mesh) != identity(gateway, mesh));
                group.entries.push(Entry { gateway, at });
            }
        });
    }
    let mut shared: Vec<(&Entry<'m>, &Shared<'m>)> = groups
        .iter()
        .filter(|group| group.is_shared)
        .flat_map(|group| group.entries.iter().map(move |entry| (entry, group)))
        .filter(|(entry, _)| !entry.gateway.broken)
        .collect();
    shared.sort_by_key(|(entry, _)| (entry.gateway.id, entry.at));
    for (entry, group) in shared {
        let own = identity(entry.gateway, mesh);
        let others: Vec<_> = group
            .entries
            .iter()
            .filter(|other| identity(other.gateway, mesh) != own)
            .take(SHOWN)
            .collect();
        report(entry, &others);
    }
}

/// What tells Gateways apart. Documents of one name are versions of one Gateway.
fn identity<'m>(gateway: &'m Object<Gateway>, mesh: &Mesh) -> (NamespaceId, &'m str) {
    let namespace = if mesh.quirks.gateways_of_one_name_never_collide {
        NamespaceId::NONE
    } else {
        mesh.places.namespace_of(gateway.id)
    };
    (namespace, gateway.name())
}

/// The Gateways of `others`, each once: `a/x, b/y`.
fn names(others: &[&Entry<'_>]) -> String {
    let mut names: Vec<String> = Vec::new();
    for other in others {
        let name = format!("{}/{}", other.gateway.namespace(), other.gateway.name());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = if others.len() >= SHOWN {
        " and others"
    } else {
        ""
    };
    format!("{}{more}", names.join(", "))
}

fn shared_listener(entry: &Entry<'_>, others: &[&Entry<'_>], mesh: &Mesh) -> Finding {
    let listeners = &entry.gateway.spec.listeners;
    let listener = listeners.get(entry.at).cloned().unwrap_or_default();
    let hostname = listener.hostname.as_deref().unwrap_or_default();
    let message = format!(
        "listener {} serves {hostname} on port {} ({}), and so does Gateway {}",
        listener.name,
        listener.port,
        listener.protocol,
        names(others)
    );
    // Of TLS listeners the later one is dropped with its routes; routes of HTTP are joined.
    let is_joined = listener.protocol == "HTTP" && !mesh.quirks.run_time_plays_no_part;
    let outcome = match (mesh.quirks.run_time_plays_no_part, is_joined) {
        (true, _) => "",
        (false, true) => "; the routes of both are served",
        (false, false) => "; of the two only the older one is served",
    };
    let path = path!["spec", "listeners", entry.at, "hostname"];
    let mut finding = Finding::new(Code::KIA1501, entry.gateway.id, path, format!("{message}{outcome}"))
        .help("serve the hostname in one Gateway, and let routes of other namespaces attach to it with `allowedRoutes`");
    for other in others {
        let path = path!["spec", "listeners", other.at, "hostname"];
        finding = finding.related(
            other.gateway.id,
            path,
            "the same hostname, port and protocol",
        );
    }
    if is_joined {
        finding.severity = Severity::Info;
    }
    finding
}

fn shared_address(entry: &Entry<'_>, others: &[&Entry<'_>]) -> Finding {
    let addresses = &entry.gateway.spec.addresses;
    let address = addresses.get(entry.at).cloned().unwrap_or_default();
    let message = format!(
        "{} {} is wanted by Gateway {} as well",
        address.address_type(),
        address.value,
        names(others)
    );
    let mut finding = Finding::new(
        Code::KIA1502,
        entry.gateway.id,
        "spec/addresses/value",
        message,
    )
    .points_at(path!["spec", "addresses", entry.at, "value"])
    .help("give each Gateway an address of its own, or serve both from one Gateway");
    for other in others {
        let path = path!["spec", "addresses", other.at, "value"];
        finding = finding.related(other.gateway.id, path, "the same address");
    }
    finding
}
