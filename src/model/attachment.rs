//! What binds a policy to workloads: the label selector and the target reference that
//! `security.istio.io`, `telemetry.istio.io`, `extensions.istio.io` and ProxyConfig share.

use serde::Deserialize;

use super::types::{Labels, Str};

/// `selector` of a policy (`istio.type.v1beta1.WorkloadSelector`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSelector {
    /// Labels that a workload must carry, all of them; none selects every workload.
    pub match_labels: Labels,
}

/// `targetRef` and `targetRefs[]` (`istio.type.v1beta1.PolicyTargetReference`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicyTargetReference {
    /// API group of the target; empty and `core` are the core group.
    pub group: Str,
    /// Kind of the target.
    pub kind: Str,
    /// Name of the target.
    pub name: Str,
    /// Must stay empty: the target lives in the policy's namespace (or the root namespace for a
    /// GatewayClass).
    pub namespace: Str,
}

impl PolicyTargetReference {
    /// Whether the reference names this group and kind; `core` is the core group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        let own = if self.group == "core" {
            ""
        } else {
            self.group.as_str()
        };
        own == group && self.kind == kind
    }
}
