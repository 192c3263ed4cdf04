//! The service registry: Services by host name, and whom they are exported to.

use std::ops::Range;

use crate::mesh::Mesh;
use crate::mesh::indices::selectors::SelectorIndex;
use crate::mesh::places::catalogue::Catalogue;
use crate::mesh::places::namespaces::NamespaceId;
use crate::mesh::registry::hosts::Host;
use crate::model::core::Service;
use crate::model::{Labels, Object, Objects};

/// What is known of Services beside their names. Asked through [`Mesh`].
#[derive(Debug, Default)]
pub struct Registry {
    /// Selectors of Services; items are places in the shelf of Services.
    selectors: SelectorIndex,
}

impl Registry {
    pub(in crate::mesh) fn build(objects: &Objects, catalogue: &Catalogue) -> Self {
        let none = Labels::default();
        let selectors = catalogue.services.all().iter().map(|position| {
            let service = objects.services.get(*position as usize);
            service.map_or(&none, |service| &service.spec.spec.selector)
        });
        Self {
            selectors: SelectorIndex::build(selectors),
        }
    }
}

impl Mesh {
    /// What `name` means to an object in `namespace`: the reading that nearly all checks use
    /// (upstream: `GetHost`).
    pub fn resolve<'a>(&'a self, name: &'a str, namespace: &'a str) -> Host<'a> {
        Host::resolve(name, namespace, &self.identity_domain, |part| {
            self.namespaces.is_known(part)
        })
    }

    /// What `name` means when two-part names stand for themselves (upstream: `ParseHost`).
    pub fn parse<'a>(&'a self, name: &'a str, namespace: &'a str) -> Host<'a> {
        Host::parse(name, namespace, &self.identity_domain)
    }

    /// The Service that a host names, in whatever namespace, visible or not. Wildcards name none.
    /// A two-part name counts also when checks do not know its namespace (`kube-dns.kube-system`).
    pub fn service(&self, host: &Host<'_>) -> Option<&Object<Service>> {
        let (service, namespace) = if host.complete {
            (host.service, host.namespace)
        } else {
            let (service, namespace) = host.service.split_once('.')?;
            if namespace.contains('.') {
                return None;
            }
            (service, namespace)
        };
        self.named(namespace, service).services()
    }

    /// Whether a host is a Service that `viewer` sees (upstream: `KubeServiceHosts`). The viewer
    /// is the namespace of the object that names the host.
    pub fn has_service(&self, host: &Host<'_>, viewer: NamespaceId) -> bool {
        self.service(host)
            .is_some_and(|service| self.is_service_visible(service, viewer))
    }

    /// Whether a Service is exported to a namespace: by its annotation
    /// `networking.istio.io/exportTo`, else by the mesh config's `defaultServiceExportTo`.
    pub fn is_service_visible(&self, service: &Object<Service>, viewer: NamespaceId) -> bool {
        let home = self.namespaces.of(service.id);
        let name = self.namespaces.name(viewer);
        let reaches = |entry: &str| match entry {
            "*" => true,
            "." => viewer == home,
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
            .namespaces
            .control_plane(home)
            .map_or(&[][..], |plane| &plane.config.default_service_export_to);
        default.is_empty() || default.iter().any(|entry| reaches(entry))
    }

    /// The Services of a namespace whose selector, not empty, selects `labels`, in load order.
    pub fn services_selecting(
        &self,
        namespace: NamespaceId,
        labels: &Labels,
    ) -> impl Iterator<Item = &Object<Service>> {
        let places: Range<u32> = self.catalogue.services.places(namespace);
        let positions = self.catalogue.services.all();
        self.registry
            .selectors
            .selecting(places, labels)
            .into_iter()
            .filter_map(move |place| positions.get(place as usize))
            .filter_map(|position| self.objects.services.get(*position as usize))
    }
}
