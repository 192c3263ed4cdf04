//! MESH4008: a route of a kind that no listener of its Gateway takes.

use super::{each_parent_that, every_route};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Answer, Attachment, Route};
use crate::model::gateway_api::{Listener, ParentRef};
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::some_of;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-kind-not-allowed",
    codes: &[Code::MESH4008],
    runs: every_route!(route_kind_not_allowed),
};

/// How many listeners a finding names as related places.
const RELATED: usize = 3;

fn route_kind_not_allowed(route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    each_parent_that(
        Answer::RefusesKind,
        route,
        mesh,
        |at, parent, attachment, evidence| {
            findings.push(finding(route, at, parent, attachment).given(evidence));
        },
    );
}

fn finding(
    route: &Route<'_>,
    at: usize,
    parent: &ParentRef,
    attachment: &Attachment<'_>,
) -> Finding {
    let gateway = attachment.gateway;
    let place = format!("Gateway {}/{}", gateway.namespace(), gateway.name());
    let outcome = format!("{} {} does not attach", route.kind, route.name);
    let message = match attachment.listeners.as_slice() {
        [(_, listener)] => format!(
            "listener {} of {place} {}: {outcome}",
            listener.name,
            why(listener, route.kind)
        ),
        listeners => format!(
            "no listener of {place} takes {}s ({}): {outcome}",
            route.kind,
            some_of(listeners.iter().map(|(_, listener)| listener.name.as_str()))
        ),
    };
    let path = if parent.section_name.is_empty() {
        path!["spec", "parentRefs", at]
    } else {
        path!["spec", "parentRefs", at, "sectionName"]
    };
    let finding =
        Finding::new(Code::MESH4008, route.id, path, message).help(help(attachment, route.kind));
    let related = attachment.listeners.iter().take(RELATED);
    related.fold(finding, |finding, (at, listener)| {
        let listener_path = path!["spec", "listeners", *at];
        if is_refused_by_protocol(listener, route.kind) {
            finding.related(gateway.id, listener_path.field("protocol"), "its protocol")
        } else {
            let kinds = listener_path.field("allowedRoutes").field("kinds");
            finding.related(gateway.id, kinds, "the kinds that it takes")
        }
    })
}

fn is_refused_by_protocol(listener: &Listener, kind: &str) -> bool {
    let kinds = listener.route_kinds();
    kinds.is_some_and(|kinds| !kinds.contains(&kind))
}

/// What the listener takes instead.
fn why(listener: &Listener, kind: &str) -> String {
    if is_refused_by_protocol(listener, kind) {
        let kinds = listener.route_kinds().unwrap_or_default().join("s and ");
        if listener.passes_tls_through() {
            format!("passes TLS through and takes {kinds}s alone")
        } else {
            format!(
                "has protocol {} and takes {kinds}s alone",
                listener.protocol
            )
        }
    } else {
        let listed = listener
            .allowed_routes
            .iter()
            .flat_map(|allowed| &allowed.kinds);
        let kinds = some_of(listed.map(|own| format!("{}s", own.kind)));
        format!("takes {kinds} alone")
    }
}

fn help(attachment: &Attachment<'_>, kind: &str) -> String {
    let is_of_requests = matches!(kind, "HTTPRoute" | "GRPCRoute");
    let Some((_, listener)) = attachment.listeners.first() else {
        return format!("add a listener that takes {kind}s");
    };
    if !is_refused_by_protocol(listener, kind) {
        return format!("add `kind: {kind}` to the listener's `allowedRoutes.kinds`");
    }
    if listener.passes_tls_through() && is_of_requests {
        return "make the listener `protocol: HTTPS` with a certificate, or use a TLSRoute"
            .to_owned();
    }
    match listener.route_kinds().and_then(<[_]>::first) {
        Some(other) => format!("use a {other}, or attach to a listener that takes {kind}s"),
        None => format!("attach to a listener that takes {kind}s"),
    }
}
