//! Validation of MeshNetworks.

use crate::model::Str;
use crate::model::mesh_config::{MeshNetworks, Network};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::text::{self, is_placeholder};
use crate::yaml::Trail;

/// Validates mesh networks at `path`. With `hides` a bad gateway address hides what was found
/// before it in its network.
pub(super) fn mesh_networks(
    config: &MeshNetworks,
    hides: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let networks = path.field("networks");
    for (name, entry) in config.networks.iter() {
        let mark = issues.mark();
        network(entry, hides, &networks.field(name), issues);
        issues.prefix_errors(mark, &format!("invalid network {name}: "));
    }
}

fn network(network: &Network, hides: bool, path: &Trail<'_>, issues: &mut Issues) {
    let first = issues.mark();
    let known = |text: &Option<Str>| text.clone().filter(|text| !is_placeholder(text));
    let endpoints = path.field("endpoints");
    for (index, endpoint) in network.endpoints.iter().enumerate() {
        let item = endpoints.item(index);
        // Of several members the one declared last counts.
        if let Some(registry) = &endpoint.from_registry {
            if !is_placeholder(registry) && !text::is_dns_label(registry) {
                issues.error(
                    &item.field("fromRegistry"),
                    format!("invalid registry name: {registry}"),
                );
            }
        } else if let Some(range) = known(&endpoint.from_cidr) {
            issues.check(&item.field("fromCidr"), text::subnet(&range));
        }
    }
    let gateways = path.field("gateways");
    for (index, gateway) in network.gateways.iter().enumerate() {
        let item = gateways.item(index);
        if let Some(address) = &gateway.address {
            let is_host = text::is_ip(address) || text::fqdn(address).is_ok();
            if !is_placeholder(address) && !is_host {
                if hides {
                    issues.truncate(first);
                }
                issues.error(
                    &item.field("address"),
                    format!("{address} is not a valid IP address or DNS name"),
                );
            }
        } else if let Some(service) = known(&gateway.registry_service_name) {
            issues.check(&item.field("registryServiceName"), text::fqdn(&service));
        }
        issues.check(&item.field("port"), text::port(gateway.port));
    }
}
