//! `security.istio.io`: PeerAuthentication, AuthorizationPolicy, RequestAuthentication.

use serde::Deserialize;

use super::Duration;
use super::attachment::{PolicyTargetReference, WorkloadSelector};
use super::types::{Map, Str};

/// `PeerAuthentication`: which traffic a workload's proxy accepts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerAuthentication {
    /// The workloads it holds for; absent means the namespace, or the mesh in the root namespace.
    pub selector: Option<WorkloadSelector>,
    /// Mutual TLS for all ports.
    pub mtls: Option<MutualTls>,
    /// Mutual TLS by port of the workload, the port number in decimal as key. Present but empty is
    /// an error of its own.
    pub port_level_mtls: Option<Map<MutualTls>>,
}

/// `mtls` of a PeerAuthentication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MutualTls {
    /// The mode.
    pub mode: MtlsMode,
}

crate::api_enum! {
    /// `mtls.mode` of a PeerAuthentication.
    MtlsMode {
        Unset = "UNSET",
        Disable = "DISABLE",
        Permissive = "PERMISSIVE",
        Strict = "STRICT",
    }
}

/// `AuthorizationPolicy`: who may call a workload.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AuthorizationPolicy {
    /// The workloads it holds for.
    pub selector: Option<WorkloadSelector>,
    /// The single resource it is attached to (superseded by `targetRefs`).
    pub target_ref: Option<PolicyTargetReference>,
    /// The resources it is attached to.
    pub target_refs: Vec<PolicyTargetReference>,
    /// The rules; a request matches the policy when it matches one of them.
    pub rules: Vec<Rule>,
    /// What happens to matching requests.
    pub action: Action,
    /// The external authorizer of action CUSTOM.
    pub provider: Option<AuthorizationProvider>,
}

crate::api_enum! {
    /// `action` of an AuthorizationPolicy.
    Action {
        Allow = "ALLOW",
        Deny = "DENY",
        Audit = "AUDIT",
        Custom = "CUSTOM",
    }
}

/// `provider` of an AuthorizationPolicy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AuthorizationProvider {
    /// The name of an extension provider of the mesh config.
    pub name: Str,
}

/// `rules[]` of an AuthorizationPolicy: source, operation and conditions must all match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rule {
    /// Sources, one of which must match; none matches every source.
    pub from: Vec<From>,
    /// Operations, one of which must match; none matches every operation.
    pub to: Vec<To>,
    /// Conditions, all of which must match.
    pub when: Vec<Condition>,
}

/// `rules[].from[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct From {
    /// The source.
    pub source: Option<Source>,
}

/// `rules[].from[].source`: every list that is given must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Source {
    /// Peer identities of mutual TLS, `<trust domain>/ns/<namespace>/sa/<service account>`.
    pub principals: Vec<Str>,
    /// Peer identities that do not match.
    pub not_principals: Vec<Str>,
    /// Request identities of JWTs, `<issuer>/<subject>`.
    pub request_principals: Vec<Str>,
    /// Request identities that do not match.
    pub not_request_principals: Vec<Str>,
    /// Namespaces of peers.
    pub namespaces: Vec<Str>,
    /// Namespaces that do not match.
    pub not_namespaces: Vec<Str>,
    /// Service accounts of peers, `name` or `namespace/name`.
    pub service_accounts: Vec<Str>,
    /// Service accounts that do not match.
    pub not_service_accounts: Vec<Str>,
    /// Trust domains of peers.
    pub trust_domains: Vec<Str>,
    /// Trust domains that do not match.
    pub not_trust_domains: Vec<Str>,
    /// Addresses of peers, as address or CIDR.
    pub ip_blocks: Vec<Str>,
    /// Addresses that do not match.
    pub not_ip_blocks: Vec<Str>,
    /// Addresses of original clients, as the forwarded-for header or PROXY protocol tells them.
    pub remote_ip_blocks: Vec<Str>,
    /// Original clients that do not match.
    pub not_remote_ip_blocks: Vec<Str>,
}

/// `rules[].to[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct To {
    /// The operation.
    pub operation: Option<Operation>,
}

/// `rules[].to[].operation`: every list that is given must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Operation {
    /// Hosts of requests.
    pub hosts: Vec<Str>,
    /// Hosts that do not match.
    pub not_hosts: Vec<Str>,
    /// Ports of the workload.
    pub ports: Vec<Str>,
    /// Ports that do not match.
    pub not_ports: Vec<Str>,
    /// HTTP methods.
    pub methods: Vec<Str>,
    /// Methods that do not match.
    pub not_methods: Vec<Str>,
    /// Paths, with a wildcard at one end or as a path template.
    pub paths: Vec<Str>,
    /// Paths that do not match.
    pub not_paths: Vec<Str>,
}

/// `rules[].when[]`: an additional condition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// The attribute.
    pub key: Str,
    /// Values, one of which the attribute must have.
    pub values: Vec<Str>,
    /// Values that the attribute must not have.
    pub not_values: Vec<Str>,
}

/// `RequestAuthentication`: which JWTs a workload accepts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestAuthentication {
    /// The workloads it holds for.
    pub selector: Option<WorkloadSelector>,
    /// The single resource it is attached to (superseded by `targetRefs`).
    pub target_ref: Option<PolicyTargetReference>,
    /// The resources it is attached to.
    pub target_refs: Vec<PolicyTargetReference>,
    /// The issuers.
    pub jwt_rules: Vec<JwtRule>,
}

/// `jwtRules[]` of a RequestAuthentication.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JwtRule {
    /// The issuer of the token.
    pub issuer: Str,
    /// Audiences, one of which the token must have; none accepts all.
    pub audiences: Vec<Str>,
    /// Where the issuer's keys are fetched from.
    pub jwks_uri: Str,
    /// The `snake_case` twin of `jwksUri`, which the schema knows as a field of its own.
    #[serde(rename = "jwks_uri")]
    pub jwks_uri_alias: Str,
    /// The issuer's keys, inline.
    pub jwks: Str,
    /// Headers that hold the token.
    pub from_headers: Vec<JwtHeader>,
    /// Query parameters that hold the token.
    pub from_params: Vec<Str>,
    /// Cookies that hold the token.
    pub from_cookies: Vec<Str>,
    /// The header in which the payload is passed on.
    pub output_payload_to_header: Str,
    /// Whether the token is passed on.
    pub forward_original_token: bool,
    /// Claims that are passed on as headers.
    pub output_claim_to_headers: Vec<ClaimToHeader>,
    /// How long a fetch of the keys may take.
    pub timeout: Option<Duration>,
    /// Claims whose value is a list separated by spaces.
    pub space_delimited_claims: Vec<Str>,
    /// Whether a token must be there (not in releases up to 1.30).
    pub presence: TokenPresence,
}

impl JwtRule {
    /// `jwksUri`, in whichever spelling it was given; camelCase wins.
    pub fn keys_uri(&self) -> &str {
        if self.jwks_uri.is_empty() {
            &self.jwks_uri_alias
        } else {
            &self.jwks_uri
        }
    }
}

crate::api_enum! {
    /// `jwtRules[].presence`.
    TokenPresence {
        Optional = "OPTIONAL",
        Required = "REQUIRED",
    }
}

/// `jwtRules[].fromHeaders[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JwtHeader {
    /// Name of the header.
    pub name: Str,
    /// What stands before the token in its value.
    pub prefix: Str,
}

/// `jwtRules[].outputClaimToHeaders[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimToHeader {
    /// Name of the header to set.
    pub header: Str,
    /// Name of the claim.
    pub claim: Str,
}
