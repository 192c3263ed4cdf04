//! IST0002: what is deprecated or gone.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::core::CustomResourceDefinition;
use crate::model::networking::{Sidecar, VirtualService};
use crate::model::telemetry::Telemetry;
use crate::model::{Object, Str};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "deprecated-feature",
    codes: &[Code::IST0002],
    runs: &[
        Run::VirtualService(virtual_service),
        Run::Sidecar(sidecar),
        Run::CustomResourceDefinition(definition),
        Run::Mesh(lightstep),
    ],
};

fn virtual_service(object: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(object.id).is_none() {
        return;
    }
    let found = object.spec.http.iter().position(|route| {
        let delay = route.fault.as_ref().and_then(|fault| fault.delay.as_ref());
        delay.is_some_and(|delay| delay.percent > 0)
    });
    if let Some(index) = found {
        let message = "fault.delay.percent is deprecated in favour of fault.delay.percentage";
        findings.push(
            Finding::new(Code::IST0002, object.id, "", message)
                .points_at(path!["spec", "http", index, "fault", "delay", "percent"])
                .help("write percentage: {value: ...} in its place"),
        );
    }
}

fn sidecar(object: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    let policy = object.spec.outbound_traffic_policy.as_deref();
    let is_set = policy.is_some_and(|policy| policy.egress_proxy.is_some());
    if is_set && mesh.analysis_of(object.id).is_some() {
        let message = "outboundTrafficPolicy.egressProxy is ignored";
        findings.push(
            Finding::new(Code::IST0002, object.id, "", message)
                .points_at("spec/outboundTrafficPolicy/egressProxy")
                .help("remove it; lead such traffic by a ServiceEntry and a VirtualService"),
        );
    }
}

fn definition(object: &Object<CustomResourceDefinition>, mesh: &Mesh, findings: &mut Findings) {
    const REMOVED: [&str; 4] = [
        "ClusterRbacConfig",
        "RbacConfig",
        "ServiceRole",
        "ServiceRoleBinding",
    ];
    let spec = &object.spec.spec;
    let kind = spec.names.kind.as_str();
    if spec.group == "rbac.istio.io"
        && REMOVED.contains(&kind)
        && mesh.analysis_of(object.id).is_some()
    {
        let message = format!("Istio no longer knows the kind {kind} of rbac.istio.io");
        findings.push(
            Finding::new(Code::IST0002, object.id, "", message)
                .points_at("spec/names/kind")
                .help("remove the definition; AuthorizationPolicy has taken its place"),
        );
    }
}

fn lightstep(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let names: Vec<&Str> = analysis
        .mesh_config()
        .extension_providers
        .iter()
        .filter(|provider| provider.lightstep.is_some())
        .map(|provider| &provider.name)
        .collect();
    if names.is_empty() {
        return;
    }
    let telemetries = analysis.telemetries().filter(|object| !object.broken);
    for telemetry in telemetries {
        uses(telemetry, &names, findings);
    }
}

fn uses(telemetry: &Object<Telemetry>, lightstep: &[&Str], findings: &mut Findings) {
    let mut seen: Vec<&Str> = Vec::new();
    for (number, tracing) in telemetry.spec.tracing.iter().enumerate() {
        for (index, provider) in tracing.providers.iter().enumerate() {
            let name = &provider.name;
            if lightstep.contains(&name) && !seen.contains(&name) {
                seen.push(name);
                let message = format!(
                    "the tracing provider {name} is of type Lightstep, which is deprecated"
                );
                let path = path!["spec", "tracing", number, "providers", index, "name"];
                findings.push(
                    Finding::new(Code::IST0002, telemetry.id, "", message)
                        .points_at(path)
                        .help("move to an OpenTelemetry provider"),
                );
            }
        }
    }
}
