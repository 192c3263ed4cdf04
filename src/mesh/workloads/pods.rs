//! Pods of workloads: loaded ones as they are, and the one that a controller's template would
//! make, with the sidecar or ambient redirection that Istio would give it.

use crate::mesh::places::Namespace;
use crate::model::core::PodSpec;
use crate::model::{Labels, ObjectId, Str};

/// Says whether a Pod gets a sidecar.
const INJECT: &str = "sidecar.istio.io/inject";

/// A Pod of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodState {
    /// The Pod, `None` for one derived from a template.
    pub object: Option<ObjectId>,
    /// Position of the Pod in the store.
    pub(in crate::mesh) position: Option<u32>,
    /// The service account it runs under.
    pub account: Str,
    /// Whether it has a sidecar.
    pub has_sidecar: bool,
    /// Whether its traffic is redirected to ztunnel.
    pub is_ambient: bool,
}

/// What decides about a Pod's part in the mesh.
#[derive(Debug, Clone, Copy)]
pub(super) struct PodFacts<'a> {
    pub(super) labels: &'a Labels,
    pub(super) annotations: &'a Labels,
    pub(super) spec: &'a PodSpec,
}

impl PodFacts<'_> {
    /// The state of a running Pod, read from what the injector and the CNI plugin noted on it.
    pub(super) fn observed(self) -> PodState {
        self.state(
            self.noted_sidecar().unwrap_or(false),
            self.noted_redirection().unwrap_or(false),
        )
    }

    /// The state that a Pod would get in `namespace`.
    pub(super) fn predicted(self, namespace: &Namespace) -> PodState {
        let sidecar = self
            .noted_sidecar()
            .unwrap_or_else(|| self.would_get_sidecar(namespace));
        let ambient = self
            .noted_redirection()
            .unwrap_or_else(|| !sidecar && self.would_be_redirected(namespace));
        self.state(sidecar, ambient)
    }

    fn state(self, has_sidecar: bool, is_ambient: bool) -> PodState {
        PodState {
            object: None,
            position: None,
            account: self.spec.account().into(),
            has_sidecar,
            is_ambient,
        }
    }

    /// Whether the injector noted a sidecar; `None` if it noted nothing.
    fn noted_sidecar(self) -> Option<bool> {
        self.annotations
            .get("sidecar.istio.io/status")
            .map(|status| lists_sidecar(status))
    }

    fn noted_redirection(self) -> Option<bool> {
        self.annotations
            .get("ambient.istio.io/redirection")
            .map(|state| state == "enabled")
    }

    fn would_get_sidecar(self, namespace: &Namespace) -> bool {
        if self.spec.host_network
            || namespace.is_control_plane
            || namespace.name.starts_with("kube-")
        {
            return false;
        }
        let label = self.labels.get(INJECT).map(Str::as_str);
        let wish = label.or_else(|| self.annotations.get(INJECT).map(Str::as_str));
        if wish == Some("false") || namespace.labels.has("istio-injection", "disabled") {
            return false;
        }
        let has_revision = |labels: &Labels| {
            labels
                .get("istio.io/rev")
                .is_some_and(|revision| !revision.is_empty())
        };
        label == Some("true")
            || namespace.labels.has("istio-injection", "enabled")
            || has_revision(&namespace.labels)
            || has_revision(self.labels)
    }

    fn would_be_redirected(self, namespace: &Namespace) -> bool {
        const MODE: &str = "istio.io/dataplane-mode";
        !self.spec.host_network
            && (self.labels.has(MODE, "ambient")
                || namespace.has_ambient_label() && !self.labels.has(MODE, "none"))
    }
}

/// Whether the annotation `sidecar.istio.io/status` lists containers, or a native sidecar.
pub(super) fn lists_sidecar(status: &str) -> bool {
    let Ok(status) = serde_json::from_str::<serde_json::Value>(status) else {
        return false;
    };
    let list = |key: &str| status.get(key).and_then(serde_json::Value::as_array);
    list("containers").is_some_and(|containers| !containers.is_empty())
        || list("initContainers").is_some_and(|containers| {
            containers
                .iter()
                .any(|name| name.as_str() == Some("istio-proxy"))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_injection_status() {
        for (status, expected) in [
            (r#"{"containers":["istio-proxy"]}"#, true),
            (
                r#"{"containers":[],"initContainers":["istio-init"]}"#,
                false,
            ),
            (r#"{"initContainers":["istio-proxy"]}"#, true),
            (r#"{"containers":null}"#, false),
            ("", false),
        ] {
            assert_eq!(lists_sidecar(status), expected, "{status}");
        }
    }

    #[test]
    fn predicts_what_istio_would_do() {
        for (labels, annotations, namespace, sidecar, ambient) in [
            ("{}", "{}", "{}", false, false),
            ("{}", "{}", "{istio-injection: enabled}", true, false),
            ("{}", "{}", "{istio.io/rev: canary}", true, false),
            ("{istio.io/rev: canary}", "{}", "{}", true, false),
            ("{sidecar.istio.io/inject: 'true'}", "{}", "{}", true, false),
            (
                "{}",
                "{sidecar.istio.io/inject: 'true'}",
                "{}",
                false,
                false,
            ),
            (
                "{}",
                "{sidecar.istio.io/inject: 'false'}",
                "{istio-injection: enabled}",
                false,
                false,
            ),
            (
                "{sidecar.istio.io/inject: 'true'}",
                "{}",
                "{istio-injection: disabled}",
                false,
                false,
            ),
            (
                "{}",
                "{}",
                "{istio.io/dataplane-mode: ambient}",
                false,
                true,
            ),
            (
                "{istio.io/dataplane-mode: none}",
                "{}",
                "{istio.io/dataplane-mode: ambient}",
                false,
                false,
            ),
            (
                "{}",
                "{}",
                "{istio-injection: enabled, istio.io/dataplane-mode: ambient}",
                true,
                false,
            ),
            (
                "{}",
                "{ambient.istio.io/redirection: enabled}",
                "{}",
                false,
                true,
            ),
        ] {
            let yaml = |text| serde_yaml::from_str::<Labels>(text).unwrap();
            let (pod, notes) = (yaml(labels), yaml(annotations));
            let namespace = Namespace {
                labels: yaml(namespace),
                ..Namespace::default()
            };
            let spec = PodSpec::default();
            let facts = PodFacts {
                labels: &pod,
                annotations: &notes,
                spec: &spec,
            };
            let state = facts.predicted(&namespace);
            assert_eq!(
                (state.has_sidecar, state.is_ambient),
                (sidecar, ambient),
                "{labels} {annotations} {:?}",
                namespace.labels
            );
        }
    }
}
