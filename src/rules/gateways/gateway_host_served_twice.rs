//! KIA0301: hosts that several servers of Gateways serve on one listener, as istiod sees it. What
//! Kiali reports is in [`super::shared_hosts`].

use rustc_hash::{FxHashMap, FxHashSet};

use super::shared_hosts;
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::mesh::registry::split_namespace;
use crate::mesh::routing::{GatewayServer, Speaks};
use crate::model::ObjectId;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-host-served-twice",
    codes: &[Code::KIA0301],
    runs: &[Run::Mesh(gateway_host_served_twice)],
};

fn gateway_host_served_twice(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return shared_hosts::check(mesh, findings);
    }
    let mut told: FxHashSet<(ObjectId, ObjectId, u32)> = FxHashSet::default();
    for listener in mesh.routing.shared_listeners() {
        for pair in pairs(&listener, mesh) {
            let Pair { own, other, .. } = &pair;
            let key = (own.gateway.id, other.gateway.id, own.number);
            let is_judged = !own.gateway.broken && !mesh.objects.is_context(own.gateway.id);
            if is_judged && told.insert(key) {
                findings.push(pair.finding());
            }
        }
    }
}

/// A host of a server.
#[derive(Clone)]
struct Host<'m> {
    /// The server, by its place in the listener.
    server: usize,
    /// Index in `hosts`.
    at: usize,
    /// Namespace of the VirtualServices, `*` for any.
    namespace: &'m str,
    name: String,
}

/// Two servers with hosts in common.
struct Pair<'m> {
    own: GatewayServer<'m>,
    other: GatewayServer<'m>,
    /// The hosts as written here, with the index of each here and there.
    shared: Vec<(&'m str, usize, usize)>,
    outcome: Outcome,
}

/// What becomes of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The routes of both are served.
    Joined,
    /// One of them redirects requests for both.
    Redirected,
    /// The later server is left out; its hosts are all served by the other.
    SkippedWithoutLoss,
    /// The later server is left out, with all of its hosts.
    Skipped,
    /// Both are pushed, and Envoy refuses a listener with one server name twice.
    Refused,
}

impl Outcome {
    const fn severity(self) -> Severity {
        match self {
            Self::Joined | Self::Redirected | Self::SkippedWithoutLoss => Severity::Info,
            Self::Skipped | Self::Refused => Severity::Error,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Joined => "the routes of both are served",
            Self::Redirected => "the redirect to HTTPS holds for both",
            Self::SkippedWithoutLoss => "istiod leaves out the server of the younger Gateway",
            Self::Skipped => "istiod leaves out the whole later server, its other hosts as well",
            Self::Refused => {
                "the namespaces before the slash differ, so istiod keeps both, and Envoy refuses a \
                 listener with one server name twice"
            }
        }
    }
}

/// Each server with the first of the others that has one of its hosts, host by host.
fn pairs<'m>(listener: &[GatewayServer<'m>], mesh: &Mesh) -> Vec<Pair<'m>> {
    let hosts = hosts(listener, mesh);
    let mut by_name: FxHashMap<(bool, &str), Vec<&Host<'m>>> = FxHashMap::default();
    for host in &hosts {
        let is_tls = listener
            .get(host.server)
            .is_some_and(|served| served.speaks == Speaks::Tls);
        by_name.entry((is_tls, &host.name)).or_default().push(host);
    }
    let mut found: FxHashMap<(usize, usize), Pair<'m>> = FxHashMap::default();
    let mut order: Vec<(usize, usize)> = Vec::new();
    for host in &hosts {
        let Some(own) = listener.get(host.server) else {
            continue;
        };
        let same = by_name.get(&(own.speaks == Speaks::Tls, host.name.as_str()));
        let rival = same.into_iter().flatten().take(RIVALS).find_map(|other| {
            let theirs = listener.get(other.server)?;
            let meets = other.server != host.server
                && mesh
                    .evidence
                    .are_together(own.gateway.id, theirs.gateway.id);
            Some((*other, *theirs)).filter(|_| meets && overlap(own.speaks, host, other))
        });
        let (Some((other, theirs)), Some(text)) = (rival, own.server.hosts.get(host.at)) else {
            continue;
        };
        let outcome = outcome((own, host), (&theirs, other));
        let key = (host.server, other.server);
        let pair = found.entry(key).or_insert_with(|| {
            order.push(key);
            Pair {
                own: *own,
                other: theirs,
                shared: Vec::new(),
                outcome,
            }
        });
        pair.outcome = pair.outcome.max(outcome);
        pair.shared.push((text, host.at, other.at));
    }
    order
        .into_iter()
        .filter_map(|key| found.remove(&key))
        .collect()
}

/// How many servers with one host are looked at for one that meets a server.
const RIVALS: usize = 16;

fn hosts<'m>(listener: &[GatewayServer<'m>], mesh: &Mesh) -> Vec<Host<'m>> {
    let mut hosts = Vec::new();
    for (server, served) in listener.iter().enumerate() {
        if served.speaks == Speaks::Tcp {
            continue;
        }
        for (at, text) in served.server.hosts.iter().enumerate() {
            if is_unresolved(mesh, text) {
                continue;
            }
            let (namespace, name) = match split_namespace(text) {
                (None, name) => ("*", name),
                (Some("."), name) => (served.gateway.namespace(), name),
                (Some(namespace), name) => (namespace, name),
            };
            hosts.push(Host {
                server,
                at,
                namespace,
                name: name.to_lowercase(),
            });
        }
    }
    hosts
}

/// Whether equal names of two hosts meet: a TLS listener has a server name once, plain HTTP tells
/// VirtualServices of different namespaces apart.
fn overlap(speaks: Speaks, host: &Host<'_>, other: &Host<'_>) -> bool {
    speaks == Speaks::Tls
        || host.namespace == other.namespace
        || host.namespace == "*"
        || other.namespace == "*"
}

fn outcome(
    (own, host): (&GatewayServer<'_>, &Host<'_>),
    (theirs, other): (&GatewayServer<'_>, &Host<'_>),
) -> Outcome {
    match (own.speaks, theirs.speaks) {
        (Speaks::Tls, _) if host.namespace == other.namespace => Outcome::Skipped,
        (Speaks::Tls, _) => Outcome::Refused,
        (Speaks::Redirect, Speaks::Redirect) => {
            let loses = |later: &GatewayServer<'_>, kept: &GatewayServer<'_>| {
                let kept: FxHashSet<_> = kept.server.hosts.iter().collect();
                later.server.hosts.iter().any(|host| !kept.contains(host))
            };
            let is_lost = if own.gateway.id == theirs.gateway.id {
                let (first, later) = if own.index < theirs.index {
                    (own, theirs)
                } else {
                    (theirs, own)
                };
                loses(later, first)
            } else {
                loses(own, theirs) || loses(theirs, own)
            };
            if is_lost {
                Outcome::Skipped
            } else {
                Outcome::SkippedWithoutLoss
            }
        }
        (Speaks::Http, Speaks::Http) => Outcome::Joined,
        _ => Outcome::Redirected,
    }
}

impl Pair<'_> {
    fn finding(&self) -> Finding {
        const SHOWN: usize = 8;
        let Self {
            own,
            other,
            shared,
            outcome,
        } = self;
        let who = if own.gateway.id == other.gateway.id {
            format!("server {} of this Gateway", other.index)
        } else {
            format!(
                "Gateway {}/{} for the same workloads",
                other.gateway.namespace(),
                other.gateway.name()
            )
        };
        let message = format!(
            "host {} on port {} is served more than once: {who} serves it as well; {}",
            some_of(shared.iter().map(|(text, ..)| *text)),
            own.number,
            outcome.words()
        );
        let at = shared.first().map_or(0, |(_, at, _)| *at);
        let path = format!("spec/servers[{}]/hosts[{at}]", own.index);
        let help = "keep the host in one server, or give the Gateways selectors or ports that tell them apart";
        let mut finding = Finding::new(Code::KIA0301, own.gateway.id, path, message)
            .severity(outcome.severity())
            .help(help);
        for (text, _, there) in shared.iter().take(SHOWN) {
            let path = format!("spec/servers[{}]/hosts[{there}]", other.index);
            finding = finding.related(other.gateway.id, path, format!("{text} is served here too"));
        }
        finding
    }
}
