//! `EnvoyFilter`: patches of the proxy's own configuration.

use serde::Deserialize;

use super::common::WorkloadSelector;
use crate::model::attachment::PolicyTargetReference;
use crate::model::{Labels, Str};

crate::api_enum! {
    /// The part of the configuration that a patch is for.
    ApplyTo {
        Invalid = "INVALID",
        Listener = "LISTENER",
        FilterChain = "FILTER_CHAIN",
        NetworkFilter = "NETWORK_FILTER",
        HttpFilter = "HTTP_FILTER",
        RouteConfiguration = "ROUTE_CONFIGURATION",
        VirtualHost = "VIRTUAL_HOST",
        HttpRoute = "HTTP_ROUTE",
        Cluster = "CLUSTER",
        ExtensionConfig = "EXTENSION_CONFIG",
        Bootstrap = "BOOTSTRAP",
        ListenerFilter = "LISTENER_FILTER",
    }
}

crate::api_enum! {
    /// The proxies, and the direction of traffic, that a patch is for.
    PatchContext {
        Any = "ANY",
        SidecarInbound = "SIDECAR_INBOUND",
        SidecarOutbound = "SIDECAR_OUTBOUND",
        Gateway = "GATEWAY",
        Waypoint = "WAYPOINT",
    }
}

crate::api_enum! {
    /// What a patch does.
    PatchOperation {
        Invalid = "INVALID",
        Merge = "MERGE",
        Add = "ADD",
        Remove = "REMOVE",
        InsertBefore = "INSERT_BEFORE",
        InsertAfter = "INSERT_AFTER",
        InsertFirst = "INSERT_FIRST",
        Replace = "REPLACE",
        MergeAndReplaceList = "MERGE_AND_REPLACE_LIST",
    }
}

crate::api_enum! {
    /// Where among the filters an added one goes.
    FilterClass {
        Unspecified = "UNSPECIFIED",
        Authn = "AUTHN",
        Authz = "AUTHZ",
        Stats = "STATS",
    }
}

crate::api_enum! {
    /// What a matched route does.
    RouteAction {
        Any = "ANY",
        Route = "ROUTE",
        Redirect = "REDIRECT",
        DirectResponse = "DIRECT_RESPONSE",
    }
}

/// `EnvoyFilter`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvoyFilter {
    /// The workloads meant; absent means the namespace, in the root namespace the mesh.
    pub workload_selector: Option<WorkloadSelector>,
    /// The objects meant, in place of a selector.
    pub target_refs: Vec<PolicyTargetReference>,
    /// The patches, in order.
    pub config_patches: Vec<ConfigPatch>,
    /// Order among the filters of a context; lower ones are applied first.
    pub priority: i32,
}

/// One patch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConfigPatch {
    /// The part of the configuration meant.
    pub apply_to: ApplyTo,
    /// Which of those parts.
    #[serde(rename = "match")]
    pub matches: Option<Box<PatchMatch>>,
    /// What is done.
    pub patch: Option<Patch>,
}

/// What a patch does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Patch {
    /// The operation.
    pub operation: PatchOperation,
    /// Envoy configuration, free form.
    pub value: Option<serde_json::Value>,
    /// Where among the filters an added one goes.
    pub filter_class: FilterClass,
}

/// Which parts of the configuration are patched; at most one of the last four is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PatchMatch {
    /// Proxies and direction.
    pub context: PatchContext,
    /// Properties of the proxy.
    pub proxy: Option<ProxyMatch>,
    /// Listeners.
    pub listener: Option<Box<ListenerMatch>>,
    /// Route configurations.
    pub route_configuration: Option<Box<RouteConfigurationMatch>>,
    /// Clusters.
    pub cluster: Option<Box<ClusterMatch>>,
    /// Parts of a waypoint.
    pub waypoint: Option<Box<WaypointMatch>>,
}

/// Properties of the proxy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyMatch {
    /// An RE2 expression over the version.
    pub proxy_version: Str,
    /// Metadata of the node.
    pub metadata: Labels,
}

/// Which listeners, filter chains and filters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerMatch {
    /// The port, 0 for any.
    pub port_number: u32,
    /// Not used upstream.
    pub port_name: Str,
    /// The filter chain.
    pub filter_chain: Option<FilterChainMatch>,
    /// A listener filter's name.
    pub listener_filter: Str,
    /// The listener's name.
    pub name: Str,
}

/// Which filter chain, perhaps which filter in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FilterChainMatch {
    /// The chain's name.
    pub name: Str,
    /// The SNI that the chain matches.
    pub sni: Str,
    /// The transport protocol that the chain matches.
    pub transport_protocol: Str,
    /// The application protocols that the chain matches.
    pub application_protocols: Str,
    /// The filter.
    pub filter: Option<FilterMatch>,
    /// The port that the chain matches.
    pub destination_port: u32,
}

/// Which filter.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FilterMatch {
    /// The filter's name.
    pub name: Str,
    /// A filter within that filter.
    pub sub_filter: Option<SubFilterMatch>,
}

/// A filter within a filter.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SubFilterMatch {
    /// The filter's name.
    pub name: Str,
}

/// Which route configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteConfigurationMatch {
    /// The port, 0 for any.
    pub port_number: u32,
    /// The name of a Gateway's port.
    pub port_name: Str,
    /// `namespace/name` of a Gateway.
    pub gateway: Str,
    /// The virtual host.
    pub vhost: Option<VirtualHostMatch>,
    /// The route configuration's name.
    pub name: Str,
}

/// Which virtual host, perhaps which route in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VirtualHostMatch {
    /// The virtual host's name, `host:port`.
    pub name: Str,
    /// A domain of the virtual host.
    pub domain_name: Str,
    /// The route.
    pub route: Option<RouteMatch>,
}

/// Which route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteMatch {
    /// The route's name.
    pub name: Str,
    /// What the route does.
    pub action: RouteAction,
}

/// Which cluster.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClusterMatch {
    /// The service's port, 0 for any.
    pub port_number: u32,
    /// The service's host.
    pub service: Str,
    /// The subset.
    pub subset: Str,
    /// The cluster's name.
    pub name: Str,
}

/// Which part of a waypoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WaypointMatch {
    /// The filter.
    pub filter: Option<FilterMatch>,
    /// The service's port, 0 for any.
    pub port_number: u32,
    /// The route.
    pub route: Option<WaypointRouteMatch>,
}

/// Which route of a waypoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WaypointRouteMatch {
    /// The route's name.
    pub name: Str,
}
