//! Unknown is not missing: whether the input shows the place where a missing thing would be.
//!
//! A rule that misses something asks for the evidence and attaches it to its finding. What is not
//! shown is reported as information only, with the reason. Policies are what is being linted:
//! one that is not there is missing, no evidence needed.

use super::Coverage;
use crate::mesh::places::{ConfigSource, Of};
use crate::mesh::registry::Host;
use crate::mesh::settings::External;
use crate::nearest::is_slip;
use crate::yaml::is_placeholder;

/// Whether the input shows the place where a missing thing would be ('unknown is not missing').
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It does: the thing is missing.
    Shown,
    /// It does not; the text says why ("namespace payments has no Services in the input").
    NotShown(String),
}

/// Kinds whose documents hold hosts.
const HOST_KINDS: [&str; 9] = [
    "Service",
    "ServiceEntry",
    "WorkloadEntry",
    "WorkloadGroup",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
];

/// Kinds whose documents hold workloads.
const WORKLOAD_KINDS: [&str; 9] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
    "Rollout",
    "Job",
    "CronJob",
    "WorkloadGroup",
];

impl Coverage {
    /// Evidence for a host that is not found. A host of the cluster would be in the namespace it
    /// names, any other among the ServiceEntries.
    pub fn knows_host(&self, host: &Host<'_>) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        let name = host.to_string();
        if is_placeholder(&name) {
            return Evidence::NotShown(format!("{name} holds a placeholder"));
        }
        if External::has(&self.settings.external.hosts, &name) {
            return Evidence::NotShown(format!("{name} is configured as external"));
        }
        if !host.complete {
            return match self.foreign_domain(host.service) {
                Some(domain) => Evidence::NotShown(format!(
                    "{domain} is the domain of another cluster or mesh, whose services the input does \
                     not show"
                )),
                None => self.knows_service_entries(),
            };
        }
        let unplaced = self.services_named(host.service).find(|service| {
            self.places.is_unplaced(service.id) && service.namespace() != host.namespace
        });
        match unplaced {
            Some(service) => may_be_meant("Service", service.name(), host.namespace),
            None => self.knows_hosts_in(host.namespace),
        }
    }

    /// The domain of a name such as `reviews.bookinfo.svc.clusterset.local`: services of other
    /// clusters and meshes, of which no ServiceEntry tells. That of the cluster with a slip of the
    /// pen is not taken for another.
    fn foreign_domain<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (_, domain) = name.split_once('.')?.1.split_once('.')?;
        let is_of_services = domain.starts_with("svc.");
        let is_slip = is_slip(domain, &self.registry.identity_domain);
        (is_of_services && !is_slip).then_some(domain)
    }

    /// Evidence for an external host: some ServiceEntry in the input.
    fn knows_service_entries(&self) -> Evidence {
        if let Some(reason) = self.gap(None, &["ServiceEntry"]) {
            Evidence::NotShown(reason)
        } else if self.objects.service_entries.is_empty() {
            Evidence::NotShown("the input holds no ServiceEntry".into())
        } else {
            Evidence::Shown
        }
    }

    /// Evidence for an Istio Gateway of this name. One of the name in another namespace shows that
    /// the namespace was forgotten, unless it is that Gateway whose namespace is left open.
    pub fn knows_gateway(&self, namespace: &str, name: &str) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        let mut elsewhere = self
            .gateways_named(name)
            .filter(|gateway| gateway.namespace() != namespace)
            .peekable();
        let is_elsewhere = elsewhere.peek().is_some();
        if elsewhere.any(|gateway| self.places.is_unplaced(gateway.id)) {
            return may_be_meant("Gateway", name, namespace);
        }
        match self.knows_gateways_in(namespace) {
            Evidence::NotShown(_)
                if is_elsewhere
                    && !External::has(&self.settings.external.namespaces, namespace)
                    && self.gap(Some(namespace), &["Gateway"]).is_none() =>
            {
                Evidence::Shown
            }
            evidence => evidence,
        }
    }

    /// Evidence for a host of the cluster in `namespace`.
    pub fn knows_hosts_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &HOST_KINDS,
            |of| of.services().len() + of.service_entries().len() > 0,
            "Services",
        )
        .or_else(|| self.workloads_shown(namespace))
        .unwrap_or_else(|| not_shown(namespace, "Services"))
    }

    /// Evidence for a workload that a selector or a subset in `namespace` does not find.
    pub fn knows_workloads_in(&self, namespace: &str) -> Evidence {
        let shown = |of: Of<'_>| {
            of.workload_groups().len() > 0 || !self.workloads.of(of.namespace()).is_empty()
        };
        self.shown_in(namespace, &WORKLOAD_KINDS, shown, "workloads")
            .unwrap_or_else(|| not_shown(namespace, "workloads"))
    }

    /// Evidence for a workload that a selector finds in no namespace: the input shows workloads
    /// somewhere in the object's own namespace.
    pub fn knows_workloads(&self) -> Evidence {
        if self.settings.closed_world || !self.workloads.is_empty() {
            Evidence::Shown
        } else {
            Evidence::NotShown("the input holds no workloads".into())
        }
    }

    /// Evidence for an Istio Gateway in `namespace`.
    pub fn knows_gateways_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &["Gateway"],
            |of| of.gateways().len() > 0,
            "Gateways",
        )
        .unwrap_or_else(|| not_shown(namespace, "Gateways"))
    }

    /// Evidence for a Gateway of the Gateway API in `namespace`.
    pub fn knows_k8s_gateways_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &["Gateway"],
            |of| of.k8s_gateways().len() > 0,
            "Gateways",
        )
        .unwrap_or_else(|| not_shown(namespace, "Gateways"))
    }

    /// Evidence for a Service of that very name in `namespace`.
    pub fn knows_services_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &["Service"],
            |of| of.services().len() > 0,
            "Services",
        )
        .unwrap_or_else(|| not_shown(namespace, "Services"))
    }

    /// Evidence for a service account in `namespace`: workloads or ServiceAccounts there.
    pub fn knows_accounts_in(&self, namespace: &str) -> Evidence {
        let shown = |of: Of<'_>| {
            of.service_accounts().len() > 0 || !self.workloads.of(of.namespace()).is_empty()
        };
        self.shown_in(
            namespace,
            &["ServiceAccount", "Deployment", "StatefulSet", "DaemonSet"],
            shown,
            "workloads and no ServiceAccounts",
        )
        .unwrap_or_else(|| not_shown(namespace, "workloads and no ServiceAccounts"))
    }

    /// Evidence for a Secret or ConfigMap with keys or certificates in `namespace`. Secrets are
    /// seldom kept with manifests, so only a namespace with some shows its Secrets.
    pub fn knows_credentials_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &["Secret", "ConfigMap"],
            |of| of.secrets().len() > 0,
            "Secrets",
        )
        .unwrap_or_else(|| not_shown(namespace, "Secrets"))
    }

    /// Evidence for a DestinationRule for `host`, as an object of `namespace` names it: all could
    /// be read, and none for that name leaves its namespace open.
    pub fn knows_destination_rules(&self, host: &str, namespace: &str) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if let Some(reason) = self.gap(None, &["DestinationRule"]) {
            return Evidence::NotShown(reason);
        }
        let assumed = &self.settings.default_namespace;
        if host.contains('.') || assumed == namespace {
            return Evidence::Shown;
        }
        let mut rules = self
            .routing
            .destination_rules_for(self.registry.resolve(host, assumed));
        match rules.find(|rule| self.places.is_unplaced(rule.id)) {
            Some(rule) => may_be_meant("DestinationRule", rule.name(), namespace),
            None => Evidence::Shown,
        }
    }

    /// Evidence for a namespace of this name: some Namespace object in the input.
    pub fn knows_namespaces(&self) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if let Some(reason) = self.gap(None, &["Namespace"]) {
            return Evidence::NotShown(reason);
        }
        if self.places.any_declared() {
            Evidence::Shown
        } else {
            Evidence::NotShown("the input declares no Namespace".into())
        }
    }

    /// Evidence for a trust domain: a mesh config in the input.
    pub fn knows_trust_domains(&self) -> Evidence {
        let mut planes = self.places.control_planes().iter();
        if self.settings.closed_world || planes.any(|p| p.source != ConfigSource::None) {
            Evidence::Shown
        } else {
            Evidence::NotShown("the input holds no mesh config, which names trust domains".into())
        }
    }

    /// Whether the namespace is that of a control plane which the input does not hold: what is
    /// installed beside istiod is not shown either.
    fn is_of_implied_control_plane(&self, namespace: &str) -> bool {
        let id = self.places.id(namespace);
        let mut planes = self.places.control_planes().iter();
        planes.any(|plane| plane.is_implied() && Some(plane.namespace) == id)
    }

    fn workloads_shown(&self, namespace: &str) -> Option<Evidence> {
        let id = self.places.id(namespace)?;
        (!self.workloads.of(id).is_empty()).then_some(Evidence::Shown)
    }

    /// The evidence, or `None` if the namespace shows nothing of the family.
    fn shown_in(
        &self,
        namespace: &str,
        kinds: &[&str],
        shown: impl Fn(Of<'_>) -> bool,
        family: &str,
    ) -> Option<Evidence> {
        if self.settings.closed_world {
            return Some(Evidence::Shown);
        }
        if is_placeholder(namespace) {
            return Some(Evidence::NotShown(format!(
                "namespace {namespace} holds a placeholder"
            )));
        }
        if External::has(&self.settings.external.namespaces, namespace) {
            return Some(Evidence::NotShown(format!(
                "namespace {namespace} is configured as external"
            )));
        }
        if let Some(reason) = self.gap(Some(namespace), kinds) {
            return Some(Evidence::NotShown(reason));
        }
        if kinds.contains(&"Deployment") && self.is_of_implied_control_plane(namespace) {
            return Some(Evidence::NotShown(format!(
                "istiod is not in the input, so it does not show all of namespace {namespace}"
            )));
        }
        let Some(id) = self.places.id(namespace) else {
            return Some(not_shown(namespace, family));
        };
        shown(self.places.of(id)).then_some(Evidence::Shown)
    }

    /// Why a document that could not be read may hold what is missing.
    fn gap(&self, namespace: Option<&str>, kinds: &[&str]) -> Option<String> {
        let gap = self.settings.gaps.iter().find(|gap| {
            let here = match (&gap.namespace, namespace) {
                (Some(own), Some(namespace)) => own == namespace,
                _ => true,
            };
            here && (gap.kind.is_empty() || kinds.contains(&gap.kind.as_str()))
        })?;
        let kind = if gap.kind.is_empty() {
            "document"
        } else {
            &gap.kind
        };
        Some(format!("a {kind} of the input could not be read"))
    }
}

fn may_be_meant(kind: &str, name: &str, namespace: &str) -> Evidence {
    Evidence::NotShown(format!(
        "the manifest of {kind} {name} names no namespace and may be meant for {namespace}"
    ))
}

fn not_shown(namespace: &str, family: &str) -> Evidence {
    Evidence::NotShown(format!(
        "namespace {namespace} has no {family} in the input"
    ))
}
