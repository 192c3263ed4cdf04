//! KIA0104: an operation names a host that the service registry lacks.

use super::{operation_path, operations};
use crate::diagnostics::{Code, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::security::AuthorizationPolicy;
use crate::rules::common::unknown_host::UnknownHost;
use crate::rules::common::{Selective, outbound};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unknown-operation-host",
    codes: &[Code::KIA0104],
    runs: &[Run::AuthorizationPolicy(unknown_operation_host)],
};

/// Checks the hosts of all operations.
fn unknown_operation_host(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if !AuthorizationPolicy::is_judged(policy, mesh) {
        return;
    }
    let namespace = mesh.places.namespace_of(policy.id);
    for (at, operation) in operations(&policy.spec) {
        for (k, text) in operation.hosts.iter().enumerate() {
            let name = without_port(mesh, text);
            if is_header(mesh, policy.namespace(), name) {
                continue;
            }
            let host = mesh.registry.resolve(name, policy.namespace());
            if outbound::may_exist(mesh, &host) {
                continue;
            }
            let found = mesh.visibility.has_service(&host, namespace)
                || mesh.visibility.has_service_entry(&host, namespace)
                || mesh.routing.has_virtual_service(host, namespace);
            if !found {
                let entries: Vec<_> = mesh.registry.service_entries_covering(&host).collect();
                let unknown = UnknownHost {
                    code: Code::KIA0104,
                    object: policy.id,
                    path: operation_path(at, "hosts", k),
                    name,
                    host,
                    entries: &entries,
                    observer: namespace,
                };
                let mut finding = unknown.finding(mesh).given(mesh.evidence.knows_host(&host));
                if name != text {
                    finding.fix = None;
                }
                findings.push(finding);
            }
        }
    }
}

/// A host as the registry knows it. Clients send the port along unless it is 80 or 443, so that
/// hosts of policies have one more often than not.
fn without_port<'a>(mesh: &Mesh, host: &'a str) -> &'a str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !mesh.quirks.ports_are_part_of_hosts
                && !port.is_empty()
                && port
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'*') =>
        {
            name
        }
        _ => host,
    }
}

/// Whether a host is some header's value rather than the name of a service: a wildcard, or a name
/// with dots that does not end in a namespace.
fn is_header(mesh: &Mesh, namespace: &str, host: &str) -> bool {
    let host = host.trim();
    if host.starts_with('*') || host.ends_with('*') {
        return true;
    }
    match host.split_once('.') {
        None => false,
        Some((_, rest)) => rest.contains('.') || !(rest == namespace || mesh.places.is_known(rest)),
    }
}
