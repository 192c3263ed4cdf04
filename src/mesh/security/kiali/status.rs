//! The mTLS status of the mesh and of namespaces, as `meshlint mtls` prints it and Kiali shows it.

use super::level::Level;
use super::{PeerPolicy, client_mode, is_mutual};
use crate::mesh::places::ControlPlane;
use crate::mesh::places::NamespaceId;
use crate::mesh::security::Security;
use crate::model::ObjectId;
use crate::model::networking::ClientTlsMode;
use crate::model::security::MtlsMode;

/// The mTLS status of a mesh or a namespace, in Kiali's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MtlsStatus {
    /// Client and server agree on mutual TLS.
    Enabled,
    /// They accept it, or disagree.
    PartiallyEnabled,
    /// Nothing is said.
    NotEnabled,
    /// Plain text.
    Disabled,
    /// The namespace says nothing, and neither does the mesh.
    Unset,
    /// The namespace says nothing, the mesh is strict.
    UnsetInheritedStrict,
    /// The namespace says nothing, the mesh is plain text.
    UnsetInheritedDisabled,
    /// A PeerAuthentication of the namespace has an error.
    ValidationError,
}

impl MtlsStatus {
    /// The word that Kiali uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "MTLS_ENABLED",
            Self::PartiallyEnabled => "MTLS_PARTIALLY_ENABLED",
            Self::NotEnabled => "MTLS_NOT_ENABLED",
            Self::Disabled => "MTLS_DISABLED",
            Self::Unset => "UNSET",
            Self::UnsetInheritedStrict => "UNSET_INHERITED_STRICT",
            Self::UnsetInheritedDisabled => "UNSET_INHERITED_DISABLED",
            Self::ValidationError => "MTLS_VALIDATION_ERROR",
        }
    }
}

impl Level {
    /// The status of one level by itself (upstream: `MtlsStatus.hasMtls…` of `util/mtls`).
    fn status(self, auto: bool) -> MtlsStatus {
        let client_on = self.client.map_or(auto, is_mutual);
        let client_off = self
            .client
            .map_or(auto, |mode| mode == ClientTlsMode::Disable);
        match self.server {
            Some(MtlsMode::Strict) if client_on => MtlsStatus::Enabled,
            Some(MtlsMode::Disable) if client_off => MtlsStatus::Disabled,
            None if self.client.is_none() => MtlsStatus::NotEnabled,
            _ => MtlsStatus::PartiallyEnabled,
        }
    }

    /// The status of a mesh (upstream: `OverallMtlsStatus` without a namespace).
    fn overall(self, auto: bool) -> MtlsStatus {
        match self.status(auto) {
            status @ (MtlsStatus::Enabled | MtlsStatus::Disabled | MtlsStatus::NotEnabled) => {
                status
            }
            _ => match (self.client, self.server) {
                (Some(ClientTlsMode::Disable), None) | (None, Some(MtlsMode::Disable)) => {
                    MtlsStatus::Disabled
                }
                (None, Some(MtlsMode::Strict)) if auto => MtlsStatus::Enabled,
                (Some(mode), None) if auto && is_mutual(mode) => MtlsStatus::Enabled,
                _ => MtlsStatus::PartiallyEnabled,
            },
        }
    }
}

impl Security {
    /// The mesh-wide status of a control plane.
    pub fn mesh_mtls_status(&self, plane: &ControlPlane) -> MtlsStatus {
        let quirk = self.quirks.mesh_status_ignores_root_namespace;
        let home = if quirk {
            plane.namespace
        } else {
            plane.root_namespace
        };
        let client = self
            .all_mesh_wide()
            .find(|(rule, _)| !quirk || self.is_labelled(self.places.namespace_of(rule.id), plane))
            .map(|(_, mode)| mode);
        let level = Level {
            client,
            server: self.peer_policies(home).iter().find_map(PeerPolicy::wide),
        };
        level.overall(plane.auto_mtls.is_on())
    }

    /// Whether a namespace's labels name the control plane.
    fn is_labelled(&self, namespace: NamespaceId, plane: &ControlPlane) -> bool {
        let namespace = self.places.get(namespace);
        namespace.is_assumed_injected
            || namespace.labels.has("istio-injection", "enabled")
            || namespace.labels.has("istio.io/rev", &plane.revision)
    }

    /// The status of a namespace. `is_invalid` tells whether a PeerAuthentication, or an old
    /// policy, has an error finding (KIA0501, KIA0505, KIA0002), ignored or not.
    pub fn namespace_mtls_status(
        &self,
        namespace: NamespaceId,
        is_invalid: impl Fn(ObjectId) -> bool,
    ) -> MtlsStatus {
        let plane = self.places.control_plane(namespace);
        let is_root = plane.is_some_and(|plane| plane.root_namespace == namespace);
        let auto = plane.is_none_or(|plane| plane.auto_mtls.is_on());
        let policies: Vec<&PeerPolicy> = if is_root {
            Vec::new()
        } else {
            let own = self.peer_policies(namespace).iter();
            own.filter(|policy| !policy.is_selective()).collect()
        };
        if policies.iter().any(|policy| is_invalid(policy.object)) {
            return MtlsStatus::ValidationError;
        }
        let says = |policy: &&PeerPolicy| policy.mode.is_some_and(|mode| mode != MtlsMode::Unset);
        if !policies.iter().any(says) {
            return self.inherited_status(namespace);
        }
        let mut rules = self.rules(self.all_namespace_wide(namespace));
        let level = Level {
            client: rules.next().and_then(|(rule, _)| client_mode(&rule.spec)),
            server: policies.iter().find_map(|policy| policy.wide()),
        };
        level.status(auto)
    }

    /// The status of a namespace that says nothing.
    fn inherited_status(&self, id: NamespaceId) -> MtlsStatus {
        let namespace = self.places.get(id);
        let revision = if namespace.labels.has("istio-injection", "enabled") {
            "default"
        } else {
            namespace
                .labels
                .get("istio.io/rev")
                .map_or("", |revision| revision)
        };
        let revision = if revision.is_empty() {
            "default"
        } else {
            revision
        };
        let planes = self.places.control_planes();
        let Some(plane) = planes.iter().find(|plane| plane.revision == revision) else {
            return MtlsStatus::Unset;
        };
        let mesh = self.mesh_mtls_status(plane);
        if self.places.is_own_root(id) {
            return mesh;
        }
        match mesh {
            MtlsStatus::Enabled => MtlsStatus::UnsetInheritedStrict,
            MtlsStatus::Disabled => MtlsStatus::UnsetInheritedDisabled,
            _ => MtlsStatus::Unset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ClientTlsMode as C;
    use MtlsMode as S;
    use MtlsStatus::{Disabled, Enabled, NotEnabled, PartiallyEnabled as Partly};

    const SERVERS: [Option<S>; 5] = [
        None,
        Some(S::Unset),
        Some(S::Disable),
        Some(S::Permissive),
        Some(S::Strict),
    ];

    #[test]
    fn mesh_status_by_modes() {
        for (client, auto, expected) in [
            (None, true, [NotEnabled, Partly, Disabled, Partly, Enabled]),
            (None, false, [NotEnabled, Partly, Disabled, Partly, Partly]),
            (
                Some(C::Disable),
                true,
                [Disabled, Partly, Disabled, Partly, Partly],
            ),
            (Some(C::Simple), false, [Partly; 5]),
            (
                Some(C::Mutual),
                true,
                [Enabled, Partly, Partly, Partly, Enabled],
            ),
            (
                Some(C::IstioMutual),
                false,
                [Partly, Partly, Partly, Partly, Enabled],
            ),
        ] {
            for (server, expected) in SERVERS.into_iter().zip(expected) {
                let level = Level { client, server };
                assert_eq!(level.overall(auto), expected, "{level:?} {auto}");
            }
        }
    }

    #[test]
    fn namespace_status_by_modes() {
        for (client, auto, expected) in [
            (None, true, [NotEnabled, Partly, Disabled, Partly, Enabled]),
            (None, false, [NotEnabled, Partly, Partly, Partly, Partly]),
            (
                Some(C::Disable),
                true,
                [Partly, Partly, Disabled, Partly, Partly],
            ),
            (
                Some(C::Mutual),
                true,
                [Partly, Partly, Partly, Partly, Enabled],
            ),
        ] {
            for (server, expected) in SERVERS.into_iter().zip(expected) {
                let level = Level { client, server };
                assert_eq!(level.status(auto), expected, "{level:?} {auto}");
            }
        }
    }
}
