//! IST0101, IST0145: Gateways that claim the same host at the same port of the same workloads.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::selectors::selector_text;
use crate::mesh::analysis::{Analysis, full_name};
use crate::model::Object;
use crate::model::networking::{Gateway, Server};
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

use super::gateway_without_workload::no_workload;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-conflicts",
    codes: &[Code::IST0101, Code::IST0145],
    runs: &[Run::Mesh(gateway_conflicts)],
};

/// How many Gateways with one host are looked at for a message.
const SHOWN: usize = 8;

/// Gateways by bind address and host.
type Claimants<'m> = FxHashMap<(&'m str, &'m str), Vec<u32>>;

/// Who claims an address and host at a port of the workloads with some selector.
#[derive(Default)]
struct Claims<'m> {
    /// By selector and port.
    ports: FxHashMap<(&'m str, u32), Claimants<'m>>,
    /// Selectors of Gateways that have a server.
    serving: BTreeSet<&'m str>,
}

fn gateway_conflicts(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let gateways: Vec<&Object<Gateway>> = analysis.gateways().collect();
    let texts: Vec<String> = gateways
        .iter()
        .map(|gateway| selector_text(&gateway.spec.selector))
        .collect();
    let mut claims = Claims::default();
    for ((number, gateway), text) in (0u32..).zip(&gateways).zip(&texts) {
        for server in effective_servers(gateway) {
            claims.serving.insert(text);
            let hosts = claims.ports.entry((text, port(server))).or_default();
            for host in &server.hosts {
                let list = hosts.entry((&server.bind, host)).or_default();
                if list.last() != Some(&number) {
                    list.push(number);
                }
            }
        }
    }
    let mut related: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for (gateway, text) in gateways.iter().zip(&texts) {
        let related = related
            .entry(text)
            .or_insert_with(|| related_selectors(gateway, text, analysis));
        let is_known = |text: &&str| claims.serving.contains(*text);
        if !text.is_empty() && !related.iter().any(is_known) {
            findings.push(no_workload(gateway, text));
            continue;
        }
        for server in &gateway.spec.servers {
            let others = rivals(gateway, server, related, &claims, &gateways);
            if !others.is_empty() {
                findings.push(conflict(gateway, server, text, &others));
            }
        }
    }
}

/// The servers that count: the last of each port.
fn effective_servers(gateway: &Object<Gateway>) -> impl Iterator<Item = &Server> {
    let servers = gateway.spec.servers.iter();
    let last: BTreeMap<u32, &Server> = servers.map(|server| (port(server), server)).collect();
    last.into_values()
}

fn port(server: &Server) -> u32 {
    server.port.as_ref().map_or(0, |port| port.number)
}

/// The selectors that lead to some of the same workloads: the same one, and those whose text is
/// part of this one's, or the other way round, and that share a pod with it.
fn related_selectors<'m>(
    gateway: &Object<Gateway>,
    text: &'m str,
    analysis: Analysis<'m>,
) -> Vec<&'m str> {
    let mut related = vec![text];
    let Some(workloads) = analysis.gateway_workloads(&gateway.spec.selector) else {
        return related;
    };
    for other in analysis.workloads_sharing_a_pod(workloads) {
        let is_part = other.text.contains(text) || text.contains(&other.text);
        if is_part && other.text != text {
            related.push(&other.text);
        }
    }
    related
}

/// Other Gateways that claim one of the server's hosts, some of them if there are many.
fn rivals<'m>(
    gateway: &Object<Gateway>,
    server: &Server,
    related: &[&str],
    claims: &Claims<'_>,
    gateways: &[&'m Object<Gateway>],
) -> BTreeMap<String, &'m Object<Gateway>> {
    let mut rivals = BTreeMap::new();
    for text in related {
        let Some(hosts) = claims.ports.get(&(*text, port(server))) else {
            continue;
        };
        for host in &server.hosts {
            let claimants = hosts.get(&(server.bind.as_str(), host.as_str()));
            let others = claimants
                .into_iter()
                .flatten()
                .filter_map(|number| gateways.get(*number as usize))
                .filter(|other| other.id != gateway.id)
                .take(SHOWN);
            for other in others {
                rivals.insert(full_name(other.namespace(), other.name()), *other);
            }
        }
    }
    rivals
}

fn conflict(
    gateway: &Object<Gateway>,
    server: &Server,
    text: &str,
    others: &BTreeMap<String, &Object<Gateway>>,
) -> Finding {
    let message = format!(
        "another Gateway claims the same host at port {} of the same workloads (selector {text}, \
         hosts {}): {}",
        port(server),
        list(&server.hosts),
        list(others.keys())
    );
    let mut finding = Finding::new(Code::IST0145, gateway.id, "", message)
        .help("merge the Gateways, or give each hosts of its own");
    for other in others.values().take(5) {
        finding = finding.related(other.id, "metadata/name", "claims the same host");
    }
    finding
}
