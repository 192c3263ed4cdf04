//! MESH2011: a port that the sidecar leaves alone, to which clients send mutual TLS.

use rustc_hash::FxHashMap;

use super::template::annotation_path;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::security::wire::{Callers, Port, Proxy, Sent, ServerId, Target, Wire};
use crate::mesh::{Mesh, Workload, WorkloadId};
use crate::model::ObjectId;
use crate::path;
use crate::rules::mtls::client_tls_against_strict::has_others;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "excluded-inbound-port",
    codes: &[Code::MESH2011],
    runs: &[Run::Mesh(excluded_inbound_port)],
};

const PREFIX: &str = "traffic.sidecar.istio.io/";

fn excluded_inbound_port(mesh: &Mesh, findings: &mut Findings) {
    let speaks_of_ports = |workload: &Workload| {
        let mut keys = workload.template_annotations.keys();
        keys.any(|key| {
            key.strip_prefix(PREFIX)
                .is_some_and(|own| own.ends_with("cludeInboundPorts"))
        })
    };
    let mut workloads = mesh.workloads.iter();
    if mesh.quirks.run_time_plays_no_part || !workloads.any(|(_, own)| speaks_of_ports(own)) {
        return;
    }
    let wire = mesh.security.wire();
    let mut senders = Senders {
        wire,
        callers: wire.callers(|id| wire.proxy(id).is_envoy()),
        known: FxHashMap::default(),
    };
    for (id, workload) in mesh.workloads.iter() {
        let has_sidecar = wire.proxy(id) == Proxy::Sidecar && wire.is_proxy_settled(id);
        if speaks_of_ports(workload) && has_sidecar && !mesh.is_context(workload.object) {
            findings.extend(judge(mesh, &mut senders, id, workload));
        }
    }
}

fn judge(
    mesh: &Mesh,
    senders: &mut Senders<'_>,
    id: WorkloadId,
    workload: &Workload,
) -> Option<Finding> {
    let wire = senders.wire;
    let services = mesh
        .registry
        .services_selecting(workload.namespace, &workload.labels);
    for service in services {
        let Some(target) = wire.target(service.namespace(), service.name()) else {
            continue;
        };
        for port in wire.ports(target) {
            let number = wire.workload_port(port.declared, id);
            let Some(annotation) = workload.leaves_out_port(number) else {
                continue;
            };
            if !senders.send_mtls(target, &port, id) {
                continue;
            }
            let message = format!(
                "port {number} bypasses the sidecar, yet clients in the mesh send mutual TLS to it \
                 (Service {}, port {}): their requests fail with 503",
                service.name(),
                port.number()
            );
            let place = annotation_path(workload, annotation);
            return Some(
                Finding::new(Code::MESH2011, workload.object, place, message)
                    .help(format!(
                        "add a DestinationRule for {} with tls mode DISABLE for port {}, or let the \
                         sidecar take the port over",
                        service.name(),
                        port.number()
                    ))
                    .related(
                        service.id,
                        path!["spec", "ports", port.index],
                        "the port of the Service",
                    ),
            );
        }
    }
    None
}

/// The clients of the mesh with a proxy that DestinationRules speak to.
struct Senders<'w> {
    wire: &'w Wire,
    callers: Callers<'w>,
    /// Whether mutual TLS is sent to a port of a Service, by the class of the server.
    known: FxHashMap<(ObjectId, usize, ServerId), bool>,
}

impl Senders<'_> {
    /// Whether some client other than the workloads of the Service sends mutual TLS.
    fn send_mtls(&mut self, target: &Target, port: &Port<'_>, id: WorkloadId) -> bool {
        let wire = self.wire;
        let server = wire.server_of(id);
        let key = (target.object, port.index, server);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let callers = self.callers.of(target);
        let mut others = callers
            .iter()
            .filter(|caller| has_others(wire, caller, target));
        let sent = others.any(|caller| {
            let way = wire.way(&caller.client, target, *port);
            way.to(server, id).sent == Sent::Mtls
        });
        self.known.insert(key, sent);
        sent
    }
}
