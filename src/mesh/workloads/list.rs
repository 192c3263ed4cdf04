//! Which workloads there are: one per controller, bare Pod, WorkloadGroup, and per custom
//! controller that is seen through the ReplicaSets and Pods that it owns.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::pods::{PodFacts, PodState};
use crate::mesh::Quirks;
use crate::mesh::indices::LabelIndex;
use crate::mesh::places::{NamespaceId, Places, Shelf};
use crate::mesh::workloads::{Workload, WorkloadKind};
use crate::model::core::{Controller, LabelSelector, Pod, PodSpec, PodTemplate};
use crate::model::object::{Metadata, OwnerReference};
use crate::model::{Labels, Object, Objects, Str};

/// All workloads, in no particular order of namespaces.
pub(super) fn workloads(objects: &Objects, places: &Places, quirks: Quirks) -> Vec<Workload> {
    let builder = Builder::new(objects, places, quirks);
    let mut list = builder.controllers();
    list.extend(builder.bare_pods());
    list.extend(builder.custom_controllers());
    list.extend(builder.groups());
    if quirks.one_workload_per_name {
        keep_one_per_name(&mut list);
    }
    list
}

/// What a workload's Pods run.
pub(super) fn pod_spec<'m>(workload: &Workload, objects: &'m Objects) -> Option<&'m PodSpec> {
    use WorkloadKind as K;
    let at = workload.position as usize;
    let controller = |list: &'m [Object<Controller>]| Some(&list.get(at)?.spec.template.spec);
    match workload.kind {
        K::Deployment => controller(&objects.deployments),
        K::ReplicaSet => controller(&objects.replica_sets),
        K::StatefulSet => controller(&objects.stateful_sets),
        K::DaemonSet => controller(&objects.daemon_sets),
        K::ReplicationController => controller(&objects.replication_controllers),
        K::DeploymentConfig => controller(&objects.deployment_configs),
        K::Job => controller(&objects.jobs),
        K::CronJob => Some(
            &objects
                .cron_jobs
                .get(at)?
                .spec
                .job_template
                .spec
                .template
                .spec,
        ),
        K::Pod => Some(&objects.pods.get(at)?.spec.spec),
        K::Rollout => Some(&rollout_template(objects, objects.rollouts.get(at)?)?.spec),
        K::Custom => objects
            .replica_sets
            .get(at)
            .map(|set| &set.spec.template.spec),
        K::WorkloadGroup => None,
    }
}

/// The template of a Rollout: its own, or that of the Deployment it refers to.
fn rollout_template<'m>(
    objects: &'m Objects,
    rollout: &'m Object<crate::model::core::Rollout>,
) -> Option<&'m PodTemplate> {
    if let Some(template) = &rollout.spec.template {
        return Some(template);
    }
    let reference = rollout.spec.workload_ref.as_ref()?;
    objects
        .deployments
        .iter()
        .find(|deployment| {
            deployment.name() == reference.name && deployment.namespace() == rollout.namespace()
        })
        .map(|deployment| &deployment.spec.template)
}

/// Kinds whose owners are followed upwards and that are no custom controllers.
const KNOWN_OWNERS: [&str; 8] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "ReplicationController",
    "DeploymentConfig",
];

fn controlling_owner(metadata: &Metadata) -> Option<&OwnerReference> {
    metadata
        .owner_references
        .iter()
        .find(|owner| owner.controller == Some(true))
}

type OwnerKey = (NamespaceId, Str, Str);

struct Builder<'m> {
    objects: &'m Objects,
    places: &'m Places,
    quirks: Quirks,
    /// Pods by label; items are places in the shelf of Pods.
    pods: LabelIndex,
    /// Positions of Pods by their controlling owner.
    owned_pods: FxHashMap<OwnerKey, Vec<u32>>,
    /// Objects of Flagger's kind Canary.
    canaries: FxHashSet<(NamespaceId, Str)>,
}

impl<'m> Builder<'m> {
    fn new(objects: &'m Objects, places: &'m Places, quirks: Quirks) -> Self {
        let shelf = places.catalogue.pods.all();
        let pods = shelf
            .iter()
            .filter_map(|position| objects.pods.get(*position as usize));
        let mut owned_pods: FxHashMap<OwnerKey, Vec<u32>> = FxHashMap::default();
        for (position, pod) in (0u32..).zip(&objects.pods) {
            if let Some(owner) = controlling_owner(&pod.metadata) {
                let key = (
                    places.namespace_of(pod.id),
                    owner.kind.clone(),
                    owner.name.clone(),
                );
                owned_pods.entry(key).or_default().push(position);
            }
        }
        let canaries = objects
            .headers
            .iter()
            .filter(|header| {
                header.kind == "Canary" && header.api_version.starts_with("flagger.app/")
            })
            .filter_map(|header| Some((places.id(&header.namespace)?, header.name.clone())))
            .collect();
        Self {
            objects,
            places,
            quirks,
            pods: LabelIndex::build(pods.map(|pod| &pod.metadata.labels)),
            owned_pods,
            canaries,
        }
    }

    fn controllers(&self) -> Vec<Workload> {
        use WorkloadKind as K;
        let objects = self.objects;
        let mut list = Vec::with_capacity(
            objects.deployments.len() + objects.stateful_sets.len() + objects.daemon_sets.len(),
        );
        let mut add = |kind: K,
                       controllers: &[Object<Controller>],
                       keep: &dyn Fn(&Object<Controller>) -> bool| {
            for (position, controller) in (0u32..).zip(controllers) {
                if keep(controller) {
                    list.push(self.controller(kind, position, controller));
                }
            }
        };
        let all = |_: &Object<Controller>| true;
        add(K::Deployment, &objects.deployments, &all);
        add(K::ReplicaSet, &objects.replica_sets, &|set| {
            self.is_own_replica_set(set)
        });
        add(K::StatefulSet, &objects.stateful_sets, &all);
        add(K::DaemonSet, &objects.daemon_sets, &all);
        if self.quirks.no_jobs_and_custom_controllers {
            return list;
        }
        let unowned = |controller: &Object<Controller>| {
            controlling_owner(&controller.metadata)
                .is_none_or(|owner| !self.has_owner(controller, owner))
        };
        add(
            K::ReplicationController,
            &objects.replication_controllers,
            &unowned,
        );
        add(K::DeploymentConfig, &objects.deployment_configs, &all);
        add(K::Job, &objects.jobs, &unowned);
        for (position, job) in (0u32..).zip(&objects.cron_jobs) {
            let controller = &job.spec.job_template.spec;
            let workload = self.templated(K::CronJob, position, job, &controller.template);
            list.push(self.with_template_pods(workload, &controller.template, None, true));
        }
        for (position, rollout) in (0u32..).zip(&objects.rollouts) {
            let none = PodTemplate::default();
            let template = rollout_template(objects, rollout).unwrap_or(&none);
            let workload = self.templated(K::Rollout, position, rollout, template);
            let runs = rollout.spec.replicas != Some(0);
            list.push(self.with_template_pods(
                workload,
                template,
                rollout.spec.selector.as_deref(),
                runs,
            ));
        }
        list
    }

    fn controller(
        &self,
        kind: WorkloadKind,
        position: u32,
        object: &Object<Controller>,
    ) -> Workload {
        let template = &object.spec.template;
        let runs = kind == WorkloadKind::DaemonSet || object.spec.replicas != Some(0);
        let selector = if kind == WorkloadKind::Deployment {
            object.spec.selector.as_deref()
        } else {
            None
        };
        let workload = self.templated(kind, position, object, template);
        self.with_template_pods(workload, template, selector, runs)
    }

    fn templated<T>(
        &self,
        kind: WorkloadKind,
        position: u32,
        object: &Object<T>,
        template: &PodTemplate,
    ) -> Workload {
        let namespace = self.places.namespace_of(object.id);
        Workload {
            kind,
            namespace,
            name: object.metadata.name.clone(),
            object: object.id,
            labels: template.metadata.labels.clone(),
            template_labels: template.metadata.labels.clone(),
            template_annotations: template.metadata.annotations.clone(),
            pods: Vec::new(),
            accounts: vec![template.spec.account().into()],
            position,
            is_injection_off: false,
            has_primary_copy: !self.canaries.is_empty()
                && self
                    .canaries
                    .contains(&(namespace, object.metadata.name.clone())),
        }
    }

    /// Finds the Pods that carry the template's labels; derives one if there are none.
    fn with_template_pods(
        &self,
        mut workload: Workload,
        template: &PodTemplate,
        selector: Option<&LabelSelector>,
        runs: bool,
    ) -> Workload {
        let spire = spire_labels(&workload.labels, selector);
        let labels = spire.as_ref().unwrap_or(&workload.labels);
        if !labels.is_empty() || self.quirks.unlabelled_templates_own_all_pods {
            let places = self.places.catalogue.pods.places(workload.namespace);
            workload.pods = self.loaded_pods(places, labels);
        }
        if workload.pods.is_empty() && runs {
            let facts = PodFacts {
                labels: &template.metadata.labels,
                annotations: &template.metadata.annotations,
                spec: &template.spec,
            };
            workload.pods = vec![facts.predicted(self.places.get(workload.namespace))];
        }
        add_accounts_of_pods(&mut workload);
        workload
    }

    fn loaded_pods(&self, places: Range<u32>, labels: &Labels) -> Vec<PodState> {
        if places.is_empty() {
            return Vec::new();
        }
        let positions = self.places.catalogue.pods.all();
        self.pods
            .matching(places, labels)
            .filter_map(|place| positions.get(place as usize))
            .filter_map(|position| self.pod_state(*position))
            .collect()
    }

    fn pod_state(&self, position: u32) -> Option<PodState> {
        let pod = self.objects.pods.get(position as usize)?;
        let facts = PodFacts {
            labels: &pod.metadata.labels,
            annotations: &pod.metadata.annotations,
            spec: &pod.spec.spec,
        };
        let applied = pod.spec.status.is_some() || self.quirks.loaded_pods_are_running;
        let state = if applied {
            facts.observed()
        } else {
            facts.predicted(self.places.get(self.places.namespace_of(pod.id)))
        };
        Some(PodState {
            object: Some(pod.id),
            position: Some(position),
            ..state
        })
    }

    /// Whether a ReplicaSet is a workload of its own.
    fn is_own_replica_set(&self, set: &Object<Controller>) -> bool {
        if set.metadata.owner_references.is_empty() {
            return true;
        }
        match controlling_owner(&set.metadata) {
            None => {
                let key = (
                    self.places.namespace_of(set.id),
                    "ReplicaSet".into(),
                    set.metadata.name.clone(),
                );
                !self.quirks.no_orphaned_pods || self.owned_pods.contains_key(&key)
            }
            Some(owner) => {
                !self.quirks.no_orphaned_pods
                    && KNOWN_OWNERS.contains(&owner.kind.as_str())
                    && !self.has_owner(set, owner)
            }
        }
    }

    /// Whether the input holds the owner, of one of the known kinds.
    fn has_owner<T>(&self, object: &Object<T>, owner: &OwnerReference) -> bool {
        let namespace = self.places.namespace_of(object.id);
        let objects = self.objects;
        let find = |shelf: &Shelf, list: &[Object<Controller>]| {
            shelf.find(list, namespace, &owner.name).is_some()
        };
        let catalogue = &self.places.catalogue;
        match owner.kind.as_str() {
            "Deployment" => find(&catalogue.deployments, &objects.deployments),
            "StatefulSet" => find(&catalogue.stateful_sets, &objects.stateful_sets),
            "DaemonSet" => find(&catalogue.daemon_sets, &objects.daemon_sets),
            "ReplicaSet" => find(&catalogue.replica_sets, &objects.replica_sets),
            "Job" => find(&catalogue.jobs, &objects.jobs),
            "CronJob" => catalogue
                .cron_jobs
                .find(&objects.cron_jobs, namespace, &owner.name)
                .is_some(),
            "ReplicationController" => find(
                &catalogue.replication_controllers,
                &objects.replication_controllers,
            ),
            "DeploymentConfig" => find(&catalogue.deployment_configs, &objects.deployment_configs),
            _ => false,
        }
    }

    fn bare_pods(&self) -> Vec<Workload> {
        (0u32..)
            .zip(&self.objects.pods)
            .filter(|(_, pod)| self.is_bare(pod))
            .map(|(position, pod)| self.bare_pod(position, pod))
            .collect()
    }

    fn is_bare(&self, pod: &Object<Pod>) -> bool {
        if pod.metadata.owner_references.is_empty() {
            return true;
        }
        !self.quirks.no_orphaned_pods
            && controlling_owner(&pod.metadata).is_none_or(|owner| {
                KNOWN_OWNERS.contains(&owner.kind.as_str()) && !self.has_owner(pod, owner)
            })
    }

    fn bare_pod(&self, position: u32, pod: &Object<Pod>) -> Workload {
        Workload {
            kind: WorkloadKind::Pod,
            namespace: self.places.namespace_of(pod.id),
            name: pod.metadata.name.clone(),
            object: pod.id,
            labels: pod.metadata.labels.clone(),
            template_labels: pod.metadata.labels.clone(),
            template_annotations: pod.metadata.annotations.clone(),
            pods: self.pod_state(position).into_iter().collect(),
            accounts: vec![pod.spec.spec.account().into()],
            position,
            has_primary_copy: false,
            is_injection_off: false,
        }
    }

    /// Controllers of unknown kinds, seen through what they own.
    fn custom_controllers(&self) -> Vec<Workload> {
        let is_custom = |owner: &&OwnerReference| !KNOWN_OWNERS.contains(&owner.kind.as_str());
        let mut sets: Vec<(OwnerKey, Vec<u32>)> = Vec::new();
        let mut index: FxHashMap<OwnerKey, usize> = FxHashMap::default();
        for (position, set) in (0u32..).zip(&self.objects.replica_sets) {
            if let Some(owner) = controlling_owner(&set.metadata).filter(is_custom) {
                let key = (
                    self.places.namespace_of(set.id),
                    owner.kind.clone(),
                    owner.name.clone(),
                );
                let at = *index.entry(key.clone()).or_insert_with(|| {
                    sets.push((key, Vec::new()));
                    sets.len() - 1
                });
                if let Some((_, positions)) = sets.get_mut(at) {
                    positions.push(position);
                }
            }
        }
        let mut list: Vec<Workload> = sets
            .iter()
            .filter(|(key, _)| !self.is_known_rollout(key))
            .filter_map(|(key, positions)| self.owner_of_sets(key, positions))
            .collect();
        let mut by_pods: Vec<_> = self
            .owned_pods
            .iter()
            .filter(|((_, kind, _), _)| !KNOWN_OWNERS.contains(&kind.as_str()))
            .filter(|(key, _)| !index.contains_key(*key) && !self.is_known_rollout(key))
            .collect();
        by_pods.sort_by_key(|(_, positions)| positions.first().copied());
        list.extend(
            by_pods
                .into_iter()
                .filter_map(|(key, positions)| self.owner_of_pods(key, positions)),
        );
        list
    }

    fn is_known_rollout(&self, (namespace, kind, name): &OwnerKey) -> bool {
        !self.quirks.no_jobs_and_custom_controllers
            && kind == "Rollout"
            && self
                .places
                .catalogue
                .rollouts
                .find(&self.objects.rollouts, *namespace, name)
                .is_some()
    }

    /// The owner of ReplicaSets: it has the labels of the one with most replicas.
    fn owner_of_sets(&self, key: &OwnerKey, positions: &[u32]) -> Option<Workload> {
        let replicas = |set: &Object<Controller>| {
            let seen = || set.status.as_ref().and_then(|status| status.replicas);
            set.spec.replicas.or_else(seen).unwrap_or(0)
        };
        let mut best: Option<(u32, &Object<Controller>)> = None;
        for position in positions {
            let set = self.objects.replica_sets.get(*position as usize)?;
            if best.is_none_or(|(_, other)| replicas(set) > replicas(other)) {
                best = Some((*position, set));
            }
        }
        let (position, set) = best?;
        let mut workload = self.templated(WorkloadKind::Custom, position, set, &set.spec.template);
        workload.name = key.2.clone();
        for position in positions {
            let set = self.objects.replica_sets.get(*position as usize)?;
            let owner = (key.0, "ReplicaSet".into(), set.metadata.name.clone());
            let pods = self.owned_pods.get(&owner).into_iter().flatten();
            workload
                .pods
                .extend(pods.filter_map(|position| self.pod_state(*position)));
        }
        if workload.pods.is_empty() {
            let direct = self.owned_pods.get(key).into_iter().flatten();
            workload.pods = direct.filter_map(|at| self.pod_state(*at)).collect();
        }
        if workload.pods.is_empty() && set.spec.replicas != Some(0) {
            let template = &set.spec.template;
            let facts = PodFacts {
                labels: &template.metadata.labels,
                annotations: &template.metadata.annotations,
                spec: &template.spec,
            };
            workload.pods = vec![facts.predicted(self.places.get(key.0))];
        }
        add_accounts_of_pods(&mut workload);
        Some(workload)
    }

    /// The owner of Pods alone: it has the labels of the first, no template.
    fn owner_of_pods(&self, key: &OwnerKey, positions: &[u32]) -> Option<Workload> {
        let first = *positions.first()?;
        let pod = self.objects.pods.get(first as usize)?;
        let mut workload = Workload {
            kind: WorkloadKind::Custom,
            name: key.2.clone(),
            template_labels: Labels::default(),
            template_annotations: Labels::default(),
            pods: positions
                .iter()
                .filter_map(|position| self.pod_state(*position))
                .collect(),
            position: u32::MAX,
            ..self.bare_pod(first, pod)
        };
        add_accounts_of_pods(&mut workload);
        Some(workload)
    }

    /// WorkloadGroups: they have the labels of their first WorkloadEntry, of whatever namespace.
    fn groups(&self) -> Vec<Workload> {
        let objects = self.objects;
        if objects.workload_groups.is_empty() {
            return Vec::new();
        }
        let entries: Vec<_> = objects
            .workload_entries
            .iter()
            .filter(|entry| self.places.get(self.places.namespace_of(entry.id)).is_known)
            .collect();
        let index = LabelIndex::build(entries.iter().map(|entry| &entry.spec.labels));
        let all = 0..u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let group = |(position, group): (u32, &Object<crate::model::networking::WorkloadGroup>)| {
            let own = group
                .spec
                .metadata
                .as_ref()
                .map(|metadata| &metadata.labels);
            let own = own.cloned().unwrap_or_default();
            let entry = (!own.is_empty())
                .then(|| index.matching(all.clone(), &own).next())
                .flatten()
                .and_then(|item| entries.get(item as usize));
            let labels = entry.map_or_else(|| own.clone(), |entry| entry.spec.labels.clone());
            let template = group.spec.template.as_ref();
            let account = template.map(|template| &template.service_account);
            Workload {
                kind: WorkloadKind::WorkloadGroup,
                namespace: self.places.namespace_of(group.id),
                name: group.metadata.name.clone(),
                object: group.id,
                labels,
                template_labels: group.metadata.labels.clone(),
                template_annotations: Labels::default(),
                pods: Vec::new(),
                accounts: account
                    .filter(|name| !name.is_empty() && !self.quirks.only_accounts_of_pods)
                    .cloned()
                    .into_iter()
                    .collect(),
                position,
                has_primary_copy: false,
                is_injection_off: false,
            }
        };
        (0u32..).zip(&objects.workload_groups).map(group).collect()
    }
}

/// SPIRE-managed Deployments own the Pods that `spec.selector` selects.
fn spire_labels(template: &Labels, selector: Option<&LabelSelector>) -> Option<Labels> {
    if !template.has("spiffe.io/spire-managed-identity", "true") {
        return None;
    }
    let selector = selector?;
    let mut labels: Vec<(Str, Str)> = selector.match_labels.into_iter().cloned().collect();
    for expression in &selector.match_expressions {
        match expression.values.as_slice() {
            [value] if expression.operator == "In" => {
                labels.push((expression.key.clone(), value.clone()));
            }
            _ => return None,
        }
    }
    Some(labels.into_iter().collect())
}

fn add_accounts_of_pods(workload: &mut Workload) {
    for pod in &workload.pods {
        if !workload.accounts.contains(&pod.account) {
            workload.accounts.push(pod.account.clone());
        }
    }
}

/// Keeps, of the workloads of one namespace and name, the one that Kiali shows: those with Pods
/// before WorkloadGroups before those without, and among these by kind.
fn keep_one_per_name(list: &mut Vec<Workload>) {
    let rank = |workload: &Workload| {
        use WorkloadKind as K;
        let by_kind = match workload.kind {
            K::Deployment => 1,
            K::ReplicaSet => 2,
            K::Custom | K::Rollout => 3,
            K::StatefulSet => 4,
            K::DaemonSet => 5,
            _ => 6,
        };
        match workload.kind {
            K::WorkloadGroup => 50,
            _ if workload.has_pods() => by_kind,
            _ => 100 + by_kind,
        }
    };
    let mut best: FxHashMap<(NamespaceId, Str), (i32, usize)> = FxHashMap::default();
    for (index, workload) in list.iter().enumerate() {
        let place = (rank(workload), index);
        best.entry((workload.namespace, workload.name.clone()))
            .and_modify(|other| *other = place.min(*other))
            .or_insert(place);
    }
    let mut index = 0;
    list.retain(|workload| {
        let key = (workload.namespace, workload.name.clone());
        let keep = best.get(&key).is_some_and(|(_, kept)| *kept == index);
        index += 1;
        keep
    });
}
