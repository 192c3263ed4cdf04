//! IST0109: VirtualServices of the mesh that define the same host.

use std::collections::BTreeSet;

use super::known_hosts::scopes;
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::hosts::full_host;
use crate::mesh::analysis::{Analysis, full_name};
use crate::mesh::indices::HostSet;
use crate::model::Object;
use crate::model::networking::VirtualService;
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "conflicting-mesh-hosts",
    codes: &[Code::IST0109],
    runs: &[Run::Mesh(conflicting_mesh_hosts)],
};

/// How many VirtualServices a message may name.
const SHOWN: usize = 8;

type Service<'m> = &'m Object<VirtualService>;

/// The VirtualServices that define a host for some namespace, or for all (`*`).
struct Entry<'m> {
    scope: String,
    host: String,
    services: Vec<Service<'m>>,
}

fn conflicting_mesh_hosts(mesh: &Mesh, findings: &mut Findings) {
    // Which VirtualServices of a host meet is KIA1106's to say: it knows what Sidecars import.
    if !mesh.quirks.run_time_plays_no_part {
        return;
    }
    let analysis = mesh.analysis();
    let entries = entries(analysis);
    let everywhere: Vec<&Entry<'_>> = entries.iter().filter(|e| e.scope == "*").collect();
    let hosts = HostSet::new(
        everywhere
            .iter()
            .map(|entry| entry.host.as_str())
            .zip(0u32..),
    );
    let mut unreported = Unreported::new(hosts.len());
    let mut reported = BTreeSet::new();
    for entry in &entries {
        let mut services: Vec<Service<'_>> = entry.services.clone();
        if entry.scope != "*" {
            let numbers = overlapping(&entry.host, &hosts, &mut unreported);
            let others = numbers
                .into_iter()
                .filter_map(|number| everywhere.get(number as usize));
            services.extend(others.flat_map(|other| &other.services));
        }
        if services.len() < 2 {
            continue;
        }
        let names: BTreeSet<String> = services
            .iter()
            .take(SHOWN)
            .map(|service| full_name(service.namespace(), service.name()))
            .collect();
        let shown: Vec<Service<'_>> = services.iter().take(SHOWN).copied().collect();
        for service in services {
            if reported.insert(service.id) {
                findings.push(finding(service, entry, &names, &shown));
            }
        }
    }
}

/// What VirtualServices of the mesh define, in the text order of scope and host.
fn entries(analysis: Analysis<'_>) -> Vec<Entry<'_>> {
    let mut defined: Vec<(String, usize, Service<'_>)> = Vec::new();
    for service in analysis.virtual_services() {
        let spec = &service.spec;
        if !spec.gateways.is_empty() && !spec.gateways.iter().any(|gateway| gateway == "mesh") {
            continue;
        }
        let scopes = scopes(&spec.export_to, service.namespace());
        for host in &spec.hosts {
            let host = full_host(service.namespace(), host);
            for scope in &scopes {
                defined.push((format!("{scope}/{host}"), scope.len(), service));
            }
        }
    }
    defined.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    defined
        .chunk_by(|(a, ..), (b, ..)| a == b)
        .filter_map(|alike| {
            let (text, length, _) = alike.first()?;
            let (scope, host) = text.split_at_checked(*length)?;
            Some(Entry {
                scope: scope.to_owned(),
                host: host.strip_prefix('/')?.to_owned(),
                services: alike.iter().map(|(.., service)| *service).collect(),
            })
        })
        .collect()
}

/// The entries for all namespaces that overlap the host. Those below a wildcard are found only
/// until they have been, since nothing is reported twice; the first of them always is.
fn overlapping(host: &str, hosts: &HostSet, unreported: &mut Unreported) -> Vec<u32> {
    let Some(bare) = host.strip_prefix('*') else {
        return hosts.overlapping_name(host).collect();
    };
    let range = hosts.ending_in(bare);
    let mut numbers: Vec<u32> = hosts.number_at(range.start).into_iter().collect();
    if range.is_empty() {
        numbers.clear();
    }
    let mut place = unreported.next(range.start);
    while place < range.end {
        numbers.extend(hosts.number_at(place));
        unreported.remove(place);
        place = unreported.next(place);
    }
    numbers.extend(hosts.wider_than(bare));
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Places that have not been visited yet.
struct Unreported {
    next: Vec<usize>,
}

impl Unreported {
    fn new(len: usize) -> Self {
        Self {
            next: (0..=len).collect(),
        }
    }

    /// The first place left, from `place` on.
    fn next(&mut self, place: usize) -> usize {
        let mut end = place;
        while let Some(next) = self.next.get(end).copied()
            && next != end
        {
            end = next;
        }
        let mut at = place;
        while let Some(next) = self.next.get_mut(at)
            && *next != at
        {
            at = std::mem::replace(next, end);
        }
        end
    }

    fn remove(&mut self, place: usize) {
        if let Some(next) = self.next.get_mut(place) {
            *next = place + 1;
        }
    }
}

fn finding(
    service: Service<'_>,
    entry: &Entry<'_>,
    names: &BTreeSet<String>,
    shown: &[Service<'_>],
) -> Finding {
    let who = if entry.scope == "*" {
        "the mesh".to_owned()
    } else {
        format!("namespace {}", entry.scope)
    };
    let message = format!(
        "several VirtualServices define the host {} for {who}, and which of them counts is \
         undefined: {}",
        entry.host,
        list(names)
    );
    let mut finding = Finding::new(Code::IST0109, service.id, "metadata/name", message)
        .help("merge them into one VirtualService");
    for other in shown.iter().filter(|other| other.id != service.id).take(5) {
        finding = finding.related(other.id, "spec/hosts", "defines the host too");
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::Unreported;

    #[test]
    fn places_are_left_out_once_removed() {
        let mut places = Unreported::new(4);
        assert_eq!(places.next(0), 0);
        places.remove(0);
        places.remove(1);
        assert_eq!(places.next(0), 2);
        places.remove(3);
        places.remove(2);
        assert_eq!(places.next(0), 4);
        assert_eq!(places.next(4), 4);
    }
}
