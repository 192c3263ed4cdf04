//! Checks of the routes of the Gateway API: `HTTPRoutes`, `GRPCRoutes`, `TLSRoutes`, `TCPRoutes` and
//! `UDPRoutes`.

mod backend_port_unknown;
mod route_gateway_not_found;
mod route_hostname_not_served;
mod route_kind_not_allowed;
mod route_service_not_found;

use super::Check;
use crate::diagnostics::{Evidence, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Answer, Attachment, Route};
use crate::model::gateway_api::ParentRef;
use crate::rules::common::words::is_unresolved;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    backend_port_unknown::CHECK,
    route_gateway_not_found::CHECK,
    route_hostname_not_served::CHECK,
    route_kind_not_allowed::CHECK,
    route_service_not_found::CHECK,
];

/// What a check of routes of every kind looks at.
macro_rules! every_route {
    ($check:path) => {
        &[
            $crate::rules::Run::HttpRoute(|route, mesh, findings| {
                super::look(Route::of_http(route), mesh, findings, $check);
            }),
            $crate::rules::Run::GrpcRoute(|route, mesh, findings| {
                super::look(Route::of_grpc(route), mesh, findings, $check);
            }),
            $crate::rules::Run::TlsRoute(|route, mesh, findings| {
                super::look_at_l4(Route::of_tls(route), mesh, findings, $check);
            }),
            $crate::rules::Run::TcpRoute(|route, mesh, findings| {
                super::look_at_l4(Route::of_tcp(route), mesh, findings, $check);
            }),
            $crate::rules::Run::UdpRoute(|route, mesh, findings| {
                super::look_at_l4(Route::of_udp(route), mesh, findings, $check);
            }),
        ]
    };
}
use every_route;

/// Looks at a route that is not in a namespace to pass over.
fn look(
    route: Route<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: fn(&Route<'_>, &Mesh, &mut Findings),
) {
    let home = mesh.places.namespace_of(route.id);
    if !mesh.places.is_passed_over(home) {
        check(&route, mesh, findings);
    }
}

/// Looks at a route of connections, which upstream does not.
fn look_at_l4(
    route: Route<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: fn(&Route<'_>, &Mesh, &mut Findings),
) {
    if !mesh.quirks.only_routes_of_requests_are_examined {
        look(route, mesh, findings, check);
    }
}

/// Calls `report` for every reference to a Gateway that answers so, as far as the input shows it.
fn each_parent_that(
    answer: Answer,
    route: &Route<'_>,
    mesh: &Mesh,
    mut report: impl FnMut(usize, &ParentRef, &Attachment<'_>, Evidence),
) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for (at, parent) in route.parents.iter().enumerate() {
        if !parent.is_gateway()
            || is_unresolved(mesh, &parent.name)
            || is_unresolved(mesh, &parent.namespace)
        {
            continue;
        }
        let place = (parent.namespace(route.namespace), parent.name.as_str());
        let Some(attachment) = mesh.routing.attachment(route, parent, place) else {
            continue;
        };
        if attachment.answer == answer {
            let name = format!("Gateway {}", parent.name);
            let evidence = mesh
                .evidence
                .knows_meant(route.id, attachment.gateway.id, &name);
            report(at, parent, &attachment, evidence);
        }
    }
}
