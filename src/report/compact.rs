//! One line a finding, as problem matchers of editors read it:
//! `file:line:column: severity[CODE] message`, followed by the worlds in which it holds, where it
//! does not hold in all, and by what brought a rendered value about.

use std::io;

use crate::diagnostics::{Diagnostic, Report};

use super::across;
use super::text::{file_name, one_line};

/// Writes the findings.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", line(report, finding))?;
    }
    Ok(())
}

/// The line of a finding. One without a place in a file is placed by its object.
pub(super) fn line(report: &Report, finding: &Diagnostic) -> String {
    let mut line = format!(
        "{}: {}[{}] {}",
        place(report, finding),
        finding.severity,
        finding.rule.code,
        one_line(&finding.message)
    );
    if let Some(worlds) = across::worlds(finding) {
        line.push_str(&format!(", {}", one_line(&worlds)));
    }
    let chain = across::chain(report, finding);
    if !chain.is_empty() {
        line.push_str(&format!(" ({})", one_line(&chain.join("; "))));
    }
    line
}

/// `file:line:column`, or the object where no file is known.
pub(super) fn place(report: &Report, finding: &Diagnostic) -> String {
    let file = finding.location.and_then(|location| {
        let file = report.files.get(usize::try_from(location.file).ok()?)?;
        let start = location.start;
        Some(format!(
            "{}:{}:{}",
            file_name(&file.path),
            start.line,
            start.column
        ))
    });
    file.or_else(|| finding.object.as_ref().map(super::summary::object_name))
        .unwrap_or_else(|| "meshlint".to_owned())
}
