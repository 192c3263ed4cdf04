//! MESH1014: a patch of an EnvoyFilter for a kind of proxy that none of the selected workloads has.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::security::wire::Proxy;
use crate::mesh::{Mesh, WorkloadId};
use crate::model::attachment::Attached;
use crate::model::networking::{EnvoyFilter, PatchContext};
use crate::model::{Labels, Object, ObjectId};
use crate::path;
use crate::rules::common::{proxies, words};
use crate::rules::several_kinds::selector_without_workload::generated_gateway;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "envoy-filter-context",
    codes: &[Code::MESH1014],
    runs: &[Run::EnvoyFilter(envoy_filter_context)],
};

fn envoy_filter_context(filter: &Object<EnvoyFilter>, mesh: &Mesh, findings: &mut Findings) {
    let Some(labels) = filter.spec.selected_labels() else {
        return;
    };
    let contexts = filter.spec.config_patches.iter().enumerate();
    let contexts: Vec<(usize, PatchContext)> = contexts
        .filter_map(|(at, patch)| Some((at, patch.matches.as_ref()?.context)))
        .filter(|(_, context)| *context != PatchContext::Any)
        .collect();
    if contexts.is_empty() || !filter.spec.target_refs.is_empty() {
        return;
    }
    let Some(selected) = selected(filter, labels, mesh) else {
        return;
    };
    for (at, context) in contexts {
        if !is_for(context, selected.proxy) {
            let path = path!["spec", "configPatches", at, "match", "context"];
            findings.push(finding(filter, path, context, &selected, mesh));
        }
    }
}

fn finding(
    filter: &Object<EnvoyFilter>,
    path: FieldPath,
    context: PatchContext,
    selected: &Selected,
    mesh: &Mesh,
) -> Finding {
    let (are, instead) = match selected.proxy {
        Proxy::Waypoint => ("waypoints", "WAYPOINT (Istio 1.30 and later)"),
        Proxy::Gateway => ("gateways", "GATEWAY (or ANY)"),
        _ => ("sidecars", "SIDECAR_INBOUND or SIDECAR_OUTBOUND (or ANY)"),
    };
    let message = format!(
        "this patch acts nowhere: the selected workloads are {are}, which have nothing of context \
         {context}"
    );
    let finding = Finding::new(Code::MESH1014, filter.id, path.clone(), message)
        .help(format!("use {instead}"))
        .related(
            selected.workload.0,
            selected.workload.1.clone(),
            "is selected",
        );
    let finding = match selected.shown_by {
        Some(gateway) if !mesh.is_context(gateway) => {
            finding.related(gateway, "spec/selector", "makes it a gateway")
        }
        _ => finding,
    };
    let fix = Fix::hazardous("patch gateways").write(filter.id, path, "GATEWAY");
    finding.fix((selected.proxy == Proxy::Gateway).then_some(fix))
}

/// Whether a proxy has anything of a context.
const fn is_for(context: PatchContext, proxy: Proxy) -> bool {
    match context {
        PatchContext::SidecarInbound | PatchContext::SidecarOutbound => {
            matches!(proxy, Proxy::Sidecar)
        }
        PatchContext::Gateway => matches!(proxy, Proxy::Gateway),
        PatchContext::Waypoint => matches!(proxy, Proxy::Waypoint),
        PatchContext::Any => true,
    }
}

/// The workloads that a filter selects, all of which have one kind of proxy.
struct Selected {
    proxy: Proxy,
    /// One of them, or what makes it, and its labels.
    workload: (ObjectId, FieldPath),
    /// The Gateway that says so.
    shown_by: Option<ObjectId>,
}

/// `None` if there are several kinds, if there is none, or if the input does not settle it.
fn selected(filter: &Object<EnvoyFilter>, labels: &Labels, mesh: &Mesh) -> Option<Selected> {
    const LOOKED_AT: usize = 100;
    if labels
        .values()
        .any(|value| words::is_unresolved(mesh, value))
    {
        return None;
    }
    let home = mesh.places.namespace_of(filter.id);
    let scope = (!mesh.places.get(home).is_root).then_some(home);
    let ids: Vec<WorkloadId> = mesh
        .workloads
        .ids_matching(scope, labels)
        .take(LOOKED_AT + 1)
        .collect();
    let Some(first) = ids.first().copied() else {
        let gateway = generated_gateway(mesh, home, labels)?;
        let is_waypoint = mesh
            .ambient
            .waypoint(gateway.namespace(), gateway.name())
            .is_some();
        return Some(Selected {
            proxy: if is_waypoint {
                Proxy::Waypoint
            } else {
                Proxy::Gateway
            },
            workload: (gateway.id, path!["metadata", "name"]),
            shown_by: None,
        });
    };
    let proxy = proxies::proxy_of(first, mesh).filter(|proxy| proxy.is_envoy())?;
    let is_same = |id: &WorkloadId| proxies::proxy_of(*id, mesh) == Some(proxy);
    if ids.len() > LOOKED_AT || !ids.iter().all(is_same) {
        return None;
    }
    let is_settled = |id: &WorkloadId| mesh.security.wire().is_proxy_settled(*id);
    if proxy == Proxy::Sidecar && !ids.iter().all(is_settled) {
        return None;
    }
    let workload = mesh.workloads.get(first)?;
    Some(Selected {
        proxy,
        workload: (
            workload.object,
            path!["spec", "template", "metadata", "labels"],
        ),
        shown_by: proxies::gateway_of(first, mesh).map(|gateway| gateway.id),
    })
}
