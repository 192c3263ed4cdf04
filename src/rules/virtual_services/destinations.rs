//! What checks of VirtualServices share: their destinations in upstream's order.

use std::fmt;

use crate::model::networking::{Destination, VirtualService};

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
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(i, j) => write!(f, "spec/tcp[{i}]/route[{j}]/destination"),
            Self::Tls(i, j) => write!(f, "spec/tls[{i}]/route[{j}]/destination"),
            Self::Http(i, j) => write!(f, "spec/http[{i}]/route[{j}]/destination"),
            Self::Mirror(i) => write!(f, "spec/http[{i}]/mirror"),
            Self::Mirrors(i, j) => write!(f, "spec/http[{i}]/mirrors[{j}]/destination"),
        }
    }
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
