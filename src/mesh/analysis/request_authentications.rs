//! Which pods some RequestAuthentication holds for.

use rustc_hash::FxHashMap;

use super::Analysis;
use super::added::ISTIO_NAMESPACE;
use super::pods::Pod;
use crate::mesh::indices::SelectorIndex;
use crate::model::{Labels, Str};

/// RequestAuthentications by namespace.
#[derive(Debug, Default)]
pub(super) struct RequestAuthentications {
    namespaces: FxHashMap<Str, Policies>,
}

#[derive(Debug, Default)]
struct Policies {
    holds_for_all: bool,
    selectors: SelectorIndex,
    count: u32,
}

impl RequestAuthentications {
    fn new(analysis: Analysis<'_>) -> Self {
        let mut lists: FxHashMap<Str, Vec<Labels>> = FxHashMap::default();
        for policy in analysis.request_authentications() {
            let selector = policy.spec.selector.as_ref();
            let labels = selector.map(|s| s.match_labels.clone()).unwrap_or_default();
            let list = lists.entry(policy.metadata.namespace.clone());
            list.or_default().push(labels);
        }
        let namespaces = lists
            .into_iter()
            .map(|(namespace, list)| {
                let policies = Policies {
                    holds_for_all: list.iter().any(Labels::is_empty),
                    count: u32::try_from(list.len()).unwrap_or(u32::MAX),
                    selectors: SelectorIndex::build(list.iter()),
                };
                (namespace, policies)
            })
            .collect();
        Self { namespaces }
    }

    fn hold(&self, namespace: &str, labels: &Labels) -> bool {
        self.namespaces.get(namespace).is_some_and(|policies| {
            policies.holds_for_all
                || !policies
                    .selectors
                    .selecting(0..policies.count, labels)
                    .is_empty()
        })
    }
}

impl<'m> Analysis<'m> {
    /// Whether some RequestAuthentication of the pod's namespace, or of Istio's, holds for it.
    pub fn has_request_authentication(self, pod: &Pod) -> bool {
        let table: &'m RequestAuthentications = self
            .memory
            .request_authentications
            .get_or_init(|| RequestAuthentications::new(self));
        let root = if self.quirks().root_namespace_is_istio_system {
            ISTIO_NAMESPACE
        } else {
            self.root_namespace()
        };
        table.hold(root, &pod.labels) || table.hold(&pod.namespace, &pod.labels)
    }
}
