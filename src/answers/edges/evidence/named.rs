//! Calls that configuration speaks of: Sidecars and DestinationRules for some workloads that name a
//! host, ALLOW policies that name a caller.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Bundle, Callees, Calls, Finder, Kind};
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::split_namespace;
use crate::mesh::security::Identity;
use crate::mesh::workloads::WorkloadId;
use crate::model::attachment::Attached;
use crate::model::security::{Action, Rule};
use crate::model::{Labels, ObjectId, Str};

impl Finder<'_> {
    pub(super) fn sidecars(&self, calls: &mut Calls) {
        let mesh = self.mesh;
        let mut default: FxHashMap<NamespaceId, ObjectId> = FxHashMap::default();
        for sidecar in &mesh.objects.sidecars {
            if sidecar.spec.is_selectorless() {
                let namespace = mesh.places.namespace_of(sidecar.id);
                default.entry(namespace).or_insert(sidecar.id);
            }
        }
        for sidecar in &mesh.objects.sidecars {
            let namespace = mesh.places.namespace_of(sidecar.id);
            let home = sidecar.namespace();
            let hosts = sidecar
                .spec
                .egress
                .iter()
                .flat_map(|listener| &listener.hosts);
            let mut callees = Callees::default();
            for (place, host) in hosts.map(|entry| split_namespace(entry)) {
                let Some(target) = self.target_of_host(host, home) else {
                    continue;
                };
                let place = place.map(|place| if place == "." { home } else { place });
                if place == Some(mesh.places.name(target.namespace).as_str()) {
                    callees.insert(target.object, Vec::new());
                }
            }
            if callees.is_empty() {
                continue;
            }
            let clients: Arc<[WorkloadId]> = match sidecar.spec.selected_labels() {
                Some(labels) => {
                    let ids = mesh.workloads.ids_matching(Some(namespace), labels);
                    ids.collect()
                }
                None if default.get(&namespace) != Some(&sidecar.id) => continue,
                None => {
                    let is_root =
                        mesh.places.control_plane_or_first(namespace).root_namespace == namespace;
                    let serves = |own: NamespaceId| {
                        own == namespace || is_root && !default.contains_key(&own)
                    };
                    let workloads = mesh.workloads.iter();
                    let own = workloads.filter(|(_, workload)| serves(workload.namespace));
                    own.map(|(id, _)| id).collect()
                }
            };
            calls.add(Bundle {
                kind: Kind::Egress,
                shown_by: sidecar.id,
                clients,
                callees: Arc::new(callees),
            });
        }
    }

    pub(super) fn rules(&self, calls: &mut Calls) {
        for rule in &self.mesh.objects.destination_rules {
            let Some(labels) = rule.spec.selected_labels() else {
                continue;
            };
            let Some(target) = self.target_of_host(&rule.spec.host, rule.namespace()) else {
                continue;
            };
            let namespace = self.mesh.places.namespace_of(rule.id);
            let ids = self.mesh.workloads.ids_matching(Some(namespace), labels);
            calls.add(Bundle {
                kind: Kind::Rule,
                shown_by: rule.id,
                clients: ids.collect(),
                callees: Arc::new(Callees::from_iter([(target.object, Vec::new())])),
            });
        }
    }

    pub(super) fn policies(&self, calls: &mut Calls) {
        let mesh = self.mesh;
        let mut accounts: FxHashMap<(NamespaceId, Str), Vec<WorkloadId>> = FxHashMap::default();
        for (id, workload) in mesh.workloads.iter() {
            for account in &workload.accounts {
                let key = (workload.namespace, account.clone());
                accounts.entry(key).or_default().push(id);
            }
        }
        let mut selected: FxHashMap<(NamespaceId, Vec<(&str, &str)>), Arc<Callees>> =
            FxHashMap::default();
        let none = Labels::default();
        for policy in &mesh.objects.authorization_policies {
            if policy.spec.action != Action::Allow || policy.spec.targets().next().is_some() {
                continue;
            }
            let namespace = mesh.places.namespace_of(policy.id);
            let mut clients: Vec<WorkloadId> = self
                .named_accounts(&policy.spec.rules, policy.namespace())
                .filter_map(|(namespace, account)| {
                    let key = (mesh.places.id(namespace)?, Str::from(account));
                    accounts.get(&key)
                })
                .flatten()
                .copied()
                .collect();
            if clients.is_empty() {
                continue;
            }
            clients.sort_unstable();
            clients.dedup();
            let labels = policy.spec.selected_labels().unwrap_or(&none);
            let callees = selected
                .entry((namespace, labels.sorted()))
                .or_insert_with(|| Arc::new(self.callees_of(namespace, labels)));
            calls.add(Bundle {
                kind: Kind::Allow,
                shown_by: policy.id,
                clients: clients.into(),
                callees: Arc::clone(callees),
            });
        }
    }

    /// The Services of workloads that a policy selects. A policy of the root namespace without
    /// labels speaks of nobody in particular.
    fn callees_of(&self, namespace: NamespaceId, labels: &Labels) -> Callees {
        let mesh = self.mesh;
        let root = mesh.places.control_plane_or_first(namespace).root_namespace;
        let of = match (namespace == root, labels.is_empty()) {
            (true, true) => return Callees::default(),
            (true, false) => None,
            (false, _) => Some(namespace),
        };
        let mut callees = Callees::default();
        for id in mesh.workloads.ids_matching(of, labels) {
            if let Some(workload) = mesh.workloads.get(id) {
                let services = mesh
                    .registry
                    .services_selecting(workload.namespace, &workload.labels);
                callees.extend(services.map(|service| (service.id, Vec::new())));
            }
        }
        callees
    }

    /// Namespace and name of the service accounts that rules name in full.
    fn named_accounts<'r>(
        &'r self,
        rules: &'r [Rule],
        home: &'r str,
    ) -> impl Iterator<Item = (&'r str, &'r str)> {
        let sources = rules
            .iter()
            .flat_map(|rule| &rule.from)
            .filter_map(|from| from.source.as_ref());
        sources.flat_map(move |source| {
            let domains = self.mesh.security.trust_domains();
            let principals = source.principals.iter().filter_map(move |principal| {
                let identity = Identity::parse(principal)?;
                let is_own = domains.iter().any(|own| own == identity.trust_domain);
                is_own.then_some((identity.namespace, identity.account))
            });
            let accounts = source.service_accounts.iter();
            principals.chain(
                accounts.map(move |account| {
                    account.split_once('/').unwrap_or((home, account.as_str()))
                }),
            )
        })
    }
}
