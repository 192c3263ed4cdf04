//! GitHub workflow commands, which become annotations on a pull request, and the job summary.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>; escaping as
//! in `actions/toolkit`, `packages/core/src/command.ts`.

use std::fmt::Write as _;
use std::io;

use crate::diagnostics::{Diagnostic, Report, Severity};
use crate::input::raw_byte;

use super::markdown::{self, cell};
use super::text::{is_hostile, printable};
use super::{Base, across, compact, summary};

/// GitHub shows this many annotations of a step.
const SHOWN: usize = 10;
/// Rows of the job summary, which must stay below 1 MiB.
const ROWS: usize = 1_000;

/// Writes the ten gravest findings as annotations and the others as folded lines of the log.
pub fn write(report: &Report, out: &mut dyn io::Write, base: &Base) -> io::Result<()> {
    let findings = by_severity(report);
    let (shown, others) = findings.split_at(findings.len().min(SHOWN));
    for finding in shown {
        writeln!(
            out,
            "{}",
            annotation(report, &finding.led_by_change(), base)
        )?;
    }
    if others.is_empty() {
        return Ok(());
    }
    let more = summary::count(others.len(), "more finding");
    writeln!(out, "::group::{more}")?;
    for finding in others {
        // A line that begins with `::` would be a command.
        let line = disarmed(&compact::line(report, finding));
        let guard = if line.trim_start().starts_with("::") {
            "./"
        } else {
            ""
        };
        writeln!(out, "{guard}{line}")?;
    }
    writeln!(out, "::endgroup::")?;
    writeln!(
        out,
        "::notice title=meshlint::{more} without annotation (GitHub shows {SHOWN} of a step): see \
         the log and the job summary"
    )
}

/// Writes the findings as a Markdown table for the file that `GITHUB_STEP_SUMMARY` names.
pub fn write_step_summary(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### meshlint\n\n{}\n", summary::line(&report.summary))?;
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "| severity | code | place | finding |\n|---|---|---|---|"
    )?;
    let findings = by_severity(report);
    for finding in findings.iter().take(ROWS) {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            finding.severity,
            markdown::code(finding),
            cell(&compact::place(report, finding)),
            cell(&finding.message),
        )?;
    }
    if let Some(rest) = findings.len().checked_sub(ROWS).filter(|&rest| rest > 0) {
        writeln!(
            out,
            "\n{} not listed here.",
            summary::count(rest, "finding")
        )?;
    }
    writeln!(out)
}

/// The findings, the gravest first, otherwise in their order.
fn by_severity(report: &Report) -> Vec<&Diagnostic> {
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn annotation(report: &Report, finding: &Diagnostic, base: &Base) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut text = format!("::{command} ");
    let file = finding.location.and_then(|location| {
        let file = report.files.get(usize::try_from(location.file).ok()?)?;
        Some((location, file))
    });
    if let Some((location, file)) = file {
        let (start, end) = (location.start, location.end);
        let path = property(&base.relative(&file.path));
        let _ = write!(
            text,
            "file={path},line={},endLine={},",
            start.line, end.line
        );
        // GitHub refuses columns of a range over several lines.
        if start.line == end.line {
            let _ = write!(text, "col={},endColumn={},", start.column, end.column);
        }
    }
    let title = format!("{} {}", finding.rule.code, finding.rule.name);
    let mut message = printable(&finding.message).into_owned();
    if let Some(worlds) = across::worlds(finding) {
        let _ = write!(message, ", {}", printable(&worlds));
    }
    if let Some(reason) = &finding.unproven {
        let _ = write!(message, "\nnot proven: {}", printable(reason));
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {}", printable(help));
    }
    let _ = write!(text, "title={}::{}", property(&title), data(&message));
    text
}

/// Text in which the runner finds no command of the older form, `##[command]`, which it takes
/// anywhere in a line.
fn disarmed(text: &str) -> String {
    text.replace("##[", "# #[")
}

/// Escapes a message.
fn data(text: &str) -> String {
    disarmed(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property. Characters that a log must not show raw, and bytes that are no
/// UTF-8, are escaped as well.
fn property(text: &str) -> String {
    let text = data(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if let Some(byte) = raw_byte(c) {
            let _ = write!(out, "%{byte:02X}");
        } else if is_hostile(c) || c == '\t' {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped_as_the_toolkit_does() {
        assert_eq!(data("100%\r\nof a:b,c"), "100%25%0D%0Aof a:b,c");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(property("a\u{1b}[31m\u{f7ff}\\b"), "a%1B[31m%FF\\b");
    }

    #[test]
    fn no_text_of_the_input_is_a_command() {
        assert_eq!(data("##[add-mask]x"), "# #[add-mask]x");
        assert_eq!(disarmed("####[group]"), "### #[group]");
    }
}
