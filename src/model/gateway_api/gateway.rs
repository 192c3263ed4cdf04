//! `GatewayClass` and `Gateway`.

use serde::Deserialize;

use super::reference::{DefaultScope, LocalRef, NamespacedRef, SecretRef};
use crate::model::core::LabelSelector;
use crate::model::types::{Labels, Str};

/// `spec` of a GatewayClass.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayClass {
    /// Who runs Gateways of this class, such as `istio.io/gateway-controller`.
    pub controller_name: Str,
    /// Settings of the controller.
    pub parameters_ref: Option<Box<NamespacedRef>>,
    /// A word to people.
    pub description: Str,
}

/// `spec` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Gateway {
    /// Name of the GatewayClass.
    pub gateway_class_name: Str,
    /// Listeners.
    pub listeners: Vec<Listener>,
    /// Wanted addresses.
    pub addresses: Vec<GatewayAddress>,
    /// What the controller makes for the Gateway.
    pub infrastructure: Option<Box<Infrastructure>>,
    /// Which ListenerSets may join.
    pub allowed_listeners: Option<Box<AllowedListeners>>,
    /// Client certificates of both sides.
    pub tls: Option<Box<GatewayTls>>,
    /// Which routes attach without naming the Gateway.
    pub default_scope: Option<DefaultScope>,
    /// The place of `tls.backend` in experimental versions before 1.4.
    #[serde(rename = "backendTLS")]
    pub backend_tls: Option<Box<BackendTls>>,
}

/// `spec.listeners[]` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Listener {
    /// Name, unique in the Gateway.
    pub name: Str,
    /// Host name that it serves; absent means every one.
    pub hostname: Option<Str>,
    /// Port.
    pub port: u32,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or a name of the controller's own.
    pub protocol: Str,
    /// Certificates.
    pub tls: Option<Box<ListenerTls>>,
    /// Which routes may attach; absent means those of the Gateway's namespace.
    pub allowed_routes: Option<Box<AllowedRoutes>>,
}

impl Listener {
    /// The kinds of routes that its protocol takes; `None` for a protocol of which only its
    /// implementation knows.
    ///
    /// Whether a `TLS` listener that decrypts takes a TLSRoute is the implementation's choice, so it
    /// counts as taken.
    pub fn route_kinds(&self) -> Option<&'static [&'static str]> {
        match self.protocol.as_str() {
            "HTTP" | "HTTPS" => Some(&["HTTPRoute", "GRPCRoute"]),
            "TLS" if self.passes_tls_through() => Some(&["TLSRoute"]),
            "TLS" => Some(&["TCPRoute", "TLSRoute"]),
            "TCP" => Some(&["TCPRoute"]),
            "UDP" => Some(&["UDPRoute"]),
            _ => None,
        }
    }

    /// Whether it hands TLS on as it comes.
    pub fn passes_tls_through(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.mode == ListenerTlsMode::Passthrough)
    }
}

crate::api_enum! {
    /// What a listener does with TLS.
    ListenerTlsMode {
        /// Decrypts it.
        Terminate = "Terminate",
        /// Hands it on.
        Passthrough = "Passthrough",
    }
}

/// `spec.listeners[].tls` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerTls {
    /// Whether the listener decrypts.
    pub mode: ListenerTlsMode,
    /// Certificates to choose from.
    pub certificate_refs: Vec<SecretRef>,
    /// Settings of the controller's own, such as `gateway.istio.io/tls-terminate-mode`.
    pub options: Labels,
    /// Validation of clients in experimental versions before 1.4.
    pub frontend_validation: Option<Box<FrontendValidation>>,
}

/// `spec.listeners[].allowedRoutes` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AllowedRoutes {
    /// Namespaces from which routes may attach.
    pub namespaces: RouteNamespaces,
    /// Kinds of routes; none means those that fit the protocol.
    pub kinds: Vec<RouteGroupKind>,
}

crate::api_enum! {
    /// Namespaces from which routes may attach.
    FromNamespaces {
        /// The Gateway's own.
        Same = "Same",
        /// All.
        All = "All",
        /// Those that the selector selects.
        Selector = "Selector",
        /// None (ListenerSets of experimental versions).
        None = "None",
    }
}

/// `allowedRoutes.namespaces` of a listener.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteNamespaces {
    /// Which namespaces.
    pub from: FromNamespaces,
    /// The namespaces, with `from: Selector`.
    pub selector: Option<Box<LabelSelector>>,
}

/// A kind of route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteGroupKind {
    /// Group; absent means the Gateway API's.
    pub group: Option<Str>,
    /// Kind.
    pub kind: Str,
}

/// `spec.addresses[]` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayAddress {
    /// `IPAddress`, `Hostname`, or a name of the controller's own; absent means `IPAddress`.
    #[serde(rename = "type")]
    pub address_type: Option<Str>,
    /// The address; empty leaves the choice to the controller.
    pub value: Str,
}

impl GatewayAddress {
    /// The type, with the default filled in.
    pub fn address_type(&self) -> &str {
        self.address_type.as_deref().unwrap_or("IPAddress")
    }
}

/// `spec.infrastructure` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Infrastructure {
    /// Labels of what the controller makes.
    pub labels: Labels,
    /// Annotations of what the controller makes.
    pub annotations: Labels,
    /// Settings of the controller.
    pub parameters_ref: Option<LocalRef>,
}

/// `spec.allowedListeners` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AllowedListeners {
    /// Namespaces whose ListenerSets may join.
    pub namespaces: ListenerNamespaces,
}

crate::api_enum! {
    /// Namespaces whose ListenerSets may join.
    ListenerFromNamespaces {
        /// None.
        None = "None",
        /// The Gateway's own.
        Same = "Same",
        /// All.
        All = "All",
        /// Those that the selector selects.
        Selector = "Selector",
    }
}

/// `spec.allowedListeners.namespaces` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerNamespaces {
    /// Which namespaces.
    pub from: ListenerFromNamespaces,
    /// The namespaces, with `from: Selector`.
    pub selector: Option<Box<LabelSelector>>,
}

/// `spec.tls` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayTls {
    /// The Gateway as a client.
    pub backend: Option<BackendTls>,
    /// The Gateway as a server.
    pub frontend: Option<FrontendTls>,
}

/// `spec.tls.backend` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendTls {
    /// The certificate that the Gateway shows to backends.
    pub client_certificate_ref: Option<SecretRef>,
}

/// `spec.tls.frontend` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FrontendTls {
    /// For ports without an entry of their own.
    pub default: TlsValidation,
    /// For single ports.
    pub per_port: Vec<PortFrontendTls>,
}

/// `spec.tls.frontend.perPort[]` of a Gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortFrontendTls {
    /// Port.
    pub port: u32,
    /// What holds for it.
    pub tls: TlsValidation,
}

/// Whether and how clients are validated.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsValidation {
    /// Absent: clients need no certificate.
    pub validation: Option<FrontendValidation>,
}

crate::api_enum! {
    /// What a client certificate is good for.
    ClientValidationMode {
        /// Only clients with a valid certificate come in.
        AllowValidOnly = "AllowValidOnly",
        /// Clients without one come in too.
        AllowInsecureFallback = "AllowInsecureFallback",
    }
}

/// Whose client certificates are valid.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FrontendValidation {
    /// The authorities.
    pub ca_certificate_refs: Vec<NamespacedRef>,
    /// Whether clients without a valid certificate come in.
    pub mode: ClientValidationMode,
}
