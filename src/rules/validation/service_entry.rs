//! IST0106, IST0133: what the admission webhook says of a ServiceEntry.

use rustc_hash::FxHashSet;

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::networking::{Location, Port, Resolution, ServiceEntry, WorkloadEntry};
use crate::model::{Labels, Object};

use super::domains::no_partial_wildcard;
use super::export_to::{Exported, export_to};
use super::issues::Issues;
use super::labels::{empty_selector, labels, selector};
use super::ports::{PROTOCOLS, Protocol, port_name, protocol};
use super::text::{fqdn, is_ip, is_placeholder, quote, subnet, wildcard_domain};
use super::validate;
use super::workload::{endpoint_ports, workload};
use crate::yaml::Trail;

/// Validates a ServiceEntry.
pub(super) fn check(entry: &Object<ServiceEntry>, mesh: &Mesh, findings: &mut Findings) {
    let (namespace, object_labels) = (entry.namespace(), &entry.metadata.labels);
    validate(entry, mesh, findings, |spec, issues| {
        service_entry(spec, namespace, object_labels, issues);
    });
}

fn service_entry(
    entry: &ServiceEntry,
    namespace: &str,
    object_labels: &Labels,
    issues: &mut Issues,
) {
    let spec = Trail::top("spec");
    let chosen = entry.workload_selector.as_ref();
    if !selector(chosen, issues) {
        return;
    }
    empty_selector(chosen, "service entry", issues);
    if chosen.is_some() && !entry.endpoints.is_empty() {
        issues
            .error(
                &spec.field("endpoints"),
                "only one of WorkloadSelector or Endpoints is allowed in Service Entry",
            )
            .help("keep the selector or the endpoints");
    }
    names(entry, issues);
    let addresses = spec.field("addresses");
    for (index, address) in entry.addresses.iter().enumerate() {
        issues.check_value(&addresses.item(index), address, subnet(address));
    }
    let has_prefix = entry.addresses.iter().any(|address| address.contains('/'));
    if has_prefix && !matches!(entry.resolution, Resolution::None | Resolution::Static) {
        issues
            .error(
                &addresses,
                "CIDR addresses are allowed only for NONE/STATIC resolution types",
            )
            .help("write single addresses, or set resolution: NONE");
    }
    ports(entry, object_labels, issues);
    by_resolution(entry, object_labels, issues);
    if entry.resolution != Resolution::None && entry.hosts.len() > 1 {
        let other = entry.ports.iter().position(|port| {
            let protocol = Protocol::parse(&port.protocol);
            !protocol.is_http() && !protocol.is_tls()
        });
        if let Some(index) = other {
            let ports = spec.field("ports");
            issues
                .error(
                    &ports.item(index).field("protocol"),
                    "multiple hosts provided with non-HTTP, non-TLS ports",
                )
                .help("plain TCP carries no host name: make one ServiceEntry for each host");
        }
    }
    export_to(&entry.export_to, namespace, Exported::ServiceEntry, issues);
}

fn names(entry: &ServiceEntry, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let hosts = spec.field("hosts");
    if entry.hosts.is_empty() {
        issues.error(&hosts, "service entry must have at least one host");
    }
    for (index, host) in entry.hosts.iter().enumerate() {
        let path = hosts.item(index);
        if host == "*" {
            issues
                .error(&path, "invalid host *")
                .help("name a domain, such as *.example.com");
            continue;
        }
        issues.check_value(&path, host, wildcard_domain(host));
        if entry.resolution != Resolution::DynamicDns
            && let Err(message) = no_partial_wildcard(host)
            && !is_placeholder(host)
        {
            issues
                .warn(&path, message)
                .help("a star stands for whole labels: *.example.com");
        }
    }
}

fn ports(entry: &ServiceEntry, object_labels: &Labels, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let list = spec.field("ports");
    // Istio finds addresses by itself unless a label says no.
    let off = object_labels
        .get("networking.istio.io/enable-autoallocate-ip")
        .is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let needs_addresses =
        entry.addresses.is_empty() && (off || entry.resolution == Resolution::None);
    let mut names: FxHashSet<&str> = FxHashSet::default();
    let mut numbers: FxHashSet<u32> = FxHashSet::default();
    for (index, port) in entry.ports.iter().enumerate() {
        let path = list.item(index);
        let (name, number) = (path.field("name"), path.field("number"));
        if !names.insert(&port.name) {
            issues.error(
                &name,
                format!(
                    "service entry port name {} already defined",
                    quote(&port.name)
                ),
            );
        }
        if !numbers.insert(port.number) {
            issues.error(
                &number,
                format!("service entry port {} already defined", port.number),
            );
        }
        if port.target_port != 0 {
            issues.check_port(&path.field("targetPort"), port.target_port);
        }
        let at = path.field("protocol");
        if needs_addresses && is_tcp_by_name(port, issues) {
            issues
                .warn(
                    &at,
                    "addresses are required for ports serving TCP (or unset) protocol when IP \
                     Autoallocation is not enabled",
                )
                .help(
                    "without an address the port takes all traffic of its number: add addresses, \
                     or set protocol: TLS or HTTP",
                );
        }
        issues.check_value(&name, &port.name, port_name(&port.name));
        if let Some(issue) = issues.check_value(&at, &port.protocol, protocol(&port.protocol)) {
            issue.help(format!("write {PROTOCOLS}"));
        }
        issues.check_port(&number, port.number);
    }
}

fn is_tcp_by_name(port: &Port, issues: &Issues) -> bool {
    let name = port.protocol.as_str();
    name.is_empty()
        || name == "TCP"
        || (!issues.quirks.only_upper_case_tcp_needs_addresses && name.eq_ignore_ascii_case("tcp"))
}

fn by_resolution(entry: &ServiceEntry, object_labels: &Labels, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let endpoints = spec.field("endpoints");
    match entry.resolution {
        Resolution::None => {
            if !entry.endpoints.is_empty() {
                issues
                    .error(
                        &endpoints,
                        "no endpoints should be provided for resolution type none",
                    )
                    .help("set resolution: STATIC or DNS, or remove the endpoints");
            }
            if entry.workload_selector.is_some() {
                issues
                    .warn(
                        &spec.field("workloadSelector"),
                        "workloadSelector should not be set when resolution mode is NONE",
                    )
                    .help("set resolution: STATIC, so that traffic goes to the workloads");
            }
        }
        Resolution::Static => {
            for (index, endpoint) in entry.endpoints.iter().enumerate() {
                workload(endpoint, Some(&entry.ports), &endpoints.item(index), issues);
            }
        }
        Resolution::Dns | Resolution::DnsRoundRobin => dns(entry, issues),
        Resolution::DynamicDns => dynamic_dns(entry, object_labels, issues),
    }
}

fn dns(entry: &ServiceEntry, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let hosts = spec.field("hosts");
    let endpoints = spec.field("endpoints");
    if entry.endpoints.is_empty() {
        let bad = entry.hosts.iter().enumerate().find_map(|(index, host)| {
            let known = !is_placeholder(host);
            fqdn(host).err().filter(|_| known).map(|why| (index, why))
        });
        if let Some((index, why)) = bad {
            issues
                .error(
                    &hosts.item(index),
                    format!(
                        "hosts must be FQDN or contain only prefix wildcards if no endpoints are \
                         provided for resolution mode {}, {why}",
                        entry.resolution
                    ),
                )
                .help(
                    "DNS cannot resolve a wildcard: name the host, add endpoints, or set \
                     resolution: NONE",
                );
        }
    }
    if entry.resolution == Resolution::DnsRoundRobin && entry.endpoints.len() > 1 {
        issues
            .error(
                &endpoints,
                "there must only be 0 or 1 endpoint for resolution mode DNS_ROUND_ROBIN",
            )
            .help("set resolution: DNS, or keep one endpoint");
    }
    for (index, endpoint) in entry.endpoints.iter().enumerate() {
        dns_endpoint(endpoint, &entry.ports, &endpoints.item(index), issues);
    }
    let has_tcp = || {
        entry
            .ports
            .iter()
            .any(|port| Protocol::parse(&port.protocol).is_tcp())
    };
    if !entry.addresses.is_empty() && entry.hosts.len() > 1 && has_tcp() {
        issues
            .warn(
                &hosts,
                "service entry can not have more than one host specified simultaneously with \
                 address and tcp port",
            )
            .help("make one ServiceEntry for each host");
    }
}

fn dns_endpoint(endpoint: &WorkloadEntry, ports: &[Port], path: &Trail<'_>, issues: &mut Issues) {
    let address = endpoint.address.as_str();
    if !is_ip(address) && fqdn(address).is_err() {
        let result = Err(format!(
            "endpoint address {} is not a valid FQDN or an IP address",
            quote(address)
        ));
        issues.check_value(&path.field("address"), address, result);
    }
    labels(&endpoint.labels, &path.field("labels"), issues);
    endpoint_ports(endpoint, Some(ports), path, issues);
}

fn dynamic_dns(entry: &ServiceEntry, object_labels: &Labels, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let hosts = spec.field("hosts");
    if entry.hosts.is_empty() {
        issues.error(
            &hosts,
            "at least one wildcard host must be provided for resolution type DYNAMIC_DNS",
        );
    }
    for (index, host) in entry.hosts.iter().enumerate() {
        if !host.starts_with('*') {
            let result = Err("host must be wildcarded for resolution mode DYNAMIC_DNS");
            if let Some(issue) = issues.check_value(&hosts.item(index), host, result) {
                issue.help("set resolution: DNS for a single host");
            }
        }
    }
    if !entry.addresses.is_empty() {
        issues.error(
            &spec.field("addresses"),
            "addresses cannot be set for resolution type DYNAMIC_DNS. HTTP route domains will \
             only be generatedfrom the hosts field values",
        );
    }
    if !entry.endpoints.is_empty() {
        issues.error(
            &spec.field("endpoints"),
            "endpoints cannot be set for resolution type DYNAMIC_DNS. Destination IP address \
             determined from hostsfield values",
        );
    }
    let ports = spec.field("ports");
    for (index, port) in entry.ports.iter().enumerate() {
        let is_known = matches!(
            Protocol::parse(&port.protocol),
            Protocol::Http | Protocol::Tls | Protocol::Grpc | Protocol::Http2
        );
        if !is_known {
            let result = Err(
                "only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type \
                 DYNAMIC_DNS",
            );
            let path = ports.item(index);
            issues.check_value(&path.field("protocol"), &port.protocol, result);
        }
    }
    let uses_waypoint = object_labels
        .get("istio.io/use-waypoint")
        .is_some_and(|name| !name.is_empty() && !name.eq_ignore_ascii_case("none"));
    if entry.location == Location::MeshInternal && uses_waypoint {
        issues.error(
            &spec.field("location"),
            "location MESH_INTERNAL with resolution type DYNAMIC_DNS is not supported when using \
             waypoints",
        );
    }
}
