//! IST0106, IST0133: what the admission webhook says of a WorkloadEntry and a WorkloadGroup.
//! Endpoints of ServiceEntries are WorkloadEntries, too.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{Port, ReadinessProbe, WorkloadEntry, WorkloadGroup};

use super::headers::probe_name;
use super::issues::Issues;
use super::labels::labels;
use super::ports::{port_name, unix_path};
use super::text::{fqdn, is_ip, quote};
use super::validate;
use crate::yaml::Trail;

/// Validates a WorkloadEntry.
pub(super) fn check_entry(entry: &Object<WorkloadEntry>, mesh: &Mesh, findings: &mut Findings) {
    validate(entry, mesh, findings, |spec, issues| {
        workload(spec, None, &Trail::top("spec"), issues);
    });
}

/// Validates a WorkloadGroup.
pub(super) fn check_group(group: &Object<WorkloadGroup>, mesh: &Mesh, findings: &mut Findings) {
    validate(group, mesh, findings, workload_group);
}

/// Checks a workload. `service` holds the ports of the ServiceEntry when the workload is an
/// endpoint of one with fixed addresses.
pub(super) fn workload(
    workload: &WorkloadEntry,
    service: Option<&[Port]>,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let address = workload.address.as_str();
    let at = path.field("address");
    let unix = address.strip_prefix("unix://");
    if address.is_empty() {
        if workload.network.is_empty() {
            issues
                .error(&at, "address is required")
                .help("add address: an IP address or a host name");
            return;
        }
        issues.warn(
            &at,
            format!("address is unset with network {}", quote(&workload.network)),
        );
    } else if let Some(file) = unix {
        issues.check_value(&at, file, unix_path(file));
        if !workload.ports.is_empty() {
            issues.error(
                &path.field("ports"),
                format!("unix endpoint {address} must not include ports"),
            );
        }
    } else if !is_ip(address) {
        let what = if service.is_some() {
            Some("IP address")
        } else {
            fqdn(address).is_err().then_some("FQDN or an IP address")
        };
        if let Some(what) = what {
            let result = Err(format!(
                "endpoint address {} is not a valid {what}",
                quote(address)
            ));
            if let Some(issue) = issues.check_value(&at, address, result)
                && service.is_some()
            {
                issue.help("write an IP address, or set resolution: DNS");
            }
        }
    }
    endpoint_ports(workload, service, path, issues);
    labels(&workload.labels, &path.field("labels"), issues);
    if unix.is_some() && service.is_some_and(|ports| !has_one_name(ports)) {
        issues.error(&at, "exactly 1 service port required for unix endpoints");
    }
}

/// Checks the ports of an endpoint against those of the service.
pub(super) fn endpoint_ports(
    workload: &WorkloadEntry,
    service: Option<&[Port]>,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let ports = path.field("ports");
    for (name, number) in &workload.ports {
        let path = ports.field(name);
        if service.is_some_and(|ports| ports.iter().all(|port| port.name != *name)) {
            let result = Err(format!(
                "endpoint port {number} is not defined by the service entry"
            ));
            if let Some(issue) = issues.check_value(&path, name, result) {
                issue.help("the key is the name of a port of spec.ports");
            }
        }
        issues.check_value(&path, name, port_name(name));
        issues.check_port(&path, *number);
    }
}

fn has_one_name(ports: &[Port]) -> bool {
    ports
        .first()
        .is_some_and(|first| ports.iter().all(|port| port.name == first.name))
}

fn workload_group(group: &WorkloadGroup, issues: &mut Issues) {
    let spec = Trail::top("spec");
    if group.template.is_none() {
        issues
            .error(&spec.field("template"), "template is required")
            .help("add template, the WorkloadEntry that registered workloads get");
        return;
    }
    if let Some(metadata) = &group.metadata {
        let mut found = Issues::default();
        let metadata_path = spec.field("metadata");
        let path = metadata_path.field("labels");
        labels(&metadata.labels, &path, &mut found);
        if !found.is_empty() {
            let texts: Vec<&str> = found.iter().map(|issue| issue.message.as_str()).collect();
            issues.error(&path, format!("invalid labels: {}", texts.join("; ")));
            return;
        }
    }
    if let Some(probe) = &group.probe {
        check_probe(probe, &spec.field("probe"), issues);
    }
}

fn check_probe(probe: &ReadinessProbe, path: &Trail<'_>, issues: &mut Issues) {
    for (value, field) in [
        (probe.period_seconds, "periodSeconds"),
        (probe.initial_delay_seconds, "initialDelaySeconds"),
        (probe.timeout_seconds, "timeoutSeconds"),
        (probe.success_threshold, "successThreshold"),
        (probe.failure_threshold, "failureThreshold"),
    ] {
        if value < 0 {
            issues.error(&path.field(field), format!("{field} must be non-negative"));
        }
    }
    if let Some(http) = &probe.http_get {
        let path = path.field("httpGet");
        issues.check_port(&path.field("port"), http.port);
        if !matches!(http.scheme.as_str(), "" | "HTTP" | "HTTPS") {
            let result = Err("httpGet.scheme must be one of \"HTTPS\", \"HTTP\"");
            issues.check_value(&path.field("scheme"), &http.scheme, result);
        }
        let headers = path.field("httpHeaders");
        for (index, header) in http.http_headers.iter().enumerate() {
            let path = headers.item(index);
            issues.check_value(&path.field("name"), &header.name, probe_name(&header.name));
        }
    } else if let Some(tcp) = &probe.tcp_socket {
        issues.check_port(&path.field("tcpSocket").field("port"), tcp.port);
    } else if let Some(exec) = &probe.exec {
        if exec.command.is_empty() {
            issues.error(
                &path.field("exec").field("command"),
                "exec.command is required",
            );
        }
    } else if probe.grpc.is_some() {
        issues
            .error(
                path,
                "unknown health check method *v1alpha3.ReadinessProbe_Grpc",
            )
            .help(
                "Istio's admission knows no gRPC probes, although its documentation does: use \
                 httpGet, tcpSocket or exec",
            );
    } else {
        issues
            .error(path, "unknown health check method <nil>")
            .help("add httpGet, tcpSocket or exec");
    }
}
