//! For whom a VirtualService fails, where it fails for some namespaces and not for others.

use std::cell::OnceCell;

use crate::diagnostics::Evidence;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::networking::VirtualService;

/// Who takes a VirtualService, found when first asked for.
pub(super) struct Takers<'m> {
    service: &'m Object<VirtualService>,
    gateways: OnceCell<Vec<NamespaceId>>,
}

impl<'m> Takers<'m> {
    pub(super) fn new(service: &'m Object<VirtualService>) -> Self {
        Self {
            service,
            gateways: OnceCell::new(),
        }
    }

    /// The namespaces of the gateway workloads, if only gateways take it.
    fn gateways(&self, mesh: &Mesh) -> &[NamespaceId] {
        self.gateways
            .get_or_init(|| mesh.routing.gateway_clients(self.service))
    }
}

/// Of the namespaces for which a VirtualService `fails`, the one to name, and whether the input
/// shows somebody there who takes it; `None` if nobody who takes it is affected. `observers` are
/// the namespaces that it was judged from and found failing.
///
/// Under the quirk one failing namespace suffices. Otherwise gateway workloads are asked first,
/// if only they take the VirtualService; then its own namespace; then any with proxies.
pub(super) fn affected(
    takers: &Takers<'_>,
    observers: &[NamespaceId],
    mesh: &Mesh,
    fails: impl Fn(NamespaceId) -> bool,
) -> Option<(NamespaceId, Evidence)> {
    let service = takers.service;
    let first = *observers.first()?;
    let home = mesh.places.namespace_of(service.id);
    if mesh.quirks.one_failing_namespace_suffices {
        return Some((first, Evidence::Shown));
    }
    let fails = |id: NamespaceId| mesh.visibility.is_visible(service.id, id) && fails(id);
    let gateways = takers.gateways(mesh);
    if !gateways.is_empty() {
        let found = gateways.iter().copied().find(|id| fails(*id));
        return found.map(|id| (id, Evidence::Shown));
    }
    if first == home {
        return Some((home, Evidence::Shown));
    }
    let others = || {
        mesh.places
            .managed()
            .filter(|(_, namespace)| namespace.is_declared() || namespace.has_objects)
            .map(|(id, _)| id)
    };
    if let Some(id) = others().find(|id| mesh.routing.has_proxies_in(*id) && fails(*id)) {
        return Some((id, Evidence::Shown));
    }
    let id = others().find(|id| fails(*id))?;
    if mesh.settings.closed_world {
        return Some((id, Evidence::Shown));
    }
    let reason = format!(
        "namespace {} has no workloads with a proxy in the input",
        mesh.places.name(id)
    );
    Some((id, Evidence::NotShown(reason)))
}
