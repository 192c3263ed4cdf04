//! Parts that HTTP and gRPC routes share.

use serde::Deserialize;

use super::reference::BackendRef;
use crate::model::Duration;
use crate::model::types::Str;

/// A header and its value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Header {
    /// Name, in any case.
    pub name: Str,
    /// Value.
    pub value: Str,
}

/// Changes of headers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HeaderFilter {
    /// Headers that replace what is there.
    pub set: Vec<Header>,
    /// Headers that join what is there.
    pub add: Vec<Header>,
    /// Names of headers that go.
    pub remove: Vec<Str>,
}

/// A copy of the requests to another backend.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MirrorFilter {
    /// Who gets the copies.
    pub backend_ref: BackendRef,
    /// Share of the requests in percent.
    pub percent: Option<i32>,
    /// Share of the requests as a fraction.
    pub fraction: Option<Fraction>,
}

/// A share.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Fraction {
    /// Upper part.
    pub numerator: i32,
    /// Lower part; absent means 100.
    pub denominator: Option<i32>,
}

crate::api_enum! {
    /// Where a session is kept.
    SessionPersistenceType {
        /// In a cookie.
        Cookie = "Cookie",
        /// In a header.
        Header = "Header",
    }
}

crate::api_enum! {
    /// How long a session cookie lives.
    CookieLifetime {
        /// Until the client ends.
        Session = "Session",
        /// Until the absolute timeout.
        Permanent = "Permanent",
    }
}

/// Whether requests of one client stay with one backend.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionPersistence {
    /// Name of the cookie or header.
    pub session_name: Str,
    /// The longest life of a session.
    pub absolute_timeout: Option<Duration>,
    /// The longest pause in a session.
    pub idle_timeout: Option<Duration>,
    /// Cookie or header.
    #[serde(rename = "type")]
    pub session_type: SessionPersistenceType,
    /// Settings of the cookie.
    pub cookie_config: Option<CookieConfig>,
}

/// Settings of a session cookie.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CookieConfig {
    /// How long the cookie lives.
    pub lifetime_type: CookieLifetime,
}
