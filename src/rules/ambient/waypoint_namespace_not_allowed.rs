//! MESH3004: a waypoint of another namespace that does not take this one.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::ambient::{Admission, ServiceWaypoint};
use crate::model::core::{Namespace, Service};
use crate::model::gateway_api::Gateway;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;
use crate::yaml::edit::{Change, Content};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "waypoint-namespace-not-allowed",
    codes: &[Code::MESH3004],
    runs: &[Run::Namespace(namespace), Run::Service(service)],
};

fn namespace(object: &Object<Namespace>, mesh: &Mesh, findings: &mut Findings) {
    if let Some(home) = mesh.places.id(object.name())
        && mesh.places.get(home).object == Some(object.id)
    {
        let waypoint = mesh.ambient.waypoint_of_namespace(home);
        findings.extend(judge(object.id, object.name(), waypoint, mesh));
    }
}

fn service(object: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    // What the label of the namespace says is reported there.
    let waypoint = mesh.ambient.waypoint_of_service(object);
    let own = waypoint.filter(|waypoint| waypoint.asked_by == object.id);
    findings.extend(judge(object.id, object.namespace(), own, mesh));
}

fn judge(
    object: ObjectId,
    home: &str,
    waypoint: Option<ServiceWaypoint<'_>>,
    mesh: &Mesh,
) -> Option<Finding> {
    let waypoint = waypoint.filter(|waypoint| waypoint.names_namespace)?;
    if mesh.quirks.run_time_plays_no_part {
        return None;
    }
    let gateway = mesh.ambient.gateway_of(&waypoint)?;
    let Admission::Refused(by) = mesh.ambient.admission(gateway, mesh.places.id(home)?) else {
        return None;
    };
    let message = format!(
        "waypoint {}/{} does not take namespace {home}: its listener allows {}, so Services here \
         have no waypoint, and policies for them are not enforced",
        waypoint.namespace,
        waypoint.name,
        allowed(gateway)
    );
    let place = path!["metadata", "labels", "istio.io/use-waypoint-namespace"];
    Some(
        Finding::new(Code::MESH3004, object, place, message)
            .help(
                "set allowedRoutes.namespaces.from: All at the waypoint's HBONE listener, or a \
                 selector for the namespace",
            )
            .related(gateway.id, by.clone(), "the listener of the waypoint")
            .fix(fix(gateway, &by)),
    )
}

/// What the listener of a waypoint allows, in words.
fn allowed(gateway: &Object<Gateway>) -> &'static str {
    let mut listeners = gateway.spec.listeners.iter();
    let hbone = listeners.find(|own| own.protocol == "HBONE" && own.port == 15008);
    let has_selector = hbone
        .and_then(|own| own.allowed_routes.as_ref())
        .is_some_and(|allowed| allowed.namespaces.selector.is_some());
    if has_selector {
        "namespaces with other labels"
    } else {
        "its own namespace alone"
    }
}

/// Lets the listener take all namespaces; not where a selector chooses among them.
fn fix(gateway: &Object<Gateway>, by: &FieldPath) -> Option<Fix> {
    let fix = Fix::hazardous(format!(
        "let waypoint {} take all namespaces",
        gateway.name()
    ));
    let from = || Content::mapping([("from", Content::text("All"))]);
    let mut listeners = gateway.spec.listeners.iter().enumerate();
    let (index, listener) =
        listeners.find(|(_, own)| own.protocol == "HBONE" && own.port == 15008)?;
    let Some(allowed) = &listener.allowed_routes else {
        let place = path!["spec", "listeners", index, "allowedRoutes"];
        let content = Content::mapping([("namespaces", from())]);
        return Some(fix.change(gateway.id, place, Change::Insert(content)));
    };
    if allowed.namespaces.selector.is_some() {
        return None;
    }
    Some(fix.write(gateway.id, by.clone(), "All"))
}
