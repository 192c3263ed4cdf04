//! Services as the destinations of routes: those of VirtualServices and of the Gateway API.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Routing;
use super::gateway_api::Route;
use crate::model::core::Service;
use crate::model::{Object, ObjectId};
use crate::yaml::FieldPath;

/// Routes by the Service that they lead to; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Backends(OnceLock<Index>);

type Index = FxHashMap<ObjectId, Vec<RouteToService>>;

/// A place in a route that leads to a Service.
#[derive(Debug, Clone)]
pub struct RouteToService {
    /// The route or VirtualService.
    pub object: ObjectId,
    /// Where it names the Service.
    pub path: FieldPath,
}

/// Routes to one Service that are remembered.
const REMEMBERED: usize = 3;

impl Routing {
    /// The first routes that lead to a Service, of VirtualServices and of the Gateway API's kinds for
    /// HTTP, gRPC, TLS and TCP. Copies of requests do not count.
    pub fn routes_to(&self, service: &Object<Service>) -> &[RouteToService] {
        let index = self.backends.0.get_or_init(|| self.backend_index());
        index.get(&service.id).map_or(&[], Vec::as_slice)
    }

    fn backend_index(&self) -> Index {
        let mut index = Index::default();
        let mut add = |service: Option<&Object<Service>>, object, path: &dyn Fn() -> FieldPath| {
            let Some(service) = service else { return };
            let routes = index.entry(service.id).or_default();
            if routes.len() < REMEMBERED && routes.iter().all(|route| route.object != object) {
                routes.push(RouteToService {
                    object,
                    path: path(),
                });
            }
        };
        for object in &self.objects.virtual_services {
            for to in object.spec.destinations() {
                let Some(destination) = to.destination else {
                    continue;
                };
                let host = self
                    .registry
                    .destination_host(&destination.host, object.namespace());
                let path = || to.path().field("destination");
                add(self.registry.service(&host), object.id, &path);
            }
        }
        let http = self.objects.http_routes.iter().map(Route::of_http);
        let grpc = self.objects.grpc_routes.iter().map(Route::of_grpc);
        let tcp = self.objects.tcp_routes.iter().map(Route::of_tcp);
        let tls = self.objects.tls_routes.iter().map(Route::of_tls);
        for route in http.chain(grpc).chain(tcp).chain(tls) {
            for (path, backend) in &route.backends {
                if backend.is_service() {
                    let namespace = backend.namespace(route.namespace);
                    let service = self.places.named(namespace, &backend.name).services();
                    add(service, route.id, &|| path.clone());
                }
            }
        }
        index
    }
}
