//! The CEL rules of the definitions, by name.

use super::gateway_rule;
use crate::yaml::{Node, Scalar, Value, is_placeholder};

macro_rules! rules {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $message:literal;)+) => {
        /// A CEL rule. `text` is a rule about a string, `map` one about a map's keys; the others
        /// look at the fields of an object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[$meta])* $variant),+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),+];

            /// The rule of this name.
            pub fn find(name: &str) -> Option<Rule> {
                match name {
                    $($name => Some(Rule::$variant),)+
                    _ => None,
                }
            }

            /// The name in the tables.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name),+ }
            }

            /// What the API server says when the rule fails.
            pub const fn message(self) -> &'static str {
                match self { $(Rule::$variant => $message),+ }
            }
        }
    };
}
rules! {
    /// A port number of 1 to 65535.
    PortRange = "port-range", "port must be between 1-65535";
    /// A map whose keys are port numbers.
    PortKeys = "port-keys", "port must be between 1-65535";
    /// A map whose keys are port names: DNS labels of less than 63 characters.
    PortNames = "port-names", "port name must be valid";
    /// A list in which each `number` stands once.
    PortNumbersUnique = "port-numbers-unique", "port number cannot be duplicated";
    /// A map without `*` in a key.
    KeyWithoutWildcard = "key-without-wildcard", "wildcard not allowed in label key match";
    /// A map without the empty key.
    KeyNotEmpty = "key-not-empty", "key must not be empty";
    /// A text without `*`.
    ValueWithoutWildcard = "value-without-wildcard", "wildcard not allowed in label value match";
    /// A text without `*`.
    SelectorWithoutWildcard = "selector-without-wildcard", "wildcard is not supported in selector";
    /// A text other than `*`.
    HostNotWildcard = "host-not-wildcard", "hostname cannot be wildcard";
    /// A text that is empty.
    SameNamespace = "same-namespace", "cross namespace referencing is not currently supported";
    /// `HTTP`, `HTTPS` or nothing.
    ProbeScheme = "probe-scheme", "scheme must be one of [HTTP, HTTPS]";
    /// A URL with the scheme http or https.
    HttpUrl = "http-url", "url must have scheme http:// or https://";
    /// A URL with one of four schemes, or with none.
    PluginUrl = "plugin-url", "url must have schema one of [http, https, file, oci]";
    /// A `unix://` address with an absolute path or an abstract socket.
    UdsAbsolute = "uds-absolute", "UDS must be an absolute path or abstract socket";
    /// A `unix://` address that does not end in a slash.
    UdsNotDirectory = "uds-not-directory", "UDS may not be a dir";
    /// No `ports` beside a `unix://` address.
    UdsWithoutPorts = "uds-without-ports", "UDS may not include ports";
    /// `address` or `network`.
    AddressRequired = "address-required", "Address is required";
    /// Not both `workloadSelector` and `endpoints`.
    SelectorOrEndpoints = "selector-or-endpoints", "only one of WorkloadSelector or Endpoints can be set";
    /// Prefixes among `addresses` only with the resolutions NONE and STATIC.
    CidrResolution = "cidr-resolution", "CIDR addresses are allowed only for NONE/STATIC resolution types";
    /// No `endpoints` with the resolution NONE.
    NoneWithoutEndpoints = "none-without-endpoints", "NONE mode cannot set endpoints";
    /// At most one endpoint with the resolution `DNS_ROUND_ROBIN`.
    RoundRobinOneEndpoint = "round-robin-one-endpoint", "DNS_ROUND_ROBIN mode cannot have multiple endpoints";
    /// Not both `credentialNames` and `tlsCertificates`.
    NamesOrCertificates = "names-or-certificates", "only one of credentialNames or tlsCertificates can be set";
    /// Not both `credentialName` and `credentialNames`.
    NameOrNames = "name-or-names", "only one of credentialName or credentialNames can be set";
    /// Not both `targetRefs` and `workloadSelector`.
    TargetRefsOrSelector = "target-refs-or-selector", "only one of targetRefs or workloadSelector can be set";
    /// `waypoint` with the context WAYPOINT, and only with it.
    WaypointContext = "waypoint-context", "only support waypointMatch when context is WAYPOINT";
    /// At most one of `selector`, `targetRef`, `targetRefs`.
    OneAttachment = "one-attachment", "only one of targetRefs or selector can be set";
    /// Service accounts neither with namespaces nor with principals.
    ServiceAccountsAlone = "service-accounts-alone", "Cannot set serviceAccounts with namespaces or principals";
    /// `portLevelMtls` only with labels in `selector`.
    PortLevelWithSelector = "port-level-with-selector", "portLevelMtls requires selector";
    /// At most one of the fields that hold keys.
    OneJwks = "one-jwks", "only one of jwks or jwksUri can be set";
    /// A `value` with the operation UPSERT.
    TagUpsertValue = "tag-upsert-value", "value must be set when operation is UPSERT";
    /// No `value` with the operation REMOVE.
    TagRemoveValue = "tag-remove-value", "value must not be set when operation is REMOVE";
    /// No `value` that comes from the host.
    HostWithoutValue = "host-without-value", "value may only be set when valueFrom is INLINE";
    /// No `tls` on a listener whose protocol has none.
    ListenerWithoutTls = "listener-without-tls", "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']";
    /// An HTTPS listener decrypts.
    ListenerTerminates = "listener-terminates", "tls mode must be Terminate for protocol HTTPS";
    /// No `hostname` on a listener whose protocol has none.
    ListenerWithoutHostname = "listener-without-hostname", "hostname must not be specified for protocols ['TCP', 'UDP']";
    /// A list of listeners that differ in port, protocol or host name.
    ListenersDistinct = "listeners-distinct", "Combination of port, protocol and hostname must be unique for each listener";
    /// TLS that is ended has certificates, or options that say where from.
    TlsCertificate = "tls-certificate", "certificateRefs or options must be specified when mode is Terminate";
    /// A list of addresses without one that stands there twice.
    AddressesUnique = "addresses-unique", "IPAddress values must be unique, and Hostname values must be unique";
    /// An address of type Hostname is a host name.
    AddressHostname = "address-hostname", "Hostname value must only contain valid characters (a DNS name in lower case)";
    /// An address of type `IPAddress` is one.
    AddressIp = "address-ip", "IPAddress value must be a valid IPv4 or IPv6 address";
    /// References to one parent all have a `sectionName`, or none has.
    SectionNamed = "section-named", "sectionName must be specified when there are 2 or more references to the same object";
    /// References to one parent differ in `sectionName` or `port`.
    SectionUnique = "section-unique", "sectionName must be unique when there are 2 or more references to the same object";
    /// A reference to a Service has a port.
    ServicePort = "service-port", "Must have port for Service reference";
    /// A filter has the field that belongs to its type and no other.
    FilterMember = "filter-member", "the filter must have the field that its type names, and no field of another type";
    /// Filters of most types stand once in a list.
    FiltersOnce = "filters-once", "filters of type RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite and CORS cannot be repeated";
    /// Not both a redirect and a rewrite.
    RedirectOrRewrite = "redirect-or-rewrite", "May specify either RequestRedirect or URLRewrite, but not both";
    /// No `backendRefs` beside a redirect.
    RedirectWithoutBackends = "redirect-without-backends", "RequestRedirect filter must not be used together with backendRefs";
    /// A prefix can only be replaced where one is matched.
    PrefixReplaced = "prefix-replaced", "When using replacePrefixMatch in a RequestRedirect or URLRewrite filter, exactly one PathPrefix match must be specified";
    /// A list of rules with at most 128 matches in sum.
    FewMatches = "few-matches", "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128";
    /// A path starts with a slash.
    PathAbsolute = "path-absolute", "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']";
    /// A path is normalized.
    PathNormal = "path-normal", "value must not contain '//', '/./', '/../', '%2f', '%2F' or '#' and must not end with '/.' or '/..' when type one of ['Exact', 'PathPrefix']";
    /// A path consists of what a path of a URL consists of.
    PathValid = "path-valid", "value must only contain valid characters (letters, digits, -._~!$&'()*+,;=:@/ and %XX) for types ['Exact', 'PathPrefix']";
    /// A text that consists of what a path of a URL consists of.
    PathCharacters = "path-characters", "must only contain valid characters (letters, digits, -._~!$&'()*+,;=:@/ and %XX)";
    /// A path modifier has the field of its type.
    PathModifier = "path-modifier", "the field that type names must be set, and no other: replaceFullPath with ReplaceFullPath, replacePrefixMatch with ReplacePrefixMatch";
    /// The status of a redirect.
    RedirectStatus = "redirect-status", "statusCode must be one of 301, 302, 303, 307, 308";
    /// `backendRequest` is at most `request`.
    TimeoutOrder = "timeout-order", "backendRequest timeout cannot be longer than request timeout";
    /// A duration of the Gateway API (GEP-2257): no sign, no fraction, no small units.
    GatewayDuration = "gateway-duration", "must be up to four whole numbers of up to five digits, each with the unit h, m, s or ms, as in 1h30m";
    /// A share of at most the whole.
    Fraction = "fraction", "numerator must be less than or equal to denominator";
    /// A text without line ends and other control characters.
    HeaderValue = "header-value", "a header value must not contain control characters";
    /// A list of distinct texts.
    ItemsUnique = "items-unique", "items must be unique";
    /// A list in which `*` stands alone.
    StarAlone = "star-alone", "cannot contain '*' alongside other values";
    /// An authorizer has the settings of its protocol only.
    AuthProtocol = "auth-protocol", "grpc may only be set with protocol GRPC, and http only with protocol HTTP";
    /// A permanent cookie has an end.
    PermanentCookie = "permanent-cookie", "absoluteTimeout must be specified when cookie lifetimeType is Permanent";
    /// A gRPC method match names a service or a method.
    ServiceOrMethod = "service-or-method", "One or both of 'service' or 'method' must be specified";
    /// A gRPC method match names what can be the name of a service and a method.
    GrpcNames = "grpc-names", "service and method must only contain valid characters (letters, digits, underscores, and dots in the service) with type Exact";
    /// One source of authorities.
    Authorities = "authorities", "exactly one of caCertificateRefs and wellKnownCACertificates must be specified";
    /// An alternative name has the field of its type.
    AltName = "alt-name", "a name of type Hostname must have hostname and not uri, one of type URI must have uri and not hostname";
}

impl Rule {
    /// Whether a value satisfies the rule. A value of another type than the rule is about does:
    /// its type is the decoder's to report.
    pub fn holds(self, node: Node<'_>) -> bool {
        let text = node.as_str().unwrap_or_default();
        let map = || node.entries().filter_map(|(key, _)| key.text());
        match self {
            Self::PortRange => integer(node).is_none_or(|n| (1..=65535).contains(&n)),
            Self::PortKeys => map().all(|key| {
                is_placeholder(key)
                    || key
                        .parse::<i64>()
                        .is_ok_and(|port| (1..=65535).contains(&port))
            }),
            Self::PortNames => map().all(|key| is_placeholder(key) || is_short_label(key)),
            Self::PortNumbersUnique => duplicates(node, "number").is_none(),
            Self::KeyWithoutWildcard => !map().any(|key| key.contains('*')),
            Self::KeyNotEmpty => !map().any(str::is_empty),
            Self::ValueWithoutWildcard | Self::SelectorWithoutWildcard => !text.contains('*'),
            Self::HostNotWildcard => text != "*",
            Self::SameNamespace => text.is_empty(),
            Self::ProbeScheme => matches!(text, "" | "HTTP" | "HTTPS"),
            Self::HttpUrl => scheme(text).is_some_and(|s| is_one_of(s, &["http", "https"])),
            Self::PluginUrl => {
                scheme(text).is_none_or(|s| is_one_of(s, &["http", "https", "oci", "file"]))
            }
            Self::UdsAbsolute => text
                .strip_prefix("unix://")
                .is_none_or(|path| path.starts_with(['/', '@'])),
            Self::UdsNotDirectory => !(text.starts_with("unix://") && text.ends_with('/')),
            Self::UdsWithoutPorts => {
                !has(node, "ports") || !field(node, "address").starts_with("unix://")
            }
            Self::AddressRequired => has(node, "address") || has(node, "network"),
            Self::SelectorOrEndpoints => !(has(node, "workloadSelector") && has(node, "endpoints")),
            Self::CidrResolution => {
                matches!(field(node, "resolution"), "" | "NONE" | "STATIC")
                    || node.get("addresses").is_none_or(|list| {
                        !list
                            .items()
                            .any(|a| a.as_str().is_some_and(|a| a.contains('/')))
                    })
            }
            Self::NoneWithoutEndpoints => {
                !has(node, "endpoints") || !matches!(field(node, "resolution"), "" | "NONE")
            }
            Self::RoundRobinOneEndpoint => {
                field(node, "resolution") != "DNS_ROUND_ROBIN"
                    || node
                        .get("endpoints")
                        .is_none_or(|list| list.items().nth(1).is_none())
            }
            Self::NamesOrCertificates => {
                !(has(node, "credentialNames") && has(node, "tlsCertificates"))
            }
            Self::NameOrNames => !(has(node, "credentialName") && has(node, "credentialNames")),
            Self::TargetRefsOrSelector => {
                !(has(node, "targetRefs") && has(node, "workloadSelector"))
            }
            Self::WaypointContext => {
                let context = field(node, "context");
                is_placeholder(context) || (context == "WAYPOINT") == has(node, "waypoint")
            }
            Self::OneAttachment => at_most_one(node, &["selector", "targetRef", "targetRefs"]),
            Self::ServiceAccountsAlone => {
                !(has_any(node, &["serviceAccounts", "notServiceAccounts"])
                    && has_any(
                        node,
                        &["principals", "notPrincipals", "namespaces", "notNamespaces"],
                    ))
            }
            Self::PortLevelWithSelector => {
                !has(node, "portLevelMtls")
                    || node
                        .get("selector")
                        .and_then(|selector| selector.get("matchLabels"))
                        .is_some_and(|labels| labels.entries().next().is_some())
            }
            Self::OneJwks => at_most_one(node, &["jwksUri", "jwks_uri", "jwks"]),
            Self::TagUpsertValue => {
                field(node, "operation") != "UPSERT"
                    || node.get("value").is_some_and(|value| {
                        !value.is_null() && value.text().is_none_or(|text| !text.is_empty())
                    })
            }
            Self::TagRemoveValue => field(node, "operation") != "REMOVE" || !has(node, "value"),
            Self::HostWithoutValue => field(node, "valueFrom") != "HOST" || !has(node, "value"),
            _ => gateway_rule::holds(self, node),
        }
    }
}

/// Whether the object has the field; `null` is absence.
pub(super) fn has(node: Node<'_>, name: &str) -> bool {
    node.get(name).is_some_and(|value| !value.is_null())
}

fn has_any(node: Node<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| has(node, name))
}

fn at_most_one(node: Node<'_>, names: &[&str]) -> bool {
    names.iter().filter(|name| has(node, name)).nth(1).is_none()
}

/// The text of a field, empty when absent.
pub(super) fn field<'t>(node: Node<'t>, name: &str) -> &'t str {
    node.get(name).and_then(Node::as_str).unwrap_or_default()
}

/// The integer that a scalar is.
pub(super) fn integer(node: Node<'_>) -> Option<i128> {
    match node.value() {
        Value::Scalar(Scalar::Int(n)) => Some(n),
        _ => None,
    }
}

/// A DNS label of less than 63 characters, in any case.
fn is_short_label(text: &str) -> bool {
    text.len() < 63
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The scheme of a URL as Go's parser finds it.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    valid.then_some(scheme)
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A value by which items are told apart.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Key<'t> {
    Number(i128),
    Text(&'t str),
}

/// The first item of a list whose field equals that of an item before it: its index and the value.
pub(super) fn duplicates<'t>(list: Node<'t>, name: &str) -> Option<(usize, Node<'t>)> {
    // Lists with keys are short as a rule: up to here looking back beats a set.
    const SHORT: usize = 16;
    let keyed = || {
        list.items().enumerate().filter_map(|(index, item)| {
            let value = item.get(name)?;
            let key = match value.value() {
                Value::Scalar(Scalar::Int(n)) => Key::Number(n),
                Value::Scalar(Scalar::Str(text)) if !is_placeholder(text) => Key::Text(text),
                _ => return None,
            };
            Some((index, value, key))
        })
    };
    if list.items().nth(SHORT).is_none() {
        return keyed().find_map(|(index, value, key)| {
            keyed()
                .take_while(|(earlier, ..)| *earlier < index)
                .any(|(.., other)| other == key)
                .then_some((index, value))
        });
    }
    let mut seen = rustc_hash::FxHashSet::default();
    keyed().find_map(|(index, value, key)| (!seen.insert(key)).then_some((index, value)))
}
