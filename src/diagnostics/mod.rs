//! Findings on their way from a rule to a report: codes and severities, suppression,
//! de-duplication, and the place in the file that a field path names. Knows no output format.

mod code;
mod finding;
mod locate;
mod merge;
mod pipeline;
mod report;
mod suppress;
mod unite;

pub use code::{Code, RULES, Rule, Severity};
pub use finding::{Evidence, Finding, Findings, Fix, Related, TextSpan};
pub use pipeline::{Filter, Outcome, conclude};
pub use report::{
    Diagnostic, Location, ObjectRef, Position, RelatedPlace, Report, ReportFile, Skipped, Summary,
    Unreadable,
};
pub use suppress::Suppression;
