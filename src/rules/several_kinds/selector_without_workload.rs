//! KIA0004: a selector that no workload answers to.

use crate::diagnostics::{Code, Evidence, Finding, Findings, Severity};
use crate::mesh::{Mesh, NamespaceId, Workload};
use crate::model::extensions::{TrafficExtension, WasmPlugin};
use crate::model::gateway_api::Gateway;
use crate::model::networking::{EnvoyFilter, ProxyConfig, Sidecar};
use crate::model::security::{AuthorizationPolicy, PeerAuthentication, RequestAuthentication};
use crate::model::{Kind, Labels, Object, ObjectId, Str};
use crate::nearest::likeness;
use crate::rules::common::reading::as_istio_weighs;
use crate::rules::common::{Selective, words};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "selector-without-workload",
    codes: &[Code::KIA0004],
    runs: &[
        Run::PeerAuthentication(selector_without_workload::<PeerAuthentication>),
        Run::RequestAuthentication(selector_without_workload::<RequestAuthentication>),
        Run::AuthorizationPolicy(selector_without_workload::<AuthorizationPolicy>),
        Run::Sidecar(selector_without_workload::<Sidecar>),
        Run::EnvoyFilter(selector_of_extension::<EnvoyFilter>),
        Run::ProxyConfig(selector_of_extension::<ProxyConfig>),
        Run::TrafficExtension(selector_of_extension::<TrafficExtension>),
        Run::WasmPlugin(selector_of_extension::<WasmPlugin>),
    ],
};

/// Checks the selector of an object that extends or configures proxies, at which Kiali does not look.
fn selector_of_extension<T: Selective>(object: &Object<T>, mesh: &Mesh, findings: &mut Findings) {
    if !mesh.quirks.run_time_plays_no_part {
        selector_without_workload(object, mesh, findings);
    }
}

/// Checks the selector of an object.
fn selector_without_workload<T: Selective>(
    object: &Object<T>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let Some(labels) = object.spec.selected_labels() else {
        return;
    };
    let unresolved = |text: &Str| words::is_unresolved(mesh, text);
    if !T::is_judged(object, mesh) || labels.iter().any(|(k, v)| unresolved(k) || unresolved(v)) {
        return;
    }
    let home = mesh.places.namespace_of(object.id);
    let anywhere =
        T::REACHES_MESH && !mesh.quirks.root_selectors_stay_home && mesh.places.is_own_root(home);
    let found = if anywhere {
        mesh.workloads.has_match_anywhere(labels)
    } else {
        mesh.places.get(home).is_known
            && (mesh.workloads.has_match(home, labels)
                || mesh.routing.has_workload_entry(home, labels))
    };
    let scope = (!anywhere).then_some(object.namespace());
    if found
        || generated_gateway(mesh, home, labels).is_some()
        || mesh.evidence.has_made_workload(scope, labels)
    {
        return;
    }
    let place = if anywhere {
        "the mesh".to_owned()
    } else {
        format!("namespace {}", object.namespace())
    };
    let mut finding = Finding::new(
        Code::KIA0004,
        object.id,
        T::labels_path(),
        format!(
            "no workload in {place} has the labels {}",
            words::labels(labels)
        ),
    )
    .given(evidence::<T>(mesh, object.id, anywhere, labels));
    finding.help = Some(help::<T>(mesh, home, labels));
    if let Some(workload) = nearest(mesh.workloads.of(home), labels) {
        let message = format!("{} has {}", workload.name, words::labels(&workload.labels));
        finding = finding.related(workload.object, "spec/template/metadata/labels", message);
    }
    if T::KIND == Kind::Sidecar {
        finding = as_istio_weighs(finding, Severity::Error, mesh);
    }
    findings.push(finding);
}

/// The Gateway of the Gateway API whose Pods have the labels. Such Pods are made by Istio and in no
/// manifest.
pub(crate) fn generated_gateway<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    labels: &Labels,
) -> Option<&'m Object<Gateway>> {
    const KEYS: [&str; 2] = [
        "gateway.networking.k8s.io/gateway-name",
        "istio.io/gateway-name",
    ];
    if mesh.quirks.generated_gateways_have_no_pods {
        return None;
    }
    let name = KEYS.iter().find_map(|key| labels.get(key))?;
    mesh.places
        .named(mesh.places.name(home), name)
        .k8s_gateways()
}

/// Whether the input shows the workloads that the labels could mean.
fn evidence<T: Selective>(
    mesh: &Mesh,
    object: ObjectId,
    anywhere: bool,
    labels: &Labels,
) -> Evidence {
    let namespace = mesh.places.get(mesh.places.namespace_of(object));
    let is_installed = (namespace.is_control_plane || namespace.is_root) && is_istios_own(labels);
    if is_installed && !mesh.settings.closed_world {
        return Evidence::NotShown(
            "the workloads that Istio's installation brings are not in the input".into(),
        );
    }
    let extends = matches!(
        T::KIND,
        Kind::EnvoyFilter | Kind::WasmPlugin | Kind::TrafficExtension
    );
    if anywhere {
        let all = mesh.workloads.as_slice();
        return if extends && nearest(all, labels).is_none() && !mesh.settings.closed_world {
            Evidence::NotShown("the input may not show all workloads of the mesh".into())
        } else {
            mesh.evidence.knows_workloads()
        };
    }
    // An EnvoyFilter beside the routes, and not beside the gateway that it is meant for.
    let mut elsewhere = mesh.workloads.matching_anywhere(labels);
    if extends
        && !mesh.places.is_unplaced(object)
        && elsewhere.any(|workload| !mesh.places.is_unplaced(workload.object))
    {
        return Evidence::Shown;
    }
    mesh.evidence.knows_selected(object, labels)
}

/// Whether labels are those of a workload that Istio's installation brings.
fn is_istios_own(labels: &Labels) -> bool {
    let is_one = |key: &str, names: &[&str]| {
        let value = labels.get(key);
        value.is_some_and(|value| names.contains(&value.as_str()))
    };
    let gateways = [
        "ingressgateway",
        "egressgateway",
        "eastwestgateway",
        "pilot",
    ];
    let apps = [
        "istio-ingressgateway",
        "istio-egressgateway",
        "istio-eastwestgateway",
        "istio-ingress",
        "istio-egress",
        "istiod",
    ];
    is_one("istio", &gateways) || is_one("app", &apps)
}

fn help<T: Selective>(mesh: &Mesh, home: NamespaceId, labels: &Labels) -> String {
    if let Some(elsewhere) = mesh.workloads.matching_anywhere(labels).next() {
        return format!(
            "{} {} in namespace {} has these labels; a selector reaches only workloads of its own \
             namespace, so the {} belongs there",
            words::kind(elsewhere),
            elsewhere.name,
            mesh.places.name(elsewhere.namespace),
            T::KIND.name(),
        );
    }
    match nearest(mesh.workloads.of(home), labels) {
        Some(workload) => {
            let wrong: Vec<String> = labels
                .iter()
                .filter(|(key, value)| workload.labels.get(key) != Some(value))
                .map(|(key, _)| match workload.labels.get(key) {
                    Some(own) => format!("it has {key}={own}"),
                    None => format!("it has no label {key}"),
                })
                .collect();
            format!(
                "{} {} comes nearest: {}",
                words::kind(workload),
                workload.name,
                wrong.join(", ")
            )
        }
        None => format!(
            "use labels of the Pod template (spec.template.metadata.labels), or remove the \
             selector to let the {} hold for the whole namespace",
            T::KIND.name()
        ),
    }
}

/// The workload that has most of the labels, or a value much like one of them.
fn nearest<'m>(workloads: &'m [Workload], labels: &Labels) -> Option<&'m Workload> {
    const CANDIDATES: usize = 200;
    if workloads.len() > CANDIDATES {
        return None;
    }
    let likeness = |workload: &Workload| -> f64 {
        labels
            .iter()
            .map(|(key, value)| match workload.labels.get(key) {
                Some(own) => likeness(own, value),
                None => 0.0,
            })
            .sum()
    };
    let mut best: Option<(f64, &Workload)> = None;
    for workload in workloads {
        let own = likeness(workload);
        if own >= 0.8 && best.is_none_or(|(other, _)| own > other) {
            best = Some((own, workload));
        }
    }
    best.map(|(_, workload)| workload)
}
