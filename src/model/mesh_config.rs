//! `MeshConfig` and `MeshNetworks`.

use serde::Deserialize;

/// `MeshConfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MeshConfig {}
