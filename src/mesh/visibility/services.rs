//! Which Services and ServiceEntries a namespace sees behind a host.

use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Host;
use crate::mesh::visibility::Visibility;
use crate::model::Object;
use crate::model::core::Service;

impl Visibility {
    /// Whether a host is a Service that `observer` sees (upstream: `KubeServiceHosts`). The
    /// observer is the namespace of the object that names the host.
    pub fn has_service(&self, host: &Host<'_>, observer: NamespaceId) -> bool {
        self.registry
            .service(host)
            .is_some_and(|service| self.is_service_visible(service, observer))
    }

    /// Whether a Service is exported to a namespace: by its annotation
    /// `networking.istio.io/exportTo`, else by the mesh config's `defaultServiceExportTo`.
    pub fn is_service_visible(&self, service: &Object<Service>, observer: NamespaceId) -> bool {
        let home = self.places.namespace_of(service.id);
        let name = self.places.name(observer);
        let reaches = |entry: &str| match entry {
            "*" => true,
            "." => observer == home,
            other => other == name,
        };
        if let Some(list) = service
            .metadata
            .annotations
            .get("networking.istio.io/exportTo")
        {
            let mut entries = list
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .peekable();
            return entries.peek().is_none() || entries.any(reaches);
        }
        let default = self
            .places
            .control_plane(home)
            .map_or(&[][..], |plane| &plane.config.default_service_export_to);
        default.is_empty() || default.iter().any(|entry| reaches(entry))
    }

    /// Whether a ServiceEntry that `observer` sees covers the host.
    pub fn has_service_entry(&self, host: &Host<'_>, observer: NamespaceId) -> bool {
        self.registry
            .service_entries_covering(host)
            .any(|entry| self.is_visible(entry.id, observer))
    }
}
