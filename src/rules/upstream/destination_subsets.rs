//! IST0101: subsets that no DestinationRule defines.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::rules::common::lists::list;
use crate::rules::virtual_services::destinations::destinations;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-subsets",
    codes: &[Code::IST0101],
    runs: &[Run::Mesh(destination_subsets)],
};

/// A host as destinations and DestinationRules are matched: namespace and name.
type Key<'a> = (&'a str, &'a str);

fn destination_subsets(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let mut subsets: FxHashMap<Key<'_>, FxHashSet<&str>> = FxHashMap::default();
    for rule in analysis.destination_rules() {
        let key = key(&rule.spec.host, rule.namespace());
        let names = rule.spec.subsets.iter().map(|subset| subset.name.as_str());
        subsets.entry(key).or_default().extend(names);
    }
    // The names in order, of hosts where one is missing.
    let mut sorted: FxHashMap<Key<'_>, Vec<&str>> = FxHashMap::default();
    for service in &mesh.objects.virtual_services {
        if service.broken || mesh.analysis_of(service.id).is_none() {
            continue;
        }
        for (place, destination) in destinations(&service.spec) {
            let (host, subset) = (&destination.host, &destination.subset);
            if subset.is_empty() {
                continue;
            }
            let host_key = key(host, service.namespace());
            let known = subsets.get(&host_key);
            if known.is_some_and(|names| names.contains(subset.as_str())) {
                continue;
            }
            let what = if place.is_mirror() { "mirrored " } else { "" };
            let message =
                format!("no DestinationRule defines the subset {subset} of the {what}host {host}");
            let mut finding = Finding::new(
                Code::IST0101,
                service.id,
                place.path().field("host"),
                message,
            )
            .points_at(place.path().field("subset"));
            finding = match known.filter(|names| !names.is_empty()) {
                None => finding.help("add a DestinationRule for the host with this subset"),
                Some(names) => {
                    let sorted = sorted.entry(host_key).or_insert_with(|| {
                        let mut names: Vec<&str> = names.iter().copied().collect();
                        names.sort_unstable();
                        names
                    });
                    finding.help(format!(
                        "the subsets of the host are {}",
                        list(sorted.iter())
                    ))
                }
            };
            findings.push(finding);
        }
    }
}

/// `a.b.svc.cluster.local` is `a` of namespace `b`; other names are of the namespace of the object
/// that has them.
fn key<'a>(host: &'a str, namespace: &'a str) -> Key<'a> {
    let service = host.strip_suffix(".svc.cluster.local");
    if let Some((name, namespace)) = service.and_then(|service| service.rsplit_once('.'))
        && !name.is_empty()
        && !namespace.is_empty()
    {
        return (namespace, name);
    }
    (namespace, host)
}
