//! KIA1106: several VirtualServices for one host.

use std::fmt::Write as _;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::route_overlap::{RouteKey, keys, shared_route, wider};
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::routing::MESH_GATEWAY;
use crate::mesh::{GatewayName, Host, Mesh, NamespaceId, ScopeClass, SpecialObservers};
use crate::model::Object;
use crate::model::networking::VirtualService;
use crate::path;
use crate::rules::common::collisions::{Collisions, NAMED, met_observers, own_observers, sharing};
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "virtual-services-share-host",
    codes: &[Code::KIA1106],
    runs: &[Run::Mesh(virtual_services_share_host)],
};

type Service = Object<VirtualService>;

fn virtual_services_share_host(mesh: &Mesh, findings: &mut Findings) {
    let services = &mesh.objects.virtual_services;
    let mut crowded = crowded(mesh);
    if !mesh.quirks.copies_collide {
        // Copies of an object in one file fare alike.
        let mut seen = FxHashSet::default();
        for (position, service) in (0u32..).zip(services) {
            let source = mesh.objects.place(service.id).map(|place| place.source);
            if !seen.insert((source, service.namespace(), service.name())) {
                crowded.remove(&position);
            }
        }
    }
    let examined = || (0u32..).zip(services).filter(|(p, _)| crowded.contains(p));
    let mut collisions: Collisions<Bucket<'_>> = Collisions::new();
    let mut lengths = FxHashSet::default();
    for (position, service) in examined() {
        for claim in claims(service, mesh) {
            for observer in own_observers(service.id, mesh) {
                for route in claim.routes(service, mesh) {
                    if let RouteKey::Prefix(text) = route {
                        lengths.insert(text.len());
                    }
                    collisions.put(
                        claim.bucket(Some(claim.host.service), observer, route),
                        position,
                    );
                    if !claim.joins_routes(mesh) {
                        collisions.put(claim.bucket(None, observer, route), position);
                    }
                }
            }
        }
    }
    let at = |position: u32| services.get(position as usize);
    for (position, service) in examined() {
        let places: Vec<&str> = places(service, mesh);
        let meet = |a: &Service, b: &Service| {
            (mesh.quirks.copies_collide || !is_copy(a, b) && mesh.evidence.are_together(a.id, b.id))
                && mesh
                    .visibility
                    .is_met_in_some_scope(a.id, b.id, &places, |class| {
                        mesh.visibility.is_virtual_service_imported(a, class)
                            && mesh.visibility.is_virtual_service_imported(b, class)
                            && (mesh.quirks.run_time_plays_no_part
                                || have_no_order(a, b, class, mesh))
                    })
        };
        for claim in claims(service, mesh) {
            let collide = |a: u32, b: u32| match (at(a), at(b)) {
                (Some(a), Some(b)) => {
                    meet(a, b)
                        && (!claim.joins_routes(mesh)
                            || shared_route(a, b, claim.gateway).is_some())
                }
                _ => false,
            };
            for observer in met_observers(service.id, mesh) {
                let name = claim.host.service;
                if claim.joins_routes(mesh) {
                    let routes = claim.routes(service, mesh).into_iter();
                    for route in routes.flat_map(|route| wider(route, &lengths)) {
                        let bucket = claim.bucket(Some(name), observer, route);
                        collisions.meet(position, &bucket, collide);
                    }
                } else if name == "*" {
                    let bucket = claim.bucket(None, observer, RouteKey::Any);
                    collisions.meet(position, &bucket, collide);
                } else {
                    for service in [name, "*"] {
                        let bucket = claim.bucket(Some(service), observer, RouteKey::Any);
                        collisions.meet(position, &bucket, collide);
                    }
                }
            }
        }
    }
    let versions = objects_with_versions(mesh);
    for (position, partners) in collisions.into_partners() {
        let mut partners: Vec<&Service> = partners.into_iter().filter_map(at).collect();
        if !mesh.quirks.copies_collide {
            let mut seen = FxHashSet::default();
            partners.retain(|partner| seen.insert(identity(partner)));
        }
        if let Some(service) = at(position).filter(|service| !service.broken) {
            let mut finding = finding(service, &partners, mesh);
            let is_alternative = |service: &Service| versions.contains(&identity(service));
            if is_alternative(service) || partners.into_iter().all(is_alternative) {
                finding.severity = finding.severity.min(Severity::Warning);
            }
            findings.push(finding);
        }
    }
    if mesh.quirks.virtual_services_collide_with_themselves {
        for service in services.iter().filter(|service| !service.broken) {
            if collides_with_itself(service, mesh) && is_judged(service, mesh) {
                findings.push(finding(service, &[], mesh));
            }
        }
    }
}

/// The VirtualServices, by position, that are not alone with each of their hosts, as most are:
/// what a bucket costs is spent on few.
fn crowded(mesh: &Mesh) -> FxHashSet<u32> {
    let mut hosts: Vec<(u64, u32)> = Vec::new();
    let mut stars: FxHashSet<u64> = FxHashSet::default();
    let hash = |claim: &Claim<'_>, service| {
        FxBuildHasher.hash_one(claim.bucket(service, None, RouteKey::Any))
    };
    for (position, service) in (0u32..).zip(&mesh.objects.virtual_services) {
        for claim in claims(service, mesh) {
            hosts.push((hash(&claim, Some(claim.host.service)), position));
            if claim.host.service == "*" {
                stars.insert(hash(&claim, None));
            }
        }
    }
    let services = &mesh.objects.virtual_services;
    let at = |position: &u32| services.get(*position as usize);
    // Copies of one object do not meet, however many folders have one.
    let meets = |group: &Vec<u32>| {
        let first = group.first().and_then(at);
        let mut others = group.iter().filter_map(at);
        mesh.quirks.copies_collide
            || first.is_some_and(|first| others.any(|other| !is_copy(first, other)))
    };
    let groups = sharing(hosts).into_iter().filter(meets);
    let mut crowded: FxHashSet<u32> = groups.flatten().collect();
    if !stars.is_empty() {
        for (position, service) in (0u32..).zip(&mesh.objects.virtual_services) {
            if claims(service, mesh).any(|claim| stars.contains(&hash(&claim, None))) {
                crowded.insert(position);
            }
        }
    }
    crowded
}

/// A host that a VirtualService lists, on one of its gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'m> {
    gateway: GatewayName<'m>,
    /// Index in `spec/hosts`.
    index: usize,
    host: Key<'m>,
}

/// A host as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key<'m> {
    domain: &'m str,
    namespace: &'m str,
    service: &'m str,
}

/// Where VirtualServices meet: those that one namespace sees (`None`: everyone) with one host, or
/// any host (`None`) of one namespace, on one gateway.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bucket<'m> {
    gateway: GatewayName<'m>,
    domain: &'m str,
    namespace: &'m str,
    service: Option<&'m str>,
    observer: Option<NamespaceId>,
    route: RouteKey<'m>,
}

impl<'m> Claim<'m> {
    fn bucket(
        &self,
        service: Option<&'m str>,
        observer: Option<NamespaceId>,
        route: RouteKey<'m>,
    ) -> Bucket<'m> {
        Bucket {
            gateway: self.gateway,
            domain: self.host.domain,
            namespace: self.host.namespace,
            service,
            observer,
            route,
        }
    }

    /// Whether the routes of all VirtualServices of this host are joined, as gateways do.
    fn joins_routes(&self, mesh: &Mesh) -> bool {
        !mesh.quirks.joined_routes_collide && self.gateway != GatewayName::MESH
    }

    /// What tells routes apart that get in each other's way from those that do not.
    fn routes(&self, service: &'m Service, mesh: &Mesh) -> Vec<RouteKey<'m>> {
        if self.joins_routes(mesh) {
            keys(service, self.gateway)
        } else {
            vec![RouteKey::Any]
        }
    }

    /// Whether two hosts collide: they are the same, or one is the star of their namespace.
    fn collides(&self, other: &Claim<'_>, mesh: &Mesh) -> bool {
        let has_star = self.host.service == "*" || other.host.service == "*";
        self.gateway == other.gateway
            && self.host.domain == other.host.domain
            && self.host.namespace == other.host.namespace
            && (self.host.service == other.host.service || has_star && !self.joins_routes(mesh))
    }
}

/// Every pair of gateway and host of a VirtualService.
fn claims<'m>(service: &'m Service, mesh: &'m Mesh) -> impl Iterator<Item = Claim<'m>> {
    let as_text = mesh.quirks.gateways_compare_as_text;
    let home = service.namespace();
    let read = move |text: &'m str| {
        if as_text {
            GatewayName {
                namespace: "",
                name: text,
            }
        } else {
            GatewayName::read(text, home)
        }
    };
    let default = if as_text { "no-gateway" } else { MESH_GATEWAY };
    let none = service.spec.gateways.is_empty().then(|| read(default));
    let gateways = service.spec.gateways.iter().map(move |text| read(text));
    none.into_iter().chain(gateways).flat_map(move |gateway| {
        let hosts = service.spec.hosts.iter().enumerate();
        hosts
            .filter(|(_, name)| !is_unresolved(mesh, name))
            .map(move |(index, name)| Claim {
                gateway,
                index,
                host: key(name, home, mesh),
            })
    })
}

fn key<'m>(name: &'m str, home: &'m str, mesh: &'m Mesh) -> Key<'m> {
    if name == "*" && !mesh.quirks.star_is_own_namespace {
        // A host of its own: no other is compared with it.
        return Key {
            domain: "*",
            namespace: "",
            service: "*",
        };
    }
    let Host {
        service,
        namespace,
        domain,
        ..
    } = mesh.registry.resolve(name, home);
    Key {
        domain,
        namespace,
        service,
    }
}

/// The namespaces that the hosts belong to.
fn places<'m>(service: &'m Service, mesh: &'m Mesh) -> Vec<&'m str> {
    let hosts = service.spec.hosts.iter();
    hosts
        .map(|host| mesh.visibility.place_of(host, service.namespace()))
        .collect()
}

/// How a namespace comes to see a VirtualService. Proxies take them in this order, so that of two
/// which it sees in different ways the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exported {
    /// Its own, not public.
    Private,
    /// Exported to it by another namespace.
    ToIt,
    /// Public.
    Public,
}

fn exported(service: &Service, viewer: NamespaceId, mesh: &Mesh) -> Exported {
    let home = mesh.places.namespace_of(service.id);
    let own = &service.spec.export_to;
    let entries = if own.is_empty() {
        &mesh
            .places
            .control_plane_or_first(home)
            .config
            .default_virtual_service_export_to[..]
    } else {
        own
    };
    if entries.is_empty() || entries.iter().any(|entry| entry == "*") {
        Exported::Public
    } else if home == viewer {
        Exported::Private
    } else {
        Exported::ToIt
    }
}

/// Whether some namespace of the class sees both in one way, so that only their age decides.
fn have_no_order(a: &Service, b: &Service, class: &ScopeClass, mesh: &Mesh) -> bool {
    const LOOKED_AT: usize = 50;
    let mut members = class.members.iter().take(LOOKED_AT);
    members.any(|observer| exported(a, *observer, mesh) == exported(b, *observer, mesh))
}

/// Whether two manifests are of one object, so that only one of them is ever applied.
fn is_copy(a: &Service, b: &Service) -> bool {
    identity(a) == identity(b)
}

fn identity(service: &Service) -> (&str, &str) {
    (service.namespace(), service.name())
}

/// VirtualServices that the input holds in several versions, as the steps of a tutorial do. Which
/// of them is applied beside which other object is not known.
fn objects_with_versions(mesh: &Mesh) -> FxHashSet<(&str, &str)> {
    if mesh.quirks.copies_collide {
        return FxHashSet::default();
    }
    let mut seen = FxHashSet::default();
    let services = mesh.objects.virtual_services.iter();
    services
        .map(identity)
        .filter(|identity| !seen.insert(*identity))
        .collect()
}

/// Whether a host or gateway is listed twice, or the star of a namespace beside one of its hosts.
fn collides_with_itself(service: &Service, mesh: &Mesh) -> bool {
    let mut claims: Vec<Claim<'_>> = claims(service, mesh).collect();
    if claims.len() < 2 {
        return false;
    }
    for claim in &mut claims {
        claim.index = 0;
    }
    // The star comes before all names within its namespace.
    claims.sort_by_key(|claim| {
        let Key {
            domain,
            namespace,
            service,
        } = claim.host;
        (claim.gateway, domain, namespace, service != "*", service)
    });
    claims
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.collides(b, mesh)))
}

/// Whether some namespace sees the VirtualService and imports it.
fn is_judged(service: &Service, mesh: &Mesh) -> bool {
    let observers = mesh.visibility.importing_observers(
        service.id,
        &places(service, mesh),
        SpecialObservers::default(),
    );
    observers.into_iter().any(|id| {
        mesh.visibility
            .scope_class_of(id)
            .is_some_and(|class| mesh.visibility.is_virtual_service_imported(service, class))
    })
}

fn finding(service: &Service, partners: &[&Service], mesh: &Mesh) -> Finding {
    let own: Vec<Claim<'_>> = claims(service, mesh).collect();
    let shared = partners.first().and_then(|partner| {
        let theirs: Vec<Claim<'_>> = claims(partner, mesh).collect();
        own.iter().find_map(|claim| {
            if !theirs.iter().any(|other| claim.collides(other, mesh)) {
                return None;
            }
            let routes = if claim.joins_routes(mesh) {
                Some(shared_route(service, partner, claim.gateway)?)
            } else {
                None
            };
            Some((claim, *partner, routes))
        })
    });
    let Some((claim, partner, routes)) = shared else {
        let message = "a host or gateway is listed more than once";
        return Finding::new(Code::KIA1106, service.id, "spec/hosts", message)
            .help("list every host and gateway once");
    };
    let name = service
        .spec
        .hosts
        .get(claim.index)
        .map_or("", |host| host.as_str());
    let gateway = claim.gateway;
    let is_mesh = gateway == GatewayName::MESH
        || mesh.quirks.gateways_compare_as_text
            && matches!(gateway.name, "no-gateway" | MESH_GATEWAY);
    let mut message = format!(
        "the host {name} is also routed by VirtualService {}/{}",
        partner.namespace(),
        partner.name()
    );
    match partners.len() {
        0 | 1 => {}
        2 => message.push_str(" and one more"),
        NAMED => message.push_str(" and others"),
        more => {
            let _ = write!(message, " and {} more", more - 1);
        }
    }
    if !is_mesh {
        let _ = write!(message, ", on the same gateway {}", gateway.name);
    }
    if let Some(routes) = routes {
        let _ = write!(message, "; both take {routes}");
    }
    let help = if is_mesh {
        "put the routes into one VirtualService: sidecars take only the oldest one for a host"
    } else {
        "put the routes into one VirtualService: the gateway joins them in an order that is not \
         promised"
    };
    let mut finding = Finding::new(Code::KIA1106, service.id, "spec/hosts", message)
        .points_at(path!["spec", "hosts", claim.index])
        .help(help);
    for partner in partners {
        finding = finding.related(partner.id, "spec/hosts", "the host is routed here as well");
    }
    if is_mesh && !mesh.quirks.run_time_plays_no_part {
        finding.severity = Severity::Error;
    }
    finding
}
