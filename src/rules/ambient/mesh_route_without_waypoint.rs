//! MESH3006: routes of ambient Services that no waypoint applies.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::core::Service;
use crate::model::gateway_api::{GrpcRoute, HttpRoute, L4Route, ParentRef};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "mesh-route-without-waypoint",
    codes: &[Code::MESH3006],
    runs: &[
        Run::HttpRoute(http_route),
        Run::GrpcRoute(grpc_route),
        Run::TcpRoute(l4_route),
        Run::TlsRoute(l4_route),
    ],
};

fn http_route(route: &Object<HttpRoute>, mesh: &Mesh, findings: &mut Findings) {
    judge(
        route.id,
        route.namespace(),
        &route.spec.parent_refs,
        mesh,
        findings,
    );
}

fn grpc_route(route: &Object<GrpcRoute>, mesh: &Mesh, findings: &mut Findings) {
    judge(
        route.id,
        route.namespace(),
        &route.spec.parent_refs,
        mesh,
        findings,
    );
}

fn l4_route(route: &Object<L4Route>, mesh: &Mesh, findings: &mut Findings) {
    judge(
        route.id,
        route.namespace(),
        &route.spec.parent_refs,
        mesh,
        findings,
    );
}

fn judge(route: ObjectId, home: &str, parents: &[ParentRef], mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for (i, parent) in parents.iter().enumerate() {
        if !(parent.group().is_empty() && parent.kind() == "Service") {
            continue;
        }
        let place = parent.namespace(home);
        let Some(service) = mesh.named(place, &parent.name).services() else {
            continue;
        };
        // A waypoint that is asked for and is not there is reported where it is asked for.
        if mesh.ambient.waypoint_of_service(service).is_some() || !is_ambient_alone(mesh, service) {
            continue;
        }
        // Sidecars apply the route themselves.
        if mesh.workloads.has_sidecars_anywhere() {
            continue;
        }
        let message = format!(
            "Service {} has no waypoint, and in ambient mode only a waypoint applies routes to it: \
             the route does nothing",
            service.name()
        );
        findings.push(
            Finding::new(
                Code::MESH3006,
                route,
                path!["spec", "parentRefs", i],
                message,
            )
            .help(
                "deploy a waypoint and label the Service or its namespace istio.io/use-waypoint \
                     with its name",
            )
            .related(service.id, "metadata/name", "the Service"),
        );
    }
}

/// Whether the input shows workloads behind the Service, all of them in ambient mode.
fn is_ambient_alone(mesh: &Mesh, service: &Object<Service>) -> bool {
    let selector = &service.spec.spec.selector;
    if selector.is_empty() {
        return false;
    }
    let home = mesh.places.namespace_of(service.id);
    let mut workloads = mesh.workloads.matching(home, selector).peekable();
    workloads.peek().is_some() && workloads.all(|workload| workload.is_ambient())
}
