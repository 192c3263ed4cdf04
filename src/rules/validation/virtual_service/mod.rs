//! IST0106, IST0133: what the admission webhook says of a VirtualService. Routes of HTTP stand in
//! `http` and what it uses, those of TLS and TCP in `l4`. IST0130 and IST0131, which upstream finds
//! on the way, are the check of `unused`.

mod fault;
mod http;
mod http_match;
mod l4;

use rustc_hash::FxHashMap;

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::mesh::registry::dot_suffixes;
use crate::model::networking::{Destination, VirtualService};
use crate::model::{Object, Str};

use super::domains::{self, gateway_bound, gateway_names};
use super::export_to::{Exported, export_to};
use super::headers::is_claim;
use super::issues::Issues;
use super::text::{is_dns_label, is_ip, is_placeholder, wildcard_domain};
use super::validate;
use crate::yaml::Trail;

/// Hosts of one VirtualService that are compared each with each, as upstream does.
const FEW_HOSTS: usize = 32;

/// Validates a VirtualService.
pub(super) fn check(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    let namespace = service.namespace();
    validate(service, mesh, findings, |spec, issues| {
        virtual_service(spec, namespace, issues);
    });
}

fn virtual_service(service: &VirtualService, namespace: &str, issues: &mut Issues) {
    let spec = Trail::top("spec");
    if service.hosts.is_empty() {
        delegate(service, issues);
    }
    let is_mesh = service.gateways.is_empty() || service.gateways.iter().any(|g| g == "mesh");
    gateway_names(&service.gateways, &spec.field("gateways"), issues);
    if is_mesh {
        claims(service, issues);
    }
    hosts(service, is_mesh, issues);
    if service.http.is_empty() && service.tcp.is_empty() && service.tls.is_empty() {
        issues
            .error(
                &spec,
                "http, tcp or tls must be provided in virtual service",
            )
            .help("add at least one route, such as http with a destination");
    }
    let http = spec.field("http");
    for (index, route) in service.http.iter().enumerate() {
        let is_delegate = service.hosts.is_empty();
        http::route(route, is_delegate, &http.item(index), issues);
    }
    let tls = spec.field("tls");
    for (index, route) in service.tls.iter().enumerate() {
        l4::tls_route(route, service, &tls.item(index), issues);
    }
    let tcp = spec.field("tcp");
    for (index, route) in service.tcp.iter().enumerate() {
        l4::tcp_route(route, &tcp.item(index), issues);
    }
    export_to(
        &service.export_to,
        namespace,
        Exported::Configuration,
        issues,
    );
}

/// What a VirtualService without hosts must not have.
fn delegate(service: &VirtualService, issues: &mut Issues) {
    let spec = Trail::top("spec");
    for (is_set, field, what) in [
        (!service.gateways.is_empty(), "gateways", "gateways"),
        (!service.tls.is_empty(), "tls", "tls route"),
        (!service.tcp.is_empty(), "tcp", "tcp route"),
    ] {
        if is_set {
            issues
                .error(
                    &spec.field(field),
                    format!("delegate virtual service must have no {what} specified"),
                )
                .help(format!(
                    "without hosts it is a delegate: add hosts, or remove {field}"
                ));
        }
    }
}

/// Routes by claims of the token, which only gateways know.
fn claims(service: &VirtualService, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let http = spec.field("http");
    for (index, route) in service.http.iter().enumerate() {
        let route_path = http.item(index);
        let matches = route_path.field("match");
        for (index, request) in route.matches.iter().enumerate() {
            let path = matches.item(index);
            for (map, field) in [
                (&request.headers, "headers"),
                (&request.without_headers, "withoutHeaders"),
            ] {
                for key in map.keys().filter(|key| is_claim(key)) {
                    issues
                        .error(
                            &path.field(field).field(key),
                            format!(
                                "JWT claim based routing (key: {key}) is only supported for \
                                 gateway, found no gateways: [{}]",
                                service.gateways.join(" ")
                            ),
                        )
                        .help("bind the VirtualService to a gateway alone, without mesh");
                }
            }
        }
    }
}

fn hosts(service: &VirtualService, is_mesh: bool, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let path = spec.field("hosts");
    let before = issues.mark();
    let is_sni = !is_mesh
        && service
            .tls
            .iter()
            .flat_map(|route| &route.matches)
            .any(|m| !m.sni_hosts.is_empty());
    for (index, host) in service.hosts.iter().enumerate() {
        let result = if is_mesh {
            wildcard_domain(host)
        } else {
            gateway_bound(host, is_sni)
        };
        if result.is_err() && !is_ip(host) {
            issues.check_value(&path.item(index), host, result);
        } else if is_mesh && host == "*" {
            issues
                .error(
                    &path.item(index),
                    "wildcard host * is not allowed for virtual services bound to the mesh \
                     gateway",
                )
                .help("name the hosts, or bind the VirtualService to a gateway alone");
        }
    }
    if issues.mark() == before && may_overlap(&service.hosts) {
        duplicate_hosts(&service.hosts, &path, issues);
    }
}

fn duplicate_hosts(hosts: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    if hosts.len() > FEW_HOSTS {
        first_duplicates(hosts, path, issues);
        return;
    }
    for (index, first) in hosts.iter().enumerate() {
        for (other, second) in hosts.iter().enumerate().skip(index + 1) {
            let is_known = !is_placeholder(first) && !is_placeholder(second);
            if is_known && domains::overlap(first, second) {
                duplicate(first, second, &path.item(other), issues);
            }
        }
    }
}

fn duplicate(first: &str, second: &str, path: &Trail<'_>, issues: &mut Issues) {
    issues
        .error(
            path,
            format!("duplicate hosts in virtual service: {first} & {second}"),
        )
        .help("keep the one that covers the other");
}

/// Of many hosts those that overlap with one before them, with the first that they do.
fn first_duplicates(hosts: &[Str], path: &Trail<'_>, issues: &mut Issues) {
    let mut names: FxHashMap<&str, usize> = FxHashMap::default();
    // By the suffix that it stands before; wildcards stand before whole labels.
    let mut wildcards: FxHashMap<&str, usize> = FxHashMap::default();
    // The first host that ends in a suffix.
    let mut endings: FxHashMap<&str, usize> = FxHashMap::default();
    for (at, host) in hosts.iter().enumerate() {
        if is_placeholder(host) {
            continue;
        }
        let tail = host.strip_prefix('*');
        let name = tail.unwrap_or(host);
        let suffixes = || dot_suffixes(name).chain(std::iter::once(""));
        let equal = names.get(host.as_str()).copied();
        let covering = suffixes().filter_map(|suffix| wildcards.get(suffix).copied());
        let covered = tail.and_then(|tail| endings.get(tail).copied());
        let first = equal.into_iter().chain(covering).chain(covered).min();
        if let Some(first) = first.and_then(|first| hosts.get(first)) {
            duplicate(first, host, &path.item(at), issues);
        }
        names.entry(host).or_insert(at);
        if let Some(tail) = tail {
            wildcards.entry(tail).or_insert(at);
        }
        for suffix in suffixes() {
            endings.entry(suffix).or_insert(at);
        }
    }
}

/// Whether a pair of the hosts can overlap; cheap for long lists, where almost always none does.
/// Read from behind, a name that a wildcard covers begins with the wildcard's tail, so that in
/// sorted order the two, or the wildcard and another name that it covers, are neighbours.
fn may_overlap(hosts: &[Str]) -> bool {
    if hosts.len() <= 32 {
        return hosts.len() > 1;
    }
    let mut reversed: Vec<(Vec<u8>, bool)> = hosts
        .iter()
        .map(|host| {
            let tail = host.strip_prefix('*');
            let bytes = tail.unwrap_or(host).bytes().rev().collect();
            (bytes, tail.is_some())
        })
        .collect();
    // Of a wildcard's tail and the same plain text the wildcard comes first.
    reversed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    reversed.windows(2).any(|pair| match pair {
        [(first, is_wildcard), (second, _)] => {
            first == second || (*is_wildcard && second.starts_with(first))
        }
        _ => false,
    })
}

/// Where traffic goes.
pub(super) fn destination(destination: &Destination, path: &Trail<'_>, issues: &mut Issues) {
    let host = path.field("host");
    if destination.host == "*" {
        issues
            .error(&host, "invalid destination host *")
            .help("name the service that the traffic goes to");
    } else {
        issues.check_value(&host, &destination.host, wildcard_domain(&destination.host));
    }
    if !destination.subset.is_empty() {
        subset_name(&destination.subset, &path.field("subset"), issues);
    }
    if let Some(port) = &destination.port {
        issues.check_port(&path.field("port").field("number"), port.number);
    }
}

/// The name of a subset.
pub(super) fn subset_name(name: &str, path: &Trail<'_>, issues: &mut Issues) {
    if name.is_empty() {
        issues.error(path, "subset name cannot be empty");
    } else if !is_dns_label(name) {
        let result = Err(format!("subset name is invalid: {name}"));
        if let Some(issue) = issues.check_value(path, name, result) {
            issue.help("a subset's name holds letters, digits and hyphens, no dots");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_found_in_long_lists() {
        let mut hosts: Vec<Str> = (0..100)
            .map(|n| format!("a{n}.example.com").into())
            .collect();
        hosts.push("other.org".into());
        assert!(!may_overlap(&hosts));
        for added in [
            "*.example.com",
            "a7.example.com",
            "*",
            "*7.example.com",
            "*.org",
        ] {
            let mut hosts = hosts.clone();
            hosts.push(added.into());
            let any = hosts
                .iter()
                .enumerate()
                .any(|(index, a)| hosts.iter().skip(index + 1).any(|b| domains::overlap(a, b)));
            assert_eq!(may_overlap(&hosts), any, "{added}");
        }
    }
}
