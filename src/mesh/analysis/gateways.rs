//! The workloads behind Gateways: found once for each distinct selector.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Analysis;
use super::pods::{Pod, PodId};
use super::selectors::selector_text;
use crate::mesh::indices::SelectorIndex;
use crate::model::core::Service;
use crate::model::{IntOrString, Labels, Object};

/// What a Gateway's selector leads to.
#[derive(Debug, Default)]
pub struct GatewayWorkloads {
    /// The selector as text.
    pub text: String,
    /// The pods, namespace by namespace.
    pub pods: Vec<PodId>,
    /// Ports at which the Services of these pods can be reached, or which they forward to.
    pub open_ports: FxHashSet<i64>,
    /// Whether some Service of the input has these pods.
    pub has_service: bool,
    /// The selector.
    pub selector: Labels,
}

/// The workloads by the Gateways' selectors.
#[derive(Debug, Default)]
pub(super) struct GatewayTable {
    list: Vec<GatewayWorkloads>,
    by_text: FxHashMap<String, u32>,
    selectors: SelectorIndex,
    everything: Option<u32>,
}

impl<'m> Analysis<'m> {
    pub(super) fn gateway_table(self) -> &'m GatewayTable {
        self.memory.gateways.get_or_init(|| {
            let mut table = GatewayTable::default();
            for gateway in &self.mesh.objects.gateways {
                let text = selector_text(&gateway.spec.selector);
                if table.by_text.contains_key(&text) {
                    continue;
                }
                let number = u32::try_from(table.list.len()).unwrap_or(u32::MAX);
                table.by_text.insert(text.clone(), number);
                if gateway.spec.selector.is_empty() {
                    table.everything = Some(number);
                }
                let workloads = self.workloads_behind(text, gateway.spec.selector.clone());
                table.list.push(workloads);
            }
            table.selectors = SelectorIndex::build(table.list.iter().map(|w| &w.selector));
            table
        })
    }

    fn workloads_behind(self, text: String, selector: Labels) -> GatewayWorkloads {
        let mut found = GatewayWorkloads {
            text,
            ..GatewayWorkloads::default()
        };
        let mut namespaces: FxHashSet<&str> = FxHashSet::default();
        let mut seen: FxHashSet<(&str, String)> = FxHashSet::default();
        for pod in self.pods_matching_anywhere(&selector) {
            found.pods.push(pod.id);
            if namespaces.insert(&pod.namespace)
                && self.quirks().selectorless_services_have_all_pods
            {
                for service in self.selectorless_services(&pod.namespace) {
                    self.open(service, &mut found);
                }
            }
            if seen.insert((&pod.namespace, selector_text(&pod.labels))) {
                for service in self.services_selecting(&pod.namespace, &pod.labels) {
                    self.open(service, &mut found);
                }
            }
        }
        drop((namespaces, seen));
        found.selector = selector;
        found
    }

    fn open(self, service: &Object<Service>, found: &mut GatewayWorkloads) {
        found.has_service |= self.mesh.objects.header(service.id).is_some();
        for port in &service.spec.spec.ports {
            let is_tcp = port.protocol == "TCP"
                || port.protocol.is_empty() && !self.quirks().protocols_have_no_default;
            if !is_tcp {
                continue;
            }
            found.open_ports.insert(port.port);
            let target = match &port.target_port {
                Some(IntOrString::Int(number)) => Some(*number),
                Some(IntOrString::String(text)) => text.parse().ok(),
                None => None,
            };
            found
                .open_ports
                .extend(target.filter(|number| *number != 0));
        }
    }

    /// What the selector of a Gateway leads to.
    pub fn gateway_workloads(self, selector: &Labels) -> Option<&'m GatewayWorkloads> {
        let table = self.gateway_table();
        let number = *table.by_text.get(&selector_text(selector))?;
        table.list.get(number as usize)
    }

    /// The selectors of Gateways that share a pod with this one, itself included if it has pods.
    pub fn workloads_sharing_a_pod(
        self,
        workloads: &GatewayWorkloads,
    ) -> Vec<&'m GatewayWorkloads> {
        let table = self.gateway_table();
        let all = 0..u32::try_from(table.list.len()).unwrap_or(u32::MAX);
        let mut numbers: Vec<u32> = Vec::new();
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for pod in self.pods_by_id(&workloads.pods) {
            if seen.insert(selector_text(&pod.labels)) {
                numbers.extend(table.selectors.selecting(all.clone(), &pod.labels));
                numbers.extend(table.everything);
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
            .into_iter()
            .filter_map(|number| table.list.get(number as usize))
            .collect()
    }

    /// The pods of these numbers.
    pub fn pods_by_id<'a>(self, ids: &'a [PodId]) -> impl Iterator<Item = &'m Pod> + use<'a, 'm> {
        let pods = self.all_pods();
        ids.iter().filter_map(move |id| pods.get(id.0 as usize))
    }
}
