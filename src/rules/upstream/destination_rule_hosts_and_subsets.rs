//! IST0173, IST0174: hosts of DestinationRules that do not exist, subsets without pods.

use crate::rules::common::words::is_unresolved;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::analysis::{Analysis, KnownHost};
use crate::mesh::indices::LabelIndex;
use crate::mesh::{External, Mesh};
use crate::model::networking::{DestinationRule, WorkloadEntry};
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::common::reading::path;
use crate::rules::{Check, Run};
use crate::yaml::is_placeholder;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-rule-hosts-and-subsets",
    codes: &[Code::IST0173, Code::IST0174],
    runs: &[Run::Mesh(destination_rule_hosts_and_subsets)],
};

/// Labels that depend on the cluster a pod runs in: no manifest shows them.
const OF_CLUSTER: [&str; 2] = ["topology.istio.io/cluster", "topology.istio.io/network"];

fn destination_rule_hosts_and_subsets(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let mut machines = None;
    for rule in &mesh.objects.destination_rules {
        if rule.broken || mesh.analysis_of(rule.id).is_none() {
            continue;
        }
        let spec = &rule.spec;
        if is_unresolved(mesh, &spec.host) {
            continue;
        }
        let Some(known) = analysis.find_host(rule.namespace(), &spec.export_to, &spec.host) else {
            findings.extend(unknown(rule, analysis));
            continue;
        };
        // Of subsets with the same name the last counts.
        let mut last: FxHashMap<&str, usize> = FxHashMap::default();
        last.extend((0..).zip(&spec.subsets).map(|(i, s)| (s.name.as_str(), i)));
        for (index, subset) in spec.subsets.iter().enumerate() {
            if last.get(subset.name.as_str()) != Some(&index) {
                continue;
            }
            let evidence = if analysis.quirks().subsets_select_any_pod {
                let wanted = overlay(&known.selector, &subset.labels);
                (!analysis.has_placed_pod(&wanted)).then_some(Evidence::Shown)
            } else {
                let machines = machines.get_or_insert_with(|| Machines::new(analysis));
                selects_nothing(known, &subset.labels, machines, analysis)
            };
            if let Some(evidence) = evidence {
                let place = path!["spec", "subsets", index, "labels"];
                let labels = crate::mesh::analysis::selectors::selector_text(&subset.labels);
                let message = format!(
                    "the subset {} of {} selects no pod: none has the labels {labels}, so \
                     requests to it fail with 503",
                    subset.name, spec.host
                );
                findings.push(
                    Finding::new(Code::IST0173, rule.id, path("", place, mesh), message)
                        .help("correct the labels, or remove the subset")
                        .given(evidence),
                );
            }
        }
    }
}

fn unknown(rule: &Object<DestinationRule>, analysis: Analysis<'_>) -> Option<Finding> {
    let mesh = analysis.mesh;
    let name = &rule.spec.host;
    let host = mesh.routing.host_of(rule);
    // Of names that are no wildcards KIA0202 speaks.
    if !mesh.quirks.run_time_plays_no_part && !host.is_wildcard() {
        return None;
    }
    if !analysis.quirks().wildcard_hosts_need_a_service_entry {
        let observer = mesh.places.namespace_of(rule.id);
        let full = host.to_string();
        let is_known = name.strip_prefix('*').is_some_and(|suffix| {
            suffix.is_empty()
                || ".svc.cluster.local".ends_with(suffix)
                || analysis.has_host_ending_in(suffix)
        }) || mesh.visibility.has_service(&host, observer)
            || mesh.visibility.has_service_entry(&host, observer)
            || External::has(&mesh.settings.external.hosts, &full)
            || analysis.is_control_plane(&full);
        if is_known {
            return None;
        }
    }
    // A rule for all services of a namespace waits for the first of them.
    let evidence = match name.strip_prefix("*.").map(|rest| rest.split_once(".svc.")) {
        Some(Some((namespace, _))) => mesh.evidence.knows_services_in(namespace),
        _ => mesh.evidence.knows_host_of(rule.id, &host),
    };
    let message = format!("no Service and no ServiceEntry has the host {name}");
    Some(
        Finding::new(Code::IST0174, rule.id, path("", "spec/host", mesh), message)
            .help("correct the host, or add a Service or ServiceEntry for it")
            .given(evidence),
    )
}

/// The labels of `own` with those of `over` in their place where both have a key.
fn overlay(own: &Labels, over: &Labels) -> Labels {
    let kept = own.iter().filter(|(key, _)| !over.contains_key(key));
    kept.chain(over.iter())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The union of two selectors, `None` if they contradict each other.
fn both(a: &Labels, b: &Labels) -> Option<Labels> {
    let agree = a
        .iter()
        .all(|(key, value)| b.get(key).is_none_or(|other| other == value));
    agree.then(|| overlay(a, b))
}

/// Evidence that nothing behind the host has the labels, or `None` if something has, or may have.
fn selects_nothing(
    known: &KnownHost,
    labels: &Labels,
    machines: &Machines,
    analysis: Analysis<'_>,
) -> Option<Evidence> {
    let labels: Labels = labels
        .iter()
        .filter(|(key, _)| !OF_CLUSTER.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if labels.is_empty() || labels.values().any(|value| is_placeholder(value)) {
        return None;
    }
    if let Some(entry) = analysis.service_entry_of(known) {
        let spec = &entry.spec;
        if spec
            .endpoints
            .iter()
            .any(|endpoint| labels.selects(&endpoint.labels))
        {
            return None;
        }
        let Some(selector) = &spec.workload_selector else {
            return Some(Evidence::Shown);
        };
        return nothing_behind(
            &selector.labels,
            &labels,
            entry.namespace(),
            machines,
            analysis,
        );
    }
    let service = analysis.service_of(known)?;
    let selector = &service.spec.spec.selector;
    if selector.is_empty() || service.spec.is_external_name() || known.object.is_none() {
        return None;
    }
    nothing_behind(selector, &labels, service.namespace(), machines, analysis)
}

fn nothing_behind(
    selector: &Labels,
    labels: &Labels,
    namespace: &str,
    machines: &Machines,
    analysis: Analysis<'_>,
) -> Option<Evidence> {
    let found = both(selector, labels).is_some_and(|wanted| {
        analysis.has_pod(namespace, &wanted)
            || analysis.has_placed_pod_of(namespace, &wanted)
            || machines.has(namespace, &wanted)
    });
    (!found).then(|| analysis.mesh.evidence.knows_workloads_in(namespace))
}

/// WorkloadEntries by label.
struct Machines {
    ranges: FxHashMap<Str, Range<u32>>,
    labels: LabelIndex,
}

impl Machines {
    fn new(analysis: Analysis<'_>) -> Self {
        let mut list: Vec<&Object<WorkloadEntry>> = analysis.workload_entries().collect();
        list.sort_by_key(|entry| entry.namespace());
        let mut ranges: FxHashMap<Str, Range<u32>> = FxHashMap::default();
        for (number, entry) in (0u32..).zip(&list) {
            let namespace = entry.metadata.namespace.clone();
            ranges.entry(namespace).or_insert(number..number).end = number + 1;
        }
        Self {
            ranges,
            labels: LabelIndex::build(list.iter().map(|entry| &entry.spec.labels)),
        }
    }

    fn has(&self, namespace: &str, labels: &Labels) -> bool {
        self.ranges
            .get(namespace)
            .is_some_and(|range| self.labels.matching(range.clone(), labels).next().is_some())
    }
}
