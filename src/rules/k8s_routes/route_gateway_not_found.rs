//! KIA1401: a route whose parent is a Gateway that does not exist or does not take it.

use super::{Route, each_grpc, each_http};
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::{External, Mesh};
use crate::model::Object;
use crate::model::gateway_api::{FromNamespaces, Gateway, Listener, ParentRef};
use crate::path;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-gateway-not-found",
    codes: &[Code::KIA1401],
    runs: &[
        Run::HttpRoute(|route, mesh, findings| {
            each_http(route, mesh, findings, route_gateway_not_found);
        }),
        Run::GrpcRoute(|route, mesh, findings| {
            each_grpc(route, mesh, findings, route_gateway_not_found);
        }),
    ],
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
    let finding = |message: String| {
        let path = path!["spec", "parentRefs", at, "name", &parent.name];
        Finding::new(Code::KIA1401, route.id, path, message).points_at(path![
            "spec",
            "parentRefs",
            at,
            "name"
        ])
    };
    let written = (parent.namespace(route.namespace), parent.name.as_str());
    let target = if mesh.quirks.parents_are_read_as_hosts {
        read_as_host(written, &mesh.registry.identity_domain)
    } else {
        Some(written)
    };
    let (namespace, name) = target.unwrap_or(written);
    let gateways: Vec<_> = mesh
        .routing
        .k8s_gateways_named(name)
        .filter(|gateway| target.is_some() && gateway.namespace() == namespace)
        .collect();
    let answers = gateways
        .iter()
        .map(|gateway| answer(gateway, parent, route, mesh));
    let (Some(best), Some(gateway)) = (answers.min(), gateways.first()) else {
        return Some(missing(finding, route, (namespace, name), mesh));
    };
    let place = format!("Gateway {namespace}/{name}");
    match best {
        Answer::Takes => None,
        Answer::MayTake => Some(
            finding(format!(
                "{place} takes routes by the labels of their namespace"
            ))
            .related(gateway.id, "spec/listeners", "these namespaces may attach")
            .given(Evidence::NotShown(format!(
                "the input does not declare namespace {}, so that its labels are unknown",
                route.namespace
            ))),
        ),
        Answer::Refuses => Some(
            finding(format!(
                "{place} takes no routes from namespace {}",
                route.namespace
            ))
            .help("let a listener of the Gateway take routes from this namespace: `allowedRoutes: {namespaces: {from: All}}`, or `from: Selector` with labels of the namespace")
            .related(gateway.id, "spec/listeners", "no listener's allowedRoutes admits the namespace")
            .given(places_known(route, &gateways, mesh)),
        ),
        Answer::LacksListener => {
            let wanted = match (parent.section_name.as_str(), parent.port) {
                ("", port) => format!("on port {}", port.unwrap_or_default()),
                (section, None) => format!("named {section}"),
                (section, Some(port)) => format!("named {section} on port {port}"),
            };
            let names = gateway.spec.listeners.iter().map(|listener| listener.name.as_str());
            let near = nearest(&parent.section_name, names);
            let hint = near.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
            let field = if parent.section_name.is_empty() { "port" } else { "sectionName" };
            Some(
                finding(format!("{place} has no listener {wanted}{hint}"))
                    .points_at(path!["spec", "parentRefs", at, field])
                    .help(format!("name a listener of the Gateway, or remove {field} to attach to all of them"))
                    .related(gateway.id, "spec/listeners", "its listeners"),
            )
        }
    }
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
        return finding.given(places_known(route, &[other], mesh));
    }
    let full = format!("{namespace}/{name}");
    if External::has(&mesh.settings.external.gateways, &full) && !mesh.settings.closed_world {
        return finding.given(Evidence::NotShown(format!(
            "Gateway {full} is configured as external"
        )));
    }
    finding.given(mesh.evidence.knows_k8s_gateways_in(namespace))
}

/// Evidence for a finding that rests on the namespaces of the route and of Gateways: their
/// manifests name them.
fn places_known(route: &Route<'_>, gateways: &[&Object<Gateway>], mesh: &Mesh) -> Evidence {
    let unplaced = |id| !mesh.settings.closed_world && mesh.places.is_unplaced(id);
    if unplaced(route.id) {
        Evidence::NotShown(format!("the {} names no namespace", route.kind))
    } else if gateways.iter().any(|gateway| unplaced(gateway.id)) {
        Evidence::NotShown("the Gateway names no namespace".into())
    } else {
        Evidence::Shown
    }
}

/// What a Gateway says to a route, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Takes,
    /// It depends on labels that the input does not show.
    MayTake,
    Refuses,
    LacksListener,
}

fn answer(gateway: &Object<Gateway>, parent: &ParentRef, route: &Route<'_>, mesh: &Mesh) -> Answer {
    let is_own = gateway.namespace() == route.namespace;
    let listeners = &gateway.spec.listeners;
    if is_own && (mesh.quirks.own_gateways_take_all_routes || listeners.is_empty()) {
        return Answer::Takes;
    }
    let namespace = mesh.places.namespace_of(route.id);
    if !mesh.places.get(namespace).is_known {
        return Answer::Refuses;
    }
    listeners
        .iter()
        .filter(|listener| mesh.quirks.own_gateways_take_all_routes || is_meant(listener, parent))
        .map(|listener| admits(listener, is_own, route, mesh))
        .min()
        .unwrap_or(if listeners.is_empty() {
            Answer::Refuses
        } else {
            Answer::LacksListener
        })
}

/// Whether the reference is to this listener.
fn is_meant(listener: &Listener, parent: &ParentRef) -> bool {
    (parent.section_name.is_empty() || parent.section_name == listener.name)
        && parent.port.is_none_or(|port| port == listener.port)
}

fn admits(listener: &Listener, is_own: bool, route: &Route<'_>, mesh: &Mesh) -> Answer {
    let Some(allowed) = &listener.allowed_routes else {
        return takes(is_own);
    };
    match allowed.namespaces.from {
        FromNamespaces::Same => takes(is_own),
        FromNamespaces::All => Answer::Takes,
        FromNamespaces::None => Answer::Refuses,
        FromNamespaces::Selector => {
            let namespace = mesh.places.get(mesh.places.namespace_of(route.id));
            match &allowed.namespaces.selector {
                Some(selector) if selector.matches(&namespace.full_labels()) => Answer::Takes,
                Some(_) if !namespace.is_declared() && !mesh.settings.closed_world => {
                    Answer::MayTake
                }
                _ => Answer::Refuses,
            }
        }
    }
}

fn takes(yes: bool) -> Answer {
    if yes { Answer::Takes } else { Answer::Refuses }
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
