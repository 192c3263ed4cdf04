//! MESH2102: a DestinationRule takes away the mutual TLS that proxies would use by themselves.

use std::collections::BTreeMap;

use crate::answers::edges::{outcome, words};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::wire::{Mode, Sent, Verdict};
use crate::mesh::{Mesh, WorkloadId};
use crate::model::ObjectId;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "edge-downgraded",
    codes: &[Code::MESH2102],
    runs: &[Run::Mesh(edge_downgraded)],
};

/// Edges that one setting downgrades.
struct Edges {
    count: usize,
    sent: Sent,
    target: ObjectId,
}

/// Whether an annotation keeps a port from the sidecar, so that no proxy would take mutual TLS there.
fn passes_proxy(mesh: &Mesh, port: i64, id: WorkloadId) -> bool {
    let workload = mesh.workloads.get(id);
    workload.is_some_and(|workload| workload.leaves_out_port(port).is_some())
}

fn edge_downgraded(mesh: &Mesh, findings: &mut Findings) {
    let wire = mesh.security.wire();
    let callers = wire.callers(|id| wire.is_proxy_settled(id));
    let mut found: BTreeMap<(ObjectId, FieldPath), Edges> = BTreeMap::new();
    for target in wire.targets() {
        if wire.backends(target).workloads.is_empty() {
            continue;
        }
        let ports = wire.ports(target);
        for caller in callers.of(target) {
            for port in &ports {
                let way = wire.way(&caller.client, target, *port);
                for (server, backends) in wire.backends_alike(target, port) {
                    let Some(first) = backends.first() else {
                        continue;
                    };
                    let outcome = outcome(wire, &way, port, server, *first);
                    let Some(by) = words::client_by(&outcome) else {
                        continue;
                    };
                    let is_downgraded =
                        matches!(outcome.verdict, Verdict::Plaintext | Verdict::Tls)
                            && outcome.accepts.mode() == Some(Mode::Permissive)
                            && wire.is_proxy_settled(*first)
                            && way.without_rule(server, *first) == Sent::Mtls
                            && !passes_proxy(
                                mesh,
                                wire.workload_port(port.declared, *first),
                                *first,
                            );
                    if !is_downgraded {
                        continue;
                    }
                    let edges = found.entry(by).or_insert(Edges {
                        count: 0,
                        sent: outcome.sends.sent,
                        target: target.object,
                    });
                    edges.count += caller.count * backends.len();
                }
            }
        }
    }
    for ((object, path), edges) in found {
        if mesh.is_context(object) {
            continue;
        }
        let what = match edges.sent {
            Sent::Plaintext => "plain text",
            _ => "TLS that the application must end",
        };
        let message = format!(
            "clients send {what} to {}, whose proxies accept mutual TLS: without this setting the mesh would \
             encrypt and identify {} by itself",
            words::object(mesh, edges.target),
            match edges.count {
                1 => "this edge".to_owned(),
                count => format!("these {count} edges"),
            }
        );
        findings.push(
            Finding::new(Code::MESH2102, object, path, message)
                .help("drop tls, or set its mode to ISTIO_MUTUAL")
                .related(edges.target, "", "the Service"),
        );
    }
}
