//! `telemetry.istio.io`

use serde::Deserialize;

/// `Telemetry`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Telemetry {}
