//! Edges: which workload can call which port of which Service, what goes over the wire, and what
//! decides about it.
//!
//! [`Edges`] answers for the workloads and Services that a [`Filter`] keeps. [`Edges::blocks`] is
//! the answer in classes: its size grows with the Services, not with pairs of workloads.
//! [`Edges::rows`] is the same pair by pair, for programs that want each. [`Edges::summary`] counts
//! by pairs of namespaces. [`Edges::evidence`] tells which calls the input shows.

mod evidence;
mod filter;
mod lines;
mod summary;
pub mod words;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

pub use evidence::{Bundle, Callees, Calls, Kind, Kinds};
pub use filter::{Filter, Pattern, Unknown, known_namespace};
pub use lines::{Line, Lines};
pub use summary::{Counts, SummaryRow};

pub use crate::mesh::security::wire::{Mode, Verdict};

use crate::mesh::Mesh;
use crate::mesh::security::wire::{
    Accepts, Caller, Callers, Client, Port, Sends, ServerId, Target, Way, Wire,
};
use crate::mesh::workloads::WorkloadId;
use crate::model::Str;

/// The edges of a mesh that a filter keeps.
#[derive(Debug)]
pub struct Edges<'m> {
    mesh: &'m Mesh,
    wire: &'m Wire,
    filter: &'m Filter,
    /// Clients of Services at which both ends may be anything, and those of others (`--in`).
    callers: [Callers<'m>; 2],
    calls: Calls,
}

/// What goes over the wire to a backend, and what comes of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What the client sends.
    pub sends: Sends,
    /// What the server accepts.
    pub accepts: Accepts,
    /// What comes of it.
    pub verdict: Verdict,
    /// The port of the workload that the Service's port leads to.
    pub workload_port: i64,
}

/// Edges alike: from all workloads that a caller stands for to all backends of a class, at one port
/// of one Service.
#[derive(Debug)]
pub struct Block<'e> {
    /// Who calls.
    pub caller: &'e Caller<'e>,
    /// The Service.
    pub target: &'e Target,
    /// Its port.
    pub port: Port<'e>,
    /// The backends.
    pub backends: Vec<WorkloadId>,
    /// What they have in common.
    pub outcome: Outcome,
}

impl Block<'_> {
    /// How many edges they are.
    pub fn count(&self) -> usize {
        self.caller.count * self.backends.len()
    }
}

/// One edge.
#[derive(Debug, Clone)]
pub struct Row<'e> {
    /// The client.
    pub from: WorkloadId,
    /// The Service.
    pub target: &'e Target,
    /// Its port.
    pub port: i64,
    /// The backend.
    pub to: WorkloadId,
    /// The subset, on edges to one that differs from the plain edge.
    pub subset: Option<&'e Str>,
    /// What comes of it.
    pub outcome: Outcome,
    /// By what the input shows the call.
    pub evidence: Kinds,
}

impl<'m> Edges<'m> {
    /// The edges of a mesh that a filter keeps.
    pub fn new(mesh: &'m Mesh, filter: &'m Filter) -> Self {
        let wire = mesh.security.wire();
        let is_from = |id: WorkloadId| filter.keeps_client(mesh, id);
        let inside = |id: WorkloadId| is_from(id) && filter.is_inside(mesh, id);
        Self {
            mesh,
            wire,
            filter,
            callers: [wire.callers(is_from), wire.callers(inside)],
            calls: Calls::find(mesh),
        }
    }

    /// The calls that the input shows.
    pub fn evidence(&self) -> &Calls {
        &self.calls
    }

    /// The clients to consider for a Service.
    fn callers_of(&self, target: &Target) -> &Callers<'m> {
        let [all, inside] = &self.callers;
        if self.filter.is_target_inside(self.mesh, target) {
            all
        } else {
            inside
        }
    }

    /// The Services that the filter keeps, with their ports.
    fn targets(&self) -> impl Iterator<Item = (&'m Target, Vec<Port<'m>>)> {
        let targets = self.wire.targets().iter();
        targets
            .filter(|target| self.filter.keeps_target(self.mesh, target))
            .map(|target| {
                let mut ports = self.wire.ports(target);
                ports.retain(|port| self.filter.keeps_port(port.number()));
                (target, ports)
            })
    }

    /// What comes of a call.
    pub fn outcome(
        &self,
        client: &Client,
        target: &Target,
        port: Port<'_>,
        to: WorkloadId,
    ) -> Outcome {
        let way = self.wire.way(client, target, port);
        outcome(self.wire, &way, &port, self.wire.server_of(to), to)
    }

    /// Calls `each` with all edges in blocks, Service by Service. Edges to subsets are not among
    /// them; `--likely` plays no part.
    pub fn blocks(&self, mut each: impl FnMut(&Block<'_>, &Callers<'_>)) {
        for (target, ports) in self.targets() {
            let callers = self.callers_of(target);
            if callers.is_empty() || self.wire.backends(target).workloads.is_empty() {
                continue;
            }
            for caller in callers.of(target) {
                for port in &ports {
                    let way = self.wire.way(&caller.client, target, *port);
                    for (server, backends) in self.wire.backends_alike(target, port) {
                        let Some(first) = backends.first() else {
                            continue;
                        };
                        let outcome = outcome(self.wire, &way, port, server, *first);
                        if !self.filter.keeps_verdict(outcome.verdict) {
                            continue;
                        }
                        let block = Block {
                            caller: &caller,
                            target,
                            port: *port,
                            backends,
                            outcome,
                        };
                        each(&block, callers);
                    }
                }
            }
        }
    }

    /// Calls `each` with each edge, in the order of its names.
    pub fn rows<E>(&self, mut each: impl FnMut(&Row<'_>) -> Result<(), E>) -> Result<(), E> {
        let [all, _] = &self.callers;
        let ids = all.classes().iter().flat_map(|(_, workloads)| workloads);
        let mut clients: Vec<(String, WorkloadId)> = ids.map(|id| (self.name(*id), *id)).collect();
        clients.sort_unstable();
        let mut targets: Vec<(String, &Target, Vec<Port<'_>>)> = self
            .targets()
            .map(|(target, mut ports)| {
                ports.sort_by_key(Port::number);
                (self.target_name(target), target, ports)
            })
            .collect();
        targets.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        for (_, from) in clients {
            let Some(client) = self.wire.client(self.wire.client_of(from)) else {
                continue;
            };
            for (_, target, ports) in &targets {
                if !self.filter.is_target_inside(self.mesh, target)
                    && !self.filter.is_inside(self.mesh, from)
                {
                    continue;
                }
                for port in ports {
                    let evidence = self.calls.between(from, target, port.number());
                    if self.filter.likely && evidence.is_empty() {
                        continue;
                    }
                    self.rows_of(from, client, target, port, evidence, &mut each)?;
                }
            }
        }
        Ok(())
    }

    /// The edges of one client to one port.
    fn rows_of<E>(
        &self,
        from: WorkloadId,
        client: &Client,
        target: &Target,
        port: &Port<'_>,
        evidence: Kinds,
        each: &mut impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let way = self.wire.way(client, target, *port);
        let mut backends: Vec<(String, WorkloadId)> = self
            .wire
            .backends(target)
            .workloads
            .iter()
            .map(|id| (self.name(*id), *id))
            .collect();
        backends.sort_unstable();
        for (_, to) in backends {
            let server = self.wire.server_of(to);
            let plain = outcome(self.wire, &way, port, server, to);
            let mut row = Row {
                from,
                target,
                port: port.number(),
                to,
                subset: None,
                outcome: plain.clone(),
                evidence,
            };
            if self.filter.keeps_verdict(plain.verdict) {
                each(&row)?;
            }
            let mut subsets: Vec<(&Str, Way<'_>)> = way.subsets_of(to).collect();
            subsets.sort_by_key(|(name, _)| *name);
            for (name, way) in subsets {
                let own = outcome(self.wire, &way, port, server, to);
                let differs = own.sends.sent != plain.sends.sent || own.verdict != plain.verdict;
                if differs && self.filter.keeps_verdict(own.verdict) {
                    row.subset = Some(name);
                    row.outcome = own;
                    each(&row)?;
                }
            }
        }
        Ok(())
    }

    /// All places that decide about edges, those to subsets included.
    pub fn deciders(&self) -> Vec<words::Decider> {
        let mut deciders: FxHashSet<words::Decider> = FxHashSet::default();
        for (target, ports) in self.targets() {
            for caller in self.callers_of(target).of(target) {
                for port in &ports {
                    let way = self.wire.way(&caller.client, target, *port);
                    let subsets = way.subsets().map(|(_, way)| way);
                    for way in std::iter::once(way).chain(subsets) {
                        for (server, backends) in self.wire.backends_alike(target, port) {
                            let Some(first) = backends.first() else {
                                continue;
                            };
                            let outcome = outcome(self.wire, &way, port, server, *first);
                            deciders.extend(words::client_by(&outcome));
                            deciders.extend(words::server_by(&outcome));
                        }
                    }
                }
            }
        }
        deciders.into_iter().collect()
    }

    /// `namespace/name` of a workload.
    pub fn name(&self, id: WorkloadId) -> String {
        name_of(self.mesh, id)
    }

    /// `namespace/name` of a Service.
    pub fn target_name(&self, target: &Target) -> String {
        let header = self.mesh.objects.header(target.object);
        header.map_or_else(String::new, |header| {
            format!("{}/{}", header.namespace, header.name)
        })
    }

    /// The namespaces of the clients that the filter keeps.
    pub fn client_namespaces(&self) -> BTreeSet<&'m str> {
        let [all, _] = &self.callers;
        let classes = all.classes().iter();
        classes
            .filter_map(|(id, _)| self.wire.client(*id))
            .map(|client| self.mesh.places.name(client.namespace).as_str())
            .collect()
    }
}

/// `namespace/name` of a workload.
pub fn name_of(mesh: &Mesh, id: WorkloadId) -> String {
    mesh.workloads.get(id).map_or_else(String::new, |workload| {
        let namespace = mesh.places.name(workload.namespace);
        format!("{namespace}/{}", workload.name)
    })
}

/// What comes of sending to a backend on a way.
pub fn outcome(
    wire: &Wire,
    way: &Way<'_>,
    port: &Port<'_>,
    server: ServerId,
    to: WorkloadId,
) -> Outcome {
    let sends = way.to(server, to);
    let workload_port = wire.workload_port(port.declared, to);
    Outcome {
        verdict: wire.verdict(way, &sends, server, to, port),
        accepts: wire.accepts(server, workload_port),
        sends,
        workload_port,
    }
}

#[cfg(test)]
mod tests;
