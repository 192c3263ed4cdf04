//! Core Kubernetes kinds, workloads, and what else of Kubernetes the rules read. The models are
//! partial: they hold what decides about the mesh and leave the rest of the API alone.

mod admission;
mod install;
mod pod;
mod resources;
mod selector;
mod service;
mod workload;

pub use admission::{
    CrdNames, CrdSpec, CrdVersion, CustomResourceDefinition, Webhook, WebhookClientConfig,
    WebhookConfiguration, WebhookRule, WebhookService,
};
pub use install::{GlobalValues, InjectorValues, InstallValues, MeshConfigHolder, PilotValues};
pub use pod::{
    Container, ContainerPort, EnvVar, EnvVarSource, FieldRef, GrpcProbe, HttpProbe, KeyRef, Pod,
    PodMetadata, PodSecurityContext, PodSpec, PodStatus, PodTemplate, Probe, SecurityContext,
    TcpProbe,
};
pub use resources::{ConfigMap, Namespace, NamespaceStatus, Node, Secret, ServiceAccount};
pub use selector::{LabelExpression, LabelSelector, is_label_key, is_label_value};
pub use service::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service, ServicePort, ServiceSpec,
};
pub use workload::{
    BlueGreenStrategy, CanaryStrategy, Controller, CronJob, JobTemplate, Rollout,
    RolloutDestinationRule, RolloutIstio, RolloutPingPong, RolloutStrategy, RolloutTcpRoute,
    RolloutTlsRoute, RolloutTrafficRouting, RolloutVirtualService, WorkloadRef,
};
