//! Routes of TLS and TCP.

use crate::model::networking::{
    L4MatchAttributes, RouteDestination, TcpRoute, TlsMatchAttributes, TlsRoute, VirtualService,
};
use crate::model::{Labels, Str};
use crate::rules::validation::domains::{gateway_bound, gateway_names, is_within};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::labels::labels;
use crate::rules::validation::text::{is_ip, is_placeholder, quote, subnet, wildcard_domain};
use crate::yaml::Trail;

use super::destination;
use super::http::{total_weight, weight};

/// Checks a route of TLS of `service`.
pub(super) fn tls_route(
    route: &TlsRoute,
    service: &VirtualService,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let matches = path.field("match");
    if route.matches.is_empty() {
        issues
            .error(&matches, "TLS route must have at least one match condition")
            .help("add match with the sniHosts that the route is for");
    }
    for (index, item) in route.matches.iter().enumerate() {
        let path = matches.item(index);
        let TlsMatchAttributes {
            sni_hosts: names,
            destination_subnets,
            port,
            source_labels,
            gateways,
            ..
        } = item;
        sni_hosts(names, service, &path.field("sniHosts"), issues);
        connection(destination_subnets, *port, source_labels, &path, issues);
        gateway_names(gateways, &path.field("gateways"), issues);
    }
    destinations(&route.route, "TLS", &path.field("route"), issues);
}

/// Checks a route of TCP.
pub(super) fn tcp_route(route: &TcpRoute, path: &Trail<'_>, issues: &mut Issues) {
    let matches = path.field("match");
    for (index, item) in route.matches.iter().enumerate() {
        let path = matches.item(index);
        let L4MatchAttributes {
            destination_subnets,
            port,
            source_labels,
            gateways,
            ..
        } = item;
        connection(destination_subnets, *port, source_labels, &path, issues);
        let before = issues.mark();
        gateway_names(gateways, &path.field("gateways"), issues);
        issues.lose_warnings(before);
    }
    destinations(&route.route, "TCP", &path.field("route"), issues);
}

/// Without gateways the names are judged as those of a gateway, too; only `mesh` changes that.
fn sni_hosts(names: &[Str], service: &VirtualService, path: &Trail<'_>, issues: &mut Issues) {
    if names.is_empty() {
        issues
            .error(path, "TLS match must have at least one SNI host")
            .help("add the names that clients ask for, such as those of spec.hosts");
    }
    let is_mesh = service.gateways.iter().any(|gateway| gateway == "mesh");
    for (index, name) in names.iter().enumerate() {
        if is_placeholder(name) {
            continue;
        }
        let path = path.item(index);
        let result = if is_mesh {
            wildcard_domain(name)
        } else {
            gateway_bound(name, true)
        };
        match result {
            Err(_) if is_ip(name) => {
                issues
                    .warn(
                        &path,
                        format!(
                            "using an IP address ({}) goes against SNI spec and most clients do \
                             not support this",
                            quote(name)
                        ),
                    )
                    .help("route connections to an address under tcp, with destinationSubnets");
            }
            Err(message) => {
                issues.error(&path, message);
            }
            Ok(()) if !within_hosts(name, service) => {
                issues
                    .error(
                        &path,
                        format!(
                            "SNI host {} is not a compatible subset of any of the virtual service \
                             hosts: [{}]",
                            quote(name),
                            service.hosts.join(", ")
                        ),
                    )
                    .help("add the name to spec.hosts, or match a name that they cover");
            }
            Ok(()) => {}
        }
    }
}

fn within_hosts(name: &str, service: &VirtualService) -> bool {
    service
        .hosts
        .iter()
        .any(|host| is_within(name, host) || is_placeholder(host))
}

fn connection(
    subnets: &[Str],
    port: u32,
    source_labels: &Labels,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let list = path.field("destinationSubnets");
    for (index, text) in subnets.iter().enumerate() {
        issues.check_value(&list.item(index), text, subnet(text));
    }
    if port != 0 {
        issues.check_port(&path.field("port"), port);
    }
    labels(source_labels, &path.field("sourceLabels"), issues);
}

fn destinations(list: &[RouteDestination], protocol: &str, path: &Trail<'_>, issues: &mut Issues) {
    if list.is_empty() {
        issues
            .error(path, format!("{protocol} route is required"))
            .help("add route with a destination");
    }
    for (index, item) in list.iter().enumerate() {
        let path = path.item(index);
        let to = path.field("destination");
        match &item.destination {
            Some(item) => destination(item, &to, issues),
            None => {
                issues.error(&to, "destination is required");
            }
        }
        weight(item.weight, &path, issues);
    }
    total_weight(list.iter().map(|item| item.weight), path, issues);
}
