//! What a host name stands for: the service registry that istiod would build from Services and
//! ServiceEntries.
//!
//! Answers: which full name is meant by the host that an object names, and which Service or
//! ServiceEntries stand behind it. No routing here, and not who sees it. Stands on places.

mod hosts;
mod protocol;
mod service_entries;
mod services;

use std::sync::Arc;

pub(in crate::mesh) use hosts::within;
pub use hosts::{Host, dot_suffixes, split_namespace};
pub use protocol::{NEVER_SNIFFED, Protocol};

use crate::mesh::indices::SelectorIndex;
use crate::mesh::places::Places;
use crate::mesh::{Quirks, Settings};
use crate::model::{Labels, Objects, Str};
use service_entries::ServiceEntryHosts;

/// The service registry.
#[derive(Debug)]
pub struct Registry {
    pub(super) objects: Arc<Objects>,
    pub(super) places: Arc<Places>,
    pub(super) quirks: Quirks,
    /// The domain below which services live: `svc.cluster.local`.
    pub identity_domain: Str,
    /// Selectors of Services; items are places in the shelf of Services.
    selectors: SelectorIndex,
    service_entries: ServiceEntryHosts,
}

impl Registry {
    /// Registers all Services and ServiceEntries.
    pub(in crate::mesh) fn build(
        objects: Arc<Objects>,
        places: Arc<Places>,
        settings: &Settings,
        quirks: Quirks,
    ) -> Self {
        let none = Labels::default();
        let selectors = places.catalogue.services.all().iter().map(|position| {
            let service = objects.services.get(*position as usize);
            service.map_or(&none, |service| &service.spec.spec.selector)
        });
        Self {
            selectors: SelectorIndex::build(selectors),
            service_entries: ServiceEntryHosts::build(&objects, quirks),
            identity_domain: identity_domain(settings, &places, quirks),
            objects,
            places,
            quirks,
        }
    }
}

/// Kiali's configured domain, else that of the cluster's DNS; under the quirk the trust domain of
/// the first control plane takes the DNS domain's place.
fn identity_domain(settings: &Settings, places: &Places, quirks: Quirks) -> Str {
    if let Some(domain) = &settings.identity_domain {
        return domain.clone();
    }
    let trust_domain = places
        .control_planes()
        .first()
        .map_or("", |plane| plane.config.trust_domain.as_str());
    if quirks.identity_domain_is_trust_domain && !trust_domain.is_empty() {
        ecow::eco_format!("svc.{trust_domain}")
    } else {
        "svc.cluster.local".into()
    }
}
