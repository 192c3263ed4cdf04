//! IST0158: proxies that run another image than the injector would give them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::sidecar_injection::{injector_of, injectors};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, full_name};
use crate::model::core::Pod;
use crate::model::mesh_config;
use crate::model::networking::ProxyConfig;
use crate::model::{Labels, Object};
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "proxy-image-mismatch",
    codes: &[Code::IST0158],
    runs: &[Run::Mesh(proxy_image_mismatch)],
};

fn proxy_image_mismatch(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let images: FxHashMap<&str, String> = injectors(analysis)
        .into_iter()
        .filter_map(|(name, values)| Some((name, image(&values, mesh)?)))
        .collect();
    if images.is_empty() {
        return;
    }
    let mut expected: FxHashMap<&str, &str> = FxHashMap::default();
    for namespace in analysis.namespaces() {
        let image = revision(&namespace.metadata.labels)
            .and_then(|revision| images.get(injector_of(revision).as_str()));
        if let Some(image) = image {
            expected.insert(namespace.name(), image);
        }
    }
    let variants = Variants::new(analysis);
    let mut wrong: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pod in analysis.loaded_pods() {
        let Some(image) = expected.get(pod.namespace()) else {
            continue;
        };
        if runs_another_image(pod, image, &variants) {
            wrong.entry(pod.namespace()).or_default().push(pod.name());
        }
    }
    for (name, mut pods) in wrong {
        let Some(namespace) = analysis.namespace(name) else {
            continue;
        };
        pods.sort_unstable();
        let message = format!(
            "the proxies of {} in namespace {name} do not run the image {} of the injector",
            list(pods),
            expected.get(name).copied().unwrap_or_default()
        );
        findings.push(
            Finding::new(Code::IST0158, namespace.id, "", message)
                .points_at("metadata/name")
                .help("restart these workloads, as after every upgrade of Istio"),
        );
    }
}

/// The revision that injects the namespace, empty for the default one.
fn revision(labels: &Labels) -> Option<&str> {
    match labels.get("istio.io/rev") {
        Some(revision) => Some(revision),
        None => labels.has("istio-injection", "enabled").then_some(""),
    }
}

/// The proxy's image according to the injector's values.
fn image(values: &Value, mesh: &Mesh) -> Option<String> {
    let text = |path: &str| values.pointer(path).and_then(Value::as_str);
    if values.is_null() && !mesh.quirks.unreadable_values_expect_no_image {
        return None;
    }
    let Some(image) = text("/global/proxy/image") else {
        return mesh
            .quirks
            .unreadable_values_expect_no_image
            .then(String::new);
    };
    if image.contains('/') {
        return Some(image.to_owned());
    }
    let tag = match values.pointer("/global/tag") {
        Some(Value::String(tag)) => tag.clone(),
        Some(Value::Number(tag)) => tag.to_string(),
        _ => String::new(),
    };
    let hub = text("/global/hub").unwrap_or_default();
    Some(format!("{hub}/{image}:{tag}"))
}

fn runs_another_image(pod: &Object<Pod>, image: &str, variants: &Variants<'_>) -> bool {
    let annotations = &pod.metadata.annotations;
    let is_overruled = annotations
        .get("sidecar.istio.io/proxyImage")
        .is_some_and(|own| !own.is_empty());
    if is_overruled {
        return false;
    }
    let mut proxies = pod
        .spec
        .spec
        .all_containers()
        .filter(|container| container.name == "istio-proxy")
        .peekable();
    if proxies.peek().is_none() {
        return false;
    }
    let variant = variants.of(pod);
    proxies.any(|container| {
        let own = container.image.as_str();
        let rest = own.strip_prefix(image);
        rest != Some("")
            && (variant.is_empty()
                || rest.and_then(|rest| rest.strip_prefix('-')) != Some(variant.as_str()))
    })
}

/// Which variant of the image (`debug`, `distroless`) pods are to run.
struct Variants<'m> {
    mesh_wide: &'m str,
    root: &'m str,
    by_namespace: FxHashMap<&'m str, &'m str>,
    /// Those with a selector, by full name.
    selecting: Vec<(String, &'m Object<ProxyConfig>)>,
    by_prefix: bool,
}

impl<'m> Variants<'m> {
    fn new(analysis: Analysis<'m>) -> Self {
        let root_namespace = analysis.root_namespace();
        let mut variants = Self {
            mesh_wide: analysis
                .mesh_config()
                .default_config
                .image
                .as_ref()
                .map_or("", |image| &image.image_type),
            root: "",
            by_namespace: FxHashMap::default(),
            selecting: Vec::new(),
            by_prefix: analysis.quirks().proxy_configs_by_prefix,
        };
        for config in analysis.proxy_configs() {
            let image = image_type(config);
            if config.namespace() == root_namespace && !image.is_empty() {
                variants.root = image;
            }
            if config.spec.selector.is_some() {
                let name = full_name(config.namespace(), config.name());
                variants.selecting.push((name, config));
            } else if !image.is_empty() {
                variants.by_namespace.insert(config.namespace(), image);
            }
        }
        variants.selecting.sort_by(|a, b| a.0.cmp(&b.0));
        variants
    }

    fn of(&self, pod: &Object<Pod>) -> String {
        let namespace = pod.namespace();
        let prefix = if self.by_prefix || namespace.is_empty() {
            namespace.to_owned()
        } else {
            format!("{namespace}/")
        };
        let first = self.selecting.partition_point(|(name, _)| *name < prefix);
        let selecting = self
            .selecting
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|(name, _)| name.starts_with(&prefix))
            .filter(|(_, config)| {
                let selector = config.spec.selector.as_ref();
                (self.by_prefix || config.namespace() == namespace)
                    && selector.is_some_and(|s| s.match_labels.selects(&pod.metadata.labels))
            })
            .map(|(_, config)| image_type(config))
            .filter(|image| !image.is_empty())
            .last()
            .unwrap_or_default();
        let annotated = pod
            .metadata
            .annotations
            .get("proxy.istio.io/config")
            .and_then(|text| serde_yaml::from_str::<mesh_config::ProxyConfig>(text).ok())
            .and_then(|config| config.image)
            .map(|image| image.image_type)
            .unwrap_or_default();
        let of_namespace = self
            .by_namespace
            .get(namespace)
            .copied()
            .unwrap_or_default();
        let variant = [
            annotated.as_str(),
            selecting,
            of_namespace,
            self.root,
            self.mesh_wide,
        ]
        .into_iter()
        .find(|image| !image.is_empty())
        .unwrap_or_default();
        if variant == "default" {
            String::new()
        } else {
            variant.to_owned()
        }
    }
}

fn image_type(config: &Object<ProxyConfig>) -> &str {
    config
        .spec
        .image
        .as_ref()
        .map_or("", |image| &image.image_type)
}
