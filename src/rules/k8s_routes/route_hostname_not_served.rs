//! MESH4001: a route whose hostnames no listener of its Gateway serves.

use super::{each_parent_that, every_route};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Answer, Attachment, Route};
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::some_of;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-hostname-not-served",
    codes: &[Code::MESH4001],
    runs: every_route!(route_hostname_not_served),
};

/// How many listeners a finding names as related places.
const RELATED: usize = 3;

fn route_hostname_not_served(route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    if route.hostnames.is_empty() {
        return;
    }
    each_parent_that(
        Answer::ServesOtherNames,
        route,
        mesh,
        |_, _, attachment, evidence| {
            findings.push(finding(route, attachment).given(evidence));
        },
    );
}

fn finding(route: &Route<'_>, attachment: &Attachment<'_>) -> Finding {
    let gateway = attachment.gateway;
    let listeners = &attachment.listeners;
    let hostnames = listeners.iter().map(|(_, listener)| hostname(listener));
    let served = some_of(hostnames);
    let names = some_of(listeners.iter().map(|(_, listener)| listener.name.as_str()));
    let (listener, their) = if listeners.len() == 1 {
        ("listener", "the hostname")
    } else {
        ("listeners", "the hostnames")
    };
    let (path, subject) = match route.hostnames {
        [only] => (
            path!["spec", "hostnames", 0usize],
            format!("{only} does not lie"),
        ),
        _ => (
            path!["spec", "hostnames"],
            format!("none of {} lies", some_of(route.hostnames)),
        ),
    };
    let message = format!(
        "{subject} within {served}, {their} of {listener} {names} of Gateway {}/{}: the {} does not \
         attach, and the gateway answers 404",
        gateway.namespace(),
        gateway.name(),
        route.kind
    );
    let help = match listeners.first() {
        Some((_, first)) => format!(
            "use a name within {}, or change the listener's hostname",
            hostname(first)
        ),
        None => "use a name that a listener serves".to_owned(),
    };
    let finding = Finding::new(Code::MESH4001, route.id, path, message).help(help);
    listeners
        .iter()
        .take(RELATED)
        .fold(finding, |finding, (at, _)| {
            let path = path!["spec", "listeners", *at, "hostname"];
            finding.related(gateway.id, path, "the names that the listener serves")
        })
}

fn hostname(listener: &crate::model::gateway_api::Listener) -> &str {
    listener.hostname.as_deref().unwrap_or_default()
}
