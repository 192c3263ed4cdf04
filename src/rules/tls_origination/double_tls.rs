//! MESH1006: TLS that a DestinationRule originates for clients that speak TLS already.

use super::settings::{Setting, entries_of, settings, words};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::registry::Protocol;
use crate::mesh::routing::{Declared, HostPort};
use crate::model::Object;
use crate::model::networking::DestinationRule;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "double-tls",
    codes: &[Code::MESH1006],
    runs: &[Run::DestinationRule(double_tls)],
};

fn double_tls(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    let mut settings = settings(&rule.spec);
    settings.retain(Setting::is_of_the_host);
    if settings.is_empty() || is_unresolved(mesh, &rule.spec.host) {
        return;
    }
    let ports = tls_ports(rule, mesh);
    for setting in settings {
        let mut fitting = ports.iter().filter(|port| setting.is_for(port.port.number));
        if let Some(port) = fitting.find(|port| !port.is_routed_to(mesh)) {
            findings.push(port.finding(rule, &setting));
        }
    }
}

/// A port of TLS.
struct TlsPort<'m> {
    /// The hosts that it is of.
    hosts: Vec<String>,
    port: HostPort<'m>,
}

/// The ports of TLS of the hosts that a rule is for.
fn tls_ports<'m>(rule: &'m Object<DestinationRule>, mesh: &'m Mesh) -> Vec<TlsPort<'m>> {
    let host = mesh.routing.host_of(rule);
    let name = host.to_string();
    let service = mesh.registry.service(&host).filter(|_| !host.is_wildcard());
    let of_service = service.into_iter().flat_map(|service| {
        HostPort::of_service(service).map(|port| TlsPort {
            hosts: vec![name.clone()],
            port,
        })
    });
    let entries = entries_of(rule, mesh).into_iter();
    let of_entries = entries.flat_map(|entry| {
        let hosts = entry.spec.hosts.iter();
        let hosts = hosts.filter(|own| **own == name || host.covers(own));
        let hosts: Vec<String> = hosts.map(ToString::to_string).collect();
        HostPort::of_entry(entry).map(move |port| TlsPort {
            hosts: hosts.clone(),
            port,
        })
    });
    of_service
        .chain(of_entries)
        .filter(|port| port.port.protocol == Protocol::Tls)
        .collect()
}

impl TlsPort<'_> {
    /// Whether a route leads there for clients that speak plain text.
    fn is_routed_to(&self, mesh: &Mesh) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|host| {
            is_unresolved(mesh, host) || mesh.routing.is_plainly_routed(host, self.port.number)
        })
    }

    fn finding(&self, rule: &Object<DestinationRule>, setting: &Setting<'_>) -> Finding {
        let port = &self.port;
        let (declarer, field) = match port.declared {
            Declared::Service(service, declared) => (
                format!("Service {}", service.name()),
                if declared.app_protocol.is_some() {
                    "appProtocol"
                } else {
                    "name"
                },
            ),
            Declared::Entry(entry, _) => (format!("ServiceEntry {}", entry.name()), "protocol"),
        };
        let message = format!(
            "TLS is originated for port {} of {}, which {declarer} declares as {}, and no route leads \
             there for clients of plain HTTP: those that speak TLS already get TLS inside TLS",
            words(port),
            rule.spec.host,
            port.said()
        );
        let help = match port.declared {
            Declared::Entry(..) => format!(
                "drop tls for port {0}, or declare a port as HTTP with targetPort {0} for clients that \
                 leave TLS to the proxy",
                port.number
            ),
            Declared::Service(..) => format!("drop tls for port {}", port.number),
        };
        Finding::new(Code::MESH1006, rule.id, setting.path.clone(), message)
            .help(help)
            .related(
                port.object(),
                port.path().field(field),
                "the port is declared as TLS",
            )
    }
}
