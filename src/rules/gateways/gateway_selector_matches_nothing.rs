//! KIA0302: a Gateway whose selector no workload answers to.

use std::cell::LazyCell;

use crate::diagnostics::{Code, Evidence, Finding, Findings, Severity};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::networking::Gateway;
use crate::model::{Labels, Object};
use crate::rules::common::reading::as_istio_weighs;
use crate::rules::common::words::{self, is_unresolved};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-selector-matches-nothing",
    codes: &[Code::KIA0302],
    runs: &[Run::Mesh(gateway_selector_matches_nothing)],
};

/// Where workloads are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Mesh,
    Namespace,
}

fn gateway_selector_matches_nothing(mesh: &Mesh, findings: &mut Findings) {
    let reaches = LazyCell::new(|| reaches_of_all_planes(mesh));
    let shows_proxies = LazyCell::new(|| shows_proxies(mesh));
    for gateway in mesh.routing.gateways() {
        if gateway.broken || mesh.objects.is_context(gateway.id) {
            continue;
        }
        let selector = &gateway.spec.selector;
        if selector.values().any(|value| is_unresolved(mesh, value)) {
            continue;
        }
        let home = mesh.places.namespace_of(gateway.id);
        let own = [reach(
            mesh.places.control_plane_or_first(home).scopes_gateways,
        )];
        let reaches: &[Reach] = if mesh.quirks.every_control_plane_scopes_gateways {
            &reaches
        } else {
            &own
        };
        let missing = |reach: &&Reach| !finds(mesh, home, selector, **reach);
        let Some(reach) = reaches.iter().find(missing) else {
            continue;
        };
        let installed = installed(selector).filter(|_| !mesh.settings.closed_world);
        let evidence = match reach {
            _ if installed.is_some() => Evidence::NotShown(installed.unwrap_or_default()),
            _ if mesh.settings.closed_world => Evidence::Shown,
            Reach::Namespace => mesh.evidence.knows_workloads_in(gateway.namespace()),
            Reach::Mesh if mesh.evidence.installs_unseen(None).is_some() => mesh
                .evidence
                .installs_unseen(None)
                .unwrap_or(Evidence::Shown),
            Reach::Mesh if *shows_proxies => Evidence::Shown,
            Reach::Mesh => Evidence::NotShown("the input holds no gateway workloads".into()),
        };
        let finding = finding(gateway, *reach, mesh).given(evidence);
        findings.push(if selects_default_ingress(selector) {
            finding
        } else {
            as_istio_weighs(finding, Severity::Error, mesh)
        });
    }
}

/// Why the workloads of a selector may be there all the same: gateways that Istio's installation
/// brings are seldom kept with manifests.
fn installed(selector: &Labels) -> Option<String> {
    const GATEWAYS: [&str; 5] = [
        "ingressgateway",
        "egressgateway",
        "eastwestgateway",
        "ingress",
        "egress",
    ];
    let value = selector.get("istio")?;
    GATEWAYS.contains(&value.as_str()).then(|| {
        format!("gateways with istio={value} come with Istio's installation, which the input need not hold")
    })
}

fn reach(scoped: bool) -> Reach {
    if scoped {
        Reach::Namespace
    } else {
        Reach::Mesh
    }
}

/// Whether the selector fits the ingress gateway that Istio's installation brings, which is seldom
/// among the manifests.
fn selects_default_ingress(selector: &Labels) -> bool {
    selector
        .iter()
        .all(|(key, value)| key == "istio" && value == "ingressgateway")
}

/// How far the selectors of Gateways reach for those control planes that manage a namespace.
fn reaches_of_all_planes(mesh: &Mesh) -> Vec<Reach> {
    let mut reaches = Vec::new();
    for (id, _) in mesh.places.managed() {
        let scoped = mesh.places.control_plane_or_first(id).scopes_gateways;
        if !reaches.contains(&reach(scoped)) {
            reaches.push(reach(scoped));
        }
    }
    reaches
}

fn finds(mesh: &Mesh, home: NamespaceId, selector: &Labels, reach: Reach) -> bool {
    match reach {
        Reach::Mesh => {
            mesh.workloads.has_match_anywhere(selector)
                || mesh.evidence.has_made_workload(None, selector)
        }
        Reach::Namespace => {
            mesh.places.get(home).is_known && mesh.workloads.has_match(home, selector)
        }
    }
}

/// Whether the input holds workloads of the kind that Gateways select. Applications are no sign
/// that the gateways, which come with Istio's installation, would be there as well.
fn shows_proxies(mesh: &Mesh) -> bool {
    mesh.workloads.as_slice().iter().any(|workload| {
        workload.is_gateway()
            || workload.pod_spec(&mesh.objects).is_some_and(|pod| {
                let mut containers = pod.containers.iter();
                containers.any(|container| container.name == "istio-proxy")
            })
    })
}

fn finding(gateway: &Object<Gateway>, reach: Reach, mesh: &Mesh) -> Finding {
    let selector = &gateway.spec.selector;
    let place = match reach {
        Reach::Mesh => String::new(),
        Reach::Namespace => format!(" in namespace {}", gateway.namespace()),
    };
    let message = if selector.is_empty() {
        format!("there is no workload{place} for this Gateway to configure")
    } else {
        let culprit = unknown_label(selector, mesh);
        let culprit = culprit
            .filter(|_| selector.len() > 1)
            .map_or_else(String::new, |label| format!(": none at all has {label}"));
        format!(
            "no workload{place} has the labels {} of the selector{culprit}",
            words::labels(selector)
        )
    };
    let help = if selector.has("istio", "ingressgateway") {
        "select labels that the pods of a gateway carry"
    } else {
        "select labels that the pods of a gateway carry, such as `istio: ingressgateway`"
    };
    Finding::new(Code::KIA0302, gateway.id, "spec/selector", message).help(help)
}

/// A label of the selector that no workload carries.
fn unknown_label(selector: &Labels, mesh: &Mesh) -> Option<String> {
    selector.iter().find_map(|(key, value)| {
        let single: Labels = [(key.clone(), value.clone())].into_iter().collect();
        let known = mesh.workloads.matching_anywhere(&single).next().is_some();
        (!known).then(|| words::labels(&single))
    })
}
