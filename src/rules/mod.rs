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
                match self.run {
                    Run::Mesh(check) => check(mesh, &mut findings),
                    $(Run::$variant(check) => {
                        for object in &mesh.objects.$field {
                            if !object.broken && !mesh.is_context(object.id) {
                                check(object, mesh, &mut findings);
                            }
                        }
                    })+
                }
                findings
            }
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

/// Name, number of objects looked at, and nanoseconds of each check that ran.
pub type Timings = Vec<(&'static str, usize, u64)>;

/// Runs every check that can report a wanted code, in parallel; findings come in the order of the
/// tables.
pub fn run(mesh: &Mesh, filter: &Filter) -> (Vec<Finding>, Timings) {
    let wanted: Vec<&Check> = checks()
        .filter(|check| check.codes.iter().any(|code| filter.wants(*code)))
        .collect();
    let results: Vec<_> = wanted
        .par_iter()
        .map(|check| {
            let start = Instant::now();
            let findings = check.run(mesh);
            let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            (findings, (check.name, check.objects(mesh), nanoseconds))
        })
        .collect();
    let mut findings = Vec::new();
    let mut timings = Vec::with_capacity(results.len());
    for (found, timing) in results {
        findings.extend(found.into_vec());
        timings.push(timing);
    }
    (findings, timings)
}
