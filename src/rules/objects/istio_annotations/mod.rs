//! IST0107, IST0108, IST0125, IST0135, IST0136: annotations of Istio on Kubernetes objects.

mod table;
mod values;

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::mesh::analysis::Analysis;
use crate::model::core::{Controller, Namespace, Pod, PodSpec, Service};
use crate::model::{Labels, Object, ObjectId};
use crate::rules::common::lists::similar;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;
use table::{Annotation, find, names};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "istio-annotations",
    codes: &[
        Code::IST0107,
        Code::IST0108,
        Code::IST0125,
        Code::IST0135,
        Code::IST0136,
    ],
    runs: &[
        Run::Namespace(namespace),
        Run::Service(service),
        Run::Pod(pod),
        Run::Deployment(deployment),
        Run::StatefulSet(pod_template),
        Run::DaemonSet(pod_template),
    ],
};

/// Annotations that Istio itself writes; nobody is told about them.
const OWN: [&str; 3] = [
    "sidecar.istio.io/status",
    "gateway.istio.io/controller-version",
    "istio.io/rev",
];

/// Alpha annotations that pods without the init container do not use.
const OF_INIT_CONTAINER: [&str; 4] = [
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

fn namespace(object: &Object<Namespace>, mesh: &Mesh, findings: &mut Findings) {
    own(object, "Namespace", None, mesh, findings);
}

fn service(object: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    own(object, "Service", None, mesh, findings);
}

fn pod(object: &Object<Pod>, mesh: &Mesh, findings: &mut Findings) {
    own(object, "Pod", Some(&object.spec.spec), mesh, findings);
}

fn deployment(object: &Object<Controller>, mesh: &Mesh, findings: &mut Findings) {
    own(object, "Deployment", None, mesh, findings);
    pod_template(object, mesh, findings);
}

/// The annotations that a controller gives its pods.
fn pod_template(object: &Object<Controller>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.pod_templates_are_not_annotated {
        return;
    }
    let template = &object.spec.template;
    Subject {
        object: object.id,
        kind: "Pod",
        path: "spec/template/metadata/annotations",
        annotations: &template.metadata.annotations,
        labels: &template.metadata.labels,
        pod: Some(&template.spec),
    }
    .check(mesh.analysis(), findings);
}

fn own<T>(
    object: &Object<T>,
    kind: &'static str,
    pod: Option<&PodSpec>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if let Some(analysis) = mesh.analysis_of(object.id) {
        Subject {
            object: object.id,
            kind,
            path: "metadata/annotations",
            annotations: &object.metadata.annotations,
            labels: &object.metadata.labels,
            pod,
        }
        .check(analysis, findings);
    }
}

/// What carries the annotations.
struct Subject<'a> {
    object: ObjectId,
    kind: &'static str,
    path: &'static str,
    annotations: &'a Labels,
    labels: &'a Labels,
    pod: Option<&'a PodSpec>,
}

impl Subject<'_> {
    fn check(&self, analysis: Analysis<'_>, findings: &mut Findings) {
        for (name, value) in self.annotations.iter() {
            if !is_istios(name, analysis) || OWN.contains(&name.as_str()) {
                continue;
            }
            let Some(annotation) = find(name) else {
                if !is_unresolved(analysis.mesh, name) {
                    findings.push(self.unknown(name));
                }
                continue;
            };
            if annotation.is_deprecated && !self.is_overruled(name) {
                findings.push(self.deprecated(name));
            }
            if annotation.is_alpha && self.uses(name) {
                findings.push(self.alpha(name));
            }
            if annotation.kinds.contains(&"Any") {
                continue;
            }
            if !annotation.kinds.contains(&self.kind) {
                findings.push(self.misplaced(annotation));
                continue;
            }
            if is_unresolved(analysis.mesh, value) {
                continue;
            }
            let problem = annotation.check.and_then(|check| check.problem(value));
            findings.extend(problem.map(|why| self.invalid(name, &why)));
        }
    }

    /// Whether a label of the same name takes the place of the annotation.
    fn is_overruled(&self, name: &str) -> bool {
        name == "sidecar.istio.io/inject" && self.labels.contains_key(name)
    }

    /// Whether the pod makes use of the annotation, as far as one can tell.
    fn uses(&self, name: &str) -> bool {
        !OF_INIT_CONTAINER.contains(&name)
            || self.pod.is_none_or(|pod| {
                pod.init_containers
                    .iter()
                    .any(|container| container.name == "istio-init")
            })
    }

    fn finding(&self, code: Code, name: &str, message: String) -> Finding {
        Finding::new(
            code,
            self.object,
            FieldPath::from(self.path).field(name),
            message,
        )
    }

    fn unknown(&self, name: &str) -> Finding {
        let message = format!("Istio knows no annotation {name}");
        let finding = self.finding(Code::IST0108, name, message);
        match similar(name, names()) {
            Some(near) => finding.help(format!("did you mean {near}?")),
            _ => finding.help("remove it, or check its spelling; upper and lower case matter"),
        }
    }

    fn deprecated(&self, name: &str) -> Finding {
        let message = format!("the annotation {name} is deprecated and may stop working");
        let finding = self.finding(Code::IST0135, name, message);
        if name == "sidecar.istio.io/inject" {
            finding.help("use the label sidecar.istio.io/inject in its place")
        } else {
            finding.help("see Istio's list of annotations for what takes its place")
        }
    }

    fn alpha(&self, name: &str) -> Finding {
        let message = format!("the annotation {name} belongs to a feature in its alpha phase");
        self.finding(Code::IST0136, name, message)
            .severity(Severity::Info)
    }

    fn misplaced(&self, annotation: &Annotation) -> Finding {
        let name = annotation.name;
        let kinds = annotation.kinds.join(", ");
        let kind = self.kind;
        let message = format!("the annotation {name} has no effect on a {kind}, only on {kinds}");
        let finding = self.finding(Code::IST0107, name, message);
        if kind == "Deployment" && annotation.kinds.contains(&"Pod") {
            finding.help("move it to spec.template.metadata.annotations")
        } else {
            finding.help(format!(
                "move it to the {kinds} it is meant for, or remove it"
            ))
        }
    }

    fn invalid(&self, name: &str, why: &str) -> Finding {
        let message = format!("the annotation {name} has a value that Istio rejects: {why}");
        self.finding(Code::IST0125, name, message)
    }
}

/// Whether the annotation is one of Istio's by its name.
fn is_istios(name: &str, analysis: Analysis<'_>) -> bool {
    if name == "kubernetes.io/ingress.class" {
        return true;
    }
    let prefix = name.split_once('/').map_or(name, |(prefix, _)| prefix);
    prefix.strip_suffix("istio.io").is_some_and(|rest| {
        analysis.quirks().any_prefix_ending_in_istio_io || rest.is_empty() || rest.ends_with('.')
    })
}
