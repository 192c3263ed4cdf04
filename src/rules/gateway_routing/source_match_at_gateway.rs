//! MESH1021: a match by the client's labels or namespace, at a gateway whose own pods it means.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::routing::Binding;
use crate::mesh::{Mesh, Workload};
use crate::model::Object;
use crate::model::networking::{Gateway, RuleMatch, VirtualService};
use crate::rules::common::words::{self, is_unresolved};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "source-match-at-gateway",
    codes: &[Code::MESH1021],
    runs: &[Run::VirtualService(source_match_at_gateway)],
};

fn source_match_at_gateway(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    if service.spec.gateways.is_empty() {
        return;
    }
    let binding = mesh.routing.binding(service);
    if !binding.is_to_known_gateways() {
        return;
    }
    for rule in service.spec.rules() {
        for (at, block) in rule.matches().enumerate() {
            let reads_source =
                !block.source_labels.is_empty() || !block.source_namespace.is_empty();
            if !reads_source {
                continue;
            }
            let Some(workloads) = pods(service, &binding, &block, mesh) else {
                continue;
            };
            if let Some(problem) = problem(&block, &workloads, mesh) {
                let path = rule.match_path(at).field(problem.field);
                let finding = Finding::new(Code::MESH1021, service.id, path, problem.message)
                    .help(
                        "add mesh to gateways if calls inside the mesh are meant; clients from outside \
                         can be told apart by a header",
                    )
                    .related(
                        problem.pod.object,
                        "metadata/name",
                        "the pods of the gateway",
                    );
                findings.push(finding);
            }
        }
    }
}

/// The workloads of the gateways at which a match acts; `None` if the input does not show all.
fn pods<'m>(
    service: &Object<VirtualService>,
    binding: &Binding<'m>,
    block: &RuleMatch<'_>,
    mesh: &'m Mesh,
) -> Option<Vec<&'m Workload>> {
    const LOOKED_AT: usize = 20;
    let acts = mesh.routing.acts(service, binding, block.gateways);
    let gateways = acts.gateways(binding);
    if gateways.len() > LOOKED_AT {
        return None;
    }
    let mut workloads = Vec::new();
    for gateway in gateways {
        workloads.extend(pods_of(gateway, mesh)?);
    }
    Some(workloads)
}

fn pods_of<'m>(
    gateway: &Object<Gateway>,
    mesh: &'m Mesh,
) -> Option<impl Iterator<Item = &'m Workload>> {
    let pods = mesh.routing.gateway_pods(gateway);
    let is_made = mesh
        .evidence
        .has_made_workload(None, &gateway.spec.selector);
    let workloads = pods.workloads.iter();
    let workloads = workloads.filter_map(|id| mesh.workloads.get(*id));
    (pods.are_shown() && !is_made).then_some(workloads)
}

/// Why a match never holds.
struct Problem<'m> {
    field: &'static str,
    message: String,
    /// One of the workloads.
    pod: &'m Workload,
}

fn problem<'m>(
    block: &RuleMatch<'_>,
    workloads: &[&'m Workload],
    mesh: &Mesh,
) -> Option<Problem<'m>> {
    let pod = *workloads.first()?;
    let labels = block.source_labels;
    let is_open = labels.values().any(|value| is_unresolved(mesh, value));
    let is_like = |workload: &&Workload| workload.may_match(labels);
    if !labels.is_empty() && !is_open && !workloads.iter().any(is_like) {
        let lacking = labels
            .iter()
            .filter(|(key, value)| pod.labels.get(key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let message = format!(
            "sourceLabels are compared with the labels of the gateway's own pods, which lack {}: the \
             match never holds",
            words::labels(&lacking)
        );
        return Some(Problem {
            field: "sourceLabels",
            message,
            pod,
        });
    }
    let namespace = block.source_namespace;
    let is_there = |workload: &&Workload| mesh.places.name(workload.namespace) == namespace;
    if namespace.is_empty() || is_unresolved(mesh, namespace) || workloads.iter().any(is_there) {
        return None;
    }
    let message = format!(
        "sourceNamespace is compared with the namespace of the gateway's own pods, which is {} and not \
         {namespace}: the match never holds",
        mesh.places.name(pod.namespace)
    );
    Some(Problem {
        field: "sourceNamespace",
        message,
        pod,
    })
}
