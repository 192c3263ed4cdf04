//! MESH1005: TLS that a DestinationRule originates to a port which speaks plain HTTP.

use std::net::IpAddr;

use super::settings::{Setting, entries_of, settings};
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::registry::Protocol;
use crate::mesh::routing::HostPort;
use crate::model::Object;
use crate::model::networking::{DestinationRule, Port, Resolution, ServiceEntry};
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content, NewScalar};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "tls-origination-to-plain-port",
    codes: &[Code::MESH1005],
    runs: &[Run::DestinationRule(tls_origination_to_plain_port)],
};

/// Ports on which servers speak plain HTTP.
const PLAIN: [u32; 2] = [80, 8080];

fn tls_origination_to_plain_port(
    rule: &Object<DestinationRule>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let mut settings = settings(&rule.spec);
    settings.retain(Setting::is_of_the_host);
    if settings.is_empty() {
        return;
    }
    let entries = entries_of(rule, mesh);
    for setting in settings {
        let plain = entries.iter().find_map(|entry| {
            let mut ports = HostPort::of_entry(entry).zip(&entry.spec.ports);
            let found = ports.find(|(port, declared)| {
                setting.is_for(port.number)
                    && port.protocol == Protocol::Http
                    && is_plain_at_the_host(entry, declared)
            });
            Some((*entry, found?))
        });
        if let Some((entry, (port, declared))) = plain {
            findings.push(finding(rule, &setting, entry, &port, declared));
        }
    }
}

/// Whether the connections of a port reach the host at a port of plain HTTP.
fn is_plain_at_the_host(entry: &Object<ServiceEntry>, port: &Port) -> bool {
    let spec = &entry.spec;
    let target = if port.target_port == 0 {
        port.number
    } else {
        port.target_port
    };
    let mut endpoints = spec.endpoints.iter();
    let is_elsewhere = endpoints.any(|endpoint| {
        let mapped = endpoint.ports.get(&port.name);
        mapped.is_some_and(|mapped| !PLAIN.contains(mapped))
            || spec.resolution == Resolution::Static && is_private(&endpoint.address)
    });
    PLAIN.contains(&target) && !is_elsewhere && spec.workload_selector.is_none()
}

/// Whether an address is of a private network, where servers speak what they like.
fn is_private(address: &str) -> bool {
    match address.parse() {
        Ok(IpAddr::V4(address)) => {
            address.is_private() || address.is_loopback() || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_loopback(),
        Err(_) => false,
    }
}

fn finding(
    rule: &Object<DestinationRule>,
    setting: &Setting<'_>,
    entry: &Object<ServiceEntry>,
    port: &HostPort<'_>,
    declared: &Port,
) -> Finding {
    let reached = if declared.target_port == 0 {
        port.number
    } else {
        declared.target_port
    };
    let cause = if declared.target_port == 0 {
        format!(
            "ServiceEntry {} has no targetPort for port {}",
            entry.name(),
            port.number
        )
    } else {
        format!(
            "ServiceEntry {} has targetPort {reached} for port {}",
            entry.name(),
            port.number
        )
    };
    let message = format!(
        "TLS is originated to port {reached} of {}, where servers speak plain HTTP: {cause}, and requests \
         get 503 (WRONG_VERSION_NUMBER)",
        rule.spec.host
    );
    let number = || NewScalar::Integer(443);
    let order = format!("set targetPort: 443 for port {}", port.number);
    let target = port.path().field("targetPort");
    let change = if declared.target_port == 0 {
        Change::Insert(Content::Scalar(number()))
    } else {
        Change::Replace(number())
    };
    Finding::new(Code::MESH1005, rule.id, setting.path.clone(), message)
        .help(format!(
            "set targetPort: 443 at port {} of ServiceEntry {}",
            port.number,
            entry.name()
        ))
        .related(entry.id, port.path(), "the port that clients call")
        .fix(Fix::hazardous(order).change(entry.id, target, change))
}
