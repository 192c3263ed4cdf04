//! The schema that the API server applies to each kind of Istio and the Gateway API: what its custom
//! resource definition says of fields, and the CEL rules in it.
//!
//! Per kind there is one text file, one line a field:
//!
//! ```text
//! spec/endpoints[]/ports{} uint32 maxProperties=128 rule=port-names | rule=port-range
//! ```
//!
//! that is the path (`[]` for a list, `{}` for a map with free keys), the type of the value (of
//! an element of the list or map), constraints, and behind `|` the constraints of an element.
//! `like=PATH` takes over the fields of another object, `rule=NAME` is a [`Rule`]. `duration` is
//! a duration of at least a millisecond, `plainduration` any.
//!
//! Istio's definitions hold one rule more, "only one of credentialName or tlsCertificates can be
//! set": it tests what "only one of credentialNames or tlsCertificates can be set" tests, so it
//! is left out here.
//!
//! What cannot be decoded at all (other types, unknown enum values, malformed durations, integers
//! out of the type's range) and unknown fields are the decoder's to report; see
//! [`crate::yaml::decode`]. A field that is `null` counts as absent, since the API server prunes
//! it.

mod gateway_rule;
mod parse;
mod problem;
mod rule;
mod validate;

use std::sync::LazyLock;

pub use problem::{ProblemKind, SchemaProblem};
pub use rule::Rule;
pub use validate::validate;

use super::Kind;

/// What a value must be.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The type.
    pub ty: Type,
    /// Whether the object that holds the field must have it.
    pub required: bool,
    /// Whether `null` is kept and means something else than absence.
    pub nullable: bool,
    /// Whether the field is deprecated.
    pub deprecated: bool,
    /// The words allowed, the default first; empty for any.
    pub enum_values: Vec<&'static str>,
    /// The least number.
    pub min: Option<i64>,
    /// The greatest number.
    pub max: Option<i64>,
    /// The least size: characters, items or entries.
    pub min_size: Option<usize>,
    /// The greatest size: characters, items or entries.
    pub max_size: Option<usize>,
    /// What a text must match.
    pub pattern: Option<Pattern>,
    /// The field in which no two items may be equal.
    pub unique: Option<&'static str>,
    /// Further rules.
    pub rules: Vec<Rule>,
}

/// The type of a value.
#[derive(Debug, Clone, Default)]
pub enum Type {
    /// An object with known fields.
    Object(Object),
    /// A list.
    List(Box<Schema>),
    /// An object with free keys.
    Map(Box<Schema>),
    /// Text.
    String,
    /// A duration; when bounded, of at least a millisecond.
    Duration {
        /// Whether durations below a millisecond are refused.
        bounded: bool,
    },
    /// A boolean.
    Bool,
    /// An integer.
    Integer(Integer),
    /// A number.
    Double,
    /// Anything.
    #[default]
    Free,
}

/// The width of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integer {
    /// 32 bits, signed.
    Int32,
    /// 32 bits, unsigned.
    Uint32,
    /// 64 bits, unsigned.
    Uint64,
    /// 64 bits, signed.
    Int64,
}

impl Integer {
    /// Whether the type holds the number.
    pub fn holds(self, number: i128) -> bool {
        match self {
            Self::Int32 => i32::try_from(number).is_ok(),
            Self::Uint32 => u32::try_from(number).is_ok(),
            Self::Uint64 => u64::try_from(number).is_ok(),
            Self::Int64 => i64::try_from(number).is_ok(),
        }
    }
}

/// The fields of an object.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// The fields, sorted by name; at most 64.
    pub fields: Vec<Field>,
    /// Fields of which few may be set together.
    pub groups: Vec<Group>,
    /// The required fields as bits, by index.
    required: u64,
}

impl Object {
    /// The index of a field.
    fn find(&self, name: &str) -> Option<usize> {
        self.fields.binary_search_by(|f| f.name.cmp(name)).ok()
    }
}

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// What its value must be.
    pub schema: Schema,
}

/// Fields of which few may be set together (a oneof).
#[derive(Debug, Clone)]
pub struct Group {
    /// The names, in the order of declaration: a decoder keeps the last that is set.
    pub members: Vec<&'static str>,
    /// Whether one must be set.
    pub exactly: bool,
    /// The members as bits, by index.
    mask: u64,
}

/// A regular expression, compiled when it is first needed.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The expression as in the definition.
    pub text: &'static str,
    compiled: std::sync::OnceLock<Option<regex::Regex>>,
}

impl Pattern {
    fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: std::sync::OnceLock::new(),
        }
    }

    /// Whether a text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| regex::Regex::new(self.text).ok())
            .as_ref()
            .is_none_or(|regex| regex.is_match(text))
    }
}

macro_rules! tables {
    ($($kind:ident $file:literal;)+) => {
        /// The kinds that have a schema.
        pub const KINDS: &[Kind] = &[$(Kind::$kind),+];

        /// The table of a kind.
        #[cfg(test)]
        const fn table(kind: Kind) -> Option<&'static str> {
            match kind {
                $(Kind::$kind => Some(include_str!($file)),)+
                _ => None,
            }
        }

        /// The schema of a kind's objects: of the mapping that holds `spec`.
        pub fn of(kind: Kind) -> Option<&'static Schema> {
            match kind {
                $(Kind::$kind => {
                    static SCHEMA: LazyLock<Schema> =
                        LazyLock::new(|| parse::parse(include_str!($file)).0);
                    Some(&SCHEMA)
                })+
                _ => None,
            }
        }
    };
}
tables! {
    VirtualService "virtual_service.txt";
    DestinationRule "destination_rule.txt";
    Gateway "gateway.txt";
    ServiceEntry "service_entry.txt";
    Sidecar "sidecar.txt";
    WorkloadEntry "workload_entry.txt";
    WorkloadGroup "workload_group.txt";
    EnvoyFilter "envoy_filter.txt";
    ProxyConfig "proxy_config.txt";
    PeerAuthentication "peer_authentication.txt";
    AuthorizationPolicy "authorization_policy.txt";
    RequestAuthentication "request_authentication.txt";
    Telemetry "telemetry.txt";
    WasmPlugin "wasm_plugin.txt";
    TrafficExtension "traffic_extension.txt";
    GatewayClass "gateway_class.txt";
    K8sGateway "k8s_gateway.txt";
    HttpRoute "http_route.txt";
    GrpcRoute "grpc_route.txt";
    TcpRoute "l4_route.txt";
    TlsRoute "tls_route.txt";
    UdpRoute "l4_route.txt";
    ReferenceGrant "reference_grant.txt";
    BackendTlsPolicy "backend_tls_policy.txt";
}

/// Every field of a kind with its path, parents before children, `[]` for the items of a list and
/// `{}` for the values of a map; `like=` references are followed.
pub fn fields(kind: Kind) -> Vec<(String, &'static Schema)> {
    fn walk(path: &str, schema: &'static Schema, found: &mut Vec<(String, &'static Schema)>) {
        if !path.is_empty() {
            found.push((path.to_owned(), schema));
        }
        match &schema.ty {
            Type::Object(object) => {
                for field in &object.fields {
                    let slash = if path.is_empty() { "" } else { "/" };
                    walk(
                        &format!("{path}{slash}{}", field.name),
                        &field.schema,
                        found,
                    );
                }
            }
            Type::List(item) => walk(&format!("{path}[]"), item, found),
            Type::Map(value) => walk(&format!("{path}{{}}"), value, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Some(schema) = of(kind) {
        walk("", schema, &mut found);
    }
    found
}

#[cfg(test)]
mod tests;
