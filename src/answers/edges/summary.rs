//! Edges counted by pairs of namespaces, without looking at pairs of workloads.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Edges, outcome};
use crate::mesh::places::NamespaceId;
use crate::mesh::security::wire::{Client, ClientId, Mode, Proxy, Target, Verdict};

/// Edges by verdict and by what the server accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By verdict, in the order of [`Verdict`].
    verdicts: [u64; 4],
    /// By mode: strict, permissive, disable, no sidecar.
    servers: [u64; 4],
}

impl Counts {
    /// How many edges have a verdict.
    pub fn verdict(&self, verdict: Verdict) -> u64 {
        self.verdicts
            .get(verdict as usize)
            .copied()
            .unwrap_or_default()
    }

    /// How many edges lead to a server that accepts by `mode`, or (`None`) has no sidecar.
    pub fn server(&self, mode: Option<Mode>) -> u64 {
        self.servers.get(place(mode)).copied().unwrap_or_default()
    }

    /// How many edges there are.
    pub fn total(&self) -> u64 {
        self.verdicts.iter().sum()
    }

    pub(super) fn count(&mut self, verdict: Verdict, mode: Option<Mode>, edges: u64) {
        if let Some(count) = self.verdicts.get_mut(verdict as usize) {
            *count += edges;
        }
        if let Some(count) = self.servers.get_mut(place(mode)) {
            *count += edges;
        }
    }

    /// Adds `other` `times` times.
    pub fn add(&mut self, other: &Self, times: u64) {
        let own = self.verdicts.iter_mut().chain(&mut self.servers);
        let others = other.verdicts.iter().chain(&other.servers);
        for (count, other) in own.zip(others) {
            *count += other * times;
        }
    }

    /// Takes `other` away `times` times.
    fn take(&mut self, other: &Self, times: u64) {
        let own = self.verdicts.iter_mut().chain(&mut self.servers);
        let others = other.verdicts.iter().chain(&other.servers);
        for (count, other) in own.zip(others) {
            *count -= other * times;
        }
    }
}

fn place(mode: Option<Mode>) -> usize {
    mode.map_or(3, |mode| mode as usize)
}

/// The edges from one namespace to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryRow<'m> {
    /// The namespace of the clients.
    pub from: &'m str,
    /// The namespace of the Services.
    pub to: &'m str,
    /// The edges.
    pub counts: Counts,
}

/// What the Services of a namespace are to clients.
#[derive(Debug, Default)]
struct Home {
    /// To one client about which nothing is special, by its proxy.
    usual: FxHashMap<Proxy, Counts>,
    /// What to add for the clients of a special namespace, and what to take away.
    special: FxHashMap<NamespaceId, (Counts, Counts)>,
}

impl<'m> Edges<'m> {
    /// Calls `each` with all pairs of namespaces that have edges, in the order of their names.
    pub fn summary<E>(
        &self,
        mut each: impl FnMut(&SummaryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let [all, inside] = &self.callers;
        let clients = |id: &ClientId| self.wire.client(*id);
        let mut populations: BTreeMap<&str, (NamespaceId, Vec<(Proxy, u64, u64)>)> =
            BTreeMap::new();
        let inside: FxHashMap<ClientId, u64> = inside
            .classes()
            .iter()
            .map(|(id, workloads)| (*id, workloads.len() as u64))
            .collect();
        for (id, workloads) in all.classes() {
            let Some(client) = clients(id) else { continue };
            let name = self.mesh.places.name(client.namespace).as_str();
            let within = inside.get(id).copied().unwrap_or_default();
            let population = populations
                .entry(name)
                .or_insert((client.namespace, Vec::new()));
            population
                .1
                .push((client.proxy, workloads.len() as u64, within));
        }
        let homes = self.homes();
        for (from, (namespace, population)) in &populations {
            for (to, (home, is_inside)) in &homes {
                let mut counts = Counts::default();
                for (proxy, all, within) in population {
                    if let Some(usual) = home.usual.get(proxy) {
                        counts.add(usual, if *is_inside { *all } else { *within });
                    }
                }
                if let Some((more, less)) = home.special.get(namespace) {
                    counts.add(more, 1);
                    counts.take(less, 1);
                }
                if counts.total() > 0 {
                    let row = SummaryRow { from, to, counts };
                    each(&row)?;
                }
            }
        }
        Ok(())
    }

    /// What the Services of each namespace are to clients, and whether all clients count.
    fn homes(&self) -> BTreeMap<&'m str, (Home, bool)> {
        let mut homes: BTreeMap<&'m str, (Home, bool)> = BTreeMap::new();
        let [all, _] = &self.callers;
        let mut proxies: Vec<Proxy> = all
            .classes()
            .iter()
            .filter_map(|(id, _)| self.wire.client(*id))
            .map(|client| client.proxy)
            .collect();
        proxies.sort_unstable();
        proxies.dedup();
        for (target, ports) in self.targets() {
            let name = self.mesh.places.name(target.namespace).as_str();
            let is_inside = self.filter.is_target_inside(self.mesh, target);
            let (home, _) = homes.entry(name).or_insert((Home::default(), is_inside));
            let counted = |client: &Client| {
                let mut counts = Counts::default();
                for port in &ports {
                    self.count(client, target, port, &mut counts);
                }
                counts
            };
            let usual: FxHashMap<Proxy, Counts> = proxies
                .iter()
                .map(|proxy| (*proxy, counted(&Client::usual(*proxy))))
                .collect();
            for caller in self.callers_of(target).of(target) {
                if caller.client.namespace == NamespaceId::NONE {
                    continue;
                }
                let special = home.special.entry(caller.client.namespace).or_default();
                special.0.add(&counted(&caller.client), caller.count as u64);
                if let Some(usual) = usual.get(&caller.client.proxy) {
                    special.1.add(usual, caller.count as u64);
                }
            }
            for (proxy, counts) in &usual {
                home.usual.entry(*proxy).or_default().add(counts, 1);
            }
        }
        homes
    }

    /// Counts the edges from one client of a class to a port.
    fn count(
        &self,
        client: &Client,
        target: &Target,
        port: &crate::mesh::security::wire::Port<'_>,
        counts: &mut Counts,
    ) {
        let way = self.wire.way(client, target, *port);
        for (server, backends) in self.wire.backends_alike(target, port) {
            let Some(first) = backends.first() else {
                continue;
            };
            let outcome = outcome(self.wire, &way, port, server, *first);
            if self.filter.keeps_verdict(outcome.verdict) {
                let mode = outcome.accepts.mode();
                counts.count(outcome.verdict, mode, backends.len() as u64);
            }
        }
    }
}
