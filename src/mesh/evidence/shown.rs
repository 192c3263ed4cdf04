//! Unknown is not missing: whether the input shows the place where a missing thing would be.
//!
//! A rule that misses something asks for the evidence and attaches it to its finding. What is not
//! shown is reported as information only, with the reason. Policies are what is being linted:
//! one that is not there is missing, no evidence needed.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Coverage;
use crate::load::Gap;
use crate::mesh::places::{ConfigSource, Of};
use crate::mesh::registry::Host;
use crate::mesh::settings::External;
use crate::model::operators::{Makes, Proof};
use crate::model::{Labels, ObjectId, Str};
use crate::nearest::{is_one_off, is_slip};
use crate::yaml::is_placeholder;

/// Whether the input shows the place where a missing thing would be ('unknown is not missing').
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It does: the thing is missing.
    Shown,
    /// It does not; the text says why ("namespace payments has no Services in the input").
    NotShown(String),
    /// Something in the input may bring it along, unseen: a chart, an operator, a template.
    Unseen {
        /// What.
        why: String,
        /// The object that does, if it is one.
        source: Option<ObjectId>,
        /// Whether the input shows something of nearly the same name, so that a slip of the pen is
        /// likelier.
        is_slip: bool,
    },
}

/// What is unseen, by namespace; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    index: OnceLock<Index>,
    placed: OnceLock<FxHashSet<Str>>,
    made: OnceLock<FxHashSet<(Makes, Str, Str)>>,
}

#[derive(Debug, Default)]
struct Index {
    by_namespace: FxHashMap<Str, Vec<u32>>,
    anywhere: Vec<u32>,
    /// Those that are of one kind, wherever.
    of_kinds: Vec<u32>,
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
        if self.registry.meant_by_short_form(&name).is_some() {
            return Evidence::Shown;
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
        self.knows_service(host.namespace, host.service, &HOST_KINDS, || {
            self.knows_hosts_in(host.namespace)
        })
    }

    /// Evidence for a Service of a name in a namespace: `general` is that for its namespace, which
    /// what is known of the name may change.
    fn knows_service(
        &self,
        namespace: &str,
        name: &str,
        kinds: &[&str],
        general: impl FnOnce() -> Evidence,
    ) -> Evidence {
        let unplaced = self.services_named(name).find(|service| {
            self.places.is_unplaced(service.id) && service.namespace() != namespace
        });
        if let Some(service) = unplaced {
            return may_be_meant("Service", service.name(), namespace);
        }
        let near = self.nearest_service(namespace, name).map(|near| near.what);
        let is_slip = near.is_some_and(|near| {
            near.name().eq_ignore_ascii_case(name) || is_one_off(near.name(), name)
        });
        if let Some(gap) = self.gap(Some(namespace), kinds, Some(name)) {
            return unseen(gap, is_slip);
        }
        if let Some(evidence) = self.object_elsewhere(&["Service"], namespace, name) {
            return evidence;
        }
        // In the place of manifests that name no namespace a name that is there in another spelling,
        // or in another namespace, shows what was meant.
        let is_meant = || {
            near.is_some()
                || self.services_named(name).any(|other| {
                    other.namespace() != namespace && !self.places.is_unplaced(other.id)
                })
        };
        if self.is_unnamed_place(namespace) && is_meant() {
            return Evidence::Shown;
        }
        general()
    }

    /// Evidence for a Service that a route of the Gateway API names.
    pub fn knows_service_of(&self, object: ObjectId, namespace: &str, name: &str) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        let evidence = self.knows_service(namespace, name, &["Service"], || {
            self.knows_services_in(namespace)
        });
        self.in_unnamed_place(object, namespace, name, evidence)
    }

    /// Evidence for what an object names in its own namespace, if its manifest leaves that open:
    /// nothing there proves that something is missing, unless a like name shows what was meant.
    pub(crate) fn in_unnamed_place(
        &self,
        object: ObjectId,
        namespace: &str,
        name: &str,
        evidence: Evidence,
    ) -> Evidence {
        let is_at_home = self.places.id(namespace) == Some(self.places.namespace_of(object));
        if evidence != Evidence::Shown || !is_at_home || !self.places.is_unplaced(object) {
            return evidence;
        }
        let is_meant = self.nearest_service(namespace, name).is_some()
            || self
                .services_named(name)
                .any(|other| !self.places.is_unplaced(other.id));
        if is_meant {
            evidence
        } else {
            Evidence::NotShown(NAMES_NO_NAMESPACE.to_owned())
        }
    }

    /// Whether manifests that name no namespace stand in this one, by assumption alone.
    fn is_unnamed_place(&self, namespace: &str) -> bool {
        self.settings.default_namespace == namespace
            && self.objects.headers.iter().any(|header| header.is_unplaced)
    }

    /// Kinds of which an object of the assumed namespace names it.
    fn placed_kinds(&self) -> &FxHashSet<Str> {
        self.unseen.placed.get_or_init(|| {
            let headers = self.objects.headers.iter();
            headers
                .filter(|header| {
                    !header.is_unplaced && header.namespace == self.settings.default_namespace
                })
                .map(|header| header.kind.clone())
                .collect()
        })
    }

    /// Whether an operator makes something of this name for an object of the input.
    pub fn is_made(&self, what: Makes, namespace: &str, name: &str) -> bool {
        if self.settings.closed_world || self.settings.made.is_empty() {
            return false;
        }
        let made = self.unseen.made.get_or_init(|| {
            let made = self
                .settings
                .made
                .iter()
                .filter(|made| made.proof == Proof::Source);
            made.map(|made| (made.what, made.namespace.clone(), made.name.clone()))
                .collect()
        });
        made.contains(&(what, namespace.into(), name.into()))
    }

    /// Whether an installation makes a gateway whose labels `selector` selects, in `namespace` or
    /// (`None`) anywhere.
    pub fn has_made_workload(&self, namespace: Option<&str>, selector: &Labels) -> bool {
        !self.settings.closed_world
            && self.settings.made.iter().any(|made| {
                made.what == Makes::Workload
                    && namespace.is_none_or(|namespace| made.namespace == namespace)
                    && !made.labels.is_empty()
                    && selector
                        .iter()
                        .all(|(key, value)| made.labels.iter().any(|(k, v)| k == key && v == value))
            })
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
        if let Some(gap) = self.gap(None, &["ServiceEntry"], None) {
            unseen(gap, false)
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
        if let Some(evidence) = self.object_elsewhere(&["Gateway"], namespace, name) {
            return evidence;
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
                    && self
                        .gap(Some(namespace), &["Gateway"], Some(name))
                        .is_none() =>
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
        if self.settings.closed_world {
            Evidence::Shown
        } else if let Some(evidence) = self.installs_unseen(None) {
            evidence
        } else if !self.workloads.is_empty() {
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

    /// Evidence for a VirtualService in `namespace`.
    pub fn knows_virtual_services_in(&self, namespace: &str) -> Evidence {
        self.shown_in(
            namespace,
            &["VirtualService"],
            |of| of.virtual_services().len() > 0,
            "VirtualServices",
        )
        .unwrap_or_else(|| not_shown(namespace, "VirtualServices"))
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
        if let Some(gap) = self.gap(None, &["DestinationRule"], None) {
            return unseen(gap, false);
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
        if let Some(gap) = self.gap(None, &["Namespace"], None) {
            return unseen(gap, false);
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
    pub(super) fn shown_in(
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
        if let Some(gap) = self.gap(Some(namespace), kinds, None) {
            return Some(unseen(gap, false));
        }
        if kinds.contains(&"Deployment") && self.is_of_implied_control_plane(namespace) {
            return Some(Evidence::NotShown(format!(
                "istiod is not in the input, so it does not show all of namespace {namespace}"
            )));
        }
        let Some(id) = self.places.id(namespace) else {
            return Some(not_shown(namespace, family));
        };
        let is_shown = shown(self.places.of(id));
        if is_shown && self.is_unnamed_place(namespace) {
            let placed = self.placed_kinds();
            if !kinds.iter().any(|kind| placed.contains(*kind)) {
                return Some(Evidence::NotShown(NAMES_NO_NAMESPACE.to_owned()));
            }
        }
        is_shown.then_some(Evidence::Shown)
    }

    /// What may hold something of these kinds that is not shown, in a namespace or (`None`)
    /// anywhere, of this name or any. What is called like the thing comes first.
    pub(super) fn gap(
        &self,
        namespace: Option<&str>,
        kinds: &[&str],
        name: Option<&str>,
    ) -> Option<&Gap> {
        const LOOKED_AT: usize = 100;
        let gaps = &self.settings.gaps;
        if gaps.is_empty() {
            return None;
        }
        let index = self.unseen.index.get_or_init(|| {
            let mut index = Index::default();
            for (position, gap) in (0u32..).zip(gaps) {
                match &gap.namespace {
                    Some(own) => index
                        .by_namespace
                        .entry(own.clone())
                        .or_default()
                        .push(position),
                    None => index.anywhere.push(position),
                }
                if !gap.is_application {
                    index.of_kinds.push(position);
                }
            }
            index
        });
        let here = match namespace {
            Some(namespace) => index
                .by_namespace
                .get(namespace)
                .map_or(&[][..], Vec::as_slice),
            None => &index.of_kinds,
        };
        let anywhere = namespace.map_or(&[][..], |_| &index.anywhere);
        let fits = |gap: &&Gap| {
            let is_kind = if gap.is_application {
                namespace.is_some()
            } else {
                gap.kind.is_empty() || kinds.contains(&gap.kind.as_str())
            };
            let is_name = match (&gap.name, name) {
                (None, _) => true,
                (Some(own), Some(name)) => own == name,
                (Some(_), None) => false,
            };
            is_kind && is_name
        };
        let positions = here.iter().chain(anywhere);
        let mut fitting = positions
            .filter_map(|position| gaps.get(*position as usize))
            .filter(fits)
            .take(LOOKED_AT);
        let first = fitting.next()?;
        let is_called_so = |gap: &&Gap| name.is_some_and(|name| gap.because.contains(name));
        if is_called_so(&first) {
            return Some(first);
        }
        fitting.find(is_called_so).or(Some(first))
    }

    /// Something that installs an application, in a namespace or (`None`) anywhere.
    pub(crate) fn installs_unseen(&self, namespace: Option<&str>) -> Option<Evidence> {
        if self.settings.closed_world {
            return None;
        }
        match namespace {
            Some(namespace) => self.gap(Some(namespace), &WORKLOAD_KINDS, None),
            None => self.settings.gaps.iter().find(|gap| gap.is_application),
        }
        .map(|gap| unseen(gap, false))
    }
}

pub(super) const NAMES_NO_NAMESPACE: &str = "the manifest names no namespace, so that the input does not show \
    what else is in the one that it is applied to";

pub(super) fn unseen(gap: &Gap, is_slip: bool) -> Evidence {
    Evidence::Unseen {
        why: gap.because.clone(),
        source: gap.object,
        is_slip,
    }
}

pub(super) fn may_be_meant(kind: &str, name: &str, namespace: &str) -> Evidence {
    Evidence::NotShown(format!(
        "the manifest of {kind} {name} names no namespace and may be meant for {namespace}"
    ))
}

pub(super) fn not_shown(namespace: &str, family: &str) -> Evidence {
    Evidence::NotShown(format!(
        "namespace {namespace} has no {family} in the input"
    ))
}
