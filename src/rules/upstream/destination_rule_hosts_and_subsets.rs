//! IST0173, IST0174: hosts of DestinationRules that do not exist, subsets without pods.

use rustc_hash::FxHashMap;

use super::known_hosts::KnownHosts;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::selectors::selector_text;
use crate::model::Labels;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-rule-hosts-and-subsets",
    codes: &[Code::IST0173, Code::IST0174],
    runs: &[Run::Mesh(destination_rule_hosts_and_subsets)],
};

fn destination_rule_hosts_and_subsets(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let known_hosts = KnownHosts::new(analysis);
    for rule in &mesh.objects.destination_rules {
        if rule.broken || mesh.analysis_of(rule.id).is_none() {
            continue;
        }
        let spec = &rule.spec;
        let Some(known) = known_hosts.find(rule.namespace(), &spec.export_to, &spec.host) else {
            let message = format!("no Service and no ServiceEntry has the host {}", spec.host);
            findings.push(
                Finding::new(Code::IST0174, rule.id, "", message)
                    .help("correct the host, or add a Service or ServiceEntry for it"),
            );
            continue;
        };
        // Of subsets with the same name the last counts.
        let mut last: FxHashMap<&str, usize> = FxHashMap::default();
        last.extend((0..).zip(&spec.subsets).map(|(i, s)| (s.name.as_str(), i)));
        for (index, subset) in spec.subsets.iter().enumerate() {
            let is_last = last.get(subset.name.as_str()) == Some(&index);
            if !is_last || analysis.has_placed_pod(&overlay(&known.selector, &subset.labels)) {
                continue;
            }
            let message = format!(
                "the subset {} of {} selects no pod: none has the labels {}, so requests to it \
                 fail with 503",
                subset.name,
                spec.host,
                selector_text(&subset.labels)
            );
            findings.push(
                Finding::new(Code::IST0173, rule.id, "", message)
                    .help("correct the labels, or remove the subset"),
            );
        }
    }
}

/// The labels of `own` with those of `over` in their place where both have a key.
fn overlay(own: &Labels, over: &Labels) -> Labels {
    let kept = own.iter().filter(|(key, _)| !over.contains_key(key));
    kept.chain(over.iter())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
