//! IST0144: application containers that run as the user of the proxy.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::core::{Container, Controller, Pod, PodSpec};
use crate::model::{Labels, Object, ObjectId};
use crate::path;
use crate::rules::common::is_without_istio;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "reserved-user-id",
    codes: &[Code::IST0144],
    runs: &[Run::Pod(pod), Run::Deployment(deployment)],
};

/// The user that the proxy runs as; its traffic is not redirected to itself.
const PROXY: i64 = 1337;

fn pod(pod: &Object<Pod>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(pod.id).is_some() {
        let labels = &pod.metadata.labels;
        check(
            pod.id,
            labels,
            &pod.spec.spec,
            &path!["spec"],
            mesh,
            findings,
        );
    }
}

fn deployment(deployment: &Object<Controller>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(deployment.id).is_some() {
        let spec = &deployment.spec.template.spec;
        let labels = &deployment.metadata.labels;
        check(
            deployment.id,
            labels,
            spec,
            &path!["spec", "template", "spec"],
            mesh,
            findings,
        );
    }
}

fn check(
    object: ObjectId,
    labels: &Labels,
    spec: &PodSpec,
    path: &FieldPath,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if is_control_plane(labels) || is_without_istio(mesh) {
        return;
    }
    let own_user = |container: &Container| {
        let context = container.security_context.as_ref();
        context.and_then(|context| context.run_as_user)
    };
    // The proxy itself runs as this user, and the containers beside it may have users of their own.
    let takes_user_of_pod = mesh.quirks.run_time_plays_no_part
        || spec
            .containers
            .iter()
            .any(|container| !is_proxy(container) && own_user(container).is_none());
    let of_pod = spec
        .security_context
        .as_ref()
        .is_some_and(|context| takes_user_of_pod && context.run_as_user == Some(PROXY))
        .then(|| path.field("securityContext").field("runAsUser"));
    let mut containers = spec.containers.iter().enumerate();
    let found = of_pod.or_else(|| {
        let (index, _) = containers.find(|(_, container)| {
            !["istio-proxy", "istio-operator"].contains(&container.name.as_str())
                && (mesh.quirks.run_time_plays_no_part || !is_proxy(container))
                && own_user(container) == Some(PROXY)
        })?;
        let container = path.field("containers").item(index);
        Some(container.field("securityContext").field("runAsUser"))
    });
    if let Some(path) = found {
        let message = "user ID 1337 is reserved for the sidecar: traffic of containers that run \
                       as this user bypasses the mesh";
        findings.push(
            Finding::new(Code::IST0144, object, "", message)
                .points_at(path)
                .help("choose another user ID"),
        );
    }
}

/// Whether a container is the proxy, or one that the injector makes it.
fn is_proxy(container: &Container) -> bool {
    container.name == "istio-proxy" || container.image == "auto"
}

/// Whether the labels are those of a part of Istio itself.
pub(in crate::rules) fn is_control_plane(labels: &Labels) -> bool {
    labels.contains_key("istio") || labels.has("release", "istio")
}
