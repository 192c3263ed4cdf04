//! Merge keys of lists: those of Kubernetes 1.21, which kustomize has built in, or those of an
//! `OpenAPI` file that takes their place.

use std::sync::Arc;

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::super::value::Node;

/// Where merge keys come from.
#[derive(Debug, Clone, Default)]
pub(super) enum Schema {
    /// The types of Kubernetes.
    #[default]
    BuiltIn,
    /// A file.
    Custom(Arc<OpenApi>),
}

/// The definitions of an `OpenAPI` file.
#[derive(Debug)]
pub(super) struct OpenApi {
    definitions: FxHashMap<EcoString, Node>,
    /// `apiVersion` and kind to the name of the definition.
    kinds: FxHashMap<(EcoString, EcoString), EcoString>,
}

/// The type of a value; what it is not known to be has none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type<'s> {
    BuiltIn(&'static str, Option<&'static [&'static str]>),
    Custom(&'s OpenApi, &'s Node),
}

impl Schema {
    /// Whether it is the very same.
    pub(super) fn is_same(&self, other: &Schema) -> bool {
        match (self, other) {
            (Self::BuiltIn, Self::BuiltIn) => true,
            (Self::Custom(a), Self::Custom(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The type of an object.
    pub(super) fn of(&self, api_version: &str, kind: &str) -> Option<Type<'_>> {
        match self {
            Schema::BuiltIn => built_in(api_version, kind).map(|ty| Type::BuiltIn(ty, None)),
            Schema::Custom(api) => {
                let name = api.kinds.get(&(api_version.into(), kind.into()))?;
                Some(Type::Custom(api, api.definitions.get(name)?))
            }
        }
    }
}

impl OpenApi {
    /// Reads the definitions of a file.
    pub(super) fn new(root: &Node) -> Self {
        let mut definitions = FxHashMap::default();
        let mut kinds = FxHashMap::default();
        let map = root.get("definitions").and_then(Node::as_map);
        for entry in map.into_iter().flat_map(|map| map.iter()) {
            let name = &entry.key.text;
            let list = entry.value.get("x-kubernetes-group-version-kind");
            for gvk in list.and_then(Node::as_list).unwrap_or_default() {
                let field = |name: &str| {
                    gvk.get(name)
                        .and_then(Node::text)
                        .cloned()
                        .unwrap_or_default()
                };
                let (group, version) = (field("group"), field("version"));
                let api_version = if group.is_empty() {
                    version
                } else {
                    ecow::eco_format!("{group}/{version}")
                };
                kinds.insert((api_version, field("kind")), name.clone());
            }
            definitions.insert(name.clone(), entry.value.clone());
        }
        Self { definitions, kinds }
    }

    /// The definition that a reference leads to.
    fn resolve<'s>(&'s self, mut node: &'s Node) -> Option<&'s Node> {
        for _ in 0..32 {
            let Some(reference) = node.get("$ref").and_then(Node::text) else {
                return Some(node);
            };
            node = self
                .definitions
                .get(reference.strip_prefix("#/definitions/")?)?;
        }
        None
    }
}

impl<'s> Type<'s> {
    /// A type of Kubernetes by its name, as far as its lists matter.
    pub(super) fn named(name: &str) -> Self {
        let known = [
            "Container",
            "PodSpec",
            "PodTemplateSpec",
            "ServiceSpec",
            "ObjectMeta",
        ];
        let found = known.into_iter().find(|known| *known == name);
        Type::BuiltIn(found.unwrap_or("Other"), None)
    }

    /// The type of a field.
    pub(super) fn field(self, name: &str) -> Option<Type<'s>> {
        match self {
            Type::BuiltIn(ty, _) => {
                let (ty, keys) = built_in_field(ty, name)?;
                Some(Type::BuiltIn(ty, keys))
            }
            Type::Custom(api, node) => {
                let field = node
                    .get("properties")
                    .and_then(|properties| properties.get(name))
                    .or_else(|| node.get("additionalProperties"))?;
                Some(Type::Custom(api, api.resolve(field)?))
            }
        }
    }

    /// The type of a list's elements.
    pub(super) fn elements(self) -> Option<Type<'s>> {
        match self {
            Type::BuiltIn(ty, _) => Some(Type::BuiltIn(ty, None)),
            Type::Custom(api, node) => {
                if node.get("type").and_then(Node::text)? != "array" {
                    return None;
                }
                Some(Type::Custom(api, api.resolve(node.get("items")?)?))
            }
        }
    }

    /// The keys by which elements of a list are merged; none for a list of scalars that is merged;
    /// `None` for a list that is replaced.
    pub(super) fn merge_keys(self) -> Option<Vec<EcoString>> {
        match self {
            Type::BuiltIn(_, keys) => {
                keys.map(|keys| keys.iter().copied().map(EcoString::from).collect())
            }
            Type::Custom(_, node) => {
                let strategy = node.get("x-kubernetes-patch-strategy")?.text()?;
                if !strategy.split(',').any(|word| word == "merge") {
                    return None;
                }
                let keys = node
                    .get("x-kubernetes-list-map-keys")
                    .and_then(Node::as_list);
                if let Some(keys) = keys {
                    return Some(keys.iter().filter_map(Node::text).cloned().collect());
                }
                let key = node
                    .get("x-kubernetes-patch-merge-key")
                    .and_then(Node::text);
                Some(key.cloned().into_iter().collect())
            }
        }
    }
}

/// The type of an object of Kubernetes 1.21.
fn built_in(api_version: &str, kind: &str) -> Option<&'static str> {
    let plain = |kinds: &str| {
        kinds
            .split(' ')
            .any(|known| known == kind)
            .then_some("Object")
    };
    match (api_version, kind) {
        ("v1", "Pod") => Some("Pod"),
        ("v1", "PodTemplate") => Some("PodTemplate"),
        ("v1", "Service") => Some("Service"),
        ("v1", "ServiceAccount") => Some("ServiceAccount"),
        ("v1", "Node") => Some("Node"),
        ("v1", "ReplicationController")
        | ("apps/v1", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
        | ("batch/v1", "Job") => Some("Workload"),
        ("batch/v1" | "batch/v1beta1", "CronJob") => Some("CronJob"),
        (
            "admissionregistration.k8s.io/v1" | "admissionregistration.k8s.io/v1beta1",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => Some("WebhookConfiguration"),
        ("storage.k8s.io/v1" | "storage.k8s.io/v1beta1", "CSINode") => Some("CSINode"),
        ("v1", "Namespace" | "PersistentVolumeClaim")
        | ("policy/v1" | "policy/v1beta1", "PodDisruptionBudget")
        | ("certificates.k8s.io/v1" | "certificates.k8s.io/v1beta1", "CertificateSigningRequest")
        | ("autoscaling/v2beta1" | "autoscaling/v2beta2", "HorizontalPodAutoscaler")
        | ("apiregistration.k8s.io/v1" | "apiregistration.k8s.io/v1beta1", "APIService") => {
            Some("Conditioned")
        }
        ("v1", _) => plain(
            "ConfigMap Endpoints Event LimitRange PersistentVolume ResourceQuota Secret ComponentStatus",
        ),
        ("apps/v1", _) => plain("ControllerRevision"),
        ("autoscaling/v1", _) => plain("HorizontalPodAutoscaler"),
        ("apiextensions.k8s.io/v1" | "apiextensions.k8s.io/v1beta1", _) => {
            plain("CustomResourceDefinition")
        }
        ("coordination.k8s.io/v1" | "coordination.k8s.io/v1beta1", _) => plain("Lease"),
        ("discovery.k8s.io/v1" | "discovery.k8s.io/v1beta1", _) => plain("EndpointSlice"),
        ("events.k8s.io/v1" | "events.k8s.io/v1beta1", _) => plain("Event"),
        ("extensions/v1beta1", _) => plain("Ingress"),
        ("flowcontrol.apiserver.k8s.io/v1beta1", _) => {
            plain("FlowSchema PriorityLevelConfiguration")
        }
        ("networking.k8s.io/v1", _) => plain("Ingress IngressClass NetworkPolicy"),
        ("networking.k8s.io/v1beta1", _) => plain("Ingress IngressClass"),
        ("node.k8s.io/v1" | "node.k8s.io/v1beta1", _) => plain("RuntimeClass"),
        ("policy/v1beta1", _) => plain("PodSecurityPolicy"),
        ("rbac.authorization.k8s.io/v1" | "rbac.authorization.k8s.io/v1beta1", _) => {
            plain("ClusterRole ClusterRoleBinding Role RoleBinding")
        }
        ("scheduling.k8s.io/v1" | "scheduling.k8s.io/v1beta1", _) => plain("PriorityClass"),
        ("storage.k8s.io/v1" | "storage.k8s.io/v1beta1", _) => {
            plain("CSIDriver CSIStorageCapacity StorageClass VolumeAttachment")
        }
        _ => None,
    }
}

type Field = (&'static str, Option<&'static [&'static str]>);

#[expect(clippy::match_same_arms, reason = "a table by type")]
/// The type of a field (of its elements, when it is a list) and the keys of a list that is merged.
fn built_in_field(ty: &str, field: &str) -> Option<Field> {
    const NAME: Option<&[&str]> = Some(&["name"]);
    const SCALARS: Option<&[&str]> = Some(&[]);
    let known: Field = match (ty, field) {
        ("ObjectMeta", "finalizers") => ("Scalar", SCALARS),
        ("ObjectMeta", "ownerReferences") => ("Other", Some(&["uid"])),
        ("ObjectMeta" | "Other" | "Scalar", _) => return None,

        ("PodSpec", "containers" | "initContainers") => ("Container", NAME),
        ("PodSpec", "ephemeralContainers") => ("EphemeralContainer", NAME),
        ("PodSpec", "volumes" | "imagePullSecrets") => ("Other", NAME),
        ("PodSpec", "hostAliases") => ("Other", Some(&["ip"])),
        ("PodSpec", "topologySpreadConstraints") => {
            ("Other", Some(&["topologyKey", "whenUnsatisfiable"]))
        }
        ("Container", "ports") => ("Other", Some(&["containerPort", "protocol"])),
        ("Container" | "EphemeralContainer", "env") => ("Other", NAME),
        ("Container" | "EphemeralContainer", "volumeMounts") => ("Other", Some(&["mountPath"])),
        ("Container" | "EphemeralContainer", "volumeDevices") => ("Other", Some(&["devicePath"])),
        ("PodSpec" | "Container" | "EphemeralContainer", _) => return None,

        ("PodTemplateSpec" | "Pod", "spec") => ("PodSpec", None),
        ("PodTemplateSpec" | "JobTemplateSpec" | "Claim", "metadata") => ("ObjectMeta", None),
        ("WorkloadSpec" | "PodTemplate", "template") => ("PodTemplateSpec", None),
        ("WorkloadSpec", "volumeClaimTemplates") => ("Claim", None),
        ("Workload" | "JobTemplateSpec", "spec") => ("WorkloadSpec", None),
        ("CronJob", "spec") => ("CronJobSpec", None),
        ("CronJobSpec", "jobTemplate") => ("JobTemplateSpec", None),

        ("Service", "spec") => ("ServiceSpec", None),
        ("ServiceSpec", "ports") => ("Other", Some(&["port", "protocol"])),
        ("ServiceAccount", "secrets") => ("Other", NAME),
        ("WebhookConfiguration", "webhooks") => ("Other", NAME),
        ("CSINode", "spec") => ("CSINodeSpec", None),
        ("CSINodeSpec", "drivers") => ("Other", NAME),
        ("Node", "spec") => ("NodeSpec", None),
        ("NodeSpec", "podCIDRs") => ("Scalar", SCALARS),
        ("Node" | "Pod", "status") => ("NodeOrPodStatus", None),
        ("NodeOrPodStatus", "addresses") => ("Other", Some(&["type"])),
        ("NodeOrPodStatus", "podIPs") => ("Other", Some(&["ip"])),
        ("Workload" | "Conditioned" | "Service", "status") => ("Status", None),
        ("Status" | "NodeOrPodStatus", "conditions") => ("Other", Some(&["type"])),

        (
            "Object"
            | "Pod"
            | "PodTemplate"
            | "Service"
            | "ServiceAccount"
            | "Node"
            | "Workload"
            | "CronJob"
            | "WebhookConfiguration"
            | "CSINode"
            | "Conditioned",
            "metadata",
        ) => ("ObjectMeta", None),
        _ => return None,
    };
    Some(known)
}
