//! MESH2010: probes in plain text at a port that takes mutual TLS alone.

use super::template::annotation_path;
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::security::wire::{Mode, Proxy};
use crate::mesh::{Mesh, Workload, WorkloadId};
use crate::model::core::{Container, Probe};
use crate::rules::{Check, Run};
use crate::yaml::edit::Change;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "probe-without-rewrite",
    codes: &[Code::MESH2010],
    runs: &[Run::Mesh(probe_without_rewrite)],
};

const REWRITE: &str = "sidecar.istio.io/rewriteAppHTTPProbers";

fn probe_without_rewrite(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for (id, workload) in mesh.workloads.iter() {
        if !mesh.is_context(workload.object) && workload.template_annotations.has(REWRITE, "false")
        {
            findings.extend(judge(mesh, id, workload));
        }
    }
}

fn judge(mesh: &Mesh, id: WorkloadId, workload: &Workload) -> Option<Finding> {
    let wire = mesh.security.wire();
    if wire.proxy(id) != Proxy::Sidecar || !wire.is_proxy_settled(id) {
        return None;
    }
    let spec = workload.pod_spec(&mesh.objects)?;
    let probes = spec.all_containers().flat_map(|container| {
        let probes = container.probes();
        probes.filter_map(move |(field, probe)| Some((field, asked_port(container, probe)?)))
    });
    let mut refused = probes.filter_map(|(field, port)| {
        let accepts = wire.accepts(wire.server_of(id), port);
        let is_refused =
            accepts.mode() == Some(Mode::Strict) && workload.leaves_out_port(port).is_none();
        is_refused.then_some((field, port, accepts))
    });
    let (field, port, accepts) = refused.next()?;
    let message = format!(
        "probes are not rewritten, so the kubelet sends the {field} in plain text to port {port}, \
         which takes mutual TLS alone: {}",
        outcome(field)
    );
    let place = annotation_path(workload, REWRITE);
    let fix = Fix::hazardous("remove the annotation");
    let fix = fix.change(workload.object, place.clone(), Change::Remove);
    let finding = Finding::new(Code::MESH2010, workload.object, place, message)
        .help("remove the annotation: by default the sidecar answers the kubelet and asks the pod")
        .fix(fix);
    Some(match accepts.by() {
        Some(by) => finding.related(by.object, by.path.clone(), "the mode of the port"),
        None => finding,
    })
}

/// The port of a probe that is a request in plain text. A connection alone succeeds at the proxy.
fn asked_port(container: &Container, probe: &Probe) -> Option<i64> {
    let is_tls = |scheme: &str| scheme.eq_ignore_ascii_case("https");
    let port = match (&probe.http_get, &probe.grpc) {
        (Some(http), _) => http.port.as_ref().filter(|_| !is_tls(&http.scheme)),
        (None, Some(grpc)) => grpc.port.as_ref(),
        (None, None) => None,
    };
    container.number_of(port?)
}

fn outcome(field: &str) -> &'static str {
    match field {
        "readinessProbe" => "the pod never becomes ready",
        "livenessProbe" => "the container is restarted again and again",
        _ => "the container never counts as started",
    }
}
