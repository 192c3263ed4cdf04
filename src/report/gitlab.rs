//! GitLab's code quality report.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io;

use serde::Serialize;

use crate::diagnostics::{Diagnostic, Report, Severity};

use super::text::one_line;
use super::{Base, is_about_security};

/// One element of the report. GitLab reads no other keys.
#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes the report as one document on one line.
pub fn write(report: &Report, out: &mut dyn io::Write, base: &Base) -> io::Result<()> {
    let issues: Vec<Issue<'_>> = report
        .findings
        .iter()
        .map(|finding| issue(report, finding, base))
        .collect();
    serde_json::to_writer(&mut *out, &issues)?;
    writeln!(out)
}

fn issue<'a>(report: &'a Report, finding: &'a Diagnostic, base: &Base) -> Issue<'a> {
    let code = finding.rule.code;
    let place = finding.location.and_then(|location| {
        let file = report.files.get(usize::try_from(location.file).ok()?)?;
        Some((base.relative(&file.path), location.start.line))
    });
    // GitLab refuses elements without a place.
    let (path, begin) = place.unwrap_or_else(|| (".".to_owned(), 1));
    Issue {
        // The widget shows no `check_name`.
        description: format!("{code}: {}", one_line(&finding.message)),
        check_name: code,
        fingerprint: finding.fingerprint.digest(code),
        severity: match finding.severity {
            Severity::Error if is_about_security(finding.rule) => "critical",
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        location: Place {
            path,
            lines: Lines { begin },
        },
    }
}
