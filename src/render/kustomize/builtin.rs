//! The tables that hold without configuration.

use super::fieldspec::FieldSpec;
use super::identity::Gvk;
use super::tables::{References, Tables};

/// Kinds that hold a pod, and the path to it.
const PODS: &[(&str, &str)] = &[
    ("Pod", ""),
    ("PodTemplate", "template/"),
    ("Deployment", "spec/template/"),
    ("ReplicaSet", "spec/template/"),
    ("DaemonSet", "spec/template/"),
    ("StatefulSet", "spec/template/"),
    ("Job", "spec/template/"),
    ("ReplicationController", "spec/template/"),
    ("CronJob", "spec/jobTemplate/spec/template/"),
];

/// `kind`, `kind.group` or `kind.group/version`; `kind/version` for the core group.
fn kind(text: &str) -> Gvk {
    let (rest, version) = text.rsplit_once('/').unwrap_or((text, ""));
    let (kind, group) = rest.split_once('.').unwrap_or((rest, ""));
    Gvk {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
    }
}

/// Specs of one path for several kinds, parted by blanks.
fn specs(kinds: &str, path: &str, create: bool) -> Vec<FieldSpec> {
    kinds
        .split_whitespace()
        .map(|text| FieldSpec::new(kind(text), path, create))
        .collect()
}

fn any(path: &str, create: bool) -> FieldSpec {
    FieldSpec::new(Gvk::default(), path, create)
}

/// Specs of paths in the pod of each of the kinds.
fn in_pods(kinds: &[&str], paths: &[&str]) -> Vec<FieldSpec> {
    let pods = PODS.iter().filter(|(pod, _)| kinds.contains(pod));
    pods.flat_map(|(pod, prefix)| {
        paths
            .iter()
            .map(move |path| FieldSpec::new(kind(pod), &format!("{prefix}{path}"), false))
    })
    .collect()
}

/// Kinds whose pods refer to ConfigMaps and Secrets.
const CONFIGURED: &[&str] = &[
    "Pod",
    "PodTemplate",
    "Deployment",
    "ReplicaSet",
    "DaemonSet",
    "StatefulSet",
    "Job",
    "CronJob",
];
/// Kinds whose pods refer to service accounts, claims and priority classes.
const SCHEDULED: &[&str] = &[
    "Pod",
    "StatefulSet",
    "Deployment",
    "ReplicationController",
    "CronJob",
    "Job",
    "DaemonSet",
];

/// All of them.
pub(super) fn built_in() -> Tables {
    let template_labels = [
        specs(
            "ReplicationController/v1",
            "spec/template/metadata/labels",
            true,
        ),
        specs(
            "Deployment ReplicaSet DaemonSet StatefulSet.apps Job.batch",
            "spec/template/metadata/labels",
            true,
        ),
        specs("CronJob.batch", "spec/jobTemplate/metadata/labels", true),
        specs(
            "CronJob.batch",
            "spec/jobTemplate/spec/template/metadata/labels",
            true,
        ),
    ]
    .concat();
    let claim_labels = specs(
        "StatefulSet.apps",
        "spec/volumeClaimTemplates[]/metadata/labels",
        true,
    );
    let common_labels = [
        vec![any("metadata/labels", true)],
        selectors(),
        template_labels.clone(),
        claim_labels.clone(),
    ]
    .concat();
    Tables {
        name_prefix: vec![any("metadata/name", false)],
        name_suffix: vec![any("metadata/name", false)],
        namespace: [
            specs("Namespace", "metadata/name", true),
            specs(
                "APIService.apiregistration.k8s.io",
                "spec/service/namespace",
                true,
            ),
            specs(
                "CustomResourceDefinition.apiextensions.k8s.io",
                "spec/conversion/webhook/clientConfig/service/namespace",
                false,
            ),
        ]
        .concat(),
        common_labels,
        labels: Vec::new(),
        template_labels: [vec![any("metadata/labels", true)], template_labels].concat(),
        claim_labels,
        common_annotations: [
            vec![any("metadata/annotations", true)],
            specs(
                "ReplicationController/v1",
                "spec/template/metadata/annotations",
                true,
            ),
            specs(
                "Deployment ReplicaSet DaemonSet StatefulSet Job.batch",
                "spec/template/metadata/annotations",
                true,
            ),
            specs(
                "CronJob.batch",
                "spec/jobTemplate/metadata/annotations",
                true,
            ),
            specs(
                "CronJob.batch",
                "spec/jobTemplate/spec/template/metadata/annotations",
                true,
            ),
        ]
        .concat(),
        references: references(),
        variables: variables(),
        images: [
            "spec/containers[]/image",
            "spec/initContainers[]/image",
            "spec/volumes[]/image/reference",
            "spec/template/spec/containers[]/image",
            "spec/template/spec/initContainers[]/image",
            "spec/template/spec/volumes[]/image/reference",
            "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
        ]
        .iter()
        .map(|path| any(path, true))
        .collect(),
        replicas: specs(
            "Deployment ReplicationController ReplicaSet StatefulSet",
            "spec/replicas",
            true,
        ),
    }
}

fn selectors() -> Vec<FieldSpec> {
    let mut table = [
        specs("Service/v1 ReplicationController/v1", "spec/selector", true),
        specs(
            "Deployment ReplicaSet DaemonSet StatefulSet.apps",
            "spec/selector/matchLabels",
            true,
        ),
        specs(
            "Job.batch PodDisruptionBudget.policy",
            "spec/selector/matchLabels",
            false,
        ),
        specs(
            "CronJob.batch",
            "spec/jobTemplate/spec/selector/matchLabels",
            false,
        ),
    ]
    .concat();
    for path in [
        "spec/podSelector/matchLabels",
        "spec/ingress/from/podSelector/matchLabels",
        "spec/egress/to/podSelector/matchLabels",
    ] {
        table.extend(specs("NetworkPolicy.networking.k8s.io", path, false));
    }
    for affinity in ["podAffinity", "podAntiAffinity"] {
        for term in [
            "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
            "requiredDuringSchedulingIgnoredDuringExecution",
        ] {
            let path =
                format!("spec/template/spec/affinity/{affinity}/{term}/labelSelector/matchLabels");
            table.extend(specs("Deployment.apps StatefulSet.apps", &path, false));
        }
    }
    table.extend(specs(
        "Deployment.apps StatefulSet.apps",
        "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
        false,
    ));
    table
}

fn references() -> Vec<References> {
    let to = |target: &str, fields: Vec<Vec<FieldSpec>>| References {
        target: kind(target),
        fields: fields.concat(),
    };
    let scaled = || {
        vec![specs(
            "HorizontalPodAutoscaler",
            "spec/scaleTargetRef/name",
            false,
        )]
    };
    let resource_names = || specs("Role ClusterRole", "rules/resourceNames", false);
    let secret_of_ingress = [
        "spec/tls/secretName",
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
    ];
    let secret_of_storage = [
        "parameters/secretName",
        "parameters/adminSecretName",
        "parameters/userSecretName",
        "parameters/secretRef",
    ];
    let service_of_ingress = [
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
    ];
    let all = |kinds: &str, paths: &[&str]| -> Vec<FieldSpec> {
        paths
            .iter()
            .flat_map(|path| specs(kinds, path, false))
            .collect()
    };
    vec![
        to("Deployment", scaled()),
        to("ReplicationController", scaled()),
        to("ReplicaSet", scaled()),
        to("StatefulSet", scaled()),
        to(
            "ConfigMap/v1",
            vec![
                in_pods(
                    CONFIGURED,
                    &[
                        "spec/volumes/configMap/name",
                        "spec/containers/env/valueFrom/configMapKeyRef/name",
                        "spec/initContainers/env/valueFrom/configMapKeyRef/name",
                        "spec/containers/envFrom/configMapRef/name",
                        "spec/initContainers/envFrom/configMapRef/name",
                        "spec/volumes/projected/sources/configMap/name",
                    ],
                ),
                specs("Node", "spec/configSource/configMap", false),
                resource_names(),
                specs(
                    "Ingress",
                    "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
                    false,
                ),
            ],
        ),
        to(
            "Secret/v1",
            vec![
                in_pods(
                    CONFIGURED,
                    &[
                        "spec/volumes/secret/secretName",
                        "spec/containers/env/valueFrom/secretKeyRef/name",
                        "spec/initContainers/env/valueFrom/secretKeyRef/name",
                        "spec/containers/envFrom/secretRef/name",
                        "spec/initContainers/envFrom/secretRef/name",
                        "spec/imagePullSecrets/name",
                        "spec/volumes/projected/sources/secret/name",
                    ],
                ),
                all("Ingress", &secret_of_ingress),
                specs("ServiceAccount", "imagePullSecrets/name", false),
                all("StorageClass", &secret_of_storage),
                resource_names(),
                specs(
                    "Service.serving.knative.dev/v1",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    false,
                ),
                specs("PersistentVolume", "spec/azureFile/secretName", false),
            ],
        ),
        to(
            "Service/v1",
            vec![
                specs("StatefulSet.apps", "spec/serviceName", false),
                all("Ingress", &service_of_ingress),
                specs(
                    "APIService.apiregistration.k8s.io",
                    "spec/service/name",
                    false,
                ),
                specs(
                    "ValidatingWebhookConfiguration.admissionregistration.k8s.io \
                     MutatingWebhookConfiguration.admissionregistration.k8s.io",
                    "webhooks/clientConfig/service",
                    false,
                ),
            ],
        ),
        to(
            "Role.rbac.authorization.k8s.io",
            vec![specs(
                "RoleBinding.rbac.authorization.k8s.io",
                "roleRef/name",
                false,
            )],
        ),
        to(
            "ClusterRole.rbac.authorization.k8s.io",
            vec![specs(
                "RoleBinding.rbac.authorization.k8s.io ClusterRoleBinding.rbac.authorization.k8s.io",
                "roleRef/name",
                false,
            )],
        ),
        to(
            "ServiceAccount/v1",
            vec![
                specs(
                    "RoleBinding.rbac.authorization.k8s.io \
                     ClusterRoleBinding.rbac.authorization.k8s.io",
                    "subjects",
                    false,
                ),
                in_pods(SCHEDULED, &["spec/serviceAccountName"]),
            ],
        ),
        to(
            "PersistentVolumeClaim/v1",
            vec![in_pods(
                SCHEDULED,
                &["spec/volumes/persistentVolumeClaim/claimName"],
            )],
        ),
        to(
            "PersistentVolume/v1",
            vec![
                specs("PersistentVolumeClaim", "spec/volumeName", false),
                specs("ClusterRole", "rules/resourceNames", false),
            ],
        ),
        to(
            "StorageClass.storage.k8s.io/v1",
            vec![
                specs(
                    "PersistentVolume PersistentVolumeClaim",
                    "spec/storageClassName",
                    false,
                ),
                specs(
                    "StatefulSet",
                    "spec/volumeClaimTemplates/spec/storageClassName",
                    false,
                ),
            ],
        ),
        to(
            "PriorityClass.scheduling.k8s.io/v1",
            vec![in_pods(SCHEDULED, &["spec/priorityClassName"])],
        ),
        // kustomize also has IngressClass, under a group that no object has.
        to(
            "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
            vec![specs(
                "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
                "spec/policyName",
                false,
            )],
        ),
    ]
}

fn variables() -> Vec<FieldSpec> {
    let mut table = in_pods(
        &[
            "CronJob",
            "DaemonSet",
            "Deployment",
            "Job",
            "Pod",
            "ReplicaSet",
            "StatefulSet",
        ],
        &[
            "spec/containers/args",
            "spec/containers/command",
            "spec/containers/env/value",
            "spec/containers/volumeMounts/mountPath",
            "spec/initContainers/args",
            "spec/initContainers/command",
            "spec/initContainers/env/value",
            "spec/initContainers/volumeMounts/mountPath",
        ],
    );
    table.extend(in_pods(
        &["DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet"],
        &["spec/volumes/nfs/server"],
    ));
    for (kinds, path) in [
        (
            "CronJob",
            "spec/jobTemplate/spec/template/volumes/nfs/server",
        ),
        ("Deployment", "spec/template/metadata/annotations"),
        ("Ingress", "spec/rules/host"),
        ("Ingress", "spec/tls/hosts"),
        ("Ingress", "spec/tls/secretName"),
        ("Service", "spec/ports/port"),
        ("Service", "spec/ports/targetPort"),
        ("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
        ("PersistentVolume", "spec/nfs/server"),
    ] {
        table.extend(specs(kinds, path, false));
    }
    table.push(any("metadata/labels", false));
    table.push(any("metadata/annotations", false));
    table
}
