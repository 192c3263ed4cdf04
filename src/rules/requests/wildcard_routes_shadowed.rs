//! MESH1007: routes of a wildcard host that a VirtualService with a host within it takes requests from.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::routing::Shadowed;
use crate::mesh::{GatewayName, Mesh};
use crate::model::Object;
use crate::model::networking::{HttpMatchRequest, VirtualService};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::is_placeholder;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "wildcard-routes-shadowed",
    codes: &[Code::MESH1007],
    runs: &[Run::Mesh(wildcard_routes_shadowed)],
};

fn wildcard_routes_shadowed(mesh: &Mesh, findings: &mut Findings) {
    for service in &mesh.objects.virtual_services {
        if service.broken || service.spec.http.is_empty() {
            continue;
        }
        let shadowed = mesh.routing.shadowed_by(service);
        if shadowed.is_empty() {
            continue;
        }
        let Some(paths) = Paths::of(service) else {
            continue;
        };
        for shadowed in shadowed {
            let wildcard = shadowed.wildcard;
            let is_judged = !mesh.is_context(wildcard.id)
                && mesh.evidence.are_together(wildcard.id, service.id);
            if let Some(path) = paths.lacking(wildcard).filter(|_| is_judged) {
                findings.extend(finding(service, &shadowed, path));
            }
        }
    }
}

/// `path` is one that the routes of the wildcard take and those of `service` do not.
fn finding(
    service: &Object<VirtualService>,
    shadowed: &Shadowed<'_>,
    path: &str,
) -> Option<Finding> {
    let wildcard = shadowed.wildcard.spec.hosts.get(shadowed.wildcard_host)?;
    let host = service.spec.hosts.get(shadowed.host)?;
    let other = format!("{}/{}", service.namespace(), service.name());
    let gateway = if shadowed.gateway == GatewayName::MESH {
        "in the sidecars of the mesh".to_owned()
    } else {
        let GatewayName { namespace, name } = shadowed.gateway;
        format!("at gateway {namespace}/{name}")
    };
    let message = format!(
        "requests for {host}{path} are answered with 404 and never reach these routes: \
         VirtualService {other} has host {host} {gateway}, no route for the path, and hosts are not \
         merged with {wildcard}"
    );
    let finding = Finding::new(
        Code::MESH1007,
        shadowed.wildcard.id,
        path!["spec", "hosts", shadowed.wildcard_host],
        message,
    );
    Some(
        finding
            .help(format!(
                "repeat the route in {other}, or let both delegate to one VirtualService"
            ))
            .related(
                service.id,
                path!["spec", "hosts", shadowed.host],
                "only the routes of this VirtualService are tried for this host",
            ),
    )
}

/// The paths that the routes of a VirtualService take, whatever else they ask for.
struct Paths<'m> {
    prefixes: FxHashSet<&'m str>,
    exact: FxHashSet<&'m str>,
}

impl<'m> Paths<'m> {
    /// `None` if they take every path, or if that cannot be told.
    fn of(service: &'m Object<VirtualService>) -> Option<Self> {
        let mut paths = Self {
            prefixes: FxHashSet::default(),
            exact: FxHashSet::default(),
        };
        for route in &service.spec.http {
            if route.matches.is_empty() {
                return None;
            }
            for matching in &route.matches {
                match path_of(matching) {
                    Path::Any | Path::Unknown => return None,
                    Path::Prefix(prefix) => paths.prefixes.insert(prefix),
                    Path::Exact(path) => paths.exact.insert(path),
                };
            }
        }
        Some(paths)
    }

    /// The first path that the routes of the wildcard take and these do not.
    fn lacking<'w>(&self, wildcard: &'w Object<VirtualService>) -> Option<&'w str> {
        const LOOKED_AT: usize = 200;
        let mut routes = wildcard.spec.http.iter();
        if routes.any(|route| route.matches.is_empty()) {
            return Some("/");
        }
        let routes = wildcard.spec.http.iter();
        let mut matches = routes.flat_map(|route| &route.matches).take(LOOKED_AT);
        matches.find_map(|matching| {
            if !matching.gateways.is_empty() {
                return None;
            }
            match path_of(matching) {
                Path::Any => Some("/"),
                Path::Prefix(path) => (!self.has_prefix_of(path)).then_some(path),
                Path::Exact(path) => {
                    (!self.exact.contains(path) && !self.has_prefix_of(path)).then_some(path)
                }
                Path::Unknown => None,
            }
        })
    }

    fn has_prefix_of(&self, path: &str) -> bool {
        let ends = path.char_indices().map(|(at, char)| at + char.len_utf8());
        let mut beginnings = ends.filter_map(|end| path.get(..end));
        beginnings.any(|beginning| self.prefixes.contains(beginning))
    }
}

enum Path<'m> {
    Any,
    Prefix(&'m str),
    Exact(&'m str),
    Unknown,
}

fn path_of(matching: &HttpMatchRequest) -> Path<'_> {
    let Some(uri) = &matching.uri else {
        return Path::Any;
    };
    match (&uri.exact, &uri.prefix) {
        (Some(path), _) | (None, Some(path)) if is_placeholder(path) => Path::Unknown,
        (Some(path), _) => Path::Exact(path),
        (None, Some(prefix)) if prefix == "/" => Path::Any,
        (None, Some(prefix)) => Path::Prefix(prefix),
        (None, None) if uri.regex.is_some() => Path::Unknown,
        (None, None) => Path::Any,
    }
}
