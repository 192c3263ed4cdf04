//! Findings on their way from a rule to a report: codes and severities, suppression,
//! de-duplication, and the place in the file that a field path names. Knows no output format.

mod across;
mod asked;
mod baseline;
mod bound;
mod code;
mod directives;
mod edits;
mod finding;
mod fingerprint;
mod finish;
mod fix;
mod locate;
mod merge;
mod overrides;
mod pipeline;
mod places;
mod reading;
mod rendering;
mod report;
mod skipped;
mod suppress;
mod symptoms;
mod unite;

pub use crate::mesh::Evidence;
pub use across::{Judged, across};
pub use asked::{FilePlace, FilePlaces};
pub use baseline::{Baseline, Entry};
pub use code::{Code, Identity, Origin, RULES, Rule, Severity};
pub use directives::{CommentRules, Commented};
pub use finding::{Finding, Findings, Related, TextSpan};
pub use fingerprint::{Fingerprint, Subject};
pub use finish::{Policy, Surroundings, finish};
pub use fix::{Applicability, Fix, FixEdit};
pub use overrides::{Level, Override};
pub use pipeline::{Filter, Outcome, conclude};
pub use reading::of_reading;
pub use rendering::code_of_fault;
pub use report::{
    Diagnostic, LocatedEdit, LocatedFix, Location, ObjectRef, OriginStep, Position, RelatedPlace,
    Report, ReportFile, Skipped, Summary, Unreadable, WorldSummary,
};
pub use skipped::skipped;
pub use suppress::{Suppressed, SuppressedBy, Suppression};
pub use symptoms::{Explanation, explanations, near_symptoms};
