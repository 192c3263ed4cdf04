//! VirtualServices with a wildcard host that covers a host of another one at the same gateway.
//!
//! Envoy takes the routes of the most specific domain alone: those of `*.example.com` hold for
//! `shop.example.com` only where nobody has that host.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{GatewayName, Routing};
use crate::mesh::registry::dot_suffixes;
use crate::model::networking::VirtualService;
use crate::model::{Object, ObjectId, Str};
use crate::yaml::is_placeholder;

/// Positions of VirtualServices and indices of their wildcard hosts, by gateway and what follows the
/// star; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Wildcards(OnceLock<FxHashMap<Key, Vec<(u32, usize)>>>);

/// Namespace and name of a gateway, and the suffix, empty for `*`.
type Key = (Str, Str, Str);

/// A wildcard host, and a host within it of another VirtualService.
#[derive(Debug, Clone, Copy)]
pub struct Shadowed<'m> {
    /// The VirtualService with the wildcard.
    pub wildcard: &'m Object<VirtualService>,
    /// The index of its wildcard host.
    pub wildcard_host: usize,
    /// The index of the host within it.
    pub host: usize,
    /// The gateway that both are bound to; empty namespace for the sidecars of the mesh.
    pub gateway: GatewayName<'m>,
}

/// VirtualServices with one wildcard at one gateway that are looked at.
const ALIKE: usize = 8;

impl Routing {
    /// The VirtualServices whose wildcard hosts a host of `service` takes requests from: bound to the
    /// same gateway, whose servers let both in. Each once, with the first pair of hosts.
    pub fn shadowed_by<'m>(&'m self, service: &'m Object<VirtualService>) -> Vec<Shadowed<'m>> {
        let index = self.wildcards.0.get_or_init(|| self.wildcard_index());
        let mut found = Vec::new();
        if index.is_empty() {
            return found;
        }
        let mut seen: FxHashSet<ObjectId> = FxHashSet::default();
        for gateway in gateways_of(service) {
            for (at, host) in service.spec.hosts.iter().enumerate() {
                if is_placeholder(host) || host == "*" {
                    continue;
                }
                let name = self.full_name(host, service);
                let own = name.strip_prefix('*');
                let wider = dot_suffixes(&name).filter(|suffix| Some(*suffix) != own);
                for suffix in wider.chain([""]) {
                    let key = (gateway.namespace.into(), gateway.name.into(), suffix.into());
                    let alike = index.get(&key).into_iter().flatten().take(ALIKE);
                    for (position, wildcard_host) in alike {
                        let Some(wildcard) = self.objects.virtual_services.get(*position as usize)
                        else {
                            continue;
                        };
                        let is_other = wildcard.id != service.id && !seen.contains(&wildcard.id);
                        if is_other && self.meet_at(gateway, &name, service, wildcard) {
                            seen.insert(wildcard.id);
                            found.push(Shadowed {
                                wildcard,
                                wildcard_host: *wildcard_host,
                                host: at,
                                gateway,
                            });
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether a gateway takes the host from both: it sees both, and one of its servers lets both in.
    fn meet_at(
        &self,
        name: GatewayName<'_>,
        host: &str,
        a: &Object<VirtualService>,
        b: &Object<VirtualService>,
    ) -> bool {
        let sees = |service: &Object<VirtualService>| {
            if name == GatewayName::MESH {
                return self.visibility.is_seen(service.id);
            }
            let home = self.places.id(name.namespace);
            home.is_none_or(|home| self.visibility.is_visible(service.id, home))
        };
        if !sees(a) || !sees(b) {
            return false;
        }
        let gateway = self.places.named(name.namespace, name.name).gateways();
        gateway.is_none_or(|gateway| {
            let servers = |service: &Object<VirtualService>| {
                self.servers_for(gateway, std::iter::once(host), service.namespace())
            };
            let (Some(of_a), Some(of_b)) = (servers(a), servers(b)) else {
                return false;
            };
            of_a.iter()
                .any(|own| of_b.iter().any(|other| own.index == other.index))
        })
    }

    fn full_name(&self, host: &str, service: &Object<VirtualService>) -> String {
        self.registry
            .destination_host(host, service.namespace())
            .to_string()
    }

    fn wildcard_index(&self) -> FxHashMap<Key, Vec<(u32, usize)>> {
        let mut index: FxHashMap<Key, Vec<(u32, usize)>> = FxHashMap::default();
        for (position, service) in (0u32..).zip(&self.objects.virtual_services) {
            if service.broken || service.spec.http.is_empty() {
                continue;
            }
            for (at, host) in service.spec.hosts.iter().enumerate() {
                let suffix = host.strip_prefix('*');
                let is_wildcard =
                    suffix.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                let Some(suffix) = suffix.filter(|_| is_wildcard && !is_placeholder(host)) else {
                    continue;
                };
                for gateway in gateways_of(service) {
                    let key = (gateway.namespace.into(), gateway.name.into(), suffix.into());
                    index.entry(key).or_default().push((position, at));
                }
            }
        }
        index
    }
}

/// The gateways that a VirtualService is bound to, each once.
fn gateways_of(service: &Object<VirtualService>) -> Vec<GatewayName<'_>> {
    let names = &service.spec.gateways;
    if names.is_empty() {
        return vec![GatewayName::MESH];
    }
    let read = |name| GatewayName::read(name, service.namespace());
    let mut gateways: Vec<_> = names
        .iter()
        .filter(|name| !is_placeholder(name))
        .map(|name| read(name))
        .collect();
    gateways.sort_unstable();
    gateways.dedup();
    gateways
}
