//! The servers of Gateways as the listeners that istiod makes of them: those of one address, port
//! and workload meet (`mergeGateways` in `pilot/pkg/model/gateway.go`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::{GatewayServer, Routing};
use crate::mesh::places::NamespaceId;
use crate::mesh::workloads::WorkloadId;
use crate::model::Object;
use crate::model::networking::Gateway;
use crate::yaml::is_placeholder;

/// Whose proxies a Gateway configures: a workload of the input, or, where it shows none, all that
/// answer to the selector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose<'m> {
    Workload(WorkloadId),
    Selector(Vec<(&'m str, &'m str)>),
}

/// How many workloads of one Gateway are looked at.
const WORKLOADS: usize = 20;

impl Routing {
    /// The servers that meet on one listener with others, in load order, listener by listener.
    pub fn shared_listeners(&self) -> Vec<Vec<GatewayServer<'_>>> {
        let mut order: Vec<Vec<GatewayServer<'_>>> = Vec::new();
        let mut numbers: FxHashMap<(Whose<'_>, &str, u32), usize> = FxHashMap::default();
        for gateway in self.current_gateways() {
            let selector = &gateway.spec.selector;
            if selector.values().any(|value| is_placeholder(value)) {
                continue;
            }
            let workloads = self.gateway_pods(gateway).workloads.iter();
            let mut whose: Vec<Whose<'_>> = workloads
                .take(WORKLOADS)
                .map(|id| Whose::Workload(*id))
                .collect();
            if whose.is_empty() {
                whose.push(Whose::Selector(selector.sorted()));
            }
            for server in self.servers(gateway) {
                for whose in &whose {
                    let port = match whose {
                        Whose::Workload(id) => self.listening_port(*id, server.number),
                        Whose::Selector(_) => server.number,
                    };
                    let key = (whose.clone(), server.server.bind.as_str(), port);
                    let number = *numbers.entry(key).or_insert_with(|| {
                        order.push(Vec::new());
                        order.len() - 1
                    });
                    if let Some(listener) = order.get_mut(number) {
                        listener.push(server);
                    }
                }
            }
        }
        order.retain(|listener| listener.len() > 1);
        order
    }

    /// The Gateways; of several versions of one, as overlays have them, the last.
    fn current_gateways(&self) -> Vec<&Object<Gateway>> {
        let mut seen: FxHashSet<(NamespaceId, &str)> = FxHashSet::default();
        let all: Vec<_> = self.gateways().collect();
        let mut last: Vec<_> = all
            .into_iter()
            .rev()
            .filter(|gateway| seen.insert((self.places.namespace_of(gateway.id), gateway.name())))
            .collect();
        last.reverse();
        last
    }
}
