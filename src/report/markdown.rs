//! Markdown for comments on pull and merge requests, and the cells that job summaries share.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io;

use crate::diagnostics::{Diagnostic, Report, Severity};

use super::text::{one_line, printable};
use super::{across, compact, summary};

/// Bytes of the document: GitHub takes comments of 65,536 characters.
const MOST: usize = 60_000;
/// Bytes that are kept for what follows the table.
const TAIL: usize = 2_000;
/// The line by which a comment is found again, to be replaced.
const MARKER: &str = "<!-- meshlint -->";

/// Writes the document: a verdict, a table, and what to do about each finding.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut findings: Vec<&Diagnostic> = report.findings.iter().collect();
    findings.sort_by_cached_key(|finding| {
        let place = finding
            .location
            .map(|l| (l.file, l.start.line, l.start.column));
        (Reverse(finding.severity), place, finding.rule.code)
    });
    let mut text = format!(
        "## meshlint: {}\n{MARKER}\n\n{}\n",
        verdict(report),
        cell(&summary::line(&report.summary))
    );
    let mut rows = 0;
    if !findings.is_empty() {
        text.push_str("\n| severity | code | place | finding |\n|---|---|---|---|\n");
        for finding in &findings {
            let row = row(report, finding);
            if text.len() + row.len() > MOST - TAIL {
                break;
            }
            text.push_str(&row);
            rows += 1;
        }
    }
    let rest = findings.len() - rows;
    if rest > 0 {
        let _ = writeln!(
            text,
            "\n{} not listed here.",
            summary::count(rest, "finding")
        );
    }
    text.push_str(&help(&findings, MOST.saturating_sub(text.len())));
    out.write_all(text.as_bytes())
}

/// What the heading says.
fn verdict(report: &Report) -> String {
    let found = summary::found(&report.summary);
    if found.is_empty() {
        return summary::nothing_found(&report.summary).to_owned();
    }
    let parts: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
    parts.join(", ")
}

fn row(report: &Report, finding: &Diagnostic) -> String {
    let mut message = finding.message.clone();
    if let Some(worlds) = across::worlds(finding) {
        let _ = write!(message, ", {worlds}");
    }
    if let Some(reason) = &finding.unproven {
        let _ = write!(message, " (not proven: {reason})");
    }
    format!(
        "| {} | {} | {} | {} |\n",
        finding.severity,
        code(finding),
        cell(&compact::place(report, finding)),
        cell(&message),
    )
}

/// The code, linked to its page.
pub(super) fn code(finding: &Diagnostic) -> String {
    format!("[{}]({})", finding.rule.code, finding.rule.help_url())
}

/// What to do about the findings, each text once, folded. What does not fit is left out.
fn help(findings: &[&Diagnostic], room: usize) -> String {
    const HEAD: &str = "\n<details><summary>what to do</summary>\n";
    const FOOT: &str = "\n</details>\n";
    let mut told: Vec<(&str, &str)> = Vec::new();
    let mut text = String::new();
    for finding in findings.iter().filter(|f| f.severity > Severity::Info) {
        let Some(help) = finding.help.as_deref() else {
            continue;
        };
        let key = (finding.rule.code, help);
        if told.len() < 100 && !told.contains(&key) {
            let entry = format!(
                "\n{}:\n\n{}",
                finding.rule.code,
                preformatted(&printable(help))
            );
            if HEAD.len() + text.len() + entry.len() + FOOT.len() > room {
                break;
            }
            text.push_str(&entry);
            told.push(key);
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("{HEAD}{text}{FOOT}")
}

/// Text as it stands, in an element that nothing in it ends.
fn preformatted(text: &str) -> String {
    let mut out = String::from("<pre>\n");
    for c in text.trim_end().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out.push_str("\n</pre>\n");
    out
}

/// Escapes the text of a table's cell.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(
            c,
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' | ']' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_the_table_whole() {
        assert_eq!(cell("a|b\nc *"), "a\\|b c \\*");
        assert_eq!(cell("<b>&amp;`x`"), "\\<b>\\&amp;\\`x\\`");
    }

    #[test]
    fn nothing_ends_preformatted_text() {
        assert_eq!(
            preformatted("a: <b> & </pre>\n"),
            "<pre>\na: &lt;b&gt; &amp; &lt;/pre&gt;\n</pre>\n"
        );
    }
}
