//! What checks of VirtualServices share: their destinations in upstream's order.

use crate::mesh::Mesh;
use crate::model::networking::{Destination, VirtualService};
use crate::path;
use crate::yaml::FieldPath;

/// Where in a VirtualService a destination stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Place {
    Tcp(usize, usize),
    Tls(usize, usize),
    Http(usize, usize),
    Mirror(usize),
    Mirrors(usize, usize),
}

impl Place {
    /// Whether copies of requests go there, rather than the requests themselves.
    pub(in crate::rules) const fn is_mirror(self) -> bool {
        matches!(self, Self::Mirror(_) | Self::Mirrors(..))
    }

    /// The path of the destination.
    pub(in crate::rules) fn path(self) -> FieldPath {
        match self {
            Self::Tcp(i, j) => path!["spec", "tcp", i, "route", j, "destination"],
            Self::Tls(i, j) => path!["spec", "tls", i, "route", j, "destination"],
            Self::Http(i, j) => path!["spec", "http", i, "route", j, "destination"],
            Self::Mirror(i) => path!["spec", "http", i, "mirror"],
            Self::Mirrors(i, j) => path!["spec", "http", i, "mirrors", j, "destination"],
        }
    }
}

/// The destinations that Kiali's rules examine: outside upstream mode mirrors too.
pub(super) fn examined_destinations<'s>(
    service: &'s VirtualService,
    mesh: &Mesh,
) -> impl Iterator<Item = (Place, &'s Destination)> {
    let with_mirrors = !mesh.quirks.mirrors_are_not_examined;
    let all = destinations(service).into_iter();
    all.filter(move |(place, _)| with_mirrors || !place.is_mirror())
}

/// The destinations: of TCP, TLS and HTTP routes, each HTTP route followed by its mirrors.
pub(in crate::rules) fn destinations(service: &VirtualService) -> Vec<(Place, &Destination)> {
    let mut all = Vec::new();
    for (i, route) in service.tcp.iter().enumerate() {
        for (j, to) in route.route.iter().enumerate() {
            all.extend(to.destination.as_ref().map(|d| (Place::Tcp(i, j), d)));
        }
    }
    for (i, route) in service.tls.iter().enumerate() {
        for (j, to) in route.route.iter().enumerate() {
            all.extend(to.destination.as_ref().map(|d| (Place::Tls(i, j), d)));
        }
    }
    for (i, route) in service.http.iter().enumerate() {
        for (j, to) in route.route.iter().enumerate() {
            all.extend(to.destination.as_ref().map(|d| (Place::Http(i, j), d)));
        }
        all.extend(route.mirror.as_deref().map(|d| (Place::Mirror(i), d)));
        for (j, mirror) in route.mirrors.iter().enumerate() {
            all.extend(
                mirror
                    .destination
                    .as_ref()
                    .map(|d| (Place::Mirrors(i, j), d)),
            );
        }
    }
    all
}
