//! KIA1504: a Gateway of a class that does not exist.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::Gateway;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-class-not-found",
    codes: &[Code::KIA1504],
    runs: &[Run::Mesh(gateway_class_not_found)],
};

/// Classes that istiod makes itself.
const BUILT_IN: [&str; 2] = ["istio", "istio-remote"];
/// Beginnings of classes that platforms bring along.
const OF_PLATFORMS: [&str; 6] = [
    "gke-",
    "asm-",
    "amazon-vpc-lattice",
    "azure-alb",
    "cilium",
    "openshift-",
];
/// Classes that charts of controllers make.
const WELL_KNOWN: [&str; 12] = [
    "agentgateway",
    "cilium",
    "contour",
    "eg",
    "envoy",
    "envoy-gateway",
    "haproxy",
    "kgateway",
    "kong",
    "nginx",
    "traefik",
    "istio-east-west",
];
const WAYPOINT: &str = "istio-waypoint";
const EAST_WEST: &str = "istio-east-west";

fn gateway_class_not_found(mesh: &Mesh, findings: &mut Findings) {
    if mesh.objects.k8s_gateways.is_empty() {
        return;
    }
    let known = known_classes(mesh);
    for gateway in &mesh.objects.k8s_gateways {
        let class = &gateway.spec.gateway_class_name;
        let is_judged = !gateway.broken
            && !mesh.objects.is_context(gateway.id)
            && !mesh
                .places
                .is_passed_over(mesh.places.namespace_of(gateway.id));
        if is_judged && !known.contains(class.as_str()) && !is_unresolved(mesh, class) {
            findings.push(finding(gateway, &known, mesh));
        }
    }
}

/// The names of classes that exist.
fn known_classes(mesh: &Mesh) -> FxHashSet<&str> {
    let only_istio = mesh.quirks.only_istio_gateway_classes_exist;
    let declared = mesh
        .objects
        .gateway_classes
        .iter()
        .filter(|class| !only_istio || class.spec.controller_name.starts_with("istio.io"));
    let mut known: FxHashSet<&str> = declared.map(Object::name).collect();
    if only_istio && !known.is_empty() {
        return known;
    }
    known.extend(BUILT_IN);
    if !only_istio {
        known.extend([WAYPOINT, EAST_WEST]);
    } else if has_ztunnel(mesh) {
        known.insert(WAYPOINT);
    }
    known
}

fn has_ztunnel(mesh: &Mesh) -> bool {
    let mut sets = mesh.objects.daemon_sets.iter();
    sets.any(|set| set.metadata.labels.has("app.kubernetes.io/name", "ztunnel"))
}

fn finding(gateway: &Object<Gateway>, known: &FxHashSet<&str>, mesh: &Mesh) -> Finding {
    let class = &gateway.spec.gateway_class_name;
    let mut names: Vec<&str> = known.iter().copied().collect();
    names.sort_unstable();
    let near = nearest(class, names.iter().copied()).filter(|_| !class.is_empty());
    let hint = near.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
    let message = if class.is_empty() {
        "the Gateway has no class, so that no controller serves it".to_owned()
    } else {
        format!("there is no GatewayClass {class}{hint}")
    };
    // Controllers bring their classes along; a slip of the pen needs no further proof.
    let is_well_known = WELL_KNOWN.contains(&class.as_str())
        || OF_PLATFORMS.iter().any(|prefix| class.starts_with(prefix));
    let is_slip = near.is_some() && !is_well_known;
    let evidence = if mesh.settings.closed_world || is_slip || class.is_empty() {
        Evidence::Shown
    } else if is_well_known {
        Evidence::NotShown("such classes come with the platform or a controller's chart".into())
    } else {
        Evidence::NotShown("classes come with their controllers".into())
    };
    Finding::new(
        Code::KIA1504,
        gateway.id,
        "spec/gatewayClassName",
        message,
    )
    .help(match near {
        Some(name) => format!("write `gatewayClassName: {name}`"),
        None => "use a class that a controller brings along (Istio's is `istio`), or declare the GatewayClass".into(),
    })
    .given(evidence)
}
