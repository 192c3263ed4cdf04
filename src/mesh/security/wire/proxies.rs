//! Which proxy serves a workload: injection as istiod decides it, gateways, ambient mode.
//!
//! Source: Istio's `pkg/kube/inject/inject.go` (`injectRequired`), the selectors of the webhooks in
//! the istiod charts, and `cni/pkg/util/podutil.go` for ambient mode.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::mesh::places::{Namespace, Places};
use crate::mesh::workloads::Workload;
use crate::model::core::{Container, LabelSelector, PodSpec};
use crate::model::{Labels, Objects, Str};

const INJECT: &str = "sidecar.istio.io/inject";
const REVISION: &str = "istio.io/rev";
const MODE: &str = "istio.io/dataplane-mode";
const TEMPLATES: &str = "inject.istio.io/templates";
const TLS_MODE: &str = "security.istio.io/tlsMode";
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// The proxy of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Proxy {
    /// None: what it sends and takes is what the application makes of it.
    #[default]
    None,
    /// An Envoy in each pod.
    Sidecar,
    /// ztunnel, the proxy of the node.
    Ambient,
    /// The workload is a gateway: an Envoy that no application stands behind.
    Gateway,
    /// The workload is a waypoint.
    Waypoint,
}

impl Proxy {
    /// Whether DestinationRules act on what it sends.
    pub const fn is_envoy(self) -> bool {
        matches!(self, Self::Sidecar | Self::Gateway | Self::Waypoint)
    }

    /// Whether it is a proxy of its own rather than that of an application. PeerAuthentications do
    /// not bind it as a server.
    pub const fn is_gateway(self) -> bool {
        matches!(self, Self::Gateway | Self::Waypoint)
    }
}

/// What the injector is told: webhooks, and the ConfigMaps `istio-sidecar-injector`.
pub(super) struct Injector<'m> {
    hooks: Vec<Hook<'m>>,
    configs: FxHashMap<&'m str, Config>,
    places: &'m Places,
}

struct Hook<'m> {
    revision: &'m str,
    namespaces: Option<&'m LabelSelector>,
    pods: Option<&'m LabelSelector>,
}

/// Key `config` of the ConfigMap, as far as it decides who is injected.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    policy: Str,
    never_inject_selector: Vec<LabelSelector>,
    always_inject_selector: Vec<LabelSelector>,
}

impl<'m> Injector<'m> {
    pub(super) fn new(objects: &'m Objects, places: &'m Places) -> Self {
        let hooks = objects.mutating_webhooks.iter().flat_map(|object| {
            let revision = object.metadata.labels.get(REVISION);
            let revision = revision.map_or("default", Str::as_str);
            object
                .spec
                .webhooks
                .iter()
                .filter(|hook| hook.name.ends_with("sidecar-injector.istio.io"))
                .map(move |hook| Hook {
                    revision,
                    namespaces: hook.namespace_selector.as_deref(),
                    pods: hook.object_selector.as_deref(),
                })
        });
        let configs = objects.config_maps.iter().filter_map(|map| {
            let revision = match map.name().strip_prefix("istio-sidecar-injector")? {
                "" => "default",
                rest => rest.strip_prefix('-')?,
            };
            let config = map.spec.data.get("config")?;
            Some((revision, serde_yaml::from_str(config).unwrap_or_default()))
        });
        Self {
            hooks: hooks.collect(),
            configs: configs.collect(),
            places,
        }
    }

    /// The proxy of a workload, by the labels and annotations of its pods.
    pub(super) fn proxy(&self, workload: &Workload, spec: &PodSpec) -> Proxy {
        let namespace = self.places.get(workload.namespace);
        let own = spec
            .all_containers()
            .find(|container| container.name == "istio-proxy");
        if own.is_some() || self.injects(workload, spec, namespace) {
            return envoy(workload, own);
        }
        if spec.host_network {
            return Proxy::None;
        }
        let labels = &workload.labels;
        let is_redirected = workload
            .template_annotations
            .has("ambient.istio.io/redirection", "enabled");
        let is_enrolled = labels.has(MODE, "ambient")
            || namespace.has_ambient_label() && !labels.has(MODE, "none");
        if is_redirected || is_enrolled {
            Proxy::Ambient
        } else {
            Proxy::None
        }
    }

    /// Whether the API server calls an injector for the pods, and the injector adds a sidecar.
    fn injects(&self, workload: &Workload, spec: &PodSpec, namespace: &Namespace) -> bool {
        const NEVER: [&str; 4] = [
            "kube-system",
            "kube-public",
            "kube-node-lease",
            "local-path-storage",
        ];
        let Some(revision) = self.selecting(&workload.labels, namespace) else {
            return false;
        };
        if spec.host_network || NEVER.contains(&namespace.name.as_str()) {
            return false;
        }
        let said = workload.labels.get(INJECT);
        let said = said.or_else(|| workload.template_annotations.get(INJECT));
        match said.map(Str::as_str) {
            Some("true") => return true,
            Some("false") => return false,
            _ => {}
        }
        let Some(config) = self.configs.get(revision) else {
            return true;
        };
        let selects = |selectors: &[LabelSelector]| {
            selectors
                .iter()
                .any(|selector| !selector.is_empty() && selector.matches(&workload.labels))
        };
        if selects(&config.never_inject_selector) {
            return false;
        }
        selects(&config.always_inject_selector) || config.policy != "disabled"
    }

    /// The revision whose webhook selects pods of these labels. Without webhooks in the input those
    /// of every revision that a label names are taken for granted.
    fn selecting<'a>(&'a self, pod: &'a Labels, namespace: &'a Namespace) -> Option<&'a str> {
        if self.hooks.is_empty() {
            return selected_by_default(pod, &namespace.labels);
        }
        let labels = with_name(namespace);
        let selects = |selector: Option<&LabelSelector>, labels: &Labels| {
            selector.is_none_or(|selector| selector.matches(labels))
        };
        let hook = self
            .hooks
            .iter()
            .find(|hook| selects(hook.namespaces, &labels) && selects(hook.pods, pod))?;
        Some(hook.revision)
    }
}

/// The revision that the webhooks of Istio's charts select, by the labels of pod and namespace.
fn selected_by_default<'a>(pod: &'a Labels, namespace: &'a Labels) -> Option<&'a str> {
    let wish = pod.get(INJECT).map(Str::as_str);
    let is_wanted = wish != Some("false");
    let plain = |revision: &'a Str| match revision.as_str() {
        "" => "default",
        revision => revision,
    };
    match namespace.get("istio-injection").map(Str::as_str) {
        Some("enabled") => is_wanted.then_some("default"),
        Some(_) => None,
        None => match (namespace.get(REVISION), pod.get(REVISION)) {
            (Some(revision), _) | (None, Some(revision)) => is_wanted.then(|| plain(revision)),
            (None, None) => (wish == Some("true")).then_some("default"),
        },
    }
}

/// The labels of a namespace with the one that the API server adds.
fn with_name(namespace: &Namespace) -> Labels {
    let own = namespace.labels.into_iter().cloned();
    let name = ("kubernetes.io/metadata.name".into(), namespace.name.clone());
    std::iter::once(name).chain(own).collect()
}

/// What kind of Envoy serves the pods.
fn envoy(workload: &Workload, container: Option<&Container>) -> Proxy {
    let labels = &workload.labels;
    if labels.contains_key(GATEWAY_NAME) {
        return if labels.has("gateway.istio.io/managed", "istio.io-mesh-controller") {
            Proxy::Waypoint
        } else {
            Proxy::Gateway
        };
    }
    let is_router = container.is_some_and(|own| own.args.iter().any(|word| word == "router"));
    if is_router || names_template(workload, "gateway") == Some(true) {
        Proxy::Gateway
    } else {
        Proxy::Sidecar
    }
}

/// Whether the annotation that chooses templates names this one; `None` without the annotation.
fn names_template(workload: &Workload, template: &str) -> Option<bool> {
    let templates = workload.template_annotations.get(TEMPLATES)?;
    Some(templates.split(',').any(|name| name.trim() == template))
}

/// Whether automatic mutual TLS takes the workload for one that speaks it: its label
/// `security.istio.io/tlsMode`, which the template `sidecar` adds, is `istio`.
pub(super) fn has_tls_label(workload: &Workload, proxy: Proxy) -> bool {
    match workload.labels.get(TLS_MODE) {
        Some(mode) => proxy != Proxy::None && proxy != Proxy::Ambient && mode == "istio",
        None => proxy == Proxy::Sidecar && names_template(workload, "sidecar") != Some(false),
    }
}

/// Whether the input settles which proxy the workload has: labels of a Namespace that it does not
/// hold would change nothing.
pub(super) fn is_settled(workload: &Workload, spec: &PodSpec, namespace: &Namespace) -> bool {
    namespace.is_declared()
        || spec.host_network
        || workload.labels.contains_key(INJECT)
        || spec
            .all_containers()
            .any(|container| container.name == "istio-proxy")
}
