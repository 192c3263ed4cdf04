//! `gateway.envoyproxy.io`, as far as rules read it: what policies are attached to.

use serde::Deserialize;

use super::types::Str;

/// `spec` of a `SecurityPolicy`, `BackendTrafficPolicy`, `ClientTrafficPolicy`,
/// `EnvoyExtensionPolicy` or `EnvoyPatchPolicy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyPolicy {
    /// The only target; deprecated in favour of the list.
    pub target_ref: Option<Box<EnvoyTarget>>,
    /// The targets, of the policy's namespace.
    pub target_refs: Vec<EnvoyTarget>,
}

/// `spec.targetRefs[]` of a policy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyTarget {
    /// Group.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Name.
    pub name: Str,
    /// A listener of the Gateway or a rule of the route; empty means all.
    pub section_name: Str,
}
