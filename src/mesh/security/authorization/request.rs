//! A request as the proxy of the server sees it.

use std::net::IpAddr;

use serde_json::{Map, Value};

/// A request, or a connection.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The identity that the client proved, without `spiffe://`.
    pub identity: Option<String>,
    /// The address of the TCP peer.
    pub ip: Option<IpAddr>,
    /// The address of the original client.
    pub remote_ip: Option<IpAddr>,
    /// The port of the workload.
    pub port: i64,
    /// The server name that the client asked for.
    pub sni: Option<String>,
    /// The request, if the connection carries HTTP.
    pub http: Option<Http>,
    /// The claims of a token that was accepted.
    pub claims: Option<Claims>,
}

/// The part of a request that HTTP adds.
#[derive(Debug, Clone, Default)]
pub struct Http {
    /// The method.
    pub method: String,
    /// The path as policies see it.
    pub path: String,
    /// The host, with a port if the client sent one.
    pub host: String,
    /// Headers by name in lower case; `None` if nobody told them.
    pub headers: Option<Vec<(String, String)>>,
}

/// The claims of a token.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The claims.
    pub values: Map<String, Value>,
    /// Claims whose text is a list separated by spaces.
    pub lists: Vec<String>,
}

impl Claims {
    /// A claim that is a text.
    pub fn text(&self, name: &str) -> &str {
        self.values
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The texts of a claim, found by names from the outside inwards.
    pub fn texts(&self, names: &[&str]) -> Vec<&str> {
        let Some((first, rest)) = names.split_first() else {
            return Vec::new();
        };
        let mut value = self.values.get(*first);
        for name in rest {
            value = value.and_then(|value| value.get(*name));
        }
        match value {
            Some(Value::String(text)) => {
                let is_list = matches!(*first, "scope" | "permission")
                    || self.lists.iter().any(|own| own == first);
                if is_list && rest.is_empty() {
                    text.split(' ').filter(|part| !part.is_empty()).collect()
                } else {
                    vec![text]
                }
            }
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
