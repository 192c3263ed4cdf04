//! The mesh as a graph: what contains, selects, routes to and applies to what. Made when first
//! asked for; checks ask the indices instead.

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Mesh;
use super::places::namespaces::NamespaceId;
use super::registry::hosts::Host;
use super::workloads::lookup::{WorkloadId, WorkloadKind};
use super::workloads::selecting::Selective;
use crate::model::attachment::PolicyTargetReference;
use crate::model::gateway_api::{BackendRef, HttpBackendRef};
use crate::model::networking::VirtualService;
use crate::model::{Labels, Object, ObjectId, Str};

/// What stands in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// A namespace.
    Namespace(NamespaceId),
    /// A workload.
    Workload(WorkloadId),
    /// A Service.
    Service(ObjectId),
    /// A ServiceEntry.
    ServiceEntry(ObjectId),
    /// A Gateway, Istio's or that of the Gateway API.
    Gateway(ObjectId),
    /// A PeerAuthentication, AuthorizationPolicy, RequestAuthentication, DestinationRule or
    /// Sidecar.
    Policy(ObjectId),
}

/// How one thing is related to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// A namespace contains a thing.
    Contains,
    /// A Service, ServiceEntry or Gateway selects a workload.
    Selects,
    /// A VirtualService or route sends the traffic of a Gateway or Service to another Service or
    /// ServiceEntry.
    Routes(ObjectId),
    /// A policy applies to a workload, a namespace, a Service or a Gateway.
    Applies,
}

/// The graph, and where each thing stands in it.
#[derive(Debug, Default)]
pub struct MeshGraph {
    /// The graph.
    pub graph: DiGraph<Node, Edge>,
    places: FxHashMap<Node, NodeIndex>,
    known: FxHashSet<(NodeIndex, NodeIndex, Edge)>,
}

impl MeshGraph {
    /// Where a thing stands.
    pub fn place(&self, node: Node) -> Option<NodeIndex> {
        self.places.get(&node).copied()
    }

    fn add(&mut self, node: Node, namespace: NamespaceId) {
        let place = self.graph.add_node(node);
        self.places.insert(node, place);
        self.connect(Node::Namespace(namespace), node, Edge::Contains);
    }

    /// Connects two things that stand in the graph; each relation once.
    fn connect(&mut self, from: Node, to: Node, edge: Edge) {
        if let (Some(from), Some(to)) = (self.place(from), self.place(to))
            && self.known.insert((from, to, edge))
        {
            self.graph.add_edge(from, to, edge);
        }
    }
}

impl Mesh {
    /// The mesh as a graph.
    pub fn graph(&self) -> &MeshGraph {
        self.graph.get_or_init(|| {
            let mut graph = MeshGraph::default();
            self.add_nodes(&mut graph);
            self.connect_selectors(&mut graph);
            self.connect_routes(&mut graph);
            self.connect_policies(&mut graph);
            graph
        })
    }

    fn add_nodes(&self, graph: &mut MeshGraph) {
        for (id, _) in self.namespaces.iter() {
            let place = graph.graph.add_node(Node::Namespace(id));
            graph.places.insert(Node::Namespace(id), place);
        }
        for (id, workload) in self.workloads.iter() {
            graph.add(Node::Workload(id), workload.namespace);
        }
        let objects = &self.objects;
        let ids = |list: Vec<ObjectId>, node: fn(ObjectId) -> Node, graph: &mut MeshGraph| {
            for id in list {
                graph.add(node(id), self.namespaces.of(id));
            }
        };
        ids(ids_of(&objects.services), Node::Service, graph);
        ids(ids_of(&objects.service_entries), Node::ServiceEntry, graph);
        ids(ids_of(&objects.gateways), Node::Gateway, graph);
        ids(ids_of(&objects.k8s_gateways), Node::Gateway, graph);
        ids(ids_of(&objects.peer_authentications), Node::Policy, graph);
        ids(ids_of(&objects.authorization_policies), Node::Policy, graph);
        ids(
            ids_of(&objects.request_authentications),
            Node::Policy,
            graph,
        );
        ids(ids_of(&objects.destination_rules), Node::Policy, graph);
        ids(ids_of(&objects.sidecars), Node::Policy, graph);
    }

    fn connect_selectors(&self, graph: &mut MeshGraph) {
        for service in &self.objects.services {
            let selector = &service.spec.spec.selector;
            if !selector.is_empty() {
                let home = Some(self.namespaces.of(service.id));
                self.connect_selected(
                    graph,
                    Node::Service(service.id),
                    home,
                    selector,
                    Edge::Selects,
                );
            }
        }
        for entry in &self.objects.service_entries {
            if let Some(selector) = &entry.spec.workload_selector {
                let home = Some(self.namespaces.of(entry.id));
                let node = Node::ServiceEntry(entry.id);
                self.connect_selected(graph, node, home, &selector.labels, Edge::Selects);
            }
        }
        for gateway in &self.objects.gateways {
            let selector = &gateway.spec.selector;
            if !selector.is_empty() {
                let home = self.namespaces.of(gateway.id);
                let scoped = self.namespaces.control_plane_or_first(home).scopes_gateways;
                let home = scoped.then_some(home);
                self.connect_selected(
                    graph,
                    Node::Gateway(gateway.id),
                    home,
                    selector,
                    Edge::Selects,
                );
            }
        }
    }

    /// Connects a thing with the workloads that carry `labels`, of a namespace or of all.
    fn connect_selected(
        &self,
        graph: &mut MeshGraph,
        from: Node,
        namespace: Option<NamespaceId>,
        labels: &Labels,
        edge: Edge,
    ) {
        for id in self.workloads.ids_matching(namespace, labels) {
            graph.connect(from, Node::Workload(id), edge);
        }
    }

    fn connect_routes(&self, graph: &mut MeshGraph) {
        for service in &self.objects.virtual_services {
            let sources = self.sources_of(service);
            for destination in destinations(&service.spec) {
                let target = self.destination(&self.resolve(destination, service.namespace()));
                for source in &sources {
                    if let Some(target) = target
                        && target != *source
                    {
                        graph.connect(*source, target, Edge::Routes(service.id));
                    }
                }
            }
        }
        for route in &self.objects.http_routes {
            let home = route.namespace();
            let backends = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            let services: Vec<Node> = backends
                .map(HttpBackendRef::reference)
                .filter(BackendRef::is_service)
                .filter_map(|to| self.named(to.namespace(home), &to.name).services())
                .map(|service| Node::Service(service.id))
                .collect();
            for parent in route.spec.parent_refs.iter().filter(|p| p.is_gateway()) {
                let named = self.named(parent.namespace(home), &parent.name);
                let Some(gateway) = named.k8s_gateways() else {
                    continue;
                };
                for service in &services {
                    graph.connect(Node::Gateway(gateway.id), *service, Edge::Routes(route.id));
                }
            }
        }
    }

    /// Where the traffic comes from that a VirtualService routes: its gateways, and for the mesh
    /// the Services that are its hosts.
    fn sources_of(&self, service: &Object<VirtualService>) -> Vec<Node> {
        let gateways = &service.spec.gateways;
        let mut sources: Vec<Node> = gateways
            .iter()
            .filter_map(|name| {
                let (namespace, name) = super::registry::hosts::split_namespace(name);
                let namespace = namespace.unwrap_or(service.namespace());
                self.named(namespace, name).gateways()
            })
            .map(|gateway| Node::Gateway(gateway.id))
            .collect();
        if gateways.is_empty() || gateways.iter().any(|name| name == "mesh") {
            let hosts = self.hosts_of(service);
            sources.extend(hosts.filter_map(|host| self.destination(&host)));
        }
        sources
    }

    /// The Service or ServiceEntry behind a host.
    fn destination(&self, host: &Host<'_>) -> Option<Node> {
        if let Some(service) = self.service(host) {
            return Some(Node::Service(service.id));
        }
        let entry = self.service_entries_covering(host).next()?;
        Some(Node::ServiceEntry(entry.id))
    }

    fn connect_policies(&self, graph: &mut MeshGraph) {
        for policy in &self.objects.peer_authentications {
            self.connect_policy(graph, policy);
        }
        for policy in &self.objects.sidecars {
            self.connect_policy(graph, policy);
        }
        for policy in &self.objects.authorization_policies {
            let single = policy.spec.target_ref.iter();
            let targets: Vec<_> = single.chain(&policy.spec.target_refs).collect();
            if targets.is_empty() {
                self.connect_policy(graph, policy);
            } else {
                self.connect_targets(graph, policy.id, policy.namespace(), &targets);
            }
        }
        for policy in &self.objects.request_authentications {
            let single = policy.spec.target_ref.iter();
            let targets: Vec<_> = single.chain(&policy.spec.target_refs).collect();
            if targets.is_empty() {
                self.connect_policy(graph, policy);
            } else {
                self.connect_targets(graph, policy.id, policy.namespace(), &targets);
            }
        }
        for rule in &self.objects.destination_rules {
            if let Some(target) = self.destination(&self.host_of(rule)) {
                graph.connect(Node::Policy(rule.id), target, Edge::Applies);
            }
        }
    }

    /// Connects a policy with the workloads it selects, or with its namespace. Selectors of the
    /// root namespace hold for all namespaces.
    fn connect_policy<T: Selective>(&self, graph: &mut MeshGraph, policy: &Object<T>) {
        let home = self.namespaces.of(policy.id);
        let node = Node::Policy(policy.id);
        match policy.spec.selector().filter(|labels| !labels.is_empty()) {
            None => graph.connect(node, Node::Namespace(home), Edge::Applies),
            Some(labels) => {
                let place = (!self.namespaces.is_own_root(home)).then_some(home);
                self.connect_selected(graph, node, place, labels, Edge::Applies);
            }
        }
    }

    fn connect_targets(
        &self,
        graph: &mut MeshGraph,
        policy: ObjectId,
        namespace: &str,
        targets: &[&PolicyTargetReference],
    ) {
        for target in targets {
            let named = self.named(namespace, &target.name);
            let node = if target.is("", "Service") {
                named.services().map(|service| Node::Service(service.id))
            } else if target.is("gateway.networking.k8s.io", "Gateway") {
                let gateway = named.k8s_gateways();
                gateway.map(|gateway| Node::Gateway(gateway.id))
            } else if target.is("networking.istio.io", "ServiceEntry") {
                let entry = named.service_entries();
                entry.map(|entry| Node::ServiceEntry(entry.id))
            } else {
                None
            };
            if let Some(node) = node {
                graph.connect(Node::Policy(policy), node, Edge::Applies);
            }
        }
    }

    /// Kind, namespace and name of a thing in the graph.
    pub fn describe(&self, node: Node) -> (&str, &str, &str) {
        let of_object = |id: ObjectId| match self.objects.header(id) {
            Some(header) => (
                header.kind.as_str(),
                header.namespace.as_str(),
                header.name.as_str(),
            ),
            None => ("", "", ""),
        };
        match node {
            Node::Namespace(id) => ("Namespace", "", self.namespaces.name(id)),
            Node::Workload(id) => match self.workloads.get(id) {
                Some(workload) => (
                    kind_name(workload.kind),
                    self.namespaces.name(workload.namespace).as_str(),
                    workload.name.as_str(),
                ),
                None => ("", "", ""),
            },
            Node::Service(id) | Node::ServiceEntry(id) | Node::Gateway(id) | Node::Policy(id) => {
                of_object(id)
            }
        }
    }
}

/// The kind of a workload as manifests spell it; a custom controller is a `Workload`.
pub fn kind_name(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "Deployment",
        WorkloadKind::ReplicaSet => "ReplicaSet",
        WorkloadKind::StatefulSet => "StatefulSet",
        WorkloadKind::DaemonSet => "DaemonSet",
        WorkloadKind::Rollout => "Rollout",
        WorkloadKind::Custom => "Workload",
        WorkloadKind::ReplicationController => "ReplicationController",
        WorkloadKind::DeploymentConfig => "DeploymentConfig",
        WorkloadKind::Job => "Job",
        WorkloadKind::CronJob => "CronJob",
        WorkloadKind::Pod => "Pod",
        WorkloadKind::WorkloadGroup => "WorkloadGroup",
    }
}

fn ids_of<T>(objects: &[Object<T>]) -> Vec<ObjectId> {
    objects.iter().map(|object| object.id).collect()
}

/// Every host that a VirtualService routes to.
fn destinations(service: &VirtualService) -> impl Iterator<Item = &Str> {
    let http = service.http.iter().flat_map(|route| &route.route);
    let tcp = service.tcp.iter().flat_map(|route| &route.route);
    let tls = service.tls.iter().flat_map(|route| &route.route);
    http.filter_map(|route| route.destination.as_ref())
        .chain(
            tcp.chain(tls)
                .filter_map(|route| route.destination.as_ref()),
        )
        .map(|destination| &destination.host)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::mesh::testing::{deployment, networking, peer, service, upstream};

    #[test]
    fn connects_what_belongs_together() {
        let route = "http: [{route: [{destination: {host: reviews}}]}]";
        let yaml = deployment("a/reviews", "app: reviews")
            + &service("a/reviews", "app: reviews")
            + &networking("Gateway", "a/edge", "selector: {app: reviews}")
            + &networking(
                "VirtualService",
                "a/vs",
                &format!("gateways: [edge], {route}"),
            )
            + &networking("DestinationRule", "b/dr", "host: reviews.a")
            + &peer("a/default", "")
            + &peer("a/one", "selector: {matchLabels: {app: reviews}}");
        let mesh = upstream(&yaml);
        let graph = &mesh.graph().graph;
        let mut edges: Vec<String> = graph
            .edge_indices()
            .map(|edge| {
                let (from, to) = graph.edge_endpoints(edge).unwrap();
                let name = |node| {
                    let (kind, _, name) = mesh.describe(graph[node]);
                    format!("{kind} {name}")
                };
                let how = match graph[edge] {
                    Edge::Contains => "contains",
                    Edge::Selects => "selects",
                    Edge::Routes(_) => "routes to",
                    Edge::Applies => "applies to",
                };
                format!("{} {how} {}", name(from), name(to))
            })
            .filter(|edge| !edge.contains("contains"))
            .collect();
        edges.sort_unstable();
        assert_eq!(
            edges,
            [
                "DestinationRule dr applies to Service reviews",
                "Gateway edge routes to Service reviews",
                "Gateway edge selects Deployment reviews",
                "PeerAuthentication default applies to Namespace a",
                "PeerAuthentication one applies to Deployment reviews",
                "Service reviews selects Deployment reviews",
            ]
        );
    }
}
