//! Checks of `HTTPRoutes` and `GRPCRoutes`.

mod route_gateway_not_found;
mod route_service_not_found;

use super::Check;
use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::gateway_api::{BackendRef, GrpcRoute, HttpFilter, HttpRoute, ParentRef};
use crate::path;
use crate::yaml::FieldPath;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    route_gateway_not_found::CHECK,
    route_service_not_found::CHECK,
];

/// What is common to the kinds of routes.
struct Route<'m> {
    id: crate::model::ObjectId,
    kind: &'static str,
    namespace: &'m str,
    parents: &'m [ParentRef],
    /// Where requests go, with the path of each reference.
    backends: Vec<(FieldPath, BackendRef)>,
    /// Where copies of requests go, with the path of each reference.
    mirrors: Vec<(FieldPath, BackendRef)>,
}

impl<'m> Route<'m> {
    fn of_http(route: &'m Object<HttpRoute>) -> Self {
        let mut backends = Vec::new();
        let mut mirrors = Vec::new();
        let mirrored = |path: &FieldPath, filters: &[HttpFilter], mirrors: &mut Vec<_>| {
            for (at, filter) in filters.iter().enumerate() {
                if let Some(mirror) = &filter.request_mirror {
                    let path = path
                        .field("filters")
                        .item(at)
                        .field("requestMirror")
                        .field("backendRef");
                    mirrors.push((path, mirror.backend_ref.clone()));
                }
            }
        };
        for (number, rule) in route.spec.rules.iter().enumerate() {
            mirrored(&path!["spec", "rules", number], &rule.filters, &mut mirrors);
            for (at, backend) in rule.backend_refs.iter().enumerate() {
                let path = path!["spec", "rules", number, "backendRefs", at];
                mirrored(&path, &backend.filters, &mut mirrors);
                backends.push((path, backend.reference()));
            }
        }
        Self {
            id: route.id,
            kind: "HTTPRoute",
            namespace: route.namespace(),
            parents: &route.spec.parent_refs,
            backends,
            mirrors,
        }
    }

    fn of_grpc(route: &'m Object<GrpcRoute>) -> Self {
        let mut backends = Vec::new();
        let mut mirrors = Vec::new();
        for (number, rule) in route.spec.rules.iter().enumerate() {
            let mut mirrored =
                |path: &FieldPath, filters: &[crate::model::gateway_api::GrpcFilter]| {
                    for (at, filter) in filters.iter().enumerate() {
                        if let Some(mirror) = &filter.request_mirror {
                            let path = path
                                .field("filters")
                                .item(at)
                                .field("requestMirror")
                                .field("backendRef");
                            mirrors.push((path, mirror.backend_ref.clone()));
                        }
                    }
                };
            mirrored(&path!["spec", "rules", number], &rule.filters);
            for (at, backend) in rule.backend_refs.iter().enumerate() {
                let path = path!["spec", "rules", number, "backendRefs", at];
                mirrored(&path, &backend.filters);
                backends.push((path, backend.reference()));
            }
        }
        Self {
            id: route.id,
            kind: "GRPCRoute",
            namespace: route.namespace(),
            parents: &route.spec.parent_refs,
            backends,
            mirrors,
        }
    }
}

fn is_passed_over(route: &Route<'_>, mesh: &Mesh) -> bool {
    mesh.places
        .is_passed_over(mesh.places.namespace_of(route.id))
}

/// Looks at each HTTPRoute that is not in a namespace to pass over.
fn each_http(
    route: &Object<HttpRoute>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: fn(&Route<'_>, &Mesh, &mut Findings),
) {
    let route = Route::of_http(route);
    if !is_passed_over(&route, mesh) {
        check(&route, mesh, findings);
    }
}

/// Looks at each GRPCRoute that is not in a namespace to pass over.
fn each_grpc(
    route: &Object<GrpcRoute>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: fn(&Route<'_>, &Mesh, &mut Findings),
) {
    let route = Route::of_grpc(route);
    if !is_passed_over(&route, mesh) {
        check(&route, mesh, findings);
    }
}
