//! How Istio was installed: the custom resources of its operators, as far as they hold mesh
//! configuration.

use serde::Deserialize;

use crate::model::mesh_config::MeshConfig;
use crate::model::types::{Map, Str};

/// `spec` of an `IstioOperator` or of the Sail operator's `Istio`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshConfigHolder {
    /// IstioOperator: the mesh configuration.
    pub mesh_config: Option<Box<MeshConfig>>,
    /// Helm values; the Sail operator keeps the mesh configuration in them.
    pub values: Option<Box<InstallValues>>,
    /// IstioOperator: the revision of the control plane.
    pub revision: Str,
    /// Namespace of the control plane, in which `istiod` runs.
    pub namespace: Str,
    /// The base from which the installation starts: `default`, `ambient`, `demo`...
    pub profile: Str,
    /// Sail: version of Istio, such as `v1.27.0`.
    pub version: Str,
}

impl MeshConfigHolder {
    /// The mesh configuration. Where both places have one, `spec.meshConfig` is the outer of the
    /// two and wins, as in `istioctl install`.
    pub fn mesh_config(&self) -> Option<&MeshConfig> {
        self.mesh_config
            .as_deref()
            .or_else(|| self.values.as_ref()?.mesh_config.as_deref())
    }

    /// The namespace of the control plane; empty when nothing says it.
    pub fn control_plane_namespace(&self) -> &str {
        if self.namespace.is_empty() {
            self.values
                .as_ref()
                .map_or("", |values| values.global.istio_namespace.as_str())
        } else {
            &self.namespace
        }
    }

    /// The revision of the control plane; empty for the default one.
    pub fn control_plane_revision(&self) -> &str {
        if self.revision.is_empty() {
            self.values
                .as_ref()
                .map_or("", |values| values.revision.as_str())
        } else {
            &self.revision
        }
    }
}

/// `spec.values`: Helm values of Istio's charts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InstallValues {
    /// The mesh configuration.
    pub mesh_config: Option<Box<MeshConfig>>,
    /// Values that all charts share.
    pub global: GlobalValues,
    /// The revision of the control plane.
    pub revision: Str,
    /// `istiod`.
    pub pilot: PilotValues,
    /// The sidecar injector.
    pub sidecar_injector_webhook: InjectorValues,
}

/// `spec.values.global`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GlobalValues {
    /// Namespace of the control plane.
    pub istio_namespace: Str,
    /// Name of the mesh.
    #[serde(rename = "meshID")]
    pub mesh_id: Str,
    /// Network of the cluster.
    pub network: Str,
}

/// `spec.values.pilot`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PilotValues {
    /// Environment of `istiod`; values may be text, numbers or booleans.
    pub env: Map<serde_json::Value>,
}

/// `spec.values.sidecarInjectorWebhook`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InjectorValues {
    /// Whether namespaces without an injection label are injected.
    pub enable_namespaces_by_default: bool,
    /// Whether probes are rewritten, absent means that they are.
    #[serde(rename = "rewriteAppHTTPProbe")]
    pub rewrite_app_http_probe: Option<bool>,
}
