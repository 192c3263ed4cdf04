//! MESH1024: a fault that fails every request of a route.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{FaultAbort, HttpMatchRequest, HttpRoute, VirtualService};
use crate::path;
use crate::rules::common::words::some_of;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "fault-on-every-request",
    codes: &[Code::MESH1024],
    runs: &[Run::VirtualService(fault_on_every_request)],
};

fn fault_on_every_request(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    for (at, route) in service.spec.http.iter().enumerate() {
        let abort = route.fault.as_ref().and_then(|fault| fault.abort.as_ref());
        let Some(abort) = abort.filter(|abort| fails_all(abort)) else {
            continue;
        };
        let takes_all = route.matches.is_empty() || route.matches.iter().any(takes_every_path);
        if !takes_all || route.route.is_empty() {
            continue;
        }
        let left = if at == 0 {
            ""
        } else {
            " that no earlier route takes"
        };
        let message = format!(
            "every request for {}{left} is answered {} by fault injection",
            hosts(service, route),
            status(abort)
        );
        let path = path!["spec", "http", at, "fault", "abort"];
        findings.push(
            Finding::new(Code::MESH1024, service.id, path, message).help(
                "remove the fault if the test is over, or match a header that only the test sends",
            ),
        );
    }
}

fn fails_all(abort: &FaultAbort) -> bool {
    abort
        .percentage
        .is_some_and(|percentage| percentage.value >= 100.0)
}

/// Whether a match asks for nothing but a path, and for any.
fn takes_every_path(matching: &HttpMatchRequest) -> bool {
    let uri = matching.uri.as_ref();
    let is_any = uri.is_none_or(|uri| {
        uri.is_unset() || uri.prefix.as_deref() == Some("/") || uri.regex.as_deref() == Some(".*")
    });
    let rest = HttpMatchRequest {
        name: matching.name.clone(),
        uri: matching.uri.clone(),
        ignore_uri_case: matching.ignore_uri_case,
        stat_prefix: matching.stat_prefix.clone(),
        ..HttpMatchRequest::default()
    };
    is_any && *matching == rest
}

/// The hosts of the requests; a delegate has those that its routes lead to.
fn hosts(service: &Object<VirtualService>, route: &HttpRoute) -> String {
    if service.spec.hosts.is_empty() {
        let destinations = route.route.iter().filter_map(|to| to.destination.as_ref());
        some_of(destinations.map(|to| to.host.as_str()))
    } else {
        some_of(&service.spec.hosts)
    }
}

fn status(abort: &FaultAbort) -> String {
    match (&abort.http_status, &abort.grpc_status) {
        (Some(status), _) => status.to_string(),
        (None, Some(status)) => format!("with gRPC status {status}"),
        (None, None) => "with an error".to_owned(),
    }
}
