//! IST0146, IST0147: `image: auto` where no injector replaces it.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::Analysis;
use crate::model::core::{Container, Controller, Pod, Webhook};
use crate::model::{Labels, Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "image-auto",
    codes: &[Code::IST0146, Code::IST0147],
    runs: &[Run::Pod(pod), Run::Mesh(deployments)],
};

fn pod(pod: &Object<Pod>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(pod.id) else {
        return;
    };
    let spec = &pod.spec.spec;
    let Some(index) = auto(&spec.containers) else {
        return;
    };
    let is_running = mesh.quirks.loaded_pods_are_running || pod.spec.status.is_some();
    let meta = &pod.metadata;
    if !is_running && injects(analysis, &meta.namespace, &meta.labels, &meta.annotations) {
        return;
    }
    let path = path!["spec", "containers", index, "image"];
    findings.push(finding(Code::IST0147, "pod", pod.id, pod.name(), path));
}

fn deployments(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let webhooks: Vec<&Webhook> = analysis
        .mutating_webhooks()
        .flat_map(|configuration| &configuration.spec.webhooks)
        .filter(|webhook| webhook.name.ends_with("istio.io"))
        .collect();
    let is_blind = webhooks.is_empty() && !mesh.quirks.no_webhooks_no_injection;
    for deployment in analysis.deployments() {
        let template = &deployment.spec.template;
        let Some(index) = auto(&template.spec.containers) else {
            continue;
        };
        let (labels, annotations) = (&template.metadata.labels, &template.metadata.annotations);
        let is_injected = if is_blind {
            injects(analysis, deployment.namespace(), labels, annotations)
        } else {
            is_selected(analysis, &webhooks, deployment, labels)
        };
        if !is_injected {
            let path = path!["spec", "template", "spec", "containers", index, "image"];
            let (id, name) = (deployment.id, deployment.name());
            findings.push(finding(Code::IST0146, "Deployment", id, name, path));
        }
    }
}

/// The container whose image the injector is to fill in.
fn auto(containers: &[Container]) -> Option<usize> {
    containers
        .iter()
        .position(|container| container.name == "istio-proxy" && container.image == "auto")
}

fn is_selected(
    analysis: Analysis<'_>,
    webhooks: &[&Webhook],
    deployment: &Object<Controller>,
    labels: &Labels,
) -> bool {
    let namespace = match deployment.namespace() {
        "" => "default",
        namespace => namespace,
    };
    let none = Labels::default();
    let of_namespace = analysis.namespace_labels(namespace).unwrap_or(&none);
    let matches = |selector: &Option<Box<_>>, labels| {
        selector
            .as_deref()
            .is_none_or(|selector: &crate::model::core::LabelSelector| selector.matches(labels))
    };
    webhooks.iter().any(|webhook| {
        matches(&webhook.namespace_selector, of_namespace)
            && matches(&webhook.object_selector, labels)
    })
}

/// Whether the injector that Istio installs would inject, as far as one can tell: nothing is
/// known of namespaces that the input does not declare.
fn injects(analysis: Analysis<'_>, namespace: &str, labels: &Labels, annotations: &Labels) -> bool {
    let Some(of_namespace) = analysis.namespace_labels(namespace) else {
        return !labels.has("sidecar.istio.io/inject", "false");
    };
    !of_namespace.has("istio-injection", "disabled")
        && analysis.is_in_mesh(namespace, labels, annotations, [])
        || labels.contains_key("istio.io/rev")
            && !labels.has("sidecar.istio.io/inject", "false")
            && !of_namespace.has("istio-injection", "disabled")
}

fn finding(code: Code, kind: &str, id: ObjectId, name: &str, path: FieldPath) -> Finding {
    let message = format!(
        "{kind} {name} has the proxy image \"auto\", but no injector of Istio selects it, so the \
         image is never filled in"
    );
    Finding::new(code, id, "", message).points_at(path).help(
        "label the pods sidecar.istio.io/inject: \"true\", or the namespace istio-injection: enabled",
    )
}
