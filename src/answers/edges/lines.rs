//! Edges for people: alike ones on one line, what does not work first.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::words::{self, Decider};
use super::{Block, Counts, Edges, Kinds, Outcome, Row};
use crate::mesh::Mesh;
use crate::mesh::security::wire::{Callers, Target, Verdict};
use crate::mesh::workloads::WorkloadId;

/// So many lines are shown of each verdict, unless all are asked for.
const SHOWN: usize = 20;

/// Clients of more namespaces than these stand on one line.
const APART: usize = 4;

/// Edges that differ in nothing that people ask for.
#[derive(Debug, Clone)]
pub struct Line {
    /// What comes of them.
    pub verdict: Verdict,
    /// Who calls: a workload, `namespace/* (12 workloads)`, or more.
    pub from: String,
    /// `namespace/service:port`, all ports after commas.
    pub to: String,
    /// Which of the backends, where they differ.
    pub backends: Option<String>,
    /// Why, in few words.
    pub why: String,
    /// What decides, each with a sentence.
    pub by: Vec<(String, Decider)>,
    /// By what the input shows the calls.
    pub evidence: Kinds,
}

/// Edges for people.
#[derive(Debug, Default)]
pub struct Lines {
    /// How many edges there are.
    pub counts: Counts,
    /// The lines: what is broken, plain text, TLS of the application, mutual TLS.
    pub lines: Vec<Line>,
    /// How many more lines there are.
    pub left_out: usize,
}

/// What lines must share to be one, with the ports that they differ in.
type Key = (
    Verdict,
    String,
    String,
    Option<String>,
    String,
    Vec<(String, Decider)>,
);

#[derive(Default)]
struct Collector {
    counts: Counts,
    index: FxHashMap<Key, usize>,
    lines: Vec<(Key, Vec<i64>, Kinds)>,
    by_verdict: FxHashMap<Verdict, usize>,
    left_out: usize,
    all: bool,
}

impl Collector {
    fn is_full(&self, verdict: Verdict) -> bool {
        !self.all
            && self
                .by_verdict
                .get(&verdict)
                .is_some_and(|count| *count >= SHOWN)
    }

    fn add(&mut self, key: Key, port: i64, evidence: Kinds) {
        if let Some((_, ports, kinds)) = self
            .index
            .get(&key)
            .and_then(|index| self.lines.get_mut(*index))
        {
            if !ports.contains(&port) {
                ports.push(port);
            }
            kinds.extend(evidence);
            return;
        }
        if self.is_full(key.0) {
            self.left_out += 1;
            return;
        }
        *self.by_verdict.entry(key.0).or_default() += 1;
        self.index.insert(key.clone(), self.lines.len());
        self.lines.push((key, vec![port], evidence));
    }

    fn finish(self) -> Lines {
        let rank = |verdict| match verdict {
            Verdict::Broken => 0,
            Verdict::Plaintext => 1,
            Verdict::Tls => 2,
            Verdict::Mtls => 3,
        };
        let mut lines: Vec<Line> = self
            .lines
            .into_iter()
            .map(
                |((verdict, from, to, backends, why, by), mut ports, evidence)| {
                    ports.sort_unstable();
                    let ports: Vec<String> = ports.iter().map(i64::to_string).collect();
                    Line {
                        verdict,
                        from,
                        to: format!("{to}:{}", ports.join(",")),
                        backends,
                        why,
                        by,
                        evidence,
                    }
                },
            )
            .collect();
        lines.sort_by(|a, b| {
            (rank(a.verdict), &a.to, &a.from, &a.backends).cmp(&(
                rank(b.verdict),
                &b.to,
                &b.from,
                &b.backends,
            ))
        });
        Lines {
            counts: self.counts,
            lines,
            left_out: self.left_out,
        }
    }
}

impl Edges<'_> {
    /// The edges for people: `all` of them, or what is not mutual TLS, as far as anybody reads.
    pub fn lines(&self, all: bool, with_mtls: bool) -> Lines {
        let mut collector = Collector {
            all,
            ..Collector::default()
        };
        let is_shown = |verdict| all || with_mtls || verdict != Verdict::Mtls;
        if self.filter.likely {
            let done: Result<(), std::convert::Infallible> = self.rows(|row| {
                let mode = row.outcome.accepts.mode();
                collector.counts.count(row.outcome.verdict, mode, 1);
                if is_shown(row.outcome.verdict) && row.subset.is_none() {
                    let key = self.key_of_row(row);
                    collector.add(key, row.port, row.evidence);
                }
                Ok(())
            });
            let Ok(()) = done;
            return collector.finish();
        }
        self.blocks(|block, callers| {
            let outcome = &block.outcome;
            let mode = outcome.accepts.mode();
            collector
                .counts
                .count(outcome.verdict, mode, block.count() as u64);
            if !is_shown(outcome.verdict) {
                return;
            }
            if collector.is_full(outcome.verdict) {
                collector.left_out += 1;
                return;
            }
            let Some(first) = block.backends.first() else {
                return;
            };
            let to = self.target_name(block.target);
            let backends = self.some_of(block.target, &block.backends);
            let why = words::short(self.mesh, outcome, *first);
            let by = deciders(self.mesh, outcome);
            for from in self.callers_in_words(block, callers) {
                let key = (
                    outcome.verdict,
                    from,
                    to.clone(),
                    backends.clone(),
                    why.clone(),
                    by.clone(),
                );
                collector.add(key, block.port.number(), Kinds::default());
            }
        });
        collector.finish()
    }

    fn key_of_row(&self, row: &Row<'_>) -> Key {
        (
            row.outcome.verdict,
            self.name(row.from),
            self.target_name(row.target),
            self.some_of(row.target, &[row.to]),
            words::short(self.mesh, &row.outcome, row.to),
            deciders(self.mesh, &row.outcome),
        )
    }

    /// Which backends are meant, where they are not all.
    fn some_of(&self, target: &Target, backends: &[WorkloadId]) -> Option<String> {
        let all = self.wire.backends(target).workloads.len();
        match backends {
            _ if backends.len() == all => None,
            [only] => Some(self.mesh.workloads.get(*only)?.name.to_string()),
            some => Some(format!("{} of {all} workloads", some.len())),
        }
    }

    /// Who calls: a label for each namespace, or one for all where they are many.
    fn callers_in_words(&self, block: &Block<'_>, callers: &Callers<'_>) -> Vec<String> {
        let mut by_namespace: BTreeMap<&str, Vec<WorkloadId>> = BTreeMap::new();
        for id in callers.members(block.caller, block.target) {
            if let Some(workload) = self.mesh.workloads.get(id) {
                let namespace = self.mesh.places.name(workload.namespace);
                by_namespace.entry(namespace).or_default().push(id);
            }
        }
        if by_namespace.len() > APART && !self.filter.is_narrow() {
            return vec![format!(
                "{} workloads in {} namespaces",
                block.caller.count,
                by_namespace.len()
            )];
        }
        by_namespace
            .into_iter()
            .map(|(namespace, workloads)| match workloads.as_slice() {
                [only] => self.name(*only),
                many => format!("{namespace}/* ({} workloads)", many.len()),
            })
            .collect()
    }
}

/// The objects that decide, each with what it does.
fn deciders(mesh: &Mesh, outcome: &Outcome) -> Vec<(String, Decider)> {
    let client = words::client_by(outcome).map(|by| {
        let name = words::object(mesh, by.0);
        (
            format!("{name}{}", words::of_rule(outcome.sends.reason)),
            by,
        )
    });
    let server = words::server_by(outcome).zip(outcome.accepts.mode());
    let server = server.map(|(by, mode)| {
        let name = words::object(mesh, by.0);
        (format!("{name}{}", words::of_peer(mode)), by)
    });
    client.into_iter().chain(server).collect()
}
