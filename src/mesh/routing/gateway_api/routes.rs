//! What is common to the kinds of routes.

use crate::model::gateway_api::{
    BackendRef, GrpcFilter, GrpcRoute, HttpFilter, HttpRoute, L4Route, ParentRef,
};
use crate::model::{Kind, Object, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// A route of any kind.
#[derive(Debug)]
pub struct Route<'m> {
    /// The object.
    pub id: ObjectId,
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: &'m str,
    /// Its name.
    pub name: &'m str,
    /// What it attaches to.
    pub parents: &'m [ParentRef],
    /// The names that it is for; none means all. Kinds that see no names have none.
    pub hostnames: &'m [Str],
    /// Where requests go, with the path of each reference.
    pub backends: Vec<(FieldPath, BackendRef)>,
    /// Where copies of requests go, with the path of each reference.
    pub mirrors: Vec<(FieldPath, BackendRef)>,
}

impl<'m> Route<'m> {
    /// An HTTPRoute.
    pub fn of_http(route: &'m Object<HttpRoute>) -> Self {
        let spec = &route.spec;
        let mut view = Self::of(route, Kind::HttpRoute, &spec.parent_refs, &spec.hostnames);
        let mirror_of = |filter: &HttpFilter| {
            let mirror = filter.request_mirror.as_ref()?;
            Some(mirror.backend_ref.clone())
        };
        for (number, rule) in spec.rules.iter().enumerate() {
            let path = path!["spec", "rules", number];
            view.add_mirrors(&path, rule.filters.iter().map(mirror_of));
            for (at, backend) in rule.backend_refs.iter().enumerate() {
                let path = path.field("backendRefs").item(at);
                view.add_mirrors(&path, backend.filters.iter().map(mirror_of));
                view.backends.push((path, backend.reference()));
            }
        }
        view
    }

    /// A GRPCRoute.
    pub fn of_grpc(route: &'m Object<GrpcRoute>) -> Self {
        let spec = &route.spec;
        let mut view = Self::of(route, Kind::GrpcRoute, &spec.parent_refs, &spec.hostnames);
        let mirror_of = |filter: &GrpcFilter| {
            let mirror = filter.request_mirror.as_ref()?;
            Some(mirror.backend_ref.clone())
        };
        for (number, rule) in spec.rules.iter().enumerate() {
            let path = path!["spec", "rules", number];
            view.add_mirrors(&path, rule.filters.iter().map(mirror_of));
            for (at, backend) in rule.backend_refs.iter().enumerate() {
                let path = path.field("backendRefs").item(at);
                view.add_mirrors(&path, backend.filters.iter().map(mirror_of));
                view.backends.push((path, backend.reference()));
            }
        }
        view
    }

    /// A TLSRoute, which knows the names that clients ask for.
    pub fn of_tls(route: &'m Object<L4Route>) -> Self {
        Self::of_l4(route, Kind::TlsRoute, &route.spec.hostnames)
    }

    /// A TCPRoute.
    pub fn of_tcp(route: &'m Object<L4Route>) -> Self {
        Self::of_l4(route, Kind::TcpRoute, &[])
    }

    /// A UDPRoute.
    pub fn of_udp(route: &'m Object<L4Route>) -> Self {
        Self::of_l4(route, Kind::UdpRoute, &[])
    }

    fn of_l4(route: &'m Object<L4Route>, kind: Kind, hostnames: &'m [Str]) -> Self {
        let mut view = Self::of(route, kind, &route.spec.parent_refs, hostnames);
        for (number, rule) in route.spec.rules.iter().enumerate() {
            for (at, backend) in rule.backend_refs.iter().enumerate() {
                let path = path!["spec", "rules", number, "backendRefs", at];
                view.backends.push((path, backend.clone()));
            }
        }
        view
    }

    fn of<T>(
        route: &'m Object<T>,
        kind: Kind,
        parents: &'m [ParentRef],
        hostnames: &'m [Str],
    ) -> Self {
        Self {
            id: route.id,
            kind: kind.name(),
            namespace: route.namespace(),
            name: route.name(),
            parents,
            hostnames,
            backends: Vec::new(),
            mirrors: Vec::new(),
        }
    }

    fn add_mirrors(&mut self, path: &FieldPath, filters: impl Iterator<Item = Option<BackendRef>>) {
        for (at, mirror) in filters.enumerate() {
            if let Some(mirror) = mirror {
                let filter = path.field("filters").item(at);
                let path = filter.field("requestMirror").field("backendRef");
                self.mirrors.push((path, mirror));
            }
        }
    }
}
