//! What is asked: who calls, what, and with which facts.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::Map as Texts;
use crate::model::Str;

/// Why a question cannot be answered, with what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswerable(pub String);

/// A question as programs ask it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    /// Who calls.
    pub from: From,
    /// What is called.
    pub to: To,
}

/// Who calls: a workload, an identity, or an address alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct From {
    /// The namespace of the workload.
    pub namespace: String,
    /// The workload.
    pub workload: Option<String>,
    /// An identity that is presented over mutual TLS.
    pub principal: Option<String>,
    /// The address of the TCP peer.
    pub ip: Option<String>,
    /// The address of the original client.
    pub remote_ip: Option<String>,
    /// Headers of the request.
    pub headers: Option<Texts<Str>>,
    /// Claims of the token; `"valid": false` for one that fails verification.
    pub jwt: Option<Map<String, Value>>,
}

/// What is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct To {
    /// The namespace of the Service.
    pub namespace: String,
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: Option<i64>,
    /// The method.
    pub method: Option<String>,
    /// The path, perhaps with a query.
    pub path: Option<String>,
    /// The host.
    pub host: Option<String>,
}

impl From {
    /// Reads who calls, as people write it: `namespace/workload`, `sa:namespace/name`, an identity
    /// with or without `spiffe://`, or an address. `sa:` needs the mesh's trust domain.
    pub fn parse(text: &str, trust_domain: &str) -> Result<Self, Unanswerable> {
        if let Some(account) = text.strip_prefix("sa:") {
            let Some((namespace, name)) = account.split_once('/') else {
                return Err(Unanswerable(format!("{text}: expected sa:namespace/name")));
            };
            return Ok(Self {
                principal: Some(format!("{trust_domain}/ns/{namespace}/sa/{name}")),
                ..Self::default()
            });
        }
        let identity = text.strip_prefix("spiffe://").unwrap_or(text);
        if identity.contains("/ns/") && identity.contains("/sa/") {
            return Ok(Self {
                principal: Some(identity.to_owned()),
                ..Self::default()
            });
        }
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self {
                ip: Some(text.to_owned()),
                ..Self::default()
            });
        }
        match text.split_once('/') {
            Some((namespace, workload)) if !namespace.is_empty() && !workload.is_empty() => {
                Ok(Self {
                    namespace: namespace.to_owned(),
                    workload: Some(workload.to_owned()),
                    ..Self::default()
                })
            }
            _ => Err(Unanswerable(format!(
                "{text} is no caller: expected namespace/workload, sa:namespace/name, an identity or an address"
            ))),
        }
    }

    /// Who calls, as people write it.
    pub fn name(&self) -> String {
        match (&self.workload, &self.principal, &self.ip) {
            (Some(workload), _, _) => format!("{}/{workload}", self.namespace),
            (None, Some(principal), _) => principal.clone(),
            (None, None, Some(ip)) => ip.clone(),
            (None, None, None) => "somebody".to_owned(),
        }
    }
}

impl To {
    /// Reads what is called: `namespace/service:port`, or without the port.
    pub fn parse(text: &str) -> Result<Self, Unanswerable> {
        let wrong = || {
            Unanswerable(format!(
                "{text} is no destination: expected namespace/service:port"
            ))
        };
        let (namespace, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (service, port) = match rest.split_once(':') {
            Some((service, port)) => (service, Some(port.parse().map_err(|_| wrong())?)),
            None => (rest, None),
        };
        if namespace.is_empty() || service.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            port,
            ..Self::default()
        })
    }
}

impl Query {
    /// Reads a question of a program.
    pub fn from_json(text: &str) -> Result<Self, Unanswerable> {
        let query: Self = serde_json::from_str(text)
            .map_err(|error| Unanswerable(format!("the query cannot be read: {error}")))?;
        query.check()?;
        Ok(query)
    }

    /// Whether the question is whole.
    pub fn check(&self) -> Result<(), Unanswerable> {
        let fail = |text: &str| Err(Unanswerable(text.to_owned()));
        let from = &self.from;
        if self.to.namespace.is_empty() || self.to.service.is_empty() {
            return fail("the query names no destination: to.namespace and to.service are needed");
        }
        if from.workload.is_some() && from.principal.is_some() {
            return fail("the query names both a workload and a principal");
        }
        if from.workload.is_some() && from.namespace.is_empty() {
            return fail("the query names a workload without its namespace");
        }
        if from.workload.is_none() && from.principal.is_none() && from.ip.is_none() {
            return fail(
                "the query names no caller: from.workload, from.principal or from.ip is needed",
            );
        }
        for ip in [&from.ip, &from.remote_ip].into_iter().flatten() {
            if ip.parse::<IpAddr>().is_err() {
                return Err(Unanswerable(format!("{ip} is no IP address")));
            }
        }
        Ok(())
    }
}
