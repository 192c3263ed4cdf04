//! MESH3005: requests from a gateway that pass by the waypoint and its policies.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::ambient::ServiceWaypoint;
use crate::mesh::security::{Attachments, Target};
use crate::model::core::Service;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::acting::members;
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ingress-bypasses-waypoint",
    codes: &[Code::MESH3005],
    runs: &[Run::Service(ingress_bypasses_waypoint)],
};

const LABEL: &str = "istio.io/ingress-use-waypoint";

fn ingress_bypasses_waypoint(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part || mesh.ambient.is_ingress_by_waypoint(service) {
        return;
    }
    let Some(route) = mesh.routing.ingress_routes(service.id).first() else {
        return;
    };
    let Some(waypoint) = mesh.ambient.waypoint_of_service(service) else {
        return;
    };
    let Some(gateway) = mesh.ambient.gateway_of(&waypoint) else {
        return;
    };
    let (handled, _) = mesh.ambient.handled_traffic(gateway);
    if !matches!(handled, "service" | "all") {
        return;
    }
    let Some(policy) = policy_for(mesh, service, &waypoint) else {
        return;
    };
    let named = |id| {
        let header = mesh.objects.header(id);
        header.map_or_else(String::new, |own| format!("{} {}", own.kind, own.name))
    };
    let edge = mesh.objects.header(route.gateway);
    let edge = edge.map_or_else(String::new, |own| format!("{}/{}", own.namespace, own.name));
    let message = format!(
        "requests from Gateway {edge} go straight to the pods of Service {} and pass by waypoint \
         {}, so {} is not applied to them",
        service.name(),
        waypoint.name,
        named(policy)
    );
    let labels = path!["metadata", "labels"];
    let fix = Fix::hazardous(format!("label the Service {LABEL}: \"true\""));
    let fix = if service.metadata.labels.is_empty() {
        let content = Content::mapping([(LABEL, Content::text("true"))]);
        fix.change(service.id, labels, Change::Insert(content))
    } else if service.metadata.labels.contains_key(LABEL) {
        fix.write(service.id, labels.field(LABEL), "true")
    } else {
        let change = Change::Insert(Content::text("true"));
        fix.change(service.id, labels.field(LABEL), change)
    };
    findings.push(
        Finding::new(Code::MESH3005, service.id, "metadata/name", message)
            .help(format!(
                "label Service {} {LABEL}: \"true\"",
                service.name()
            ))
            .related(
                route.route,
                route.path.clone(),
                "the route from the gateway",
            )
            .related(policy, "", "a policy that the waypoint enforces")
            .fix(fix),
    );
}

/// A policy that the waypoint enforces for requests to the Service.
fn policy_for(
    mesh: &Mesh,
    service: &Object<Service>,
    waypoint: &ServiceWaypoint<'_>,
) -> Option<ObjectId> {
    let objects = &mesh.objects;
    let security = &mesh.security;
    first_of(
        mesh,
        security.authorization_policies(),
        &objects.authorization_policies,
        service,
        waypoint,
    )
    .or_else(|| {
        first_of(
            mesh,
            security.request_authentications(),
            &objects.request_authentications,
            service,
            waypoint,
        )
    })
    .or_else(|| {
        first_of(
            mesh,
            security.wasm_plugins(),
            &objects.wasm_plugins,
            service,
            waypoint,
        )
    })
}

fn first_of<T>(
    mesh: &Mesh,
    policies: &Attachments,
    objects: &[Object<T>],
    service: &Object<Service>,
    waypoint: &ServiceWaypoint<'_>,
) -> Option<ObjectId> {
    let home = mesh.places.namespace_of(service.id);
    let own = policies.naming(home, Target::Service(service.metadata.name.clone()));
    let place = mesh.places.id(waypoint.namespace)?;
    let whole = policies.naming(place, Target::Gateway(waypoint.name.into()));
    let mut all = own.chain(whole).flat_map(|group| members(group, objects));
    all.next().map(|policy| policy.id)
}
