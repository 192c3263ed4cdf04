//! KIA1401: a route whose parent is a Gateway that does not exist or does not take it.

use super::every_route;
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::routing::gateway_api::{Answer, Route};
use crate::mesh::{External, Mesh};
use crate::model::Object;
use crate::model::gateway_api::{Gateway, ParentRef};
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::{is_unresolved, nearest};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-gateway-not-found",
    codes: &[Code::KIA1401],
    runs: every_route!(route_gateway_not_found),
};

fn route_gateway_not_found(route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    for (at, parent) in route.parents.iter().enumerate() {
        if parent.name.is_empty() || !parent.is_gateway() {
            continue;
        }
        if [&parent.name, &parent.namespace].map(|text| is_unresolved(mesh, text)) != [false; 2] {
            continue;
        }
        if let Some(finding) = judge(route, at, parent, mesh) {
            findings.push(finding);
        }
    }
}

fn judge(route: &Route<'_>, at: usize, parent: &ParentRef, mesh: &Mesh) -> Option<Finding> {
    let written = (parent.namespace(route.namespace), parent.name.as_str());
    let target = if mesh.quirks.parents_are_read_as_hosts {
        read_as_host(written, &mesh.registry.identity_domain)
    } else {
        Some(written)
    };
    let (namespace, name) = target.unwrap_or(written);
    let attachment = target.and_then(|target| mesh.routing.attachment(route, parent, target));
    let Some(attachment) = attachment else {
        let finding = |message: String| finding(route, at, parent, "name", message);
        return Some(missing(finding, route, (namespace, name), mesh));
    };
    let gateway = attachment.gateway;
    let place = format!("Gateway {namespace}/{name}");
    match attachment.answer {
        Answer::Takes | Answer::ServesOtherNames | Answer::RefusesKind => None,
        Answer::MayTake if !mesh.settings.closed_world => Some(
            finding(
                route,
                at,
                parent,
                "",
                format!("{place} takes routes by the labels of their namespace"),
            )
            .related(gateway.id, "spec/listeners", "these namespaces may attach")
            .given(Evidence::NotShown(format!(
                "the input does not declare namespace {}, so that its labels are unknown",
                route.namespace
            ))),
        ),
        Answer::MayTake | Answer::RefusesNamespace => {
            let message = format!("{place} takes no routes from namespace {}", route.namespace);
            Some(
                finding(route, at, parent, "", message)
                    .help(
                        "let a listener of the Gateway take routes from this namespace: \
                         `allowedRoutes: {namespaces: {from: All}}`, or `from: Selector` with labels \
                         of the namespace",
                    )
                    .related(
                        gateway.id,
                        "spec/listeners",
                        "no listener's allowedRoutes admits the namespace",
                    )
                    .given(places_known(route, gateway, mesh)),
            )
        }
        Answer::IsNotMeant => {
            let meant = mesh.evidence.knows_meant(route.id, gateway.id, &place);
            Some(lacks_listener(route, at, parent, gateway).given(meant))
        }
    }
}

/// A finding at a field of the reference, or (with an empty name) at all of it.
fn finding(
    route: &Route<'_>,
    at: usize,
    parent: &ParentRef,
    field: &str,
    message: String,
) -> Finding {
    let reference = path!["spec", "parentRefs", at];
    let place = if field.is_empty() {
        reference.clone()
    } else {
        reference.field(field)
    };
    // Of routes of requests the path is that of upstream.
    if !matches!(route.kind, "HTTPRoute" | "GRPCRoute") {
        return Finding::new(Code::KIA1401, route.id, place, message);
    }
    let place = if field.is_empty() {
        reference.field("name")
    } else {
        place
    };
    let path = path!["spec", "parentRefs", at, "name", &parent.name];
    Finding::new(Code::KIA1401, route.id, path, message).points_at(place)
}

fn lacks_listener(
    route: &Route<'_>,
    at: usize,
    parent: &ParentRef,
    gateway: &Object<Gateway>,
) -> Finding {
    let wanted = match (parent.section_name.as_str(), parent.port) {
        ("", port) => format!("on port {}", port.unwrap_or_default()),
        (section, None) => format!("named {section}"),
        (section, Some(port)) => format!("named {section} on port {port}"),
    };
    let listeners = gateway.spec.listeners.iter();
    let names = listeners.map(|listener| listener.name.as_str());
    let near = nearest(&parent.section_name, names);
    let hint = near.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
    let field = if parent.section_name.is_empty() {
        "port"
    } else {
        "sectionName"
    };
    let place = format!("Gateway {}/{}", gateway.namespace(), gateway.name());
    let message = format!("{place} has no listener {wanted}{hint}");
    finding(route, at, parent, field, message)
        .help(format!(
            "name a listener of the Gateway, or remove {field} to attach to all of them"
        ))
        .related(gateway.id, "spec/listeners", "its listeners")
}

fn missing(
    finding: impl Fn(String) -> Finding,
    route: &Route<'_>,
    (namespace, name): (&str, &str),
    mesh: &Mesh,
) -> Finding {
    let elsewhere = mesh.routing.k8s_gateways_named(name).next();
    let own = mesh.places.id(namespace).map(|id| mesh.places.of(id));
    let names = own.iter().flat_map(|own| own.k8s_gateways());
    let near = nearest(name, names.map(Object::name));
    let of_istio = mesh.places.named(namespace, name).gateways();
    let mut hint = String::new();
    let mut help = "create the Gateway, or name one that exists".to_owned();
    if let Some(other) = elsewhere {
        hint = format!(", but one in namespace {}", other.namespace());
        help = format!(
            "if that one is meant, write `namespace: {}`",
            other.namespace()
        );
    } else if let Some(near) = near {
        hint = format!(" (did you mean {near}?)");
        help = format!("write `name: {near}`");
    } else if of_istio.is_some() {
        hint.push_str(", only one of networking.istio.io, to which routes cannot attach");
    }
    let message = format!("there is no Gateway {name} in namespace {namespace}{hint}");
    let finding = finding(message).help(help);
    if let Some(other) = elsewhere {
        let finding = finding.related(other.id, "metadata/namespace", "a Gateway of this name");
        return finding.given(places_known(route, other, mesh));
    }
    let full = format!("{namespace}/{name}");
    if External::has(&mesh.settings.external.gateways, &full) && !mesh.settings.closed_world {
        return finding.given(Evidence::NotShown(format!(
            "Gateway {full} is configured as external"
        )));
    }
    finding.given(mesh.evidence.knows_k8s_gateways_in(namespace))
}

/// Evidence for a finding that rests on the namespaces of the route and of a Gateway: their
/// manifests name them.
fn places_known(route: &Route<'_>, gateway: &Object<Gateway>, mesh: &Mesh) -> Evidence {
    let unplaced = |id| !mesh.settings.closed_world && mesh.places.is_unplaced(id);
    if unplaced(route.id) {
        Evidence::NotShown(format!("the {} names no namespace", route.kind))
    } else if unplaced(gateway.id) {
        Evidence::NotShown("the Gateway names no namespace".into())
    } else {
        Evidence::Shown
    }
}

/// Namespace and name of a Gateway as upstream reads them: `name.namespace`,
/// `name.namespace.DOMAIN` and `namespace/name` take the place of the reference's own namespace.
fn read_as_host<'p>(
    (namespace, name): (&'p str, &'p str),
    domain: &str,
) -> Option<(&'p str, &'p str)> {
    if let Some((service, rest)) = name.split_once('.') {
        return match rest.split_once('.') {
            None => Some((rest, service)),
            Some((namespace, rest)) => (rest == domain).then_some((namespace, service)),
        };
    }
    match name.split_once('/') {
        None => Some((namespace, name)),
        Some((namespace, rest)) => Some((namespace, rest.split('/').next().unwrap_or_default())),
    }
}
