//! IST0163, IST0164: webhooks that call a control plane outside the cluster.

use std::net::IpAddr;
use std::str::FromStr;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::core::{Webhook, WebhookConfiguration};
use crate::model::{Object, Str};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "external-control-plane",
    codes: &[Code::IST0163, Code::IST0164],
    runs: &[
        Run::ValidatingWebhookConfiguration(validating),
        Run::MutatingWebhookConfiguration(mutating),
    ],
};

fn validating(object: &Object<WebhookConfiguration>, mesh: &Mesh, findings: &mut Findings) {
    if object.name() == "istiod-default-validator" || object.name().starts_with("istio-validator") {
        check(object, mesh, findings);
    }
}

fn mutating(object: &Object<WebhookConfiguration>, mesh: &Mesh, findings: &mut Findings) {
    if object.name().starts_with("istio-sidecar-injector") {
        check(object, mesh, findings);
    }
}

fn check(object: &Object<WebhookConfiguration>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(object.id).is_none() {
        return;
    }
    for (index, webhook) in object.spec.webhooks.iter().enumerate() {
        let (code, message, help) = match &webhook.client_config.url {
            Some(url) => match host(url) {
                Err(()) => invalid(url, webhook),
                Ok(host) if host.is_empty() && !mesh.quirks.urls_need_no_host => {
                    invalid(url, webhook)
                }
                Ok(host) if IpAddr::from_str(host).is_ok() => address(url, webhook),
                Ok(_) => continue,
            },
            None if webhook.client_config.service.is_none() => blank(webhook),
            None => continue,
        };
        findings.push(
            Finding::new(code, object.id, "", message)
                .points_at(path!["webhooks", index, "clientConfig", "url"])
                .help(help),
        );
    }
}

fn invalid(url: &Str, webhook: &Webhook) -> (Code, String, &'static str) {
    let message = format!(
        "webhook {} is to call {url:?}, which is no valid URL: the control plane is not reached",
        webhook.name
    );
    (Code::IST0163, message, "write https://HOST:PORT/PATH")
}

fn blank(webhook: &Webhook) -> (Code, String, &'static str) {
    let message = format!(
        "webhook {} names neither a URL nor a Service: the control plane is not reached",
        webhook.name
    );
    let help = "set clientConfig.url for an external control plane, clientConfig.service for one \
                in the cluster";
    (Code::IST0163, message, help)
}

fn address(url: &Str, webhook: &Webhook) -> (Code, String, &'static str) {
    let message = format!(
        "webhook {} calls the external control plane by its IP address, {url}",
        webhook.name
    );
    let help = "use a host name in production, so that the address can change";
    (Code::IST0164, message, help)
}

/// The host of a URL, empty if it has none, as Go's `net/url` parses it.
fn host(url: &str) -> Result<&str, ()> {
    if url.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(());
    }
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    check_escapes(fragment)?;
    let (scheme, rest) = scheme(rest)?;
    let (rest, _query) = rest.split_once('?').unwrap_or((rest, ""));
    if !rest.starts_with('/') {
        let segment = rest.split('/').next().unwrap_or_default();
        if scheme.is_empty() {
            check_escapes(rest)?;
            return if segment.contains(':') {
                Err(())
            } else {
                Ok("")
            };
        }
        return Ok("");
    }
    let is_absolute = !scheme.is_empty() || !rest.starts_with("///");
    let Some(rest) = rest.strip_prefix("//").filter(|_| is_absolute) else {
        check_escapes(rest)?;
        return Ok("");
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    check_escapes(path)?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    name_of(host)
}

/// The scheme, empty if there is none, and what follows it.
fn scheme(url: &str) -> Result<(&str, &str), ()> {
    for (index, byte) in url.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err(()),
            b':' => {
                let (scheme, rest) = url.split_at(index);
                return Ok((scheme, rest.strip_prefix(':').unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok(("", url))
}

/// The host without its port and brackets.
fn name_of(host: &str) -> Result<&str, ()> {
    let is_allowed = |c: char| {
        !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c)
    };
    if !host.chars().all(is_allowed) {
        return Err(());
    }
    check_escapes(host)?;
    let (name, port) = if let Some(inner) = host.strip_prefix('[') {
        inner.rsplit_once(']').ok_or(())?
    } else {
        match host.rfind(':') {
            Some(at) => host.split_at(at),
            None => (host, ""),
        }
    };
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_port { Ok(name) } else { Err(()) }
}

fn check_escapes(text: &str) -> Result<(), ()> {
    let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    let mut parts = text.split('%');
    parts.next();
    let is_valid = parts.all(|part| {
        let mut bytes = part.bytes();
        is_hex(bytes.next()) && is_hex(bytes.next())
    });
    if is_valid { Ok(()) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls() {
        for (url, expected) in [
            (
                "https://istiod.example.com:15017/inject",
                Ok("istiod.example.com"),
            ),
            ("https://10.1.2.3/inject", Ok("10.1.2.3")),
            ("https://[fd00::1]:443/inject", Ok("fd00::1")),
            ("https://user@host", Ok("host")),
            ("foo.com:443/inject", Ok("")),
            ("", Ok("")),
            ("foo bar", Ok("")),
            ("1.2.3.4:443/inject", Err(())),
            ("://host", Err(())),
            (":443", Err(())),
            ("https://host:http/", Err(())),
            ("https://my host/", Err(())),
            ("https://[fd00::1/", Err(())),
            ("https://host/%zz", Err(())),
            ("https://host\u{7}", Err(())),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
