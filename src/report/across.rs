//! What several worlds and rendering add to a finding: where it holds, and how its value came to be.

use crate::diagnostics::{Diagnostic, Report};

/// Worlds that are named one by one.
const NAMED: usize = 3;

/// Where a finding holds: "in prod (not in dev, staging)". `None` where it holds in every world
/// that has what it is about.
pub(super) fn worlds(finding: &Diagnostic) -> Option<String> {
    if finding.worlds.is_empty() || finding.other_worlds.is_empty() {
        return None;
    }
    let names = |worlds: &[std::sync::Arc<str>]| {
        let shown: Vec<&str> = worlds.iter().take(NAMED).map(|name| &**name).collect();
        let shown = shown.join(", ");
        match worlds.len().saturating_sub(NAMED) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        }
    };
    Some(format!(
        "in {} (not in {})",
        names(&finding.worlds),
        names(&finding.other_worlds)
    ))
}

/// How the value of a finding came to be, one line a step, from the inside outwards. Empty where
/// it stands in a file as it is.
pub(super) fn chain(report: &Report, finding: &Diagnostic) -> Vec<String> {
    let own = finding
        .location
        .map(|location| (location.file, location.start));
    let steps = finding.origin.iter().skip(1).filter(|step| {
        // What is underlined already needs no line of its own.
        Some((step.location.file, step.location.start)) != own
    });
    let mut lines: Vec<String> = Vec::new();
    for step in steps {
        let Some(file) = report.files.get(step.location.file as usize) else {
            continue;
        };
        let note = if step.note.is_empty() {
            step.what.word()
        } else {
            step.note
        };
        let start = step.location.start;
        let line = format!("{}:{}:{} {note}", file.path, start.line, start.column);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
