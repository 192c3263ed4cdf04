//! Which kinds live in no namespace.

use super::object::Identity;
use crate::model::kinds::Kind;

/// Kinds without a namespace that meshlint has no model of.
const CLUSTER_SCOPED: [&str; 22] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
    "CertificateSigningRequest",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "DeviceClass",
];

/// Whether objects of this kind live in no namespace, as far as the kind tells.
pub fn is_cluster_scoped(identity: &Identity) -> bool {
    if let Some(kind) = Kind::find(&identity.group, &identity.kind) {
        !kind.is_namespaced()
    } else {
        // Custom kinds for the whole cluster are called so: ClusterRole, ClusterIssuer.
        let is_called_so = identity.kind.starts_with("Cluster")
            && identity.kind != "Cluster"
            && identity.kind.len() > "Cluster".len();
        is_called_so || CLUSTER_SCOPED.contains(&identity.kind.as_str())
    }
}
