//! The diagnostic format of reviewdog, which makes review comments and suggestions of it.
//!
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>: lines and columns count from 1,
//! columns in bytes.

use std::io;

use serde::Serialize;

use crate::diagnostics::{
    Applicability, Diagnostic, Location, Position, Report, ReportFile, Severity,
};

use super::Base;

#[derive(Serialize)]
struct Document<'a> {
    source: Source<'a>,
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    message: String,
    location: Place,
    severity: &'a str,
    code: CodeView<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
}

#[derive(Serialize)]
struct CodeView<'a> {
    value: &'a str,
    url: String,
}

#[derive(Serialize)]
struct Place {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: usize,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

/// Writes the report as one document on one line.
pub fn write(report: &Report, out: &mut dyn io::Write, base: &Base) -> io::Result<()> {
    let document = Document {
        source: Source {
            name: "meshlint",
            url: env!("CARGO_PKG_REPOSITORY"),
        },
        diagnostics: report
            .findings
            .iter()
            .map(|finding| entry(report, finding, base))
            .collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn entry<'a>(report: &'a Report, finding: &'a Diagnostic, base: &Base) -> Entry<'a> {
    let file = |location: Location| report.files.get(location.file as usize);
    let place = finding
        .location
        .and_then(|location| Some((location, file(location)?)));
    let mut message = finding.message.clone();
    if let Some(reason) = &finding.unproven {
        message.push_str("\nnot proven: ");
        message.push_str(reason);
    }
    if let Some(help) = &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    Entry {
        message,
        location: match place {
            Some((location, file)) => Place {
                path: base.relative(&file.path),
                range: Some(range(location, file)),
            },
            None => Place {
                path: ".".to_owned(),
                range: None,
            },
        },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        code: CodeView {
            value: finding.rule.code,
            url: finding.rule.help_url(),
        },
        suggestions: place.map_or_else(Vec::new, |(location, file)| {
            suggestions(finding, location, file)
        }),
    }
}

/// The edits of a safe fix, if all of them are of the finding's own file: a suggestion cannot reach
/// into another.
fn suggestions<'a>(
    finding: &'a Diagnostic,
    location: Location,
    file: &ReportFile,
) -> Vec<Suggestion<'a>> {
    let fix = finding.fix.as_ref().filter(|fix| {
        fix.applicability == Applicability::Safe
            && fix
                .edits
                .iter()
                .all(|edit| edit.location.file == location.file)
    });
    let edits = fix.map_or(&[][..], |fix| &fix.edits).iter();
    edits
        .map(|edit| Suggestion {
            range: range(edit.location, file),
            text: &edit.replacement,
        })
        .collect()
}

fn range(location: Location, file: &ReportFile) -> Range {
    Range {
        start: point(location.start, file),
        end: point(location.end, file),
    }
}

/// The place with its column in bytes.
fn point(position: Position, file: &ReportFile) -> Point {
    let before = file
        .text
        .get(..position.offset as usize)
        .unwrap_or_default();
    let characters = (position.column as usize).saturating_sub(1);
    let bytes: usize = before
        .chars()
        .rev()
        .take(characters)
        .map(char::len_utf8)
        .sum();
    Point {
        line: position.line,
        column: bytes + 1,
    }
}
