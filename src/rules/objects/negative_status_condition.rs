//! IST0171: objects whose status says that they do not work.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::core::Service;
use crate::model::gateway_api::{Gateway, GrpcRoute, HttpRoute};
use crate::model::networking::{ServiceEntry, WorkloadEntry};
use crate::model::object::{Condition, Status};
use crate::model::security::AuthorizationPolicy;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "negative-status-condition",
    codes: &[Code::IST0171],
    runs: &[
        Run::Service(service),
        Run::ServiceEntry(service_entry),
        Run::WorkloadEntry(workload_entry),
        Run::AuthorizationPolicy(authorization_policy),
        Run::K8sGateway(gateway),
        Run::HttpRoute(http_route),
        Run::GrpcRoute(grpc_route),
    ],
};

const BOUND: &[&str] = &["istio.io/WaypointBound"];
const ACCEPTED: &[&str] = &["ZtunnelAccepted", "WaypointAccepted"];
const ROUTED: &[&str] = &["Accepted", "Programmed", "ResolvedRefs"];

fn service(object: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    let status = object.spec.status.as_deref().or(object.status.as_deref());
    own(object.id, status, BOUND, mesh, findings);
}

fn service_entry(object: &Object<ServiceEntry>, mesh: &Mesh, findings: &mut Findings) {
    own(object.id, object.status.as_deref(), BOUND, mesh, findings);
}

fn workload_entry(object: &Object<WorkloadEntry>, mesh: &Mesh, findings: &mut Findings) {
    own(object.id, object.status.as_deref(), BOUND, mesh, findings);
}

fn authorization_policy(
    object: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    own(
        object.id,
        object.status.as_deref(),
        ACCEPTED,
        mesh,
        findings,
    );
}

fn gateway(object: &Object<Gateway>, mesh: &Mesh, findings: &mut Findings) {
    own(object.id, object.status.as_deref(), ROUTED, mesh, findings);
}

fn http_route(object: &Object<HttpRoute>, mesh: &Mesh, findings: &mut Findings) {
    of_parents(object.id, object.status.as_deref(), mesh, findings);
}

fn grpc_route(object: &Object<GrpcRoute>, mesh: &Mesh, findings: &mut Findings) {
    of_parents(object.id, object.status.as_deref(), mesh, findings);
}

fn own(
    object: ObjectId,
    status: Option<&Status>,
    types: &[&str],
    mesh: &Mesh,
    findings: &mut Findings,
) {
    if mesh.analysis_of(object).is_none() {
        return;
    }
    let conditions = status.map_or(&[][..], |status| &status.conditions);
    for (index, condition) in conditions.iter().enumerate() {
        let path = path!["status", "conditions", index];
        judge(object, condition, path, types, mesh, findings);
    }
}

fn of_parents(object: ObjectId, status: Option<&Status>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.analysis_of(object).is_none() {
        return;
    }
    let parents = status.map_or(&[][..], |status| &status.parents);
    for (number, parent) in parents.iter().enumerate() {
        for (index, condition) in parent.conditions.iter().enumerate() {
            let path = path!["status", "parents", number, "conditions", index];
            judge(object, condition, path, ROUTED, mesh, findings);
        }
    }
}

fn judge(
    object: ObjectId,
    condition: &Condition,
    path: FieldPath,
    types: &[&str],
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let Condition {
        kind,
        status,
        reason,
        message,
    } = condition;
    let is_negative = if types.contains(&kind.as_str()) {
        status == "False"
            || types == ACCEPTED && kind == "WaypointAccepted" && reason == "PartiallyInvalid"
    } else {
        mesh.quirks.conditions_without_status_are_negative && status.is_empty()
    };
    if !is_negative {
        return;
    }
    let text = format!("the status says {kind}: {status}, reason {reason}: {message}");
    findings.push(Finding::new(Code::IST0171, object, "", text).points_at(path));
}
