//! What a request says of the facts that policies ask about.

use super::fields::{Fact, claim_names};
use super::judge::{Judge, Reader};
use super::patterns::{block, fits, fits_path, fits_request_principal, fits_with_stars, migrated};
use crate::mesh::security::Identity;

impl Judge<'_> {
    fn identity(&self) -> Option<Identity<'_>> {
        Identity::parse(self.request.identity.as_deref()?)
    }

    /// The value of a fact that a policy could name.
    pub fn fact(&self, fact: Fact<'_>) -> Option<String> {
        let request = self.request;
        let http = request.http.as_ref();
        match fact {
            Fact::Principal => request.identity.clone(),
            Fact::Namespace => Some(self.identity()?.namespace.to_owned()),
            Fact::ServiceAccount => {
                let identity = self.identity()?;
                Some(format!("{}/{}", identity.namespace, identity.account))
            }
            Fact::TrustDomain => Some(self.identity()?.trust_domain.to_owned()),
            Fact::Ip => Some(request.ip?.to_string()),
            Fact::RemoteIp => Some(request.remote_ip?.to_string()),
            Fact::RequestPrincipal => {
                let claims = request.claims.as_ref()?;
                let (issuer, subject) = (claims.text("iss"), claims.text("sub"));
                (!issuer.is_empty() && !subject.is_empty()).then(|| format!("{issuer}/{subject}"))
            }
            Fact::Host => Some(http?.host.clone()),
            Fact::Method => Some(http?.method.clone()),
            Fact::Path => Some(http?.path.clone()),
            Fact::Header(name) => self.header(name).map(str::to_owned),
            Fact::Port => Some(request.port.to_string()),
            Fact::Sni => request.sni.clone(),
            Fact::Audiences
            | Fact::Presenter
            | Fact::Claim(_)
            | Fact::DestinationIp
            | Fact::Envoy(_) => None,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let http = self.request.http.as_ref()?;
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            ":authority" | "host" => Some(&http.host),
            ":method" => Some(&http.method),
            ":path" => Some(&http.path),
            _ => {
                let mut headers = http.headers.iter().flatten();
                let found = headers.find(|(own, _)| *own == name)?;
                Some(found.1.as_str())
            }
        }
    }

    /// What a fact depends on that nobody told.
    pub(super) fn unknown(&self, fact: Fact<'_>) -> Option<String> {
        let request = self.request;
        match fact {
            Fact::Ip if request.ip.is_none() => Some("the address of the caller".to_owned()),
            Fact::RemoteIp if request.remote_ip.is_none() => {
                Some("the address of the original client".to_owned())
            }
            Fact::DestinationIp => Some("the address of the workload".to_owned()),
            Fact::Header(name) if !name.starts_with(':') && !name.eq_ignore_ascii_case("host") => {
                let http = request.http.as_ref()?;
                http.headers
                    .is_none()
                    .then(|| format!("the header {}", name.to_ascii_lowercase()))
            }
            Fact::Envoy(key) => Some(format!("{key}, which only a running proxy knows")),
            _ => None,
        }
    }

    /// Whether a value fits what the request says.
    pub(super) fn is_fit(&self, fact: Fact<'_>, value: &str) -> bool {
        let request = self.request;
        let http = request.http.as_ref();
        match fact {
            Fact::Principal => request.identity.as_deref().is_some_and(|identity| {
                let values = migrated(value, self.domains);
                values.iter().any(|value| fits(value, identity, false))
            }),
            Fact::Namespace => self.identity().is_some_and(|identity| match self.reader {
                Reader::Ztunnel => fits(value, identity.namespace, false),
                _ => fits_with_stars(value, identity.namespace),
            }),
            Fact::ServiceAccount => self.identity().is_some_and(|identity| {
                let (namespace, account) = value.split_once('/').unwrap_or((self.home, value));
                identity.namespace == namespace && identity.account == account
            }),
            Fact::TrustDomain => self.identity().is_some_and(|identity| {
                let own = identity.trust_domain;
                let is_alias = self.domains.contains(&value) && self.domains.contains(&own);
                is_alias || fits(value, own, false)
            }),
            Fact::Ip => request
                .ip
                .zip(block(value))
                .is_some_and(|(ip, block)| block.contains(&ip)),
            Fact::RemoteIp => {
                let ip = request.remote_ip.zip(block(value));
                ip.is_some_and(|(ip, block)| block.contains(&ip))
            }
            Fact::RequestPrincipal => request.claims.as_ref().is_some_and(|claims| {
                fits_request_principal(value, claims.text("iss"), claims.text("sub"))
            }),
            Fact::Audiences => self.fits_claim(value, &["aud"]),
            Fact::Presenter => self.fits_claim(value, &["azp"]),
            Fact::Claim(names) => self.fits_claim(value, &claim_names(names)),
            Fact::Host => http
                .is_some_and(|http| fits(&value.to_lowercase(), &http.host.to_lowercase(), true)),
            Fact::Method => http.is_some_and(|http| fits(value, &http.method, true)),
            Fact::Path => http.is_some_and(|http| fits_path(value, &http.path)),
            Fact::Header(name) => self
                .header(name)
                .is_some_and(|text| fits(value, text, true)),
            Fact::Port => value.parse() == Ok(request.port),
            Fact::Sni => request
                .sni
                .as_deref()
                .is_some_and(|sni| fits(value, sni, false)),
            Fact::DestinationIp | Fact::Envoy(_) => false,
        }
    }

    fn fits_claim(&self, value: &str, names: &[&str]) -> bool {
        self.request.claims.as_ref().is_some_and(|claims| {
            let texts = claims.texts(names);
            texts.into_iter().any(|text| fits(value, text, false))
        })
    }
}
