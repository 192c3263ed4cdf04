//! `.Capabilities`: what the cluster is said to be.

use super::fault::Res;
use super::objects::{Field, Object, Struct};
use super::semver::Version;
use super::text::Text;
use super::value::{ListKind, Val};

/// The Kubernetes version that Helm 3.22 assumes without a cluster.
pub(super) const KUBERNETES: &str = "v1.37.0";

/// The kinds of Kubernetes that charts ask a cluster for; `helm template` alone does not know them.
pub const KINDS: [&str; 27] = [
    "v1/ConfigMap",
    "v1/Namespace",
    "v1/Pod",
    "v1/Secret",
    "v1/Service",
    "v1/ServiceAccount",
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/StatefulSet",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "coordination.k8s.io/v1/Lease",
    "discovery.k8s.io/v1/EndpointSlice",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/IngressClass",
    "networking.k8s.io/v1/NetworkPolicy",
    "policy/v1/PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/Role",
    "scheduling.k8s.io/v1/PriorityClass",
    "storage.k8s.io/v1/StorageClass",
];

/// The API versions that Helm's own client knows.
pub(super) const VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A Kubernetes version without what follows its numbers; `None` when it is none.
pub(super) fn kube_version(text: &str) -> Option<(String, Version)> {
    let version = Version::parse(text)?;
    let shown = format!("v{}.{}.{}", version.major, version.minor, version.patch);
    let parsed = Version::parse(&shown)?;
    Some((shown, parsed))
}

fn field(name: &'static str, val: impl Into<Val>) -> Field {
    Field {
        name,
        json: name,
        omit_empty: false,
        val: val.into(),
    }
}

/// The value of `.Capabilities`.
pub(super) fn object(kubernetes: &str, parsed: &Version, more: &[String]) -> Res<Val> {
    let kube_version = Val::object(Object::Struct(Struct {
        type_name: "chartutil.KubeVersion",
        fields: vec![
            field("Version", kubernetes),
            field("Major", parsed.major.to_string()),
            field("Minor", parsed.minor.to_string()),
            Field {
                json: "",
                ..field("GitVersion", kubernetes)
            },
        ],
        shown: Some(Text::plain(kubernetes)),
    }));
    let names = VERSIONS
        .iter()
        .copied()
        .chain(more.iter().map(String::as_str));
    let versions = Val::list_of(names.map(Val::from).collect(), ListKind::Versions)?;
    let helm = Val::object(Object::Struct(Struct {
        type_name: "version.BuildInfo",
        fields: vec![
            Field {
                json: "version",
                ..field("Version", "v3.22.0")
            },
            Field {
                json: "git_commit",
                ..field("GitCommit", "")
            },
            Field {
                json: "git_tree_state",
                ..field("GitTreeState", "")
            },
            Field {
                json: "go_version",
                ..field("GoVersion", "go1.26")
            },
        ],
        shown: None,
    }));
    Ok(Val::object(Object::Struct(Struct {
        type_name: "*chartutil.Capabilities",
        fields: vec![
            field("KubeVersion", kube_version),
            field("APIVersions", versions),
            field("HelmVersion", helm),
        ],
        shown: None,
    })))
}
