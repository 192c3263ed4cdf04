//! KIA1311, KIA1312, KIA1313, KIA1314, KIA1315, KIA1316: workloads that are half in ambient mode,
//! and waypoints that are missing.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::ambient::{Waypoint, WaypointChoice};
use crate::mesh::{Mesh, Workload};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ambient-workload",
    codes: &[
        Code::KIA1311,
        Code::KIA1312,
        Code::KIA1313,
        Code::KIA1314,
        Code::KIA1315,
        Code::KIA1316,
    ],
    runs: &[Run::Mesh(ambient_workload)],
};

/// Looks for workloads with a sidecar in ambient mode, and for waypoints that are missing.
fn ambient_workload(mesh: &Mesh, findings: &mut Findings) {
    for (_, workload) in mesh.workloads.iter() {
        let namespace = mesh.places.get(workload.namespace);
        let is_gateway = workload.is_gateway() || workload.is_waypoint();
        if !namespace.is_known || is_gateway && !mesh.quirks.gateways_are_sidecars {
            continue;
        }
        mixes(workload, mesh, findings);
        waypoints(workload, mesh, findings);
    }
}

/// KIA1311, KIA1314, KIA1315, KIA1316.
fn mixes(workload: &Workload, mesh: &Mesh, findings: &mut Findings) {
    let ambient = mesh.ambient.has_ambient_label(workload);
    let sidecar = mesh.ambient.has_sidecar_label(workload);
    let mut found = Vec::new();
    if ambient && sidecar {
        found.push((
            Code::KIA1311,
            "is labelled for ambient mode and for a sidecar",
        ));
    }
    if sidecar && workload.is_ambient() {
        found.push((
            Code::KIA1314,
            "is labelled for a sidecar, but its traffic goes through ztunnel",
        ));
    }
    if ambient && workload.has_some_sidecar() {
        found.push((
            Code::KIA1315,
            "is labelled for ambient mode, but has a sidecar",
        ));
    }
    let namespace = mesh.places.get(workload.namespace);
    if workload.has_pods() && workload.has_sidecars() && namespace.is_ambient {
        found.push((Code::KIA1316, "has a sidecar in an ambient namespace"));
    }
    let help = "give the workload one of the two: the label istio.io/dataplane-mode: none, or \
                sidecar.istio.io/inject: \"false\", on its Pod template";
    if mesh.quirks.every_mix_is_reported {
        for (code, message) in found {
            findings.push(super::finding(code, workload, message).help(help));
        }
        return;
    }
    let mut found = found.into_iter();
    if let Some((code, message)) = found.next() {
        let reasons = reasons(workload, mesh);
        let mut finding = super::finding(code, workload, &format!("{message}{reasons}")).help(help);
        finding.aliases.extend(found.map(|(code, _)| code));
        if let Some(object) = namespace.object {
            finding = finding.related(object, "metadata/labels", "labels of its namespace");
        }
        findings.push(finding);
    }
}

/// Which labels say what, in brackets.
fn reasons(workload: &Workload, mesh: &Mesh) -> String {
    const MODE: &str = "istio.io/dataplane-mode";
    let namespace = mesh.places.get(workload.namespace);
    let mut reasons = Vec::new();
    for (owner, labels) in [
        ("its own label", &workload.labels),
        ("its namespace's label", &namespace.labels),
    ] {
        for key in [
            MODE,
            "istio-injection",
            "istio.io/rev",
            "sidecar.istio.io/inject",
        ] {
            if let Some(value) = labels.get(key) {
                reasons.push(format!("{owner} {key}={value}"));
            }
        }
    }
    if reasons.is_empty() {
        String::new()
    } else {
        format!(" ({})", reasons.join(", "))
    }
}

/// KIA1312, KIA1313.
fn waypoints(workload: &Workload, mesh: &Mesh, findings: &mut Findings) {
    if !workload.has_pods() || !mesh.ambient.has_waypoint_label(workload) {
        return;
    }
    if !workload.is_ambient() && !is_left_out(workload, mesh) {
        findings.push(
            super::finding(
                Code::KIA1312,
                workload,
                "is to use a waypoint, but is not in ambient mode",
            )
            .help(
                "label its namespace istio.io/dataplane-mode: ambient, or remove the label \
                 istio.io/use-waypoint",
            ),
        );
    }
    let choice = mesh.ambient.waypoint_choice(workload);
    if waypoint(workload, mesh).is_some()
        || choice == WaypointChoice::OptOut && !mesh.quirks.waypoints_need_ambient_pods
    {
        return;
    }
    findings.push(missing_waypoint(workload, choice, mesh));
}

/// Whether there is a better word for a workload that is not in ambient mode: it has a sidecar in
/// spite of its labels, which is a finding of its own, or its Pods are on the network of their
/// node, which ambient mode leaves out, and merely inherit the waypoint of their namespace.
fn is_left_out(workload: &Workload, mesh: &Mesh) -> bool {
    if mesh.quirks.waypoints_need_ambient_pods {
        return false;
    }
    let inherits = !workload.labels.contains_key("istio.io/use-waypoint");
    let pod = workload.pod_spec(&mesh.objects);
    mesh.ambient.has_ambient_label(workload) && workload.has_some_sidecar()
        || inherits && pod.is_some_and(|pod| pod.host_network)
}

/// The waypoint of a workload. Upstream looks for one only if the workload is ambient.
pub(super) fn waypoint<'m>(workload: &'m Workload, mesh: &'m Mesh) -> Option<&'m Waypoint> {
    if mesh.quirks.waypoints_need_ambient_pods {
        mesh.ambient.resolved_waypoint(workload)
    } else {
        mesh.ambient.chosen_waypoint(workload)
    }
}

fn missing_waypoint(workload: &Workload, choice: WaypointChoice<'_>, mesh: &Mesh) -> Finding {
    let WaypointChoice::Named { name, namespace } = choice else {
        return super::finding(
            Code::KIA1313,
            workload,
            "is to use a waypoint, but its Services want none",
        );
    };
    match mesh.ambient.waypoint(namespace, name) {
        Some(found) if found.serves == "none" => super::finding(
            Code::KIA1313,
            workload,
            &format!("is to use waypoint {name} of namespace {namespace}, which serves nobody"),
        )
        .help("give the waypoint the label istio.io/waypoint-for: service")
        .related(
            found.object,
            "metadata/labels/istio.io/waypoint-for",
            "the waypoint",
        ),
        Some(found) => super::finding(
            Code::KIA1313,
            workload,
            &format!("is to use waypoint {name} of namespace {namespace}, but is not ambient"),
        )
        .related(found.object, "", "the waypoint"),
        None => super::finding(
            Code::KIA1313,
            workload,
            &format!("is to use waypoint {name}, which namespace {namespace} lacks"),
        )
        .help(format!(
            "add a Gateway {name} with gatewayClassName: istio-waypoint to namespace {namespace}, \
             or correct the label istio.io/use-waypoint"
        ))
        .given(mesh.evidence.knows_k8s_gateways_in(namespace)),
    }
}

/// Whether the input shows the waypoint that the workload is to use.
pub(super) fn knows_waypoint(workload: &Workload, mesh: &Mesh) -> Evidence {
    match mesh.ambient.waypoint_choice(workload) {
        WaypointChoice::Named { name, namespace }
            if mesh.ambient.waypoint(namespace, name).is_none() =>
        {
            mesh.evidence.knows_k8s_gateways_in(namespace)
        }
        _ => Evidence::Shown,
    }
}
