//! `extensions.istio.io`

use serde::Deserialize;

/// `WasmPlugin`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WasmPlugin {}

/// `TrafficExtension`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficExtension {}
