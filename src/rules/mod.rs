//! The checks: one folder per resource kind, one file per check (or one for a pair that mirrors
//! itself). A check is a plain function in a table; it asks the [`Mesh`] and reports at field
//! paths. Knows neither files nor output.

mod ambient;
mod analyze;
mod authorization_policies;
pub(crate) mod common;
mod destination_rules;
mod gateways;
mod k8s_gateways;
mod k8s_routes;
mod mesh_config;
mod mtls;
mod objects;
mod reference_grants;
mod service_entries;
mod services;
mod sidecars;
mod validation;
mod versions;
mod virtual_services;
mod workload_groups;
mod workloads;

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use crate::diagnostics::{Code, Filter, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::kinds::with_kinds;

/// A check: what it is called in timings, the codes it can report, and what it looks at.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The name, in kebab-case.
    pub name: &'static str,
    /// The codes that it can report.
    pub codes: &'static [Code],
    /// What it looks at, and the function.
    pub run: Run,
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
                match self.run {
                    Run::Mesh(_) => mesh.objects.headers.len(),
                    $(Run::$variant(_) => mesh.objects.$field.len(),)+
                }
            }

            /// Runs the check over the mesh.
            pub fn run(&self, mesh: &Mesh) -> Findings {
                let mut findings = Findings::default();
                self.run_range(mesh, 0..self.objects(mesh), &mut findings);
                findings
            }

            /// Runs the check over the mesh, or the objects in `range` of its kind.
            fn run_range(&self, mesh: &Mesh, range: Range<usize>, findings: &mut Findings) {
                match self.run {
                    Run::Mesh(check) => check(mesh, findings),
                    $(Run::$variant(check) => {
                        let objects = &mesh.objects.$field;
                        for object in objects.get(range).unwrap_or_default() {
                            if !object.broken && !mesh.is_context(object.id) {
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
        fn tasks(mesh: &Mesh, wanted: &[&'static Check]) -> Vec<Task> {
            let mut tasks = Vec::new();
            for (index, check) in wanted.iter().enumerate() {
                if matches!(check.run, Run::Mesh(_)) {
                    tasks.push(Task { checks: vec![index].into(), range: 0..1 });
                }
            }
            $(
                let checks: Arc<[usize]> = (0..)
                    .zip(wanted)
                    .filter(|(_, check)| matches!(check.run, Run::$variant(_)))
                    .map(|(index, _)| index)
                    .collect();
                let count = mesh.objects.$field.len();
                if !checks.is_empty() {
                    tasks.extend((0..count).step_by(BLOCK).map(|start| Task {
                        checks: Arc::clone(&checks),
                        range: start..count.min(start + BLOCK),
                    }));
                }
            )+
            tasks
        }
    };
}
use crate::model::{core, extensions, gateway_api, legacy, networking, security, telemetry};
with_kinds!(declare_run);

/// Every table of checks. A folder of rules adds its table here.
pub const TABLES: &[&[Check]] = &[
    ambient::CHECKS,
    authorization_policies::CHECKS,
    common::CHECKS,
    destination_rules::CHECKS,
    gateways::CHECKS,
    k8s_gateways::CHECKS,
    k8s_routes::CHECKS,
    mesh_config::CHECKS,
    mtls::CHECKS,
    objects::CHECKS,
    reference_grants::CHECKS,
    service_entries::CHECKS,
    services::CHECKS,
    sidecars::CHECKS,
    validation::CHECKS,
    versions::CHECKS,
    virtual_services::CHECKS,
    workload_groups::CHECKS,
    workloads::CHECKS,
];

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TABLES
        .iter()
        .chain(analyze::TABLES)
        .flat_map(|table| table.iter())
}

/// How many objects of a kind are checked together: few enough to stay in a core's cache, enough
/// for reading the clock to cost nothing.
const BLOCK: usize = 64;

/// What stands in the timings for the indices that checks share.
const INDICES: &str = "(shared indices)";

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Some checks, by their position among the wanted, and the objects that they look at.
struct Task {
    checks: Arc<[usize]>,
    range: Range<usize>,
}

/// Name, number of objects looked at, and nanoseconds of each check that ran.
pub type Timings = Vec<(&'static str, usize, u64)>;

/// Runs every check that can report a wanted code, in parallel; findings come in the order of the
/// tables, and of objects.
pub fn run(mesh: &Mesh, filter: &Filter) -> (Vec<Finding>, Timings) {
    let wanted: Vec<&'static Check> = checks()
        .filter(|check| check.codes.iter().any(|code| filter.wants(*code)))
        .collect();
    let start = Instant::now();
    if filter.select.is_empty() {
        mesh.prepare();
    }
    let preparation = nanoseconds(start);
    let results: Vec<Vec<(usize, Vec<Finding>, u64)>> = tasks(mesh, &wanted)
        .into_par_iter()
        .map(|task| {
            let checks = task.checks.iter();
            let results = checks.filter_map(|index| {
                let check = wanted.get(*index)?;
                let start = Instant::now();
                let mut findings = Findings::default();
                check.run_range(mesh, task.range.clone(), &mut findings);
                Some((*index, findings.into_vec(), nanoseconds(start)))
            });
            results.collect()
        })
        .collect();
    let mut timings: Timings = wanted
        .iter()
        .map(|check| (check.name, check.objects(mesh), 0))
        .collect();
    let mut found = Vec::new();
    for (index, findings, time) in results.into_iter().flatten() {
        if let Some((_, _, sum)) = timings.get_mut(index) {
            *sum += time;
        }
        if !findings.is_empty() {
            found.push((index, findings));
        }
    }
    timings.push((INDICES, mesh.objects.headers.len(), preparation));
    found.sort_by_key(|(index, _)| *index);
    let findings = found.into_iter().flat_map(|(_, findings)| findings);
    (findings.collect(), timings)
}
