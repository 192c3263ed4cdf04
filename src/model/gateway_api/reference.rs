//! References to other objects, with the defaults that the API server fills in.

use serde::Deserialize;

use super::GROUP;
use crate::model::types::Str;

crate::api_enum! {
    /// Which routes or Gateways take part in default attachment.
    DefaultScope {
        /// None of them.
        None = "None",
        /// All of them.
        All = "All",
    }
}

/// `parentRefs[]` of a route: what it attaches to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentRef {
    /// Group; absent means the Gateway API's, empty the core group.
    pub group: Option<Str>,
    /// Kind; absent means `Gateway`.
    pub kind: Option<Str>,
    /// Namespace; empty means the route's.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// Listener of a Gateway, or port name of a Service; empty means all.
    pub section_name: Str,
    /// Port of the listener or Service; absent means all.
    pub port: Option<u32>,
}

impl ParentRef {
    /// The group, with the default filled in.
    pub fn group(&self) -> &str {
        self.group.as_deref().unwrap_or(GROUP)
    }

    /// The kind, with the default filled in.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Gateway")
    }

    /// Whether the parent is a Gateway of the Gateway API.
    pub fn is_gateway(&self) -> bool {
        self.group() == GROUP && self.kind() == "Gateway"
    }

    /// The namespace of the parent, for a route in `own`.
    pub fn namespace<'a>(&'a self, own: &'a str) -> &'a str {
        or_own(&self.namespace, own)
    }
}

/// A reference to what takes requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind; absent means `Service`.
    pub kind: Option<Str>,
    /// Namespace; empty means that of the object which refers.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// Port, required for a Service.
    pub port: Option<u32>,
    /// Share of the requests; absent means 1. Not in filters.
    pub weight: Option<u32>,
}

impl BackendRef {
    /// The kind, with the default filled in.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Service")
    }

    /// Whether the backend is a Service of Kubernetes.
    pub fn is_service(&self) -> bool {
        self.group.is_empty() && self.kind() == "Service"
    }

    /// The namespace of the backend, for an object in `own` that refers to it.
    pub fn namespace<'a>(&'a self, own: &'a str) -> &'a str {
        or_own(&self.namespace, own)
    }
}

/// A reference to a Secret or the like, possibly in another namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SecretRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind; absent means `Secret`.
    pub kind: Option<Str>,
    /// Namespace; empty means that of the object which refers.
    pub namespace: Str,
    /// Name.
    pub name: Str,
}

impl SecretRef {
    /// The kind, with the default filled in.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Secret")
    }

    /// The namespace of the secret, for an object in `own` that refers to it.
    pub fn namespace<'a>(&'a self, own: &'a str) -> &'a str {
        or_own(&self.namespace, own)
    }
}

/// A reference within the namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LocalRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Name.
    pub name: Str,
}

/// A reference with nothing left to defaults but the namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NamespacedRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Namespace; empty means that of the object which refers.
    pub namespace: Str,
    /// Name.
    pub name: Str,
}

fn or_own<'a>(namespace: &'a str, own: &'a str) -> &'a str {
    if namespace.is_empty() { own } else { namespace }
}
