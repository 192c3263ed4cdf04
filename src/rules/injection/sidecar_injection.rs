//! IST0102, IST0103, IST0123, IST0148: namespaces and their injection labels, pods without a proxy.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, has_proxy};
use crate::model::core::{Namespace, Pod};
use crate::model::{Labels, Object};
use crate::path;
use crate::rules::common::is_without_istio;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "sidecar-injection",
    codes: &[Code::IST0102, Code::IST0103, Code::IST0123, Code::IST0148],
    runs: &[Run::Mesh(sidecar_injection)],
};

const INJECTION: &str = "istio-injection";
const REVISION: &str = "istio.io/rev";
const DATAPLANE: &str = "istio.io/dataplane-mode";
const INJECT: &str = "sidecar.istio.io/inject";

fn sidecar_injection(mesh: &Mesh, findings: &mut Findings) {
    if is_without_istio(mesh) {
        return;
    }
    let analysis = mesh.analysis();
    let injectors = injectors(analysis);
    let named = std::cell::LazyCell::new(|| namespaces_of_the_mesh(mesh));
    let mut injected: FxHashSet<&str> = FxHashSet::default();
    for namespace in analysis.namespaces() {
        if is_exempt(namespace.name(), analysis) {
            continue;
        }
        let labels = &namespace.metadata.labels;
        several_labels(namespace, mesh.quirks.run_time_plays_no_part, findings);
        if labels.has(DATAPLANE, "ambient") {
            continue;
        }
        let value = labels.get(INJECTION).filter(|value| !value.is_empty());
        let revision = labels.get(REVISION);
        let by_default = injectors
            .get(injector_of(revision.map_or("", |r| r)).as_str())
            .is_some_and(is_on_by_default);
        let strict = mesh.quirks.only_enabled_namespaces_are_injected;
        match (value, revision) {
            (None, None) => {
                if by_default && !strict {
                    injected.insert(namespace.name());
                }
                if by_default
                    || mesh.quirks.run_time_plays_no_part
                    || helps(namespace, &named, mesh)
                {
                    findings.push(unlabelled(namespace, by_default));
                }
            }
            (Some(value), _) if value == "enabled" => {
                injected.insert(namespace.name());
            }
            (None, Some(revision)) if !strict && !revision.is_empty() => {
                injected.insert(namespace.name());
            }
            _ => {}
        }
    }
    for pod in analysis.pods() {
        if injected.contains(pod.namespace()) && misses_proxy(pod, mesh) {
            findings.push(without_proxy(pod, mesh));
        }
    }
}

/// Whether injection would do something in a namespace: it holds a workload or Service that is no
/// gateway's, and an object of the mesh stands in it or names one of its hosts.
fn helps(
    namespace: &Object<Namespace>,
    of_mesh: &FxHashSet<crate::mesh::NamespaceId>,
    mesh: &Mesh,
) -> bool {
    let Some(id) = mesh.places.id(namespace.name()) else {
        return false;
    };
    let workloads = mesh.workloads.of(id);
    let has_something = if workloads.is_empty() {
        mesh.places.of(id).services().len() > 0
    } else {
        workloads.iter().any(|workload| !workload.is_gateway())
    };
    has_something && of_mesh.contains(&id)
}

/// The namespaces in which objects of the mesh stand, and those whose hosts they name.
fn namespaces_of_the_mesh(mesh: &Mesh) -> FxHashSet<crate::mesh::NamespaceId> {
    let mut found = FxHashSet::default();
    for (index, header) in (0..).zip(mesh.objects.headers.iter()) {
        let group = header
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group);
        // A Gateway says where gateways run, not what else does.
        if group.ends_with(".istio.io") && header.kind != "Gateway" {
            found.insert(mesh.places.namespace_of(crate::model::ObjectId(index)));
        }
    }
    let mut name = |host: &str, home: &str| {
        let host = mesh.registry.resolve(host, home);
        found.extend(mesh.places.id(host.namespace).filter(|_| host.complete));
    };
    for service in &mesh.objects.virtual_services {
        let routes = service.spec.destinations().filter_map(|to| to.destination);
        let hosts = routes.map(|to| &to.host).chain(&service.spec.hosts);
        hosts.for_each(|host| name(host, service.namespace()));
    }
    for rule in &mesh.objects.destination_rules {
        name(&rule.spec.host, rule.namespace());
    }
    found
}

fn is_exempt(name: &str, analysis: Analysis<'_>) -> bool {
    name == "istio-system"
        || !analysis.mesh.quirks.system_namespaces_want_injection
            && (name.starts_with("kube-") || name == analysis.root_namespace())
}

fn misses_proxy(pod: &Object<Pod>, mesh: &Mesh) -> bool {
    let meta = &pod.metadata;
    let flag = meta
        .labels
        .get(INJECT)
        .or_else(|| meta.annotations.get(INJECT));
    let is_running = mesh.quirks.loaded_pods_are_running || pod.spec.status.is_some();
    is_running
        && !flag.is_some_and(|flag| flag.eq_ignore_ascii_case("false"))
        && !pod.spec.spec.host_network
        && !has_proxy(pod.spec.spec.all_containers())
}

/// The injectors' values by the name of their ConfigMap.
pub(super) fn injectors(analysis: Analysis<'_>) -> FxHashMap<&str, Value> {
    analysis
        .config_maps()
        .filter(|map| map.name().starts_with("istio-sidecar-injector"))
        .map(|map| {
            let values = map.spec.data.get("values").map_or("", |text| text);
            (map.name(), serde_json::from_str(values).unwrap_or_default())
        })
        .collect()
}

/// The name of the ConfigMap of a revision's injector.
pub(super) fn injector_of(revision: &str) -> String {
    if revision.is_empty() || revision == "default" {
        "istio-sidecar-injector".to_owned()
    } else {
        format!("istio-sidecar-injector-{revision}")
    }
}

fn is_on_by_default(values: &Value) -> bool {
    values
        .pointer("/sidecarInjectorWebhook/enableNamespacesByDefault")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

fn several_labels(namespace: &Object<Namespace>, upstream: bool, findings: &mut Findings) {
    let labels = &namespace.metadata.labels;
    let show = |key: &str| labels.get(key).map(|value| format!("{key}={value}"));
    let counts = labels.get(INJECTION).is_none_or(|value| value == "enabled");
    let mut shown: Vec<String> = show(INJECTION).into_iter().collect();
    if counts {
        shown.extend(show(REVISION));
        // `none` keeps out of ambient mode, and says nothing of sidecars.
        if upstream || labels.has(DATAPLANE, "ambient") {
            shown.extend(show(DATAPLANE));
        }
    }
    if shown.len() < 2 {
        return;
    }
    let message = format!(
        "namespace {} carries {}, and which of them counts is undefined",
        namespace.name(),
        shown.join(" and ")
    );
    let path = first_of(labels, &[REVISION, DATAPLANE]);
    findings.push(
        Finding::new(Code::IST0123, namespace.id, "", message)
            .points_at(path!["metadata", "labels", path])
            .help("keep one of these labels"),
    );
}

fn first_of<'a>(labels: &Labels, keys: &[&'a str]) -> &'a str {
    keys.iter()
        .find(|key| labels.contains_key(key))
        .copied()
        .unwrap_or_default()
}

fn unlabelled(namespace: &Object<Namespace>, by_default: bool) -> Finding {
    let name = namespace.name();
    if by_default {
        let message = format!(
            "namespace {name} has no injection label and is injected all the same: Istio is \
             installed with enableNamespacesByDefault"
        );
        return Finding::new(Code::IST0148, namespace.id, "", message)
            .points_at("metadata/name")
            .help("label it istio-injection: enabled or disabled to make this visible");
    }
    let message = format!("namespace {name} is not enabled for Istio injection");
    Finding::new(Code::IST0102, namespace.id, "metadata/name", message)
        .help("label it istio-injection: enabled, or disabled if its pods need no sidecar")
}

fn without_proxy(pod: &Object<Pod>, mesh: &Mesh) -> Finding {
    let message = format!(
        "pod {} has no Istio proxy although its namespace is injected",
        pod.name()
    );
    let finding = Finding::new(Code::IST0103, pod.id, "", message)
        .help("restart the pod, so that the injector sees it");
    if mesh.quirks.severities_are_those_of_istioctl {
        finding
    } else {
        finding.severity(Severity::Info)
    }
}
