//! KIA1402: a route that names a Service which does not exist, or which it may not name.

use super::every_route;
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::routing::gateway_api::{self, Route};
use crate::mesh::{External, Host, Mesh};
use crate::model::operators::Makes;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::Check;
use crate::rules::common::words::{is_unresolved, nearest};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "route-service-not-found",
    codes: &[Code::KIA1402],
    runs: every_route!(route_service_not_found),
};

/// A reference to a Service.
struct Reference<'r> {
    /// Where it stands, without the field.
    path: FieldPath,
    namespace: &'r str,
    name: &'r str,
    /// Whether a Service of another namespace must allow it.
    needs_grant: bool,
}

fn route_service_not_found(route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    for (at, parent) in route.parents.iter().enumerate() {
        if parent.kind() == "Service" {
            let reference = Reference {
                path: path!["spec", "parentRefs", at],
                namespace: parent.namespace(route.namespace),
                name: &parent.name,
                needs_grant: mesh.quirks.any_service_grant_holds,
            };
            findings_of(&reference, route, mesh, findings);
        }
    }
    let mirrors = if mesh.quirks.mirrors_are_not_examined {
        &[][..]
    } else {
        &route.mirrors
    };
    for (path, backend) in route.backends.iter().chain(mirrors) {
        let is_service = if mesh.quirks.any_service_grant_holds {
            backend.kind() == "Service"
        } else {
            backend.is_service()
        };
        if is_service {
            let reference = Reference {
                path: path.clone(),
                namespace: backend.namespace(route.namespace),
                name: &backend.name,
                needs_grant: true,
            };
            findings_of(&reference, route, mesh, findings);
        }
    }
}

fn findings_of(reference: &Reference<'_>, route: &Route<'_>, mesh: &Mesh, findings: &mut Findings) {
    let Reference {
        namespace, name, ..
    } = *reference;
    if is_unresolved(mesh, name) || is_unresolved(mesh, namespace) {
        return;
    }
    let path = reference.path.field("name");
    let finding = |message: String| Finding::new(Code::KIA1402, route.id, path.clone(), message);
    let service = mesh.places.named(namespace, name).services();
    if name.contains('.') {
        findings.push(full_name(finding, reference, mesh));
    } else if let Some(service) = service {
        let is_foreign = reference.needs_grant && namespace != route.namespace;
        let granted = gateway_api::Reference {
            from_kind: route.kind,
            from_namespace: route.namespace,
            kind: "Service",
            namespace,
            name,
        };
        if is_foreign && !mesh.routing.is_granted(&granted) {
            findings.push(not_granted(route, reference, service.id, mesh));
        }
    } else if !mesh.evidence.is_made(Makes::Service, namespace, name) {
        findings.push(missing(finding, route, reference, mesh));
    }
}

fn not_granted(
    route: &Route<'_>,
    reference: &Reference<'_>,
    service: ObjectId,
    mesh: &Mesh,
) -> Finding {
    let Reference {
        namespace, name, ..
    } = *reference;
    // Of routes of requests the path is that of upstream.
    let field = match route.kind {
        "HTTPRoute" | "GRPCRoute" => "name",
        _ => "namespace",
    };
    let message = format!(
        "no ReferenceGrant in namespace {namespace} lets {}s of namespace {} refer to Service {name}",
        route.kind, route.namespace
    );
    let mut misplaced = mesh
        .routing
        .reference_grants(route.namespace, route.namespace, route.kind);
    let misplaced = misplaced.next();
    let help = match misplaced {
        Some(grant) => format!(
            "a ReferenceGrant belongs into the namespace of the Service: move {} to {namespace}",
            grant.name()
        ),
        None => format!("add to namespace {namespace}:\n\n{}", grant(route)),
    };
    let finding = Finding::new(
        Code::KIA1402,
        route.id,
        reference.path.field(field),
        message,
    )
    .help(help)
    .given(route_placed(route, mesh))
    .related(service, "metadata/name", "this Service is meant");
    match misplaced {
        Some(grant) => finding.related(grant.id, "metadata/namespace", "the grant holds here"),
        None => finding,
    }
}

/// A name with dots: Services have none.
fn full_name(
    finding: impl Fn(String) -> Finding,
    reference: &Reference<'_>,
    mesh: &Mesh,
) -> Finding {
    let name = reference.name;
    let host = mesh.registry.resolve(name, reference.namespace);
    let message =
        format!("{name} is no name of a Service: a reference takes name and namespace apart");
    let finding = finding(message);
    match mesh.registry.service(&host) {
        Some(service) => finding
            .help(format!(
                "write `name: {}` and `namespace: {}`",
                service.name(),
                service.namespace()
            ))
            .related(service.id, "metadata/name", "this Service is likely meant"),
        None => finding.help("write the Service's name without its namespace and domain"),
    }
}

fn missing(
    finding: impl Fn(String) -> Finding,
    route: &Route<'_>,
    reference: &Reference<'_>,
    mesh: &Mesh,
) -> Finding {
    let Reference {
        namespace, name, ..
    } = *reference;
    let own = mesh.places.id(namespace).map(|id| mesh.places.of(id));
    let names = own.iter().flat_map(|own| own.services());
    let near = nearest(name, names.map(Object::name));
    let hint = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
    let message = format!("there is no Service {name} in namespace {namespace}{hint}");
    let finding = finding(message).help(match near {
        Some(near) => format!("write `name: {near}`"),
        None => "create the Service, or name one that exists".into(),
    });
    finding.given(evidence(route, namespace, name, mesh))
}

fn evidence(route: &Route<'_>, namespace: &str, name: &str, mesh: &Mesh) -> Evidence {
    let host = Host::cluster(name, namespace, &mesh.registry.identity_domain).to_string();
    if !mesh.settings.closed_world && External::has(&mesh.settings.external.hosts, &host) {
        return Evidence::NotShown(format!("{host} is configured as external"));
    }
    mesh.evidence.knows_service_of(route.id, namespace, name)
}

/// Evidence for a finding that rests on the route's namespace: its manifest names it.
fn route_placed(route: &Route<'_>, mesh: &Mesh) -> Evidence {
    if mesh.settings.closed_world || !mesh.places.is_unplaced(route.id) {
        Evidence::Shown
    } else {
        Evidence::NotShown(format!("the {} names no namespace", route.kind))
    }
}

/// The ReferenceGrant that the route lacks.
fn grant(route: &Route<'_>) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nspec:\n  from:\n  - group: \
         gateway.networking.k8s.io\n    kind: {}\n    namespace: {}\n  to:\n  - group: \"\"\n    kind: Service",
        route.kind, route.namespace
    )
}
