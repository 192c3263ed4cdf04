//! What depends on a Service's port being HTTP.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Coverage;
use crate::mesh::ambient::is_l7_authorization;
use crate::mesh::indices::SelectorIndex;
use crate::mesh::places::NamespaceId;
use crate::model::core::Service;
use crate::model::gateway_api::BackendRef;
use crate::model::{Labels, Object};

/// Indices that are made when first asked for.
#[derive(Debug, Default)]
pub(super) struct HttpUses {
    routes: OnceLock<Routes>,
    policies: OnceLock<Policies>,
    /// Namespaces with something that reads requests of all their workloads.
    namespaces: OnceLock<FxHashMap<NamespaceId, String>>,
}

/// Policies that read requests to the workloads that they select.
#[derive(Debug, Default)]
struct Policies {
    selectors: SelectorIndex,
    owners: Vec<(NamespaceId, String)>,
}

/// Ports of Services that routes by HTTP lead to, with one of the routes.
#[derive(Debug, Default)]
struct Routes {
    /// By namespace and name of the Service, and port.
    by_port: FxHashMap<(String, String, i64), String>,
    /// Routes that name no port.
    by_service: FxHashMap<(String, String), String>,
}

impl Coverage {
    /// What depends on a port of a Service being HTTP, in words: a route, or a policy that reads
    /// requests. `None` if the input shows nothing.
    pub fn http_use_of(&self, service: &Object<Service>, port: i64) -> Option<String> {
        let routes = self.http_uses.routes.get_or_init(|| self.http_routes());
        let service_key = (service.namespace().to_owned(), service.name().to_owned());
        let port_key = (service_key.0.clone(), service_key.1.clone(), port);
        let route = routes.by_port.get(&port_key);
        if let Some(route) = route.or_else(|| routes.by_service.get(&service_key)) {
            return Some(route.clone());
        }
        self.reading_policy(service)
    }

    fn http_routes(&self) -> Routes {
        let mut routes = Routes::default();
        for service in &self.objects.virtual_services {
            let words = || format!("VirtualService {}", service.name());
            for route in &service.spec.http {
                for to in route.route.iter().filter_map(|to| to.destination.as_ref()) {
                    let host = self
                        .registry
                        .destination_host(&to.host, service.namespace());
                    if !host.complete {
                        continue;
                    }
                    let key = (host.namespace.to_owned(), host.service.to_owned());
                    match &to.port {
                        Some(port) => {
                            let key = (key.0, key.1, i64::from(port.number));
                            routes.by_port.entry(key).or_insert_with(words);
                        }
                        None => {
                            routes.by_service.entry(key).or_insert_with(words);
                        }
                    }
                }
            }
        }
        let mut add = |namespace: &str, backend: &BackendRef, words: String| {
            if backend.is_service() {
                let namespace = backend.namespace(namespace).to_owned();
                let key = (namespace, backend.name.to_string());
                match backend.port {
                    Some(port) => {
                        routes
                            .by_port
                            .insert((key.0, key.1, i64::from(port)), words);
                    }
                    None => {
                        routes.by_service.insert(key, words);
                    }
                }
            }
        };
        for route in &self.objects.http_routes {
            for backend in route.spec.rules.iter().flat_map(|rule| &rule.backend_refs) {
                let words = format!("HTTPRoute {}", route.name());
                add(route.namespace(), &backend.reference(), words);
            }
        }
        for route in &self.objects.grpc_routes {
            for backend in route.spec.rules.iter().flat_map(|rule| &rule.backend_refs) {
                let words = format!("GRPCRoute {}", route.name());
                add(route.namespace(), &backend.reference(), words);
            }
        }
        routes
    }

    /// A policy that reads requests to the workloads behind a Service.
    fn reading_policy(&self, service: &Object<Service>) -> Option<String> {
        let home = self.places.namespace_of(service.id);
        let namespaces = self
            .http_uses
            .namespaces
            .get_or_init(|| self.reading_namespaces());
        if let Some(policy) = namespaces.get(&home) {
            return Some(policy.clone());
        }
        let selector = &service.spec.spec.selector;
        if selector.is_empty() {
            return None;
        }
        let policies = self
            .http_uses
            .policies
            .get_or_init(|| self.reading_policies());
        let mut workloads = self.workloads.matching(home, selector).take(10);
        workloads.find_map(|workload| {
            let items = policies.selectors.selecting(0..u32::MAX, &workload.labels);
            let mut owners = items
                .into_iter()
                .filter_map(|item| policies.owners.get(item as usize));
            let owner = owners.find(|(namespace, _)| *namespace == home);
            owner.map(|(_, words)| words.clone())
        })
    }

    fn reading_policies(&self) -> Policies {
        let mut labels: Vec<&Labels> = Vec::new();
        let mut owners = Vec::new();
        for policy in &self.objects.authorization_policies {
            let selector = policy.spec.selector.as_ref();
            if let Some(selector) = selector.filter(|_| is_l7_authorization(&policy.spec)) {
                labels.push(&selector.match_labels);
                let words = format!("AuthorizationPolicy {}", policy.name());
                owners.push((self.places.namespace_of(policy.id), words));
            }
        }
        for policy in &self.objects.request_authentications {
            if let Some(selector) = &policy.spec.selector {
                labels.push(&selector.match_labels);
                let words = format!("RequestAuthentication {}", policy.name());
                owners.push((self.places.namespace_of(policy.id), words));
            }
        }
        Policies {
            selectors: SelectorIndex::build(labels.into_iter()),
            owners,
        }
    }

    fn reading_namespaces(&self) -> FxHashMap<NamespaceId, String> {
        let mut found = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let mut add = |id, words: String| {
            let home = self.places.namespace_of(id);
            if seen.insert(home) {
                found.insert(home, words);
            }
        };
        for policy in &self.objects.authorization_policies {
            let spec = &policy.spec;
            let is_wide = spec
                .selector
                .as_ref()
                .is_none_or(|s| s.match_labels.is_empty())
                && spec.target_ref.is_none()
                && spec.target_refs.is_empty();
            if is_wide && is_l7_authorization(spec) {
                add(policy.id, format!("AuthorizationPolicy {}", policy.name()));
            }
        }
        for policy in &self.objects.request_authentications {
            let spec = &policy.spec;
            let is_wide = spec
                .selector
                .as_ref()
                .is_none_or(|s| s.match_labels.is_empty())
                && spec.target_ref.is_none()
                && spec.target_refs.is_empty();
            if is_wide {
                add(
                    policy.id,
                    format!("RequestAuthentication {}", policy.name()),
                );
            }
        }
        found
    }
}
