//! The checks: one folder per resource kind, one file per check. A check is a plain function, declared
//! beside it and listed in its folder's table; it asks the [`Mesh`] and reports at field paths.
//! Knows neither files nor output.

mod ambient;
mod authorization_policies;
pub(crate) mod common;
mod control_plane;
mod destination_rules;
mod envoy_filters;
mod gateway_policies;
mod gateway_routing;
mod gateways;
mod injection;
mod k8s_gateways;
mod k8s_routes;
mod mtls;
mod objects;
mod posture;
mod reference_grants;
mod request_authentications;
mod requests;
mod service_entries;
mod services;
mod several_kinds;
mod sidecars;
mod telemetries;
mod tls_origination;
mod upstream;
mod validation;
mod virtual_services;
mod workload_groups;
mod workloads;

pub use posture::codes as posture_codes;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::diagnostics::{Code, Filter, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::ObjectId;
use crate::model::kinds::{AnyBody, with_kinds};

/// A check: what it is called, the codes it can report, and what it looks at.
///
/// It stands in the file of its name, beside its function. A check of one code has the name of the
/// code's page; one of several is named after what they share.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The name, in kebab-case.
    pub name: &'static str,
    /// The codes that it can report. Debug builds hold it to them.
    pub codes: &'static [Code],
    /// What it looks at, each with the function.
    pub runs: &'static [Run],
}

macro_rules! declare_run {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        /// What a check looks at: the whole mesh, or each object of a kind. Checks of a kind are
        /// not called for objects that are context or could not be decoded.
        #[derive(Debug, Clone, Copy)]
        pub enum Run {
            /// The whole mesh at once.
            Mesh(fn(&Mesh, &mut Findings)),
            $(#[doc = concat!("Each `", $kind, "` of group `", $group, "`.")]
            $variant(fn(&crate::model::Object<$type>, &Mesh, &mut Findings)),)+
        }

        impl Check {
            /// The number of objects that the check looks at.
            pub fn objects(&self, mesh: &Mesh) -> usize {
                self.runs.iter().map(|run| run.objects(mesh)).sum()
            }

            /// Runs the check over the mesh.
            pub fn run(&self, mesh: &Mesh) -> Findings {
                let mut findings = Findings::default();
                for run in self.runs {
                    run.look(mesh, 0..run.objects(mesh), &mut findings);
                }
                findings
            }
        }

        impl Run {
            /// The number of objects to look at.
            fn objects(self, mesh: &Mesh) -> usize {
                match self {
                    Run::Mesh(_) => mesh.objects.headers.len(),
                    $(Run::$variant(_) => mesh.objects.$field.len(),)+
                }
            }

            /// Looks at an object if it is of the kind, as it is told here and not as the mesh has it.
            fn look_at(self, id: ObjectId, body: &AnyBody, mesh: &Mesh, findings: &mut Findings) {
                match (self, body) {
                    $((Run::$variant(check), AnyBody::$variant(body)) if !body.broken => {
                        let object = crate::model::Object::new(id, Arc::clone(body));
                        check(&object, mesh, findings);
                    })+
                    _ => {}
                }
            }

            /// Looks at the mesh, or at the objects in `range` of the kind.
            fn look(self, mesh: &Mesh, range: Range<usize>, findings: &mut Findings) {
                match self {
                    Run::Mesh(check) => check(mesh, findings),
                    $(Run::$variant(check) => {
                        let objects = &mesh.objects.$field;
                        for object in objects.get(range).unwrap_or_default() {
                            if !object.broken && !mesh.objects.is_context(object.id) {
                                check(object, mesh, findings);
                            }
                        }
                    })+
                }
            }
        }

        /// The work that the wanted checks are: first what looks at the mesh as a whole, check by
        /// check; then the objects of each kind, block by block, each block with all of its
        /// checks, so that an object is fetched from memory once.
        fn tasks(mesh: &Mesh, wanted: &[Wanted]) -> Vec<Task> {
            let mut tasks = Vec::new();
            for (index, wanted) in wanted.iter().enumerate() {
                if matches!(wanted.run, Run::Mesh(_)) {
                    tasks.push(Task { runs: vec![index].into(), range: 0..1 });
                }
            }
            $(
                let runs: Arc<[usize]> = (0..)
                    .zip(wanted)
                    .filter(|(_, wanted)| matches!(wanted.run, Run::$variant(_)))
                    .map(|(index, _)| index)
                    .collect();
                let count = mesh.objects.$field.len();
                if !runs.is_empty() {
                    tasks.extend((0..count).step_by(BLOCK).map(|start| Task {
                        runs: Arc::clone(&runs),
                        range: start..count.min(start + BLOCK),
                    }));
                }
            )+
            tasks
        }
    };
}
use crate::model::{
    core, envoy_gateway, extensions, gateway_api, legacy, networking, security, telemetry,
};
with_kinds!(declare_run);

/// The tables of the checks that run in both modes. A folder of rules adds its table here.
const TABLES: &[&[Check]] = &[
    ambient::CHECKS,
    authorization_policies::CHECKS,
    control_plane::CHECKS,
    destination_rules::CHECKS,
    envoy_filters::CHECKS,
    gateway_policies::CHECKS,
    gateways::CHECKS,
    injection::CHECKS,
    k8s_gateways::CHECKS,
    k8s_routes::CHECKS,
    mtls::CHECKS,
    objects::CHECKS,
    posture::CHECKS,
    reference_grants::CHECKS,
    request_authentications::CHECKS,
    service_entries::CHECKS,
    services::CHECKS,
    several_kinds::CHECKS,
    sidecars::CHECKS,
    telemetries::CHECKS,
    validation::CHECKS,
    virtual_services::CHECKS,
    workload_groups::CHECKS,
    workloads::CHECKS,
];

/// Tables of the checks that run outside upstream mode alone: those that look at what neither Kiali
/// nor istioctl looks at, and those that look at the same as one in `upstream`, which takes their
/// place there.
const NOT_UPSTREAM: &[&[Check]] = &[
    &[
        authorization_policies::no_matching_workload::CHECK,
        sidecars::sidecar_egress_port_unknown::CHECK,
        virtual_services::destination_ports::CHECK,
    ],
    destination_rules::OF_RUN_TIME,
    envoy_filters::OF_RUN_TIME,
    gateway_routing::CHECKS,
    requests::CHECKS,
    service_entries::OF_RUN_TIME,
    services::OF_RUN_TIME,
    tls_origination::CHECKS,
];

/// Every check of either mode.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let tables = TABLES.iter().chain(NOT_UPSTREAM).copied();
    tables.flatten().chain(upstream::CHECKS)
}

/// The checks of a mode.
fn checks_of(upstream: bool) -> impl Iterator<Item = &'static Check> {
    let others: &[&[Check]] = if upstream {
        &[upstream::CHECKS]
    } else {
        NOT_UPSTREAM
    };
    TABLES.iter().chain(others).copied().flatten()
}

/// How many objects of a kind are checked together: few enough to stay in a core's cache, enough
/// for reading the clock to cost nothing.
const BLOCK: usize = 64;

/// What stands in the timings for the indices that checks share.
const INDICES: &str = "(shared indices)";

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A part of a check that is to run.
struct Wanted {
    check: &'static Check,
    run: Run,
}

impl Wanted {
    /// Looks at some objects, and says how many nanoseconds that took.
    fn look(&self, mesh: &Mesh, range: Range<usize>) -> (Vec<Finding>, u64) {
        let start = Instant::now();
        let mut findings = Findings::default();
        self.run.look(mesh, range, &mut findings);
        let findings = findings.into_vec();
        if cfg!(debug_assertions) {
            for finding in &findings {
                let Check { name, codes, .. } = self.check;
                let code = finding.code;
                assert!(
                    codes.contains(&code),
                    "{name} reports {code}, which it does not declare"
                );
            }
        }
        (findings, nanoseconds(start))
    }
}

/// Some runs, by their position among the wanted, and the objects that they look at.
struct Task {
    runs: Arc<[usize]>,
    range: Range<usize>,
}

impl Task {
    /// Runs those of `wanted` that the task is made of, each with its position and time.
    fn run(&self, mesh: &Mesh, wanted: &[Wanted]) -> Vec<(usize, Vec<Finding>, u64)> {
        let runs = self.runs.iter();
        let results = runs.filter_map(|index| {
            let (findings, time) = wanted.get(*index)?.look(mesh, self.range.clone());
            Some((*index, findings, time))
        });
        results.collect()
    }
}

/// What one run found in a mesh.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The position of the run among all that a filter wants.
    pub run: usize,
    /// Whether it looks at the mesh as a whole, and not at one object after the other.
    pub is_of_mesh: bool,
    /// What it found.
    pub findings: Vec<Finding>,
}

/// The runs that can report a code that is wanted.
fn wanted(filter: &Filter) -> Vec<Wanted> {
    checks_of(filter.upstream)
        .filter(|check| check.codes.iter().any(|code| filter.wants(*code)))
        .flat_map(|check| {
            check
                .runs
                .iter()
                .map(move |run| Wanted { check, run: *run })
        })
        .collect()
}

/// Runs every check that can report a wanted code, as [`run`] does, until `cancelled` is set; `None`
/// then. What comes is in the order of the tables.
pub fn run_until(mesh: &Mesh, filter: &Filter, cancelled: &AtomicBool) -> Option<Vec<Looked>> {
    let wanted = wanted(filter);
    let results: Option<Vec<Vec<(usize, Vec<Finding>, u64)>>> = tasks(mesh, &wanted)
        .into_par_iter()
        .map(|task| (!cancelled.load(Ordering::Relaxed)).then(|| task.run(mesh, &wanted)))
        .collect();
    let mut looked: Vec<Looked> = results?
        .into_iter()
        .flatten()
        .filter(|(_, findings, _)| !findings.is_empty())
        .map(|(run, findings, _)| Looked {
            run,
            is_of_mesh: wanted
                .get(run)
                .is_some_and(|wanted| matches!(wanted.run, Run::Mesh(_))),
            findings,
        })
        .collect();
    looked.sort_by_key(|looked| looked.run);
    Some(looked)
}

/// Runs the checks that look at one object after the other on objects as they are told here: what an
/// editor holds, in the light of a mesh that has them as they were.
pub fn run_on(mesh: &Mesh, filter: &Filter, objects: &[(ObjectId, &AnyBody)]) -> Vec<Looked> {
    let wanted = wanted(filter);
    let results = wanted.iter().enumerate().filter_map(|(run, wanted)| {
        let mut findings = Findings::default();
        for (id, body) in objects {
            wanted.run.look_at(*id, body, mesh, &mut findings);
        }
        (!findings.is_empty()).then(|| Looked {
            run,
            is_of_mesh: false,
            findings: findings.into_vec(),
        })
    });
    results.collect()
}

/// Name, number of objects looked at, and nanoseconds of each check that ran.
pub type Timings = Vec<(&'static str, usize, u64)>;

/// Runs every check that can report a wanted code, in parallel; findings come in the order of the
/// tables, and of objects.
pub fn run(mesh: &Mesh, filter: &Filter) -> (Vec<Finding>, Timings) {
    let wanted = wanted(filter);
    let start = Instant::now();
    if filter.select.is_empty() {
        mesh.prepare();
    }
    let preparation = nanoseconds(start);
    let results: Vec<Vec<(usize, Vec<Finding>, u64)>> = tasks(mesh, &wanted)
        .into_par_iter()
        .map(|task| task.run(mesh, &wanted))
        .collect();
    let mut times = vec![0; wanted.len()];
    let mut found = Vec::new();
    for (index, findings, time) in results.into_iter().flatten() {
        if let Some(sum) = times.get_mut(index) {
            *sum += time;
        }
        if !findings.is_empty() {
            found.push((index, findings));
        }
    }
    let mut timings: Timings = Vec::new();
    for (Wanted { check, run }, time) in wanted.iter().zip(times) {
        let objects = run.objects(mesh);
        match timings.last_mut().filter(|(name, ..)| *name == check.name) {
            Some((_, count, sum)) => {
                *count += objects;
                *sum += time;
            }
            None => timings.push((check.name, objects, time)),
        }
    }
    timings.push((INDICES, mesh.objects.headers.len(), preparation));
    found.sort_by_key(|(index, _)| *index);
    let findings = found.into_iter().flat_map(|(_, findings)| findings);
    (findings.collect(), timings)
}

#[cfg(test)]
mod tests;
