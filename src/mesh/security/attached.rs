//! Which AuthorizationPolicies, RequestAuthentications and plugins act on which workloads and
//! targets.
//!
//! Policies of one namespace with one selector, or with the same targets, act on the same: they
//! form a [`PolicyGroup`]. Whoever asks group by group looks at each workload a few times, however
//! many policies there are.
//!
//! Source: Istio's `pilot/pkg/model/policyattachment.go`.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Security;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::workloads::{WorkloadId, Workloads};
use crate::model::attachment::{Attached, PolicyTargetReference};
use crate::model::{Labels, Object, Str};

/// The groups of each kind; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Policies {
    authorization: OnceLock<Attachments>,
    request_authentication: OnceLock<Attachments>,
    plugins: OnceLock<Attachments>,
}

/// What a target reference names. The target stands in the policy's namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A Service: its waypoint enforces the policy.
    Service(Str),
    /// A ServiceEntry: its waypoint enforces the policy.
    ServiceEntry(Str),
    /// A Gateway of the Gateway API, waypoint or not.
    Gateway(Str),
    /// A GatewayClass: all of its Gateways.
    GatewayClass(Str),
    /// Something that no proxy reads policies for.
    Other,
}

impl Target {
    fn of(reference: &PolicyTargetReference) -> Self {
        const GATEWAY_API: &str = "gateway.networking.k8s.io";
        let name = reference.name.clone();
        if reference.is("", "Service") {
            Self::Service(name)
        } else if reference.is("networking.istio.io", "ServiceEntry") {
            Self::ServiceEntry(name)
        } else if reference.is(GATEWAY_API, "Gateway") {
            Self::Gateway(name)
        } else if reference.is(GATEWAY_API, "GatewayClass") {
            Self::GatewayClass(name)
        } else {
            Self::Other
        }
    }
}

/// Policies of one kind that act on the same workloads.
#[derive(Debug)]
pub struct PolicyGroup {
    /// The number of the group among those of its kind.
    pub id: u32,
    /// The namespace of the policies.
    pub namespace: NamespaceId,
    /// The labels that workloads must carry, none for all; without meaning if there are targets.
    pub labels: Labels,
    /// What the policies name as their targets; without any the labels select workloads.
    pub targets: Vec<Target>,
    /// Positions of the policies among those of their kind, in load order.
    pub members: Vec<u32>,
    /// The workloads that the policies act on, waypoints left out.
    pub workloads: Vec<WorkloadId>,
}

/// All policies of a kind.
#[derive(Debug, Default)]
pub struct Attachments {
    groups: Vec<PolicyGroup>,
    /// Groups by workload.
    of_workload: FxHashMap<WorkloadId, Vec<u32>>,
    /// Groups by namespace and target.
    by_target: FxHashMap<(NamespaceId, Target), Vec<u32>>,
    /// Groups without targets by namespace and labels.
    by_labels: FxHashMap<(NamespaceId, Vec<(Str, Str)>), u32>,
}

impl Attachments {
    fn build<T: Attached>(
        objects: &[Object<T>],
        places: &Places,
        workloads: &Workloads,
        is_in_force: impl Fn(&Object<T>) -> bool,
    ) -> Self {
        let mut all = Self::default();
        let mut known: FxHashMap<(NamespaceId, Vec<(&str, &str)>, Vec<Target>), usize> =
            FxHashMap::default();
        for (position, object) in (0u32..).zip(objects) {
            if !is_in_force(object) {
                continue;
            }
            let namespace = places.namespace_of(object.id);
            let mut targets: Vec<Target> = object.spec.targets().map(Target::of).collect();
            targets.sort_unstable();
            targets.dedup();
            let labels = object.spec.selected_labels();
            let labels = labels.filter(|_| targets.is_empty());
            let pairs = labels.map(Labels::sorted).unwrap_or_default();
            let at = *known
                .entry((namespace, pairs, targets.clone()))
                .or_insert_with(|| {
                    all.groups.push(PolicyGroup {
                        id: u32::try_from(all.groups.len()).unwrap_or(u32::MAX),
                        namespace,
                        labels: labels.cloned().unwrap_or_default(),
                        targets,
                        members: Vec::new(),
                        workloads: Vec::new(),
                    });
                    all.groups.len() - 1
                });
            if let Some(group) = all.groups.get_mut(at) {
                group.members.push(position);
            }
        }
        for group in &mut all.groups {
            let index = group.id;
            group.workloads = selected(group, places, workloads);
            for id in &group.workloads {
                all.of_workload.entry(*id).or_default().push(index);
            }
            for target in &group.targets {
                let key = (group.namespace, target.clone());
                all.by_target.entry(key).or_default().push(index);
            }
            if group.targets.is_empty() {
                let pairs = group.labels.sorted().into_iter();
                let pairs = pairs.map(|(key, value)| (key.into(), value.into()));
                all.by_labels
                    .insert((group.namespace, pairs.collect()), index);
            }
        }
        all
    }

    /// The groups, in the order of their first policies.
    pub fn groups(&self) -> &[PolicyGroup] {
        &self.groups
    }

    /// The groups whose policies act on a workload.
    pub fn of_workload(&self, id: WorkloadId) -> impl Iterator<Item = &PolicyGroup> {
        self.listed(self.of_workload.get(&id))
    }

    /// The groups whose policies name a target of a namespace.
    pub fn naming(
        &self,
        namespace: NamespaceId,
        target: Target,
    ) -> impl Iterator<Item = &PolicyGroup> {
        self.listed(self.by_target.get(&(namespace, target)))
    }

    /// The group of a namespace whose policies select by exactly these labels, in the order of
    /// their keys; without labels, all workloads.
    pub fn selecting(
        &self,
        namespace: NamespaceId,
        labels: &[(&str, &str)],
    ) -> Option<&PolicyGroup> {
        let pairs = labels.iter();
        let pairs = pairs.map(|(key, value)| ((*key).into(), (*value).into()));
        let index = self.by_labels.get(&(namespace, pairs.collect()))?;
        self.groups.get(*index as usize)
    }

    fn listed<'s>(&'s self, list: Option<&'s Vec<u32>>) -> impl Iterator<Item = &'s PolicyGroup> {
        list.into_iter()
            .flatten()
            .filter_map(|index| self.groups.get(*index as usize))
    }
}

/// The workloads that policies of a group act on: of their namespace, or of all namespaces for
/// those of the root namespace. Targets other than Gateways have no workloads of their own, and
/// waypoints read what names a target alone.
fn selected(group: &PolicyGroup, places: &Places, workloads: &Workloads) -> Vec<WorkloadId> {
    const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
    let home = group.namespace;
    if !group.targets.is_empty() {
        let gateways = group.targets.iter().filter_map(|target| match target {
            Target::Gateway(name) => Some(Labels::from(vec![(GATEWAY_NAME.into(), name.clone())])),
            _ => None,
        });
        return gateways
            .flat_map(|labels| {
                let ids = workloads.ids_matching(Some(home), &labels);
                ids.collect::<Vec<_>>()
            })
            .collect();
    }
    let is_root = places.get(home).is_root;
    let reaches = |id: &WorkloadId| {
        workloads.get(*id).is_some_and(|workload| {
            let place = workload.namespace;
            let root = places.control_plane_or_first(place).root_namespace;
            !workload.is_waypoint() && (place == home || root == home)
        })
    };
    let place = (!is_root).then_some(home);
    workloads
        .ids_matching(place, &group.labels)
        .filter(reaches)
        .collect()
}

impl Security {
    /// All policies for authorization that are in force: not those on trial (`istio.io/dry-run`).
    pub fn authorization_policies(&self) -> &Attachments {
        self.policies.authorization.get_or_init(|| {
            Attachments::build(
                &self.objects.authorization_policies,
                &self.places,
                &self.workloads,
                |policy| !is_on_trial(&policy.metadata.annotations),
            )
        })
    }

    /// All RequestAuthentications.
    pub fn request_authentications(&self) -> &Attachments {
        self.policies.request_authentication.get_or_init(|| {
            let objects = &self.objects.request_authentications;
            Attachments::build(objects, &self.places, &self.workloads, |_| true)
        })
    }

    /// All objects of kind WasmPlugin.
    pub fn wasm_plugins(&self) -> &Attachments {
        self.policies.plugins.get_or_init(|| {
            let objects = &self.objects.wasm_plugins;
            Attachments::build(objects, &self.places, &self.workloads, |_| true)
        })
    }
}

/// Whether proxies only log what the policy would do.
fn is_on_trial(annotations: &Labels) -> bool {
    const TRUE: [&str; 6] = ["1", "t", "T", "true", "TRUE", "True"];
    annotations
        .get("istio.io/dry-run")
        .is_some_and(|value| TRUE.contains(&value.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::mesh::Mesh;
    use crate::mesh::testing::{deployment, mesh, namespace, object};

    fn policy(name: &str, spec: &str) -> String {
        object(
            "security.istio.io/v1 AuthorizationPolicy",
            name,
            &format!("spec: {{{spec}}}"),
        )
    }

    /// `members: workloads` of each group.
    fn groups(mesh: &Mesh) -> Vec<String> {
        let policies = mesh.security.authorization_policies();
        let names = |ids: &[u32]| {
            let objects = &mesh.objects.authorization_policies;
            let named = ids.iter().filter_map(|at| objects.get(*at as usize));
            named
                .map(|object| object.name())
                .collect::<Vec<_>>()
                .join("+")
        };
        let group = |group: &super::PolicyGroup| {
            let ids = group.workloads.iter();
            let workloads = ids.filter_map(|id| mesh.workloads.get(*id));
            let workloads: Vec<&str> = workloads.map(|own| own.name.as_str()).collect();
            format!("{}: {}", names(&group.members), workloads.join(" "))
        };
        policies.groups().iter().map(group).collect()
    }

    #[test]
    fn policies_with_one_selector_form_a_group() {
        let yaml = deployment("shop/web", "app: web, tier: front")
            + &deployment("shop/api", "app: api")
            + &deployment("pay/web", "app: web")
            + &policy(
                "shop/one",
                "selector: {matchLabels: {app: web, tier: front}}",
            )
            + &policy(
                "shop/two",
                "selector: {matchLabels: {tier: front, app: web}}",
            )
            + &policy("shop/all", "")
            + &policy("istio-system/root", "selector: {matchLabels: {app: web}}");
        assert_eq!(
            groups(&mesh(&yaml)),
            ["one+two: web", "all: web api", "root: web web"]
        );
    }

    #[test]
    fn targets_select_no_workloads_and_waypoints_read_targets_alone() {
        let yaml = namespace("shop", "istio.io/dataplane-mode: ambient")
            + &deployment("shop/web", "app: web")
            + &deployment(
                "shop/waypoint",
                "gateway.networking.k8s.io/gateway-name: waypoint, gateway.istio.io/managed: \
                 istio.io-mesh-controller",
            )
            + &policy("shop/all", "")
            + &policy("shop/l7", "targetRefs: [{kind: Service, name: web}]")
            + &policy(
                "shop/gate",
                "targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]",
            );
        assert_eq!(groups(&mesh(&yaml)), ["all: web", "l7: ", "gate: waypoint"]);
    }

    #[test]
    fn a_policy_on_trial_is_not_in_force() {
        let yaml = deployment("shop/web", "app: web")
            + &object(
                "security.istio.io/v1 AuthorizationPolicy",
                "shop/trial",
                "metadata: {annotations: {istio.io/dry-run: 'true'}}\nspec: {}",
            );
        assert!(groups(&mesh(&yaml)).is_empty());
    }
}
