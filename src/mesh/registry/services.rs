//! Services by host name and by what they select.

use crate::mesh::places::NamespaceId;
use crate::mesh::registry::{Host, Registry};
use crate::model::core::Service;
use crate::model::{Labels, Object};

impl Registry {
    /// What `name` means to an object in `namespace`: the reading that nearly all checks use
    /// (upstream: `GetHost`).
    pub fn resolve<'a>(&'a self, name: &'a str, namespace: &'a str) -> Host<'a> {
        Host::resolve(name, namespace, &self.identity_domain, |part| {
            self.places.is_known(part)
        })
    }

    /// What `name` means as a destination or as the host of a DestinationRule or Sidecar: Istio
    /// completes only names without a dot, so that `billing.pay` names no Service. Kiali does.
    pub fn destination_host<'a>(&'a self, name: &'a str, namespace: &'a str) -> Host<'a> {
        if self.quirks.run_time_plays_no_part {
            self.resolve(name, namespace)
        } else {
            self.parse(name, namespace)
        }
    }

    /// The Service that is meant by `name.namespace` or `name.namespace.svc`, which Istio does not
    /// complete. Never in upstream mode.
    pub fn meant_by_short_form(&self, name: &str) -> Option<&Object<Service>> {
        if self.quirks.run_time_plays_no_part {
            return None;
        }
        let short = name.strip_suffix(".svc").unwrap_or(name);
        let (service, namespace) = short.split_once('.')?;
        if namespace.contains('.') {
            return None;
        }
        self.places.named(namespace, service).services()
    }

    /// What `name` means when two-part names stand for themselves (upstream: `ParseHost`).
    pub fn parse<'a>(&'a self, name: &'a str, namespace: &'a str) -> Host<'a> {
        Host::parse(name, namespace, &self.identity_domain)
    }

    /// The Service that a host names, in whatever namespace, visible or not. Wildcards name none.
    /// In upstream mode a two-part name counts also when checks do not know its namespace
    /// (`kube-dns.kube-system`).
    pub fn service(&self, host: &Host<'_>) -> Option<&Object<Service>> {
        let (service, namespace) = if host.complete {
            (host.service, host.namespace)
        } else if !self.quirks.run_time_plays_no_part {
            return None;
        } else {
            let (service, namespace) = host.service.split_once('.')?;
            if namespace.contains('.') {
                return None;
            }
            (service, namespace)
        };
        self.places.named(namespace, service).services()
    }

    /// The Services of a namespace whose selector, not empty, selects `labels`, in load order.
    pub fn services_selecting(
        &self,
        namespace: NamespaceId,
        labels: &Labels,
    ) -> impl Iterator<Item = &Object<Service>> {
        let places = self.places.catalogue.services.places(namespace);
        let positions = self.places.catalogue.services.all();
        self.selectors
            .selecting(places, labels)
            .into_iter()
            .filter_map(move |place| positions.get(place as usize))
            .filter_map(|position| self.objects.services.get(*position as usize))
    }
}
