//! Small kinds of the core group: namespaces, nodes, accounts, config maps and secrets.

use serde::Deserialize;

use crate::model::types::{Labels, Map, Str};

/// `Namespace`. What decides about the mesh stands in its labels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Namespace {
    /// State as last seen by the API server.
    pub status: Option<Box<NamespaceStatus>>,
}

/// `status` of a Namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NamespaceStatus {
    /// `Active` or `Terminating`.
    pub phase: Str,
}

/// `Node`. Its labels give the locality of the Pods that run on it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Node {}

/// `ServiceAccount`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Whether Pods of this account get a token mounted.
    pub automount_service_account_token: Option<bool>,
}

/// `ConfigMap`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConfigMap {
    /// Text values.
    pub data: Map<Str>,
    /// Base64 values.
    pub binary_data: Map<Str>,
    /// Whether the API server refuses changes.
    pub immutable: Option<bool>,
}

/// `Secret`. The values matter: certificates are looked into.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Secret {
    /// What the secret holds, such as `kubernetes.io/tls`; empty means `Opaque`.
    #[serde(rename = "type")]
    pub secret_type: Str,
    /// Base64 values.
    pub data: Labels,
    /// Plain values, which win over `data` when the API server merges them.
    pub string_data: Labels,
    /// Whether the API server refuses changes.
    pub immutable: Option<bool>,
}
