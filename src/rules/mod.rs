//! The checks: one folder per resource kind, one file per check (or one for a pair that mirrors
//! itself). A check is a plain function in a table; it asks the [`Mesh`] and reports at field
//! paths. Knows neither files nor output.

use crate::diagnostics::{Code, Findings};
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
pub const TABLES: &[&[Check]] = &[];

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TABLES.iter().flat_map(|table| table.iter())
}
