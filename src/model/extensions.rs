//! `extensions.istio.io`: WasmPlugin, TrafficExtension.

use serde::Deserialize;

use super::attachment::{PolicyTargetReference, WorkloadSelector};
use super::types::Str;

/// `WasmPlugin`: a WebAssembly filter in proxies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WasmPlugin {
    /// The workloads it holds for.
    pub selector: Option<WorkloadSelector>,
    /// The single resource it is attached to (superseded by `targetRefs`).
    pub target_ref: Option<PolicyTargetReference>,
    /// The resources it is attached to.
    pub target_refs: Vec<PolicyTargetReference>,
    /// Where the module is: an OCI image, a file or an HTTP URL.
    pub url: Str,
    /// The module's SHA-256 checksum in hex.
    pub sha256: Str,
    /// When the image is pulled.
    pub image_pull_policy: PullPolicy,
    /// Name of the secret with the registry's credentials.
    pub image_pull_secret: Str,
    /// The key that verifies the image's signature (not implemented by Istio).
    pub verification_key: Str,
    /// Configuration that is handed to the plugin, free-form.
    pub plugin_config: Option<serde_json::Value>,
    /// The plugin's name in the module.
    pub plugin_name: Str,
    /// Where in the filter chain the plugin goes.
    pub phase: PluginPhase,
    /// The order within a phase, high first; absent differs from 0.
    pub priority: Option<i32>,
    /// What happens when the plugin fails.
    pub fail_strategy: FailStrategy,
    /// Configuration of the virtual machine.
    pub vm_config: Option<VmConfig>,
    /// The traffic the plugin is for.
    pub r#match: Vec<TrafficSelector>,
    /// Whether it is an HTTP or a network filter.
    pub r#type: PluginType,
}

crate::api_enum! {
    /// `phase` of a WasmPlugin.
    PluginPhase {
        Unspecified = "UNSPECIFIED_PHASE",
        Authn = "AUTHN",
        Authz = "AUTHZ",
        Stats = "STATS",
    }
}

crate::api_enum! {
    /// `type` of a Wasm module.
    PluginType {
        Unspecified = "UNSPECIFIED_PLUGIN_TYPE",
        Http = "HTTP",
        Network = "NETWORK",
    }
}

crate::api_enum! {
    /// `imagePullPolicy` of a Wasm module.
    PullPolicy {
        Unspecified = "UNSPECIFIED_POLICY",
        IfNotPresent = "IfNotPresent",
        Always = "Always",
    }
}

crate::api_enum! {
    /// `failStrategy` of a Wasm module.
    FailStrategy {
        Close = "FAIL_CLOSE",
        Open = "FAIL_OPEN",
        Reload = "FAIL_RELOAD",
    }
}

/// `vmConfig` of a Wasm module.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VmConfig {
    /// Environment variables of the virtual machine.
    pub env: Vec<EnvVar>,
}

/// `vmConfig.env[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVar {
    /// Name of the variable.
    pub name: Str,
    /// Where the value comes from.
    pub value_from: EnvValueSource,
    /// The value; absent differs from empty for the schema.
    pub value: Option<Str>,
}

crate::api_enum! {
    /// `vmConfig.env[].valueFrom`.
    EnvValueSource {
        Inline = "INLINE",
        Host = "HOST",
    }
}

/// `match[]` of a WasmPlugin or TrafficExtension.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficSelector {
    /// The direction.
    pub mode: TrafficMode,
    /// The ports; none means all.
    pub ports: Vec<PortSelector>,
}

crate::api_enum! {
    /// `match[].mode`; `UNDEFINED` acts as `CLIENT_AND_SERVER`.
    TrafficMode {
        Undefined = "UNDEFINED",
        Client = "CLIENT",
        Server = "SERVER",
        ClientAndServer = "CLIENT_AND_SERVER",
    }
}

/// `match[].ports[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortSelector {
    /// The port's number.
    pub number: u32,
}

/// `TrafficExtension`: a Wasm or Lua filter in proxies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficExtension {
    /// The workloads it holds for.
    pub selector: Option<WorkloadSelector>,
    /// The resources it is attached to.
    pub target_refs: Vec<PolicyTargetReference>,
    /// Where in the filter chain the filter goes.
    pub phase: ExtensionPhase,
    /// The order within a phase, high first; absent differs from 0.
    pub priority: Option<i32>,
    /// The traffic the filter is for.
    pub r#match: Vec<TrafficSelector>,
    /// A WebAssembly filter. Exactly one of this and `lua` may be given.
    pub wasm: Option<Box<WasmConfig>>,
    /// A Lua filter.
    pub lua: Option<LuaConfig>,
}

crate::api_enum! {
    /// `phase` of a TrafficExtension.
    ExtensionPhase {
        Unspecified = "UNSPECIFIED",
        Authn = "AUTHN",
        Authz = "AUTHZ",
        Stats = "STATS",
    }
}

/// `wasm` of a TrafficExtension.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WasmConfig {
    /// Where the module is: an OCI image, a file or an HTTP URL.
    pub url: Str,
    /// The module's SHA-256 checksum in hex.
    pub sha256: Str,
    /// When the image is pulled.
    pub image_pull_policy: PullPolicy,
    /// Name of the secret with the registry's credentials.
    pub image_pull_secret: Str,
    /// The key that verifies the image's signature (not implemented by Istio).
    pub verification_key: Str,
    /// Configuration that is handed to the plugin, free-form.
    pub plugin_config: Option<serde_json::Value>,
    /// The plugin's name in the module.
    pub plugin_name: Str,
    /// What happens when the plugin fails.
    pub fail_strategy: FailStrategy,
    /// Configuration of the virtual machine.
    pub vm_config: Option<VmConfig>,
    /// Whether it is an HTTP or a network filter.
    pub r#type: PluginType,
}

/// `lua` of a TrafficExtension.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LuaConfig {
    /// The script, at most 64 KiB.
    pub inline_code: Str,
}
