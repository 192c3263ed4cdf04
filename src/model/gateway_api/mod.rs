//! `gateway.networking.k8s.io` as of Gateway API 1.5, standard and experimental channel, with the
//! fields of earlier experimental versions, so that an unknown field is a mistake of its author.

mod filters;
mod gateway;
mod grpc_route;
mod http_route;
mod l4_route;
mod policy;
mod reference;

pub use filters::{
    CookieConfig, CookieLifetime, Fraction, Header, HeaderFilter, MirrorFilter, SessionPersistence,
    SessionPersistenceType,
};
pub use gateway::{
    AllowedListeners, AllowedRoutes, BackendTls, ClientValidationMode, FromNamespaces, FrontendTls,
    FrontendValidation, Gateway, GatewayAddress, GatewayClass, GatewayTls, Infrastructure,
    Listener, ListenerFromNamespaces, ListenerNamespaces, ListenerTls, ListenerTlsMode,
    PortFrontendTls, RouteGroupKind, RouteNamespaces, TlsValidation,
};
pub use grpc_route::{
    GrpcBackendRef, GrpcFilter, GrpcFilterType, GrpcHeaderMatch, GrpcMatch, GrpcMethodMatch,
    GrpcRoute, GrpcRule,
};
pub use http_route::{
    AuthProtocol, CorsFilter, ExternalAuth, ForwardBody, GrpcAuth, HttpAuth, HttpBackendRef,
    HttpFilter, HttpFilterType, HttpMatch, HttpMethod, HttpPathMatch, HttpRoute, HttpRule,
    HttpTimeouts, MatchType, PathMatchType, PathModifier, PathModifierType, RequestRedirect, Retry,
    UrlRewrite, ValueMatch,
};
pub use l4_route::{L4Route, L4Rule};
pub use policy::{
    BackendTlsPolicy, BackendTlsPolicyTarget, BackendTlsValidation, EndpointPickerRef,
    InferencePool, LegacyBackendTls, NamespacedTarget, PoolPort, PoolSelector, ReferenceGrant,
    ReferenceGrantFrom, ReferenceGrantTo, SubjectAltName, SubjectAltNameType,
};
pub use reference::{BackendRef, DefaultScope, LocalRef, NamespacedRef, ParentRef, SecretRef};

/// The group of the Gateway API's kinds.
pub const GROUP: &str = "gateway.networking.k8s.io";
