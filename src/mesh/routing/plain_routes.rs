//! Where routes lead that a proxy takes on itself: those of requests and of connections, and not
//! those of TLS that is passed on. Only there can a proxy originate TLS for clients that speak plain
//! text.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Routing;
use crate::mesh::registry::Host;
use crate::model::gateway_api::BackendRef;
use crate::model::networking::RuleKind;
use crate::yaml::is_placeholder;

/// The index; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct PlainRoutes(OnceLock<Index>);

#[derive(Debug, Default)]
struct Index {
    /// Numbers of ports by host, 0 for a route that names none.
    ports: FxHashMap<String, FxHashSet<u32>>,
    has_open_names: bool,
}

impl Index {
    fn add(&mut self, host: String, port: u32) {
        self.has_open_names |= is_placeholder(&host);
        self.ports.entry(host).or_default().insert(port);
    }
}

impl Routing {
    /// Whether a route of requests or connections leads to a port of a host, or may: it names no
    /// port, or some route has a host that is filled in later.
    pub fn is_plainly_routed(&self, host: &str, port: u32) -> bool {
        let index = self.plain_routes.0.get_or_init(|| self.plain_index());
        let ports = index.ports.get(host);
        let is_routed = |ports: &FxHashSet<u32>| ports.contains(&port) || ports.contains(&0);
        index.has_open_names || ports.is_some_and(is_routed)
    }

    fn plain_index(&self) -> Index {
        let mut index = Index::default();
        for service in &self.objects.virtual_services {
            let rules = service.spec.rules();
            let plain = rules.filter(|rule| rule.kind != RuleKind::Tls);
            let routes = plain.flat_map(|rule| rule.destinations().map(|(_, to)| to));
            let mirrors = service.spec.mirrors().map(|(_, to)| to);
            for to in routes.chain(mirrors) {
                let host = self
                    .registry
                    .destination_host(&to.host, service.namespace());
                let port = to.port.map_or(0, |port| port.number);
                index.add(host.to_string(), port);
            }
        }
        let mut add = |home: &str, backend: &BackendRef| {
            let host = if backend.is_service() {
                let namespace = backend.namespace(home);
                Host::cluster(&backend.name, namespace, &self.registry.identity_domain).to_string()
            } else {
                backend.name.to_string()
            };
            index.add(host, backend.port.unwrap_or_default());
        };
        for route in &self.objects.http_routes {
            for backend in route.spec.rules.iter().flat_map(|rule| &rule.backend_refs) {
                add(route.namespace(), &backend.reference());
            }
        }
        for route in &self.objects.grpc_routes {
            for backend in route.spec.rules.iter().flat_map(|rule| &rule.backend_refs) {
                add(route.namespace(), &backend.reference());
            }
        }
        index
    }
}
