//! `ProxyConfig`: settings of the proxy itself.

use serde::Deserialize;

use crate::model::attachment::WorkloadSelector;
use crate::model::{Labels, Str};

/// `ProxyConfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyConfig {
    /// The workloads meant; absent means the namespace, in the root namespace the mesh.
    pub selector: Option<WorkloadSelector>,
    /// Worker threads, 0 means one per core.
    pub concurrency: Option<i32>,
    /// Environment of the proxy.
    pub environment_variables: Labels,
    /// The proxy's image.
    pub image: Option<ProxyImage>,
}

/// The proxy's image.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyImage {
    /// `default`, `debug` or `distroless`.
    pub image_type: Str,
}
