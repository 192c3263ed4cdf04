//! Calls of gateways: what the routes lead to that they take.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Bundle, Callees, Calls, Finder, Kind};
use crate::mesh::routing::{GatewayName, MESH_GATEWAY};
use crate::mesh::workloads::WorkloadId;
use crate::model::gateway_api::{BackendRef, ParentRef};
use crate::model::{Labels, Object, ObjectId};

impl Finder<'_> {
    fn gateways_selected(&self, selector: &Labels) -> Arc<[WorkloadId]> {
        let ids = self.mesh.workloads.ids_matching(None, selector);
        ids.filter(|id| self.wire.proxy(*id).is_gateway()).collect()
    }

    pub(super) fn routes(&self, calls: &mut Calls) {
        let mesh = self.mesh;
        let mut proxies: FxHashMap<ObjectId, Arc<[WorkloadId]>> = FxHashMap::default();
        for service in &mesh.objects.virtual_services {
            let home = service.namespace();
            let gateways = service.spec.gateways.iter();
            let mut clients: Vec<WorkloadId> = Vec::new();
            for name in gateways.filter(|name| *name != MESH_GATEWAY) {
                let name = GatewayName::read(name, home);
                let named = mesh.named(name.namespace, name.name).gateways();
                if let Some(gateway) = named.filter(|own| !own.spec.selector.is_empty()) {
                    let own = proxies
                        .entry(gateway.id)
                        .or_insert_with(|| self.gateways_selected(&gateway.spec.selector));
                    clients.extend_from_slice(own);
                }
            }
            if clients.is_empty() {
                continue;
            }
            clients.sort_unstable();
            clients.dedup();
            let mut callees = Callees::default();
            for to in service.spec.destinations().filter_map(|to| to.destination) {
                if let Some(target) = self.target_of_host(&to.host, home) {
                    let port = to.port.map(|port| i64::from(port.number));
                    self.call(&mut callees, target, port);
                }
            }
            calls.add(Bundle {
                kind: Kind::Route,
                shown_by: service.id,
                clients: clients.into(),
                callees: Arc::new(callees),
            });
        }
    }

    pub(super) fn k8s_routes(&self, calls: &mut Calls) {
        let objects = &self.mesh.objects;
        for route in &objects.http_routes {
            let rules = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            let backends = rules.map(|backend| backend.reference());
            self.k8s_route(calls, route, &route.spec.parent_refs, backends);
        }
        for route in &objects.grpc_routes {
            let rules = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            let backends = rules.map(|backend| backend.reference());
            self.k8s_route(calls, route, &route.spec.parent_refs, backends);
        }
        for route in objects.tcp_routes.iter().chain(&objects.tls_routes) {
            let backends = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            self.k8s_route(calls, route, &route.spec.parent_refs, backends.cloned());
        }
    }

    fn k8s_route<T>(
        &self,
        calls: &mut Calls,
        route: &Object<T>,
        parents: &[ParentRef],
        backends: impl Iterator<Item = BackendRef>,
    ) {
        const LABELS: [&str; 2] = [
            "gateway.networking.k8s.io/gateway-name",
            "istio.io/gateway-name",
        ];
        let home = route.namespace();
        let mut clients: Vec<WorkloadId> = Vec::new();
        for parent in parents.iter().filter(|parent| parent.is_gateway()) {
            let Some(namespace) = self.mesh.places.id(parent.namespace(home)) else {
                continue;
            };
            for label in LABELS {
                let selector = Labels::from(vec![(label.into(), parent.name.clone())]);
                let ids = self.mesh.workloads.ids_matching(Some(namespace), &selector);
                clients.extend(ids.filter(|id| self.wire.proxy(*id).is_gateway()));
            }
        }
        if clients.is_empty() {
            return;
        }
        clients.sort_unstable();
        clients.dedup();
        let mut callees = Callees::default();
        for backend in backends.filter(BackendRef::is_service) {
            if let Some(target) = self.wire.target(backend.namespace(home), &backend.name) {
                self.call(&mut callees, target, backend.port.map(i64::from));
            }
        }
        calls.add(Bundle {
            kind: Kind::Route,
            shown_by: route.id,
            clients: clients.into(),
            callees: Arc::new(callees),
        });
    }
}
