//! MESH2010: probes in plain text at a port that takes mutual TLS alone.

use super::template::{annotation_path, template_path};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::security::wire::{Accepts, Mode, Proxy};
use crate::mesh::{Mesh, Workload, WorkloadId};
use crate::model::core::{Container, Probe};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;
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
    let by_default = is_off_by_default(mesh);
    for (id, workload) in mesh.workloads.iter() {
        let own = workload.template_annotations.get(REWRITE);
        let is_off = own.map_or(by_default, |own| own == "false");
        if is_off && !mesh.is_context(workload.object) {
            findings.extend(judge(mesh, id, workload, own.is_some()));
        }
    }
}

/// Whether an installation of the input has probes rewritten only where pods ask for it.
fn is_off_by_default(mesh: &Mesh) -> bool {
    let operators = mesh.objects.istio_operators.iter();
    let mut values = operators
        .chain(&mesh.objects.istios)
        .filter_map(|operator| operator.spec.values.as_ref());
    values.any(|values| values.sidecar_injector_webhook.rewrite_app_http_probe == Some(false))
}

/// A probe that is refused.
struct Refused {
    field: &'static str,
    path: FieldPath,
    port: i64,
    accepts: Accepts,
}

fn judge(mesh: &Mesh, id: WorkloadId, workload: &Workload, by_annotation: bool) -> Option<Finding> {
    let wire = mesh.security.wire();
    if wire.proxy(id) != Proxy::Sidecar || !wire.is_proxy_settled(id) {
        return None;
    }
    let Refused {
        field,
        path,
        port,
        accepts,
    } = refused(mesh, id, workload)?;
    let message = format!(
        "probes are not rewritten, so the kubelet sends the {field} in plain text to port {port}, \
         which takes mutual TLS alone: {}",
        outcome(field)
    );
    let finding = if by_annotation {
        let place = annotation_path(workload, REWRITE);
        let fix = Fix::hazardous("remove the annotation");
        let fix = fix.change(workload.object, place.clone(), Change::Remove);
        Finding::new(Code::MESH2010, workload.object, place, message)
            .help("remove the annotation: without it the kubelet asks the sidecar")
            .related(workload.object, path, "the probe")
            .fix(fix)
    } else {
        Finding::new(Code::MESH2010, workload.object, path, message)
            .help(format!("annotate the pods {REWRITE}: \"true\""))
    };
    Some(match accepts.by() {
        Some(by) => finding.related(by.object, by.path.clone(), "the mode of the port"),
        None => finding,
    })
}

/// The first probe of a workload that its sidecar refuses.
fn refused(mesh: &Mesh, id: WorkloadId, workload: &Workload) -> Option<Refused> {
    let wire = mesh.security.wire();
    let spec = workload.pod_spec(&mesh.objects)?;
    let lists = [
        ("containers", &spec.containers),
        ("initContainers", &spec.init_containers),
    ];
    let containers = lists.into_iter().flat_map(|(list, containers)| {
        let containers = containers.iter().enumerate();
        containers.map(move |(i, container)| (path!["spec", list, i], container))
    });
    let mut probes = containers.flat_map(|(place, container)| {
        let probes = container.probes();
        probes.filter_map(move |(field, probe)| {
            let port = asked_port(container, probe)?;
            Some((field, place.field(field), port))
        })
    });
    probes.find_map(|(field, below, port)| {
        let accepts = wire.accepts(wire.server_of(id), port);
        let is_refused =
            accepts.mode() == Some(Mode::Strict) && workload.leaves_out_port(port).is_none();
        is_refused.then(|| Refused {
            field,
            path: template_path(workload).join(&below),
            port,
            accepts,
        })
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
