//! The table of kinds: from it come the enum, the store and the dispatch on apiVersion and kind.

use std::sync::Arc;

use super::decode::Undecoded;
use super::headers::{Headers, Manifest};
use super::object::{Body, Header, Metadata, Object, ObjectId, Place};
use super::types::Str;
use super::{
    core, envoy_gateway, extensions, gateway_api, legacy, networking, security, telemetry,
};

/// Calls a macro with the table of kinds. A row reads
/// `field: Variant(Type) = "group" [versions] "Kind" scope body dialect`, where
///
/// * `scope` is `namespaced` or `cluster`;
/// * `body` is `spec` when the type is that of `spec`, and `root` when it is that of the whole
///   object;
/// * `dialect` is `proto` for Istio's kinds (`snake_case` names are accepted, unknown fields are
///   reported), `strict` for other kinds whose model is complete, and `open` for kinds of which
///   the model holds only what the rules read.
macro_rules! with_kinds {
    ($callback:ident) => {
        $callback! {
            namespaces: Namespace(core::Namespace) = "" ["v1"] "Namespace" cluster root open;
            nodes: Node(core::Node) = "" ["v1"] "Node" cluster root open;
            services: Service(core::Service) = "" ["v1"] "Service" namespaced root open;
            service_accounts: ServiceAccount(core::ServiceAccount) = "" ["v1"] "ServiceAccount" namespaced root open;
            config_maps: ConfigMap(core::ConfigMap) = "" ["v1"] "ConfigMap" namespaced root open;
            secrets: Secret(core::Secret) = "" ["v1"] "Secret" namespaced root open;
            pods: Pod(core::Pod) = "" ["v1"] "Pod" namespaced root open;
            endpoints: Endpoints(core::Endpoints) = "" ["v1"] "Endpoints" namespaced root open;
            replication_controllers: ReplicationController(core::Controller) = "" ["v1"] "ReplicationController" namespaced spec open;
            deployments: Deployment(core::Controller) = "apps" ["v1"] "Deployment" namespaced spec open;
            stateful_sets: StatefulSet(core::Controller) = "apps" ["v1"] "StatefulSet" namespaced spec open;
            daemon_sets: DaemonSet(core::Controller) = "apps" ["v1"] "DaemonSet" namespaced spec open;
            replica_sets: ReplicaSet(core::Controller) = "apps" ["v1"] "ReplicaSet" namespaced spec open;
            jobs: Job(core::Controller) = "batch" ["v1"] "Job" namespaced spec open;
            cron_jobs: CronJob(core::CronJob) = "batch" ["v1", "v1beta1"] "CronJob" namespaced spec open;
            rollouts: Rollout(core::Rollout) = "argoproj.io" ["v1alpha1"] "Rollout" namespaced spec open;
            deployment_configs: DeploymentConfig(core::Controller) = "apps.openshift.io" ["v1"] "DeploymentConfig" namespaced spec open;
            custom_resource_definitions: CustomResourceDefinition(core::CustomResourceDefinition) = "apiextensions.k8s.io" ["v1", "v1beta1"] "CustomResourceDefinition" cluster root open;
            mutating_webhooks: MutatingWebhookConfiguration(core::WebhookConfiguration) = "admissionregistration.k8s.io" ["v1", "v1beta1"] "MutatingWebhookConfiguration" cluster root open;
            validating_webhooks: ValidatingWebhookConfiguration(core::WebhookConfiguration) = "admissionregistration.k8s.io" ["v1", "v1beta1"] "ValidatingWebhookConfiguration" cluster root open;
            virtual_services: VirtualService(networking::VirtualService) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "VirtualService" namespaced spec proto;
            destination_rules: DestinationRule(networking::DestinationRule) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "DestinationRule" namespaced spec proto;
            gateways: Gateway(networking::Gateway) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "Gateway" namespaced spec proto;
            service_entries: ServiceEntry(networking::ServiceEntry) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "ServiceEntry" namespaced spec proto;
            sidecars: Sidecar(networking::Sidecar) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "Sidecar" namespaced spec proto;
            workload_entries: WorkloadEntry(networking::WorkloadEntry) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "WorkloadEntry" namespaced spec proto;
            workload_groups: WorkloadGroup(networking::WorkloadGroup) = "networking.istio.io" ["v1", "v1beta1", "v1alpha3"] "WorkloadGroup" namespaced spec proto;
            envoy_filters: EnvoyFilter(networking::EnvoyFilter) = "networking.istio.io" ["v1alpha3"] "EnvoyFilter" namespaced spec proto;
            proxy_configs: ProxyConfig(networking::ProxyConfig) = "networking.istio.io" ["v1beta1"] "ProxyConfig" namespaced spec proto;
            peer_authentications: PeerAuthentication(security::PeerAuthentication) = "security.istio.io" ["v1", "v1beta1"] "PeerAuthentication" namespaced spec proto;
            authorization_policies: AuthorizationPolicy(security::AuthorizationPolicy) = "security.istio.io" ["v1", "v1beta1"] "AuthorizationPolicy" namespaced spec proto;
            request_authentications: RequestAuthentication(security::RequestAuthentication) = "security.istio.io" ["v1", "v1beta1"] "RequestAuthentication" namespaced spec proto;
            telemetries: Telemetry(telemetry::Telemetry) = "telemetry.istio.io" ["v1", "v1alpha1"] "Telemetry" namespaced spec proto;
            wasm_plugins: WasmPlugin(extensions::WasmPlugin) = "extensions.istio.io" ["v1alpha1"] "WasmPlugin" namespaced spec proto;
            traffic_extensions: TrafficExtension(extensions::TrafficExtension) = "extensions.istio.io" ["v1alpha1"] "TrafficExtension" namespaced spec proto;
            policies: Policy(legacy::Policy) = "authentication.istio.io" ["v1alpha1"] "Policy" namespaced spec proto;
            mesh_policies: MeshPolicy(legacy::Policy) = "authentication.istio.io" ["v1alpha1"] "MeshPolicy" cluster spec proto;
            service_mesh_policies: ServiceMeshPolicy(legacy::Policy) = "authentication.maistra.io" ["v1"] "ServiceMeshPolicy" namespaced spec proto;
            istio_operators: IstioOperator(core::MeshConfigHolder) = "install.istio.io" ["v1alpha1"] "IstioOperator" namespaced spec open;
            istios: Istio(core::MeshConfigHolder) = "sailoperator.io" ["v1", "v1alpha1"] "Istio" cluster spec open;
            gateway_classes: GatewayClass(gateway_api::GatewayClass) = "gateway.networking.k8s.io" ["v1", "v1beta1"] "GatewayClass" cluster spec strict;
            k8s_gateways: K8sGateway(gateway_api::Gateway) = "gateway.networking.k8s.io" ["v1", "v1beta1", "v1alpha2"] "Gateway" namespaced spec strict;
            http_routes: HttpRoute(gateway_api::HttpRoute) = "gateway.networking.k8s.io" ["v1", "v1beta1", "v1alpha2"] "HTTPRoute" namespaced spec strict;
            grpc_routes: GrpcRoute(gateway_api::GrpcRoute) = "gateway.networking.k8s.io" ["v1", "v1alpha2"] "GRPCRoute" namespaced spec strict;
            tcp_routes: TcpRoute(gateway_api::L4Route) = "gateway.networking.k8s.io" ["v1", "v1alpha2"] "TCPRoute" namespaced spec strict;
            tls_routes: TlsRoute(gateway_api::L4Route) = "gateway.networking.k8s.io" ["v1", "v1alpha2", "v1alpha3"] "TLSRoute" namespaced spec strict;
            udp_routes: UdpRoute(gateway_api::L4Route) = "gateway.networking.k8s.io" ["v1", "v1alpha2"] "UDPRoute" namespaced spec strict;
            reference_grants: ReferenceGrant(gateway_api::ReferenceGrant) = "gateway.networking.k8s.io" ["v1", "v1beta1", "v1alpha2"] "ReferenceGrant" namespaced spec strict;
            backend_tls_policies: BackendTlsPolicy(gateway_api::BackendTlsPolicy) = "gateway.networking.k8s.io" ["v1", "v1alpha3", "v1alpha2"] "BackendTLSPolicy" namespaced spec strict;
            security_policies: SecurityPolicy(envoy_gateway::EnvoyPolicy) = "gateway.envoyproxy.io" ["v1alpha1"] "SecurityPolicy" namespaced spec open;
            backend_traffic_policies: BackendTrafficPolicy(envoy_gateway::EnvoyPolicy) = "gateway.envoyproxy.io" ["v1alpha1"] "BackendTrafficPolicy" namespaced spec open;
            client_traffic_policies: ClientTrafficPolicy(envoy_gateway::EnvoyPolicy) = "gateway.envoyproxy.io" ["v1alpha1"] "ClientTrafficPolicy" namespaced spec open;
            envoy_extension_policies: EnvoyExtensionPolicy(envoy_gateway::EnvoyPolicy) = "gateway.envoyproxy.io" ["v1alpha1"] "EnvoyExtensionPolicy" namespaced spec open;
            envoy_patch_policies: EnvoyPatchPolicy(envoy_gateway::EnvoyPolicy) = "gateway.envoyproxy.io" ["v1alpha1"] "EnvoyPatchPolicy" namespaced spec open;
            inference_pools: InferencePool(gateway_api::InferencePool) = "inference.networking.k8s.io" ["v1"] "InferencePool" namespaced spec open;
        }
    };
}
pub(crate) use with_kinds;

/// How a body is decoded, see the table of kinds above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Protobuf JSON: `snake_case` names are accepted, unknown fields are reported.
    Proto,
    /// A complete model: unknown fields are reported.
    Strict,
    /// A partial model: unknown fields are none of our business.
    Open,
}

macro_rules! scope {
    (namespaced) => {
        true
    };
    (cluster) => {
        false
    };
}

macro_rules! body {
    (spec) => {
        true
    };
    (root) => {
        false
    };
}

macro_rules! dialect {
    (proto) => {
        Dialect::Proto
    };
    (strict) => {
        Dialect::Strict
    };
    (open) => {
        Dialect::Open
    };
}

macro_rules! declare {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        /// A kind that meshlint has a model of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = concat!("`", $kind, "` of group `", $group, "`")] $variant),+
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),+];

            /// The API group, empty for the core group.
            pub const fn group(self) -> &'static str {
                match self { $(Kind::$variant => $group),+ }
            }

            /// The name in manifests.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$variant => $kind),+ }
            }

            /// The served versions.
            pub const fn versions(self) -> &'static [&'static str] {
                match self { $(Kind::$variant => &[$($version),+]),+ }
            }

            /// Whether its objects live in a namespace.
            pub const fn is_namespaced(self) -> bool {
                match self { $(Kind::$variant => scope!($scope)),+ }
            }

            /// Whether the model is that of `spec` rather than of the whole object.
            pub const fn has_spec_model(self) -> bool {
                match self { $(Kind::$variant => body!($body)),+ }
            }

            /// How its body is decoded.
            pub const fn dialect(self) -> Dialect {
                match self { $(Kind::$variant => dialect!($dialect)),+ }
            }

            /// The kind of this group and name, whatever the version.
            pub fn find(group: &str, kind: &str) -> Option<Kind> {
                match (group, kind) {
                    $(($group, $kind) => Some(Kind::$variant),)+
                    _ => None,
                }
            }
        }

        /// The body of an object of any kind that meshlint has a model of.
        #[derive(Debug, Clone)]
        pub enum AnyBody {
            $(#[doc = concat!("`", $kind, "` of group `", $group, "`")] $variant(Arc<Body<$type>>)),+
        }

        impl AnyBody {
            /// Decodes the body of an object. `broken` says that its metadata could not be read
            /// in full.
            pub(crate) fn decode(kind: Kind, metadata: Metadata, undecoded: &Undecoded<'_>, broken: bool) -> Self {
                match kind {
                    $(Kind::$variant => {
                        let (spec, status, bad) = undecoded.decode();
                        Self::$variant(Arc::new(Body { metadata, spec, status, broken: broken || bad }))
                    })+
                }
            }
        }

        impl AnyBody {
            /// The same in another namespace.
            #[must_use]
            pub fn in_namespace(&self, namespace: &Str) -> Self {
                match self {
                    $(Self::$variant(body) => {
                        let mut body = Body::clone(body);
                        body.metadata.namespace = namespace.clone();
                        Self::$variant(Arc::new(body))
                    })+
                }
            }
        }

        /// The objects of a world, by kind and in load order.
        #[derive(Debug, Default)]
        pub struct Objects {
            /// What reports say of each object, by [`ObjectId`]; opaque kinds included.
            pub headers: Headers,
            $(#[doc = concat!("`", $kind, "` of group `", $group, "`")] pub $field: Vec<Object<$type>>,)+
        }

        impl Objects {
            fn push(&mut self, id: ObjectId, body: &AnyBody) {
                match body {
                    $(AnyBody::$variant(body) => self.$field.push(Object::new(id, Arc::clone(body))),)+
                }
            }
        }
    };
}
with_kinds!(declare);

impl Objects {
    /// Adds the objects of a source behind those that are there. `source` is its number in the
    /// run; `context` says that it is read, but not reported on. Bodies are shared.
    pub fn add_source(&mut self, source: u32, context: bool, manifests: &Arc<[Manifest]>) {
        let ids = self.headers.add_source(source, context, manifests);
        for (id, manifest) in ids.zip(manifests.iter()) {
            if let Some(body) = &manifest.body {
                self.push(ObjectId(id), body);
            }
        }
    }

    /// What reports say of the object.
    pub fn header(&self, id: ObjectId) -> Option<&Header> {
        self.headers.get(id)
    }

    /// Where the object stands in the input.
    pub fn place(&self, id: ObjectId) -> Option<Place> {
        self.headers.place(id)
    }

    /// Whether the object is context only (`--with`): read, but not reported on.
    pub fn is_context(&self, id: ObjectId) -> bool {
        self.headers.is_context(id)
    }
}
