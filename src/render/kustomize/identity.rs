//! Kinds and identities of objects as kustomize compares them.

use ecow::EcoString;

/// Group, version and kind. Empty fields of a selector match anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Gvk {
    pub(super) group: EcoString,
    pub(super) version: EcoString,
    pub(super) kind: EcoString,
}

impl Gvk {
    /// The kind of objects with this `apiVersion` and `kind`.
    pub(super) fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        }
    }

    pub(super) fn api_version(&self) -> EcoString {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            ecow::eco_format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether the selector's fields, where they are given, are these.
    pub(super) fn is_selected_by(&self, selector: &Gvk) -> bool {
        let fits = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        fits(&selector.group, &self.group)
            && fits(&selector.version, &self.version)
            && fits(&selector.kind, &self.kind)
    }

    /// Whether kustomize knows the kind as cluster-scoped; it takes all others for namespaced.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        let both = matches!(self.version.as_str(), "v1" | "v1beta1");
        let kind = self.kind.as_str();
        match self.group.as_str() {
            "" => {
                self.version == "v1"
                    && matches!(
                        kind,
                        "Namespace"
                            | "Node"
                            | "PersistentVolume"
                            | "ComponentStatus"
                            | "NodeProxyOptions"
                    )
            }
            "admissionregistration.k8s.io" => {
                both && matches!(
                    kind,
                    "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration"
                ) || self.version == "v1"
                    && matches!(
                        kind,
                        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding"
                    )
            }
            "apiextensions.k8s.io" => both && kind == "CustomResourceDefinition",
            "apiregistration.k8s.io" => both && kind == "APIService",
            "certificates.k8s.io" => both && kind == "CertificateSigningRequest",
            "flowcontrol.apiserver.k8s.io" => {
                self.version == "v1beta1"
                    && matches!(kind, "FlowSchema" | "PriorityLevelConfiguration")
            }
            "networking.k8s.io" => both && kind == "IngressClass",
            "node.k8s.io" => both && kind == "RuntimeClass",
            "policy" => self.version == "v1beta1" && kind == "PodSecurityPolicy",
            "rbac.authorization.k8s.io" => {
                both && matches!(kind, "ClusterRole" | "ClusterRoleBinding")
            }
            "scheduling.k8s.io" => both && kind == "PriorityClass",
            "storage.k8s.io" => {
                both && matches!(
                    kind,
                    "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment"
                )
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Gvk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// The namespace under which kustomize files objects that have none, and cannot have one.
pub(super) const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The identity of an object at some time of the build.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Identity {
    pub(super) gvk: Gvk,
    pub(super) name: EcoString,
    pub(super) namespace: EcoString,
}

impl Identity {
    /// The namespace as it is compared.
    pub(super) fn effective_namespace(&self) -> &str {
        if self.gvk.is_cluster_scoped() {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// The identity with its namespace as it is compared: what can be a key.
    pub(super) fn normal(&self) -> Self {
        Self {
            namespace: self.effective_namespace().into(),
            ..self.clone()
        }
    }

    pub(super) fn same(&self, other: &Identity) -> bool {
        self.gvk == other.gvk
            && self.name == other.name
            && self.effective_namespace() == other.effective_namespace()
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = &self.gvk.kind;
        if self.namespace.is_empty() || self.namespace == NO_NAMESPACE {
            write!(f, "{kind} {}", self.name)
        } else {
            write!(f, "{kind} {}/{}", self.namespace, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_kinds_are_cluster_scoped() {
        for (api_version, kind, expected) in [
            ("v1", "Namespace", true),
            ("v2", "Namespace", false),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", true),
            (
                "admissionregistration.k8s.io/v1",
                "ValidatingAdmissionPolicy",
                true,
            ),
            (
                "admissionregistration.k8s.io/v1beta1",
                "ValidatingAdmissionPolicy",
                false,
            ),
            ("gateway.networking.k8s.io/v1", "GatewayClass", false),
            ("networking.k8s.io/v1", "IngressClass", true),
        ] {
            assert_eq!(
                Gvk::of(api_version, kind).is_cluster_scoped(),
                expected,
                "{kind}"
            );
        }
    }

    #[test]
    fn no_namespace_is_the_default_one() {
        let identity = |namespace: &str| Identity {
            gvk: Gvk::of("v1", "Service"),
            name: "a".into(),
            namespace: namespace.into(),
        };
        assert!(identity("").same(&identity("default")));
        assert!(!identity("").same(&identity("other")));
    }
}
