//! Extensions of the API server: custom resource definitions and admission webhooks.

use serde::Deserialize;

use super::selector::LabelSelector;
use crate::model::types::Str;

/// `CustomResourceDefinition`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CustomResourceDefinition {
    /// What it defines.
    pub spec: CrdSpec,
}

/// `spec` of a CustomResourceDefinition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CrdSpec {
    /// API group.
    pub group: Str,
    /// Names of the kind.
    pub names: CrdNames,
    /// `Namespaced` or `Cluster`.
    pub scope: Str,
    /// Versions.
    pub versions: Vec<CrdVersion>,
    /// The only version, in definitions of `v1beta1`.
    pub version: Str,
}

/// `spec.names` of a CustomResourceDefinition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CrdNames {
    /// Kind.
    pub kind: Str,
    /// Plural, as in paths of the API.
    pub plural: Str,
}

/// `spec.versions[]` of a CustomResourceDefinition; the schema is not kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CrdVersion {
    /// Name of the version.
    pub name: Str,
    /// Whether clients can use it.
    pub served: bool,
    /// Whether objects are stored in it.
    pub storage: bool,
}

/// `MutatingWebhookConfiguration` or `ValidatingWebhookConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebhookConfiguration {
    /// Webhooks.
    pub webhooks: Vec<Webhook>,
}

/// One webhook.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Webhook {
    /// Full name, such as `rev.namespace.sidecar-injector.istio.io`.
    pub name: Str,
    /// Whom the API server calls.
    pub client_config: WebhookClientConfig,
    /// Operations and resources for which it calls.
    pub rules: Vec<WebhookRule>,
    /// Namespaces whose objects it calls for; absent means all.
    pub namespace_selector: Option<Box<LabelSelector>>,
    /// Objects that it calls for; absent means all.
    pub object_selector: Option<Box<LabelSelector>>,
    /// `Fail` or `Ignore`.
    pub failure_policy: Str,
    /// `Exact` or `Equivalent`.
    pub match_policy: Str,
    /// `Never` or `IfNeeded`.
    pub reinvocation_policy: Str,
    /// `None`, `NoneOnDryRun` and the like.
    pub side_effects: Str,
    /// Seconds that the API server waits.
    pub timeout_seconds: Option<i64>,
    /// Versions of the review that the webhook understands.
    pub admission_review_versions: Vec<Str>,
}

/// `webhooks[].clientConfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebhookClientConfig {
    /// Address outside the cluster.
    pub url: Option<Str>,
    /// Service inside the cluster.
    pub service: Option<WebhookService>,
    /// Base64 PEM bundle that signs the server's certificate.
    pub ca_bundle: Str,
}

/// `webhooks[].clientConfig.service`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebhookService {
    /// Namespace of the Service.
    pub namespace: Str,
    /// Name of the Service.
    pub name: Str,
    /// Path of the URL.
    pub path: Str,
    /// Port of the Service; absent means 443.
    pub port: Option<i64>,
}

/// `webhooks[].rules[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WebhookRule {
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`.
    pub operations: Vec<Str>,
    /// API groups.
    pub api_groups: Vec<Str>,
    /// Versions.
    pub api_versions: Vec<Str>,
    /// Plural names of resources.
    pub resources: Vec<Str>,
    /// `Cluster`, `Namespaced` or `*`.
    pub scope: Str,
}
