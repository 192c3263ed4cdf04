//! Routes that lead from gateways to Services: what requests from outside the mesh can reach, and
//! by which gateway.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Routing;
use crate::mesh::visibility::Audience;
use crate::mesh::workloads::{Workload, WorkloadId};
use crate::model::gateway_api::{Gateway as K8sGateway, ParentRef};
use crate::model::networking::{Gateway, VirtualService};
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// The index; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Ingress(OnceLock<Index>);

#[derive(Debug, Default)]
struct Index {
    to_services: FxHashMap<ObjectId, Vec<IngressRoute>>,
    bound: FxHashMap<ObjectId, BoundRoute>,
    known: FxHashSet<(ObjectId, ObjectId)>,
}

/// A route that leads from a gateway to a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngressRoute {
    /// The VirtualService, or the route of the Gateway API.
    pub route: ObjectId,
    /// The destination in it.
    pub path: FieldPath,
    /// The Gateway, of Istio's API or the Gateway API.
    pub gateway: ObjectId,
}

/// A route that a gateway serves, wherever it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundRoute {
    /// The VirtualService, or the route of the Gateway API.
    pub route: ObjectId,
    /// A host that it is for, `*` for all.
    pub host: Str,
}

/// How many gateways of one VirtualService, or parents of one route, are followed.
const GATEWAYS: usize = 32;

impl Routing {
    /// The routes that lead from gateways to a Service, one for each gateway, in load order.
    pub fn ingress_routes(&self, service: ObjectId) -> &[IngressRoute] {
        let routes = self.ingress().to_services.get(&service);
        routes.map_or(&[], Vec::as_slice)
    }

    /// The first route that a gateway serves.
    pub fn bound_route(&self, gateway: ObjectId) -> Option<&BoundRoute> {
        self.ingress().bound.get(&gateway)
    }

    /// Whether a workload is a gateway: by its labels and annotations, or because an Istio Gateway
    /// selects it.
    pub fn is_at_edge(&self, id: WorkloadId) -> bool {
        self.gateways_taking(id).next().is_some()
            || self.workloads.get(id).is_some_and(Workload::is_gateway)
    }

    /// Whether istiod runs a Gateway of the Gateway API as a gateway at the edge of the mesh: not
    /// a waypoint, and not another controller's.
    pub fn is_ingress(&self, gateway: &K8sGateway) -> bool {
        let name = gateway.gateway_class_name.as_str();
        match self.places.named("", name).gateway_classes() {
            Some(class) => class.spec.controller_name == "istio.io/gateway-controller",
            None => name == "istio",
        }
    }

    fn ingress(&self) -> &Index {
        self.ingress.0.get_or_init(|| self.ingress_index())
    }

    fn ingress_index(&self) -> Index {
        let mut index = Index::default();
        for service in &self.objects.virtual_services {
            self.add_virtual_service(service, &mut index);
        }
        for route in &self.objects.http_routes {
            let rules = route.spec.rules.iter().enumerate();
            let backends = rules.flat_map(|(i, rule)| {
                let refs = rule.backend_refs.iter().enumerate();
                refs.filter(|(_, to)| is_service(&to.group, to.kind.as_ref()))
                    .map(move |(j, to)| (i, j, &to.namespace, &to.name))
            });
            let hosts = &route.spec.hostnames;
            self.add_route(route, hosts, &route.spec.parent_refs, backends, &mut index);
        }
        for route in &self.objects.grpc_routes {
            let rules = route.spec.rules.iter().enumerate();
            let backends = rules.flat_map(|(i, rule)| {
                let refs = rule.backend_refs.iter().enumerate();
                refs.filter(|(_, to)| is_service(&to.group, to.kind.as_ref()))
                    .map(move |(j, to)| (i, j, &to.namespace, &to.name))
            });
            let hosts = &route.spec.hostnames;
            self.add_route(route, hosts, &route.spec.parent_refs, backends, &mut index);
        }
        for route in self
            .objects
            .tls_routes
            .iter()
            .chain(&self.objects.tcp_routes)
        {
            let rules = route.spec.rules.iter().enumerate();
            let backends = rules.flat_map(|(i, rule)| {
                let refs = rule.backend_refs.iter().enumerate();
                refs.filter(|(_, to)| to.is_service())
                    .map(move |(j, to)| (i, j, &to.namespace, &to.name))
            });
            let hosts = &route.spec.hostnames;
            self.add_route(route, hosts, &route.spec.parent_refs, backends, &mut index);
        }
        index
    }

    fn add_virtual_service(&self, service: &Object<VirtualService>, index: &mut Index) {
        let home = service.namespace();
        let names = service.spec.gateways.iter();
        let gateways: Vec<ObjectId> = names
            .filter_map(|name| self.gateway(name, home))
            .filter(|gateway| self.is_read_at(service.id, gateway))
            .map(|gateway| gateway.id)
            .take(GATEWAYS)
            .collect();
        if gateways.is_empty() {
            return;
        }
        index.bind(service.id, service.spec.hosts.first(), &gateways);
        for to in service.spec.destinations() {
            let Some(destination) = to.destination else {
                continue;
            };
            let host = self.registry.destination_host(&destination.host, home);
            if let Some(target) = self.registry.service(&host) {
                let path = to.path().field("destination");
                index.lead(service.id, &path, &gateways, target.id);
            }
        }
    }

    /// Whether pods of a Gateway see a VirtualService, as far as the input shows the pods.
    fn is_read_at(&self, service: ObjectId, gateway: &Object<Gateway>) -> bool {
        if matches!(self.visibility.audience(service), Audience::Everyone) {
            return true;
        }
        let pods = self.gateway_pods(gateway);
        let mut namespaces = pods.namespaces.iter();
        !pods.are_shown() || namespaces.any(|place| self.visibility.is_visible(service, *place))
    }

    fn add_route<'m, T>(
        &self,
        route: &Object<T>,
        hosts: &[Str],
        parents: &[ParentRef],
        backends: impl Iterator<Item = Backend<'m>>,
        index: &mut Index,
    ) {
        let home = route.namespace();
        let gateways: Vec<ObjectId> = parents
            .iter()
            .filter(|parent| parent.is_gateway())
            .filter_map(|parent| {
                let place = parent.namespace(home);
                self.places.named(place, &parent.name).k8s_gateways()
            })
            .filter(|gateway| self.is_ingress(&gateway.spec))
            .map(|gateway| gateway.id)
            .take(GATEWAYS)
            .collect();
        if gateways.is_empty() {
            return;
        }
        index.bind(route.id, hosts.first(), &gateways);
        for (i, j, namespace, name) in backends {
            let place = if namespace.is_empty() {
                home
            } else {
                namespace
            };
            if let Some(target) = self.places.named(place, name).services() {
                let path = path!["spec", "rules", i, "backendRefs", j];
                index.lead(route.id, &path, &gateways, target.id);
            }
        }
    }
}

/// A Service that a route of the Gateway API leads to: rule, entry, namespace (empty for the
/// route's) and name.
type Backend<'m> = (usize, usize, &'m Str, &'m Str);

fn is_service(group: &str, kind: Option<&Str>) -> bool {
    group.is_empty() && kind.is_none_or(|kind| kind == "Service")
}

impl Index {
    fn bind(&mut self, route: ObjectId, host: Option<&Str>, gateways: &[ObjectId]) {
        for gateway in gateways {
            self.bound.entry(*gateway).or_insert_with(|| BoundRoute {
                route,
                host: host.cloned().unwrap_or_else(|| "*".into()),
            });
        }
    }

    fn lead(&mut self, route: ObjectId, path: &FieldPath, gateways: &[ObjectId], to: ObjectId) {
        for gateway in gateways {
            if self.known.insert((to, *gateway)) {
                self.to_services.entry(to).or_default().push(IngressRoute {
                    route,
                    path: path.clone(),
                    gateway: *gateway,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::mesh::testing::{mesh, networking, object, service};

    #[test]
    fn routes_lead_from_gateways_to_services() {
        let yaml = service("shop/web", "app: web")
            + &service("shop/api", "app: api")
            + &networking(
                "Gateway",
                "edge/public",
                "selector: {istio: ingressgateway}",
            )
            + &object(
                "gateway.networking.k8s.io/v1 Gateway",
                "edge/new",
                "spec: {gatewayClassName: istio}",
            )
            + &object(
                "gateway.networking.k8s.io/v1 Gateway",
                "edge/other",
                "spec: {gatewayClassName: nginx}",
            )
            + &networking(
                "VirtualService",
                "shop/web",
                "hosts: [shop.example.com], gateways: [edge/public, mesh], http: [{route: \
                 [{destination: {host: web}}]}]",
            )
            + &object(
                "gateway.networking.k8s.io/v1 HTTPRoute",
                "shop/web",
                "spec: {parentRefs: [{name: new, namespace: edge}, {name: other, namespace: edge}], \
                 rules: [{backendRefs: [{name: web, port: 80}, {name: web, port: 81}]}]}",
            );
        let mesh = mesh(&yaml);
        let routes = |name: &str| {
            let service = mesh.named("shop", name).services().unwrap();
            let routes = mesh.routing.ingress_routes(service.id).iter();
            let named = routes.map(|route| {
                let header = |id| mesh.objects.header(id).unwrap();
                let (route_of, gateway) = (header(route.route), header(route.gateway));
                format!("{} {} {}", route_of.kind, route.path, gateway.name)
            });
            named.collect::<Vec<_>>()
        };
        assert_eq!(
            routes("web"),
            [
                "VirtualService spec/http[0]/route[0]/destination public",
                "HTTPRoute spec/rules[0]/backendRefs[0] new"
            ]
        );
        assert!(routes("api").is_empty());
        let public = mesh.named("edge", "public").gateways().unwrap();
        let bound = mesh.routing.bound_route(public.id).unwrap();
        assert_eq!(bound.host, "shop.example.com");
    }
}
