//! What policies are attached to: those of the Gateway API, of Envoy Gateway and of Istio.

use super::Routing;
use crate::model::attachment::Attached;
use crate::model::envoy_gateway::EnvoyPolicy;
use crate::model::gateway_api::{BackendTlsPolicy, GROUP};
use crate::model::{Kind, Object, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// A policy of any kind, with its targets.
#[derive(Debug)]
pub struct Policy<'m> {
    /// The object.
    pub id: ObjectId,
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: &'m str,
    /// Its name.
    pub name: &'m str,
    /// What it refers to.
    pub targets: Vec<Target<'m>>,
}

/// A reference of a policy.
#[derive(Debug)]
pub struct Target<'m> {
    /// Where it stands.
    pub path: FieldPath,
    /// The group; that of the core is empty.
    pub group: &'m str,
    /// The kind.
    pub kind: &'m str,
    /// The namespace: the policy's, but in old versions.
    pub namespace: &'m str,
    /// The name.
    pub name: &'m str,
    /// The part of the target that is meant; empty means all of it.
    pub section: &'m str,
}

impl<'m> Policy<'m> {
    /// A policy of Istio.
    pub fn of_istio<T: Attached>(policy: &'m Object<T>) -> Self {
        let namespace = policy.namespace();
        let targets = policy.spec.targets_with_paths();
        let targets = targets.map(|(path, target)| Target {
            path,
            group: core_is_empty(&target.group),
            kind: &target.kind,
            namespace,
            name: &target.name,
            section: "",
        });
        Self::of(policy, T::KIND, targets.collect())
    }

    /// A policy of Envoy Gateway.
    pub fn of_envoy(policy: &'m Object<EnvoyPolicy>, kind: Kind) -> Self {
        let namespace = policy.namespace();
        let single = policy.spec.target_ref.as_deref().into_iter();
        let single = single.map(|target| (path!["spec", "targetRef"], target));
        let list = policy.spec.target_refs.iter().enumerate();
        let list = list.map(|(at, target)| (path!["spec", "targetRefs", at], target));
        let targets = single.chain(list).map(|(path, target)| Target {
            path,
            group: &target.group,
            kind: &target.kind,
            namespace,
            name: &target.name,
            section: &target.section_name,
        });
        Self::of(policy, kind, targets.collect())
    }

    /// A BackendTLSPolicy.
    pub fn of_backend_tls(policy: &'m Object<BackendTlsPolicy>) -> Self {
        let own = policy.namespace();
        let single = policy.spec.target_ref.as_deref().map(|target| Target {
            path: path!["spec", "targetRef"],
            group: core_is_empty(&target.group),
            kind: &target.kind,
            namespace: if target.namespace.is_empty() {
                own
            } else {
                &target.namespace
            },
            name: &target.name,
            section: &target.section_name,
        });
        let list = policy.spec.target_refs.iter().enumerate();
        let list = list.map(|(at, target)| Target {
            path: path!["spec", "targetRefs", at],
            group: core_is_empty(&target.group),
            kind: &target.kind,
            namespace: own,
            name: &target.name,
            section: &target.section_name,
        });
        let targets = single.into_iter().chain(list).collect();
        Self::of(policy, Kind::BackendTlsPolicy, targets)
    }

    fn of<T>(policy: &'m Object<T>, kind: Kind, targets: Vec<Target<'m>>) -> Self {
        Self {
            id: policy.id,
            kind,
            namespace: policy.namespace(),
            name: policy.name(),
            targets,
        }
    }
}

fn core_is_empty(group: &str) -> &str {
    if group == "core" { "" } else { group }
}

/// The kinds of targets that live in namespaces and that the input can show.
const KINDS: [Kind; 8] = [
    Kind::K8sGateway,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TlsRoute,
    Kind::TcpRoute,
    Kind::UdpRoute,
    Kind::Service,
    Kind::ServiceEntry,
];

impl Target<'_> {
    /// The kind, if it is one that lives in a namespace and that the input can show.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::find(self.group, self.kind).filter(|kind| KINDS.contains(kind))
    }

    /// Whether the group is that of the Gateway API.
    pub fn is_of_gateway_api(&self) -> bool {
        self.group == GROUP
    }
}

/// An object that a policy can be attached to.
#[derive(Debug)]
pub struct Attachable<'m> {
    /// The object.
    pub id: ObjectId,
    /// The names of its parts: listeners, ports, rules. Empty for those without a name.
    pub sections: Vec<&'m str>,
    /// Where the parts stand.
    pub parts: &'static str,
    /// Whether other objects may add parts.
    pub is_open: bool,
    /// Whether it could not be decoded in full.
    pub is_broken: bool,
}

impl Routing {
    /// The object that a policy is attached to.
    pub fn attachable<'m>(
        &'m self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Option<Attachable<'m>> {
        let named = self.places.named(namespace, name);
        match kind {
            Kind::K8sGateway => named.k8s_gateways().map(|gateway| Attachable {
                is_open: gateway.spec.allowed_listeners.is_some(),
                ..of_object(gateway, "listeners", |spec| {
                    spec.listeners.iter().map(|listener| &listener.name)
                })
            }),
            Kind::HttpRoute => named.http_routes().map(|route| {
                of_object(route, "rules", |spec| {
                    spec.rules.iter().map(|rule| &rule.name)
                })
            }),
            Kind::GrpcRoute => named.grpc_routes().map(|route| {
                of_object(route, "rules", |spec| {
                    spec.rules.iter().map(|rule| &rule.name)
                })
            }),
            Kind::TlsRoute | Kind::TcpRoute | Kind::UdpRoute => {
                let route = match kind {
                    Kind::TlsRoute => named.tls_routes(),
                    Kind::TcpRoute => named.tcp_routes(),
                    _ => named.udp_routes(),
                };
                route.map(|route| {
                    of_object(route, "rules", |spec| {
                        spec.rules.iter().map(|rule| &rule.name)
                    })
                })
            }
            Kind::Service => named.services().map(|service| {
                of_object(service, "ports", |service| {
                    service.spec.ports.iter().map(|port| &port.name)
                })
            }),
            Kind::ServiceEntry => named.service_entries().map(|entry| {
                of_object(entry, "ports", |spec| {
                    spec.ports.iter().map(|port| &port.name)
                })
            }),
            _ => None,
        }
    }

    /// The names of the objects of a kind that policies can be attached to in a namespace.
    pub fn names_of_attachable<'m>(
        &'m self,
        kind: Kind,
        namespace: &str,
    ) -> Box<dyn Iterator<Item = &'m str> + 'm> {
        let Some(of) = self.places.id(namespace).map(|id| self.places.of(id)) else {
            return Box::new(std::iter::empty());
        };
        match kind {
            Kind::K8sGateway => Box::new(of.k8s_gateways().map(Object::name)),
            Kind::HttpRoute => Box::new(of.http_routes().map(Object::name)),
            Kind::GrpcRoute => Box::new(of.grpc_routes().map(Object::name)),
            Kind::TlsRoute => Box::new(of.tls_routes().map(Object::name)),
            Kind::TcpRoute => Box::new(of.tcp_routes().map(Object::name)),
            Kind::UdpRoute => Box::new(of.udp_routes().map(Object::name)),
            Kind::Service => Box::new(of.services().map(Object::name)),
            Kind::ServiceEntry => Box::new(of.service_entries().map(Object::name)),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The first object of the kind and name that policies can be attached to, in any namespace.
    pub fn attachable_anywhere(&self, kind: Kind, name: &str) -> Option<ObjectId> {
        let index = self.gateway_api.targets.get_or_init(|| {
            let objects = &self.objects;
            let mut index = rustc_hash::FxHashMap::default();
            let mut add = |kind: Kind, name: &Str, id: ObjectId| {
                index.entry((kind, name.clone())).or_insert(id);
            };
            macro_rules! add_all {
                ($($field:ident: $kind:ident),+) => {
                    $(for object in &objects.$field {
                        add(Kind::$kind, &object.metadata.name, object.id);
                    })+
                };
            }
            add_all!(
                k8s_gateways: K8sGateway,
                http_routes: HttpRoute,
                grpc_routes: GrpcRoute,
                tls_routes: TlsRoute,
                tcp_routes: TcpRoute,
                udp_routes: UdpRoute,
                services: Service,
                service_entries: ServiceEntry
            );
            index
        });
        index.get(&(kind, name.into())).copied()
    }
}

fn of_object<'m, T, I: Iterator<Item = &'m Str>>(
    object: &'m Object<T>,
    parts: &'static str,
    names: impl Fn(&'m T) -> I,
) -> Attachable<'m> {
    Attachable {
        id: object.id,
        sections: names(&object.spec).map(Str::as_str).collect(),
        parts,
        is_open: false,
        is_broken: object.broken,
    }
}
