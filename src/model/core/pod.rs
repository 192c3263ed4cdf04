//! `Pod`, and the Pod template that every controller holds.

use serde::Deserialize;

use crate::model::object::Condition;
use crate::model::types::{IntOrString, Labels, Str};

/// `Pod`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Pod {
    /// What the user wants.
    pub spec: PodSpec,
    /// What the node reports.
    pub status: Option<Box<PodStatus>>,
}

/// `status` of a Pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: Str,
    /// Address of the Pod.
    #[serde(rename = "podIP")]
    pub pod_ip: Str,
    /// Conditions, such as `Ready`.
    pub conditions: Vec<Condition>,
}

/// `template` of a controller.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodTemplate {
    /// Labels and annotations of the Pods.
    pub metadata: PodMetadata,
    /// What the Pods run.
    pub spec: PodSpec,
}

/// `template.metadata` of a controller.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodMetadata {
    /// Labels of the Pods.
    pub labels: Labels,
    /// Annotations of the Pods.
    pub annotations: Labels,
}

/// `spec` of a Pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// Containers.
    pub containers: Vec<Container>,
    /// Containers that run before the others, and native sidecars.
    pub init_containers: Vec<Container>,
    /// The account under which the Pod runs; empty means `default`.
    pub service_account_name: Str,
    /// The old name of `serviceAccountName`, read when that is empty.
    pub service_account: Str,
    /// The node that the Pod runs on.
    pub node_name: Str,
    /// Whether the Pod shares the network of its node; such Pods get no sidecar.
    pub host_network: bool,
    /// User, group and sysctls for all containers.
    pub security_context: Option<PodSecurityContext>,
    /// What containers may mount.
    pub volumes: Vec<Volume>,
}

impl PodSpec {
    /// The account under which the Pod runs, as the API server would fill it in.
    pub fn account(&self) -> &str {
        [&self.service_account_name, &self.service_account]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("default", Str::as_str)
    }

    /// The names of the ConfigMaps that the Pod takes in as a whole: mounted, or as environment.
    pub fn config_maps(&self) -> impl Iterator<Item = &str> {
        let mounted = self.volumes.iter().flat_map(Volume::config_maps);
        let containers = self.all_containers().flat_map(|own| &own.env_from);
        let variables =
            containers.filter_map(|from| Some(from.config_map_ref.as_ref()?.name.as_str()));
        mounted.chain(variables)
    }

    /// Containers, then init containers.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init_containers)
    }
}

/// `spec.securityContext` of a Pod.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSecurityContext {
    /// User id of all containers that set none.
    pub run_as_user: Option<i64>,
    /// Group id of all containers that set none.
    pub run_as_group: Option<i64>,
    /// Group that owns the volumes.
    pub fs_group: Option<i64>,
    /// Whether user id 0 is refused.
    pub run_as_non_root: Option<bool>,
}

/// One container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name, `istio-proxy` for Istio's own.
    pub name: Str,
    /// Image, empty or `auto` where the injector fills it in.
    pub image: Str,
    /// Entry point.
    pub command: Vec<Str>,
    /// Arguments.
    pub args: Vec<Str>,
    /// Declared ports. Informative: an undeclared port is reachable as well.
    pub ports: Vec<ContainerPort>,
    /// Environment.
    pub env: Vec<EnvVar>,
    /// ConfigMaps and Secrets whose entries are environment too.
    pub env_from: Vec<EnvFrom>,
    /// `Always` on an init container makes it a native sidecar.
    pub restart_policy: Str,
    /// User and group.
    pub security_context: Option<SecurityContext>,
    /// What the kubelet asks to see whether the container has started.
    pub startup_probe: Option<Box<Probe>>,
    /// What the kubelet asks to see whether the container may take traffic.
    pub readiness_probe: Option<Box<Probe>>,
    /// What the kubelet asks to see whether the container must be restarted.
    pub liveness_probe: Option<Box<Probe>>,
}

impl Container {
    /// The environment variable of this name; the last of equal names wins.
    pub fn env(&self, name: &str) -> Option<&EnvVar> {
        self.env.iter().rev().find(|var| var.name == name)
    }

    /// Its probes, each with the name of the field.
    pub fn probes(&self) -> impl Iterator<Item = (&'static str, &Probe)> {
        [
            ("startupProbe", &self.startup_probe),
            ("readinessProbe", &self.readiness_probe),
            ("livenessProbe", &self.liveness_probe),
        ]
        .into_iter()
        .filter_map(|(field, probe)| Some((field, probe.as_deref()?)))
    }
}

/// A probe of a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Probe {
    /// A request.
    pub http_get: Option<HttpProbe>,
    /// A call of the gRPC health service.
    pub grpc: Option<GrpcProbe>,
    /// A connection.
    pub tcp_socket: Option<TcpProbe>,
}

impl Probe {
    /// The port that is asked, if the kubelet asks over the network.
    pub fn port(&self) -> Option<&IntOrString> {
        let http = self.http_get.as_ref().map(|probe| &probe.port);
        let grpc = self.grpc.as_ref().map(|probe| &probe.port);
        let tcp = self.tcp_socket.as_ref().map(|probe| &probe.port);
        http.or(grpc).or(tcp)?.as_ref()
    }
}

/// `httpGet` of a probe.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpProbe {
    /// The port, by number or name.
    pub port: Option<IntOrString>,
    /// `HTTP` or `HTTPS`; empty means `HTTP`.
    pub scheme: Str,
}

/// `grpc` of a probe.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GrpcProbe {
    /// The port, by number.
    pub port: Option<IntOrString>,
}

/// `tcpSocket` of a probe.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TcpProbe {
    /// The port, by number or name.
    pub port: Option<IntOrString>,
}

/// `securityContext` of a container.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SecurityContext {
    /// User id.
    pub run_as_user: Option<i64>,
    /// Group id.
    pub run_as_group: Option<i64>,
    /// Whether user id 0 is refused.
    pub run_as_non_root: Option<bool>,
    /// Whether the container may do what root on the node may.
    pub privileged: Option<bool>,
}

/// `ports[]` of a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name, which Services may use as `targetPort`.
    pub name: Str,
    /// Number.
    pub container_port: i64,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    pub protocol: Str,
    /// Port on the node.
    pub host_port: Option<i64>,
}

impl ContainerPort {
    /// Whether a Service's target port means this port.
    pub fn is_target(&self, target: &IntOrString) -> bool {
        match target {
            IntOrString::Int(number) => self.container_port == *number,
            IntOrString::String(name) => !name.is_empty() && self.name == *name,
        }
    }
}

/// `env[]` of a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVar {
    /// Name.
    pub name: Str,
    /// Value; empty when it comes from elsewhere.
    pub value: Str,
    /// Where the value comes from.
    pub value_from: Option<Box<EnvVarSource>>,
}

/// `envFrom[]` of a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvFrom {
    /// A ConfigMap.
    pub config_map_ref: Option<NameRef>,
}

/// The name of an object in the Pod's namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NameRef {
    /// The name.
    pub name: Str,
}

/// `volumes[]` of a Pod, as far as texts come from them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Volume {
    /// A ConfigMap.
    pub config_map: Option<NameRef>,
    /// Several sources in one folder.
    pub projected: Option<ProjectedVolume>,
}

impl Volume {
    /// The names of its ConfigMaps.
    fn config_maps(&self) -> impl Iterator<Item = &str> {
        let projected = self.projected.iter().flat_map(|own| &own.sources);
        let own = projected.filter_map(|source| source.config_map.as_ref());
        let names = self.config_map.iter().chain(own);
        names.map(|reference| reference.name.as_str())
    }
}

/// `projected` of a volume.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProjectedVolume {
    /// The sources.
    pub sources: Vec<VolumeProjection>,
}

/// `projected.sources[]` of a volume.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeProjection {
    /// A ConfigMap.
    pub config_map: Option<NameRef>,
}

/// `env[].valueFrom` of a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVarSource {
    /// A field of the Pod.
    pub field_ref: Option<FieldRef>,
    /// A key of a ConfigMap.
    pub config_map_key_ref: Option<KeyRef>,
    /// A key of a Secret.
    pub secret_key_ref: Option<KeyRef>,
}

/// A field of the Pod itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldRef {
    /// Path of the field, such as `metadata.labels['version']`.
    pub field_path: Str,
}

/// A key of a ConfigMap or a Secret.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KeyRef {
    /// Name of the object, in the Pod's namespace.
    pub name: Str,
    /// Key in its data.
    pub key: Str,
    /// Whether the Pod starts without it.
    pub optional: Option<bool>,
}
