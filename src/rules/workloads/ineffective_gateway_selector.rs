//! IST0166: policies that select the pods of a Gateway of the Gateway API by labels.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, Pod};
use crate::mesh::indices::LabelIndex;
use crate::model::attachment::Attached;
use crate::model::{Labels, Object, Str};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "ineffective-gateway-selector",
    codes: &[Code::IST0166],
    runs: &[Run::Mesh(ineffective_gateway_selector)],
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

fn ineffective_gateway_selector(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let pods = GatewayPods::new(analysis);
    if pods.list.is_empty() {
        return;
    }
    macro_rules! each {
        ($($kind:ident),+) => {
            $(for policy in analysis.$kind() {
                judge(policy, &pods, mesh, findings);
            })+
        };
    }
    each!(
        authorization_policies,
        request_authentications,
        telemetries,
        wasm_plugins
    );
}

/// The pods of Gateways, by namespace and label.
struct GatewayPods<'m> {
    list: Vec<&'m Pod>,
    ranges: FxHashMap<&'m str, Range<u32>>,
    labels: LabelIndex,
}

impl<'m> GatewayPods<'m> {
    fn new(analysis: Analysis<'m>) -> Self {
        let list: Vec<&Pod> = analysis
            .all_pods()
            .iter()
            .filter(|pod| pod.labels.contains_key(GATEWAY_NAME))
            .collect();
        let mut ranges: FxHashMap<&str, Range<u32>> = FxHashMap::default();
        for (number, pod) in (0u32..).zip(&list) {
            ranges.entry(&pod.namespace).or_insert(number..number).end = number + 1;
        }
        Self {
            labels: LabelIndex::build(list.iter().map(|pod| &pod.labels)),
            list,
            ranges,
        }
    }

    /// The names of the Gateways whose pods the selector selects.
    fn gateways(&self, namespace: &str, selector: &Labels) -> BTreeSet<&'m Str> {
        let range = self.ranges.get(namespace).cloned().unwrap_or(0..0);
        self.labels
            .matching(range, selector)
            .filter_map(|number| self.list.get(number as usize))
            .filter_map(|pod| pod.labels.get(GATEWAY_NAME))
            .collect()
    }
}

fn judge<T: Attached>(
    policy: &Object<T>,
    pods: &GatewayPods<'_>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let spec = &policy.spec;
    let Some(selector) = spec.selector() else {
        return;
    };
    let has_target = spec.target_ref().is_some()
        || !spec.target_refs().is_empty() && !mesh.quirks.target_references_are_ignored;
    if has_target {
        return;
    }
    for gateway in pods.gateways(policy.namespace(), selector) {
        let message = format!(
            "the selector has no effect on the pods of Gateway {gateway}: policies attach to \
             Gateways of the Gateway API by reference"
        );
        findings.push(
            Finding::new(Code::IST0166, policy.id, "", message)
                .points_at(T::selector_path())
                .help(format!(
                    "replace the selector by targetRefs: [{{group: gateway.networking.k8s.io, \
                     kind: Gateway, name: {gateway}}}]"
                )),
        );
    }
}
