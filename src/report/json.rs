//! JSON, version 1. Lines and columns count from 1, columns in Unicode scalar values; offsets are
//! bytes. Keys are added within a version, never removed or changed.

use std::io;

use serde::{Serialize, Serializer};

use crate::diagnostics::{
    Diagnostic, LocatedFix, Location, ObjectRef, OriginStep, Position, RelatedPlace, Report,
    Severity, WorldSummary,
};
use crate::yaml::FieldPath;

/// Bytes of a byte order mark, which the texts of a report lack and offsets in files count.
const BYTE_ORDER_MARK: u32 = 3;

/// Writes the report as one document on one line.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = &report.summary;
    let document = Document {
        version: 1,
        findings: Findings(report),
        worlds: report.worlds.iter().map(|own| world(report, own)).collect(),
        summary: SummaryView {
            files: summary.files,
            objects: summary.objects,
            namespaces: summary.namespaces,
            errors: summary.errors,
            warnings: summary.warnings,
            infos: summary.infos,
            suppressed: summary.suppressed,
            baselined: summary.baselined,
            fixed: summary.fixed,
            skipped: summary
                .skipped
                .iter()
                .map(|skipped| SkippedView {
                    reason: &skipped.reason,
                    count: skipped.count,
                    what: &skipped.what,
                })
                .collect(),
        },
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    findings: Findings<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    worlds: Vec<WorldView<'a>>,
    summary: SummaryView<'a>,
}

#[derive(Serialize)]
struct WorldView<'a> {
    name: &'a str,
    errors: usize,
    warnings: usize,
    infos: usize,
    unknown: usize,
}

fn world<'a>(report: &'a Report, world: &'a WorldSummary) -> WorldView<'a> {
    let count = |severity| {
        let findings = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity);
        let own =
            findings.filter(|finding| finding.worlds.iter().any(|name| **name == *world.name));
        own.count()
    };
    WorldView {
        name: &world.name,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        unknown: world.unknown,
    }
}

/// Written one by one, so that no second copy of all findings is held.
struct Findings<'a>(&'a Report);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let views = self.0.findings.iter().map(|f| finding(self.0, f));
        serializer.collect_seq(views)
    }
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: &'a str,
    name: &'a str,
    aliases: &'a [&'static str],
    severity: &'a str,
    message: &'a str,
    fingerprint: String,
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unproven: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppress: Option<String>,
    object: Option<ObjectView<'a>>,
    path: &'a FieldPath,
    location: Option<LocationView<'a>>,
    related: Vec<RelatedView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    worlds: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origin: Vec<OriginView<'a>>,
    fix: Option<FixView<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    truncated: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectView<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct LocationView<'a> {
    file: &'a str,
    start: PositionView,
    end: PositionView,
}

#[derive(Serialize)]
struct PositionView {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
struct RelatedView<'a> {
    message: &'a str,
    object: ObjectView<'a>,
    path: &'a FieldPath,
    location: Option<LocationView<'a>>,
}

/// A step on the way to a rendered value, as JSON and SARIF give it.
#[derive(Serialize)]
pub(super) struct OriginView<'a> {
    what: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
}

#[derive(Serialize)]
struct FixView<'a> {
    description: &'a str,
    applicability: &'a str,
    /// The place and text of the first edit.
    location: Option<LocationView<'a>>,
    replacement: &'a str,
    edits: Vec<EditView<'a>>,
}

#[derive(Serialize)]
struct EditView<'a> {
    kind: &'a str,
    location: Option<LocationView<'a>>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct SummaryView<'a> {
    files: usize,
    objects: usize,
    namespaces: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    baselined: usize,
    fixed: usize,
    skipped: Vec<SkippedView<'a>>,
}

#[derive(Serialize)]
struct SkippedView<'a> {
    reason: &'a str,
    count: usize,
    what: &'a [String],
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn finding<'a>(report: &'a Report, finding: &'a Diagnostic) -> FindingView<'a> {
    FindingView {
        code: finding.rule.code,
        name: finding.rule.name,
        aliases: &finding.aliases,
        severity: finding.severity.as_str(),
        message: &finding.message,
        fingerprint: finding.fingerprint.digest(finding.rule.code),
        help: finding.help.as_deref(),
        unproven: finding.unproven.as_deref(),
        suppress: finding.suppression(),
        object: finding.object.as_ref().map(object),
        path: &finding.path,
        location: finding.location.and_then(|l| location(report, l)),
        related: finding.related.iter().map(|r| related(report, r)).collect(),
        worlds: finding.worlds.iter().map(|name| &**name).collect(),
        origin: finding
            .origin
            .iter()
            .filter_map(|step| origin(report, step))
            .collect(),
        fix: finding.fix.as_ref().and_then(|f| fix(report, f)),
        truncated: finding.truncated,
    }
}

fn fix<'a>(report: &'a Report, fix: &'a LocatedFix) -> Option<FixView<'a>> {
    let first = fix.edits.first()?;
    Some(FixView {
        description: &fix.description,
        applicability: fix.applicability.as_str(),
        location: location(report, first.location),
        replacement: &first.replacement,
        edits: fix
            .edits
            .iter()
            .map(|edit| EditView {
                kind: edit.kind.as_str(),
                location: location(report, edit.location),
                replacement: &edit.replacement,
            })
            .collect(),
    })
}

fn object(object: &ObjectRef) -> ObjectView<'_> {
    ObjectView {
        api_version: &object.api_version,
        kind: &object.kind,
        namespace: &object.namespace,
        name: &object.name,
    }
}

fn related<'a>(report: &'a Report, place: &'a RelatedPlace) -> RelatedView<'a> {
    RelatedView {
        message: &place.message,
        object: object(&place.object),
        path: &place.path,
        location: place.location.and_then(|l| location(report, l)),
    }
}

pub(super) fn origin<'a>(report: &'a Report, step: &'a OriginStep) -> Option<OriginView<'a>> {
    let file = report
        .files
        .get(usize::try_from(step.location.file).ok()?)?;
    Some(OriginView {
        what: step.what.word(),
        file: &file.path,
        line: step.location.start.line,
        column: step.location.start.column,
        object: step.object.as_deref(),
        note: step.note,
    })
}

fn location(report: &Report, location: Location) -> Option<LocationView<'_>> {
    let file = report.files.get(usize::try_from(location.file).ok()?)?;
    let mark = if file.bom { BYTE_ORDER_MARK } else { 0 };
    let view = |position: Position| PositionView {
        line: position.line,
        column: position.column,
        offset: position.offset.saturating_add(mark),
    };
    Some(LocationView {
        file: &file.path,
        start: view(location.start),
        end: view(location.end),
    })
}
