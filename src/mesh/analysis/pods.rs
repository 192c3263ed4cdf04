//! Pods: those that selectors are held against.

use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Analysis;
use crate::mesh::WorkloadId;
use crate::mesh::indices::LabelIndex;
use crate::model::core::{self, Container, PodSpec};
use crate::model::{Labels, Object, ObjectId, Str};

/// The number of a pod; those of one namespace follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodId(pub u32);

/// A pod: under the quirk a Pod of the input (or the ingress gateway that is taken for granted),
/// else a workload with the labels that its pods have.
#[derive(Debug, Clone)]
pub struct Pod {
    /// Its number.
    pub id: PodId,
    /// Its namespace.
    pub namespace: Str,
    /// Its name, or that of the workload.
    pub name: Str,
    /// What to call it: `pod reviews-1`, `Deployment reviews`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: Labels,
    /// Whether a sidecar serves it.
    pub has_sidecar: bool,
    /// Whether it is in ambient mode.
    pub is_ambient: bool,
    /// The object that it comes from, `None` for the one taken for granted.
    pub object: Option<ObjectId>,
    source: Source,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Pod(u32),
    Workload(WorkloadId),
    Added,
}

/// The pods, and which of them carry given labels.
#[derive(Debug, Default)]
pub(super) struct PodTable {
    list: Vec<Pod>,
    ranges: FxHashMap<Str, Range<u32>>,
    labels: LabelIndex,
    /// The same with the labels that a pod gets from its node.
    placed: OnceLock<LabelIndex>,
    /// The pods that are in the mesh.
    mesh: OnceLock<Box<PodTable>>,
}

impl PodTable {
    fn new(mut list: Vec<Pod>) -> Self {
        list.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        let mut ranges: FxHashMap<Str, Range<u32>> = FxHashMap::default();
        for (number, pod) in (0u32..).zip(&mut list) {
            pod.id = PodId(number);
            ranges
                .entry(pod.namespace.clone())
                .or_insert(number..number)
                .end = number + 1;
        }
        Self {
            labels: LabelIndex::build(list.iter().map(|pod| &pod.labels)),
            list,
            ranges,
            placed: OnceLock::new(),
            mesh: OnceLock::new(),
        }
    }

    fn all(&self) -> Range<u32> {
        0..u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    fn range(&self, namespace: &str) -> Range<u32> {
        self.ranges.get(namespace).cloned().unwrap_or(0..0)
    }

    fn select<'a>(
        &'a self,
        items: Range<u32>,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Pod> + 'a {
        self.labels
            .matching(items, selector)
            .filter_map(|item| self.list.get(item as usize))
    }
}

impl<'m> Analysis<'m> {
    pub(super) fn pod_table(self) -> &'m PodTable {
        self.memory.pods.get_or_init(|| {
            PodTable::new(if self.quirks().only_pods_are_selected {
                self.real_pods()
            } else {
                self.workload_pods()
            })
        })
    }

    /// All pods, namespace by namespace in text order.
    pub fn all_pods(self) -> &'m [Pod] {
        &self.pod_table().list
    }

    /// The pods of a namespace that the selector selects; an empty one selects all.
    pub fn pods_matching<'a>(
        self,
        namespace: &str,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Pod> + use<'a, 'm>
    where
        'm: 'a,
    {
        let table: &'a PodTable = self.pod_table();
        table.select(table.range(namespace), selector)
    }

    /// The pods of all namespaces that the selector selects, namespace by namespace.
    pub fn pods_matching_anywhere<'a>(
        self,
        selector: &'a Labels,
    ) -> impl Iterator<Item = &'a Pod> + use<'a, 'm>
    where
        'm: 'a,
    {
        let table: &'a PodTable = self.pod_table();
        table.select(table.all(), selector)
    }

    /// Whether the selector selects a pod of the namespace, or may select one by labels that
    /// manifests do not show.
    pub fn has_pod(self, namespace: &str, selector: &Labels) -> bool {
        self.pods_matching(namespace, selector).next().is_some()
            || !self.quirks().only_pods_are_selected
                && self.mesh.places.id(namespace).is_some_and(|id| {
                    self.mesh.workloads.has_match(id, selector)
                        || self.is_generated_gateway(namespace, selector)
                })
    }

    /// Whether the labels are those of the pods that Istio makes for a Gateway of the Gateway API.
    fn is_generated_gateway(self, namespace: &str, labels: &Labels) -> bool {
        const KEYS: [&str; 2] = [
            "gateway.networking.k8s.io/gateway-name",
            "istio.io/gateway-name",
        ];
        KEYS.iter()
            .find_map(|key| labels.get(key))
            .is_some_and(|name| {
                self.mesh
                    .places
                    .named(namespace, name)
                    .k8s_gateways()
                    .is_some()
            })
    }

    /// Whether the selector selects a pod of any namespace, or may select one by labels that
    /// manifests do not show.
    pub fn has_pod_anywhere(self, selector: &Labels) -> bool {
        self.pods_matching_anywhere(selector).next().is_some()
            || !self.quirks().only_pods_are_selected
                && self.mesh.workloads.has_match_anywhere(selector)
    }

    /// Whether the selector selects a pod of the namespace that is in the mesh. Outside upstream
    /// mode all pods count: what keeps a workload out of the mesh is another matter.
    pub fn has_mesh_pod(self, namespace: &str, selector: &Labels) -> bool {
        if !self.quirks().only_pods_are_selected {
            return self.has_pod(namespace, selector);
        }
        let table = self.mesh_pods();
        let range = table.range(namespace);
        table.select(range, selector).next().is_some()
    }

    /// As [`Analysis::has_mesh_pod`], for all namespaces.
    pub fn has_mesh_pod_anywhere(self, selector: &Labels) -> bool {
        if !self.quirks().only_pods_are_selected {
            return self.has_pod_anywhere(selector);
        }
        let table = self.mesh_pods();
        table.select(table.all(), selector).next().is_some()
    }

    fn mesh_pods(self) -> &'m PodTable {
        let table = self.pod_table();
        table.mesh.get_or_init(|| {
            let pods = table.list.iter();
            let in_mesh = pods.filter(|pod| pod.has_sidecar || pod.is_ambient);
            Box::new(PodTable::new(in_mesh.cloned().collect()))
        })
    }

    /// Whether some pod of any namespace has all these labels, those included that it gets from
    /// its node.
    pub fn has_placed_pod(self, labels: &Labels) -> bool {
        let items = self.pod_table().all();
        self.placed_labels()
            .matching(items, labels)
            .next()
            .is_some()
    }

    fn placed_labels(self) -> &'m LabelIndex {
        let table = self.pod_table();
        table.placed.get_or_init(|| {
            let nodes: FxHashMap<&str, &Labels> = self
                .nodes()
                .map(|node| (node.name(), &node.metadata.labels))
                .collect();
            let labels: Vec<Labels> = table
                .list
                .iter()
                .map(|pod| self.labels_on(pod, &nodes))
                .collect();
            LabelIndex::build(labels.iter())
        })
    }

    /// The pod's labels and those that it gets from its node.
    fn labels_on(self, pod: &Pod, nodes: &FxHashMap<&str, &Labels>) -> Labels {
        let node = self.pod_spec(pod).map_or("", |spec| &spec.node_name);
        if node.is_empty() {
            return pod.labels.clone();
        }
        let mut labels: Vec<(Str, Str)> = pod
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut set = |key: &str, value: Str| {
            labels.retain(|(own, _)| own != key);
            labels.push((key.into(), value));
        };
        set("kubernetes.io/hostname", node.into());
        if let Some(of_node) = nodes.get(node) {
            let label = |key: &str| of_node.get(key).filter(|value| !value.is_empty());
            let zone = label("topology.kubernetes.io/zone");
            let keys = [
                "topology.kubernetes.io/region",
                "topology.kubernetes.io/zone",
            ];
            for key in keys {
                if let Some(value) = label(key) {
                    set(key, value.clone());
                }
            }
            if let (Some(_), Some(subzone)) = (zone, label("topology.istio.io/subzone")) {
                set("topology.istio.io/subzone", subzone.clone());
            }
        }
        labels.into_iter().collect()
    }

    /// What the pod runs, as far as the input says it.
    pub fn pod_spec(self, pod: &Pod) -> Option<&'m PodSpec> {
        match pod.source {
            Source::Pod(position) => {
                Some(&self.mesh.objects.pods.get(position as usize)?.spec.spec)
            }
            Source::Workload(id) => self.mesh.workloads.get(id)?.pod_spec(&self.mesh.objects),
            Source::Added => Some(&self.added()?.pod.spec.spec),
        }
    }

    /// The Pods of the input, and under the quirk the one taken for granted.
    pub fn loaded_pods(self) -> impl Iterator<Item = &'m Object<core::Pod>> {
        let added = self
            .added()
            .filter(|_| self.quirks().only_pods_are_selected)
            .map(|added| &added.pod)
            .filter(|own| {
                !self
                    .pods()
                    .any(|pod| pod.name() == own.name() && pod.namespace() == own.namespace())
            });
        self.pods().chain(added)
    }

    fn real_pods(self) -> Vec<Pod> {
        let pods = (0u32..).zip(&self.mesh.objects.pods);
        let mut list: Vec<Pod> = pods
            .filter(|(_, pod)| self.counts(pod.id))
            .map(|(position, pod)| self.real_pod(pod, Some(pod.id), Source::Pod(position)))
            .collect();
        let added = self
            .loaded_pods()
            .find(|pod| self.mesh.objects.header(pod.id).is_none());
        list.extend(added.map(|pod| self.real_pod(pod, None, Source::Added)));
        list
    }

    fn real_pod(self, pod: &Object<core::Pod>, object: Option<ObjectId>, source: Source) -> Pod {
        let meta = &pod.metadata;
        Pod {
            id: PodId(0),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            kind: "pod",
            has_sidecar: self.is_in_mesh(
                &meta.namespace,
                &meta.labels,
                &meta.annotations,
                pod.spec.spec.all_containers(),
            ),
            is_ambient: meta
                .annotations
                .has("ambient.istio.io/redirection", "enabled"),
            labels: meta.labels.clone(),
            object,
            source,
        }
    }

    fn workload_pods(self) -> Vec<Pod> {
        let workloads = self.mesh.workloads.iter();
        let mut list: Vec<Pod> = workloads
            .map(|(id, workload)| Pod {
                id: PodId(0),
                namespace: self.mesh.places.name(workload.namespace).clone(),
                name: workload.name.clone(),
                kind: workload.kind.as_str(),
                labels: workload.labels.clone(),
                has_sidecar: workload.has_some_sidecar(),
                is_ambient: workload.is_ambient(),
                object: Some(workload.object),
                source: Source::Workload(id),
            })
            .collect();
        if let Some(added) = self.added() {
            list.push(self.real_pod(&added.pod, None, Source::Added));
        }
        list
    }

    /// Whether a sidecar serves pods of these labels, annotations and containers: there is one
    /// already, or the injector is asked for one.
    pub fn is_in_mesh<'c>(
        self,
        namespace: &str,
        labels: &Labels,
        annotations: &Labels,
        containers: impl IntoIterator<Item = &'c Container>,
    ) -> bool {
        const INJECT: &str = "sidecar.istio.io/inject";
        if has_proxy(containers) {
            return true;
        }
        if let Some(value) = labels.get(INJECT).or_else(|| annotations.get(INJECT)) {
            return value == "true";
        }
        self.namespace_labels(namespace).is_some_and(|labels| {
            labels.has("istio-injection", "enabled")
                || !self.quirks().revision_labels_do_not_inject
                    && !labels.contains_key("istio-injection")
                    && labels
                        .get("istio.io/rev")
                        .is_some_and(|rev| !rev.is_empty())
        })
    }
}

/// Whether the first container named `istio-proxy` has an image.
pub fn has_proxy<'c>(containers: impl IntoIterator<Item = &'c Container>) -> bool {
    containers
        .into_iter()
        .find(|container| container.name == "istio-proxy")
        .is_some_and(|container| !container.image.is_empty())
}
