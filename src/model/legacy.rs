//! `authentication.istio.io` and its OpenShift twin

use serde::Deserialize;

/// `Policy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Policy {}
