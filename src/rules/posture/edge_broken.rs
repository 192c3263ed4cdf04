//! MESH2101: a call that does not come about, for what the client sends the server refuses.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::answers::edges::{Calls, Outcome, name_of, outcome, words};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::wire::{Mode, Reason, Sent, Target, Verdict, Wire};
use crate::mesh::workloads::WorkloadId;
use crate::model::networking::ClientTlsMode;
use crate::model::{Object, ObjectId};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "edge-broken",
    codes: &[Code::MESH2101],
    runs: &[Run::Mesh(edge_broken)],
};

/// What decides about broken edges, and the port: they are one finding.
type Key = (ObjectId, FieldPath, Option<(ObjectId, FieldPath)>, i64);

/// Broken edges of one key.
struct Edges {
    count: usize,
    from: String,
    to: String,
    why: String,
    target: ObjectId,
    reason: Reason,
}

fn edge_broken(mesh: &Mesh, findings: &mut Findings) {
    let wire = mesh.security.wire();
    let mut found: BTreeMap<Key, Edges> = BTreeMap::new();
    of_settings(mesh, wire, &mut found);
    of_calls(mesh, wire, &mut found);
    for ((object, path, server, port), edges) in found {
        if mesh.is_context(object) {
            continue;
        }
        let more = match edges.count {
            1 => String::new(),
            count => format!(" ({count} such edges)"),
        };
        let message = format!(
            "calls of {} to {}:{port} fail: {}{more}",
            edges.from, edges.to, edges.why
        );
        let mut finding =
            Finding::new(Code::MESH2101, object, path, message).help(help(edges.reason));
        if let Some((by, path)) = server {
            finding = finding.related(by, path, "decides what the server accepts");
        }
        findings.push(finding.related(edges.target, "", "the Service"));
    }
}

fn help(reason: Reason) -> &'static str {
    match reason {
        Reason::NoProxy => {
            "give the client a sidecar, or let the port accept plain text (PERMISSIVE)"
        }
        Reason::NoHbone => {
            "let the sidecars take HBONE (ISTIO_META_ENABLE_HBONE), or enrol the server in ambient mode"
        }
        Reason::Rule(ClientTlsMode::IstioMutual) => {
            "drop tls, so that automatic mutual TLS sends what each server accepts"
        }
        Reason::Rule(_) | Reason::CredentialName | Reason::LeftOver(_) => {
            "set tls mode ISTIO_MUTUAL, or drop tls (automatic mutual TLS does it)"
        }
        _ => "let the modes of namespace, workload and port agree",
    }
}

/// Edges on which the client's own settings contradict the server.
fn of_settings(mesh: &Mesh, wire: &Wire, found: &mut BTreeMap<Key, Edges>) {
    let callers = wire.callers(|id| wire.is_proxy_settled(id));
    for target in wire.targets() {
        if wire.backends(target).workloads.is_empty() {
            continue;
        }
        let ports = wire.ports(target);
        for caller in callers.of(target) {
            if !caller.client.proxy.is_envoy() {
                continue;
            }
            for port in &ports {
                let way = wire.way(&caller.client, target, *port);
                for (server, backends) in wire.backends_alike(target, port) {
                    let Some(first) = backends.first() else {
                        continue;
                    };
                    if !wire.is_proxy_settled(*first) || wire.proxy(*first).is_gateway() {
                        continue;
                    }
                    let outcome = outcome(wire, &way, port, server, *first);
                    if outcome.verdict != Verdict::Broken
                        || is_explained(mesh, &outcome, port.number())
                    {
                        continue;
                    }
                    let server_by = words::server_by(&outcome);
                    let Some((object, path)) =
                        words::client_by(&outcome).or_else(|| server_by.clone())
                    else {
                        continue;
                    };
                    let key = (object, path, server_by, port.number());
                    let count = caller.count * backends.len();
                    let members = || callers.members(&caller, target);
                    add(mesh, found, key, count, &outcome, target, *first, members);
                }
            }
        }
    }
}

/// Calls that the input shows, of clients that have no settings.
fn of_calls(mesh: &Mesh, wire: &Wire, found: &mut BTreeMap<Key, Edges>) {
    let calls = Calls::find(mesh);
    let mut targets: FxHashMap<ObjectId, &Target> = FxHashMap::default();
    targets.extend(wire.targets().iter().map(|target| (target.object, target)));
    let mut seen: FxHashSet<(WorkloadId, ObjectId, i64)> = FxHashSet::default();
    for bundle in calls.bundles() {
        for from in &*bundle.clients {
            let proxy = wire.proxy(*from);
            if proxy.is_envoy() || !wire.is_proxy_settled(*from) {
                continue;
            }
            let (Some(client), Some(workload)) = (
                wire.client(wire.client_of(*from)),
                mesh.workloads.get(*from),
            ) else {
                continue;
            };
            for (service, numbers) in &*bundle.callees {
                let Some(target) = targets.get(service) else {
                    continue;
                };
                for port in wire.ports(target) {
                    let number = port.number();
                    let is_meant = numbers.is_empty() || numbers.contains(&number);
                    if !is_meant || !seen.insert((*from, *service, number)) {
                        continue;
                    }
                    let way = wire.way(client, target, port);
                    for (server, backends) in wire.backends_alike(target, &port) {
                        let Some(first) = backends.first() else {
                            continue;
                        };
                        let outcome = outcome(wire, &way, &port, server, *first);
                        if outcome.verdict != Verdict::Broken
                            || !wire.is_proxy_settled(*first)
                            || is_explained(mesh, &outcome, number)
                        {
                            continue;
                        }
                        let server_by = words::server_by(&outcome);
                        let key = (workload.object, FieldPath::root(), server_by, number);
                        add(mesh, found, key, 1, &outcome, target, *first, || {
                            vec![*from]
                        });
                    }
                }
            }
        }
    }
}

#[allow(clippy::too_many_arguments)] // the parts of one edge
fn add(
    mesh: &Mesh,
    found: &mut BTreeMap<Key, Edges>,
    key: Key,
    count: usize,
    outcome: &Outcome,
    target: &Target,
    to: WorkloadId,
    members: impl FnOnce() -> Vec<WorkloadId>,
) {
    if let Some(edges) = found.get_mut(&key) {
        edges.count += count;
        return;
    }
    let Some(from) = members().first().copied() else {
        return;
    };
    let edges = Edges {
        count,
        from: name_of(mesh, from),
        to: words::object(mesh, target.object),
        why: words::why(mesh, outcome, to),
        target: target.object,
        reason: outcome.sends.reason,
    };
    found.insert(key, edges);
}

/// Whether another code reports what breaks the edge: a DestinationRule against STRICT, exceptions
/// for ports that name the wrong port, and rules and policies for a whole namespace or mesh that
/// lack each other.
fn is_explained(mesh: &Mesh, outcome: &Outcome, port: i64) -> bool {
    let mode = outcome.accepts.mode();
    let sent = outcome.sends.sent;
    if outcome.sends.by.is_some() && mode == Some(Mode::Strict) {
        return true;
    }
    let Some(by) = outcome.accepts.by() else {
        return false;
    };
    let policies = &mesh.objects.peer_authentications;
    let Some(policy) = find(policies, by.object) else {
        return false;
    };
    let is_wide = policy
        .spec
        .selector
        .as_ref()
        .is_none_or(|selector| selector.match_labels.is_empty());
    if is_wide && outcome.sends.reason == Reason::AutoOff {
        return true;
    }
    let rule = outcome
        .sends
        .by
        .and_then(|by| find(&mesh.objects.destination_rules, by.rule));
    let is_rule_wide = rule.is_some_and(|rule| rule.spec.host.starts_with('*'));
    if is_wide && is_rule_wide && sent == Sent::Mtls {
        return true;
    }
    let entries = policy.spec.port_level_mtls.as_ref();
    let is_mistaken = port != outcome.workload_port
        && entries.is_some_and(|entries| {
            entries.contains_key(&port.to_string())
                && !entries.contains_key(&outcome.workload_port.to_string())
        });
    is_mistaken && sent == Sent::Plaintext
}

fn find<T>(objects: &[Object<T>], id: ObjectId) -> Option<&Object<T>> {
    let at = objects.binary_search_by_key(&id, |object| object.id).ok()?;
    objects.get(at)
}
