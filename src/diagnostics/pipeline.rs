//! The way of the findings from the checks to the report.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::Code;
use super::finding::{Finding, TextSpan};
use super::locate::{Spots, locate};
use super::merge::merge;
use super::report::{Diagnostic, Location, ObjectRef, Position, RelatedPlace, ReportFile};
use super::suppress::{Suppression, is_suppressed};
use super::unite::unite;
use crate::input::LineIndex;
use crate::load::Chunk;
use crate::model::{ObjectId, Objects};

/// Which findings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these codes; empty for all that are on by default.
    pub select: Vec<Code>,
    /// Codes that are not wanted.
    pub ignore: Vec<Code>,
    /// What the user suppresses.
    pub suppress: Vec<Suppression>,
    /// Every code on its own, duplicates and all.
    pub upstream: bool,
}

impl Filter {
    /// Whether findings of the code are wanted. Outside upstream mode a code is also meant by
    /// the name that another tool gives to the same problem.
    pub fn wants(&self, code: Code) -> bool {
        let rule = code.rule();
        let alias = |list: &[Code]| {
            !self.upstream
                && list
                    .iter()
                    .any(|other| rule.aliases.contains(&other.as_str()))
        };
        if self.ignore.contains(&code) || alias(&self.ignore) {
            return false;
        }
        if self.select.is_empty() {
            self.upstream || rule.on_by_default
        } else {
            self.select.contains(&code) || alias(&self.select)
        }
    }
}

/// Findings with their places.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings in the order of file, position and code.
    pub findings: Vec<Diagnostic>,
    /// How many annotations and the user took away.
    pub suppressed: usize,
}

/// Unites, filters, locates and sorts findings. `texts` are those of `files`.
pub fn conclude(
    findings: Vec<Finding>,
    objects: &Objects,
    chunks: &[Chunk],
    files: &[ReportFile],
    filter: &Filter,
) -> Outcome {
    let mut findings = merge(unite(findings), filter.upstream);
    findings.retain(|finding| {
        let context = finding
            .object
            .and_then(|id| objects.header(id))
            .is_some_and(|header| header.context);
        !context
            && (filter.wants(finding.code)
                || finding
                    .aliases
                    .iter()
                    .any(|code| filter.select.contains(code)))
    });
    let before = findings.len();
    findings.retain(|finding| {
        let header = finding.object.and_then(|id| objects.header(id));
        !header.is_some_and(|header| {
            is_suppressed(finding, header, filter.upstream)
                || filter
                    .suppress
                    .iter()
                    .any(|suppression| suppression.covers(finding, header, filter.upstream))
        })
    });
    let suppressed = before - findings.len();
    let texts: Vec<&str> = files.iter().map(|file| &*file.text).collect();
    let spots = locate(&findings, objects, chunks, &texts);
    let lines = Lines::new(&spots, files);
    let mut located: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    // Istio's messages are one where text, object and line are; the line is that of the scalar
    // the path names, or of the object.
    let mut seen = rustc_hash::FxHashSet::default();
    for (finding, spots) in findings.into_iter().zip(spots) {
        let location = spots.own.map(|spot| lines.location(spot.span));
        if finding.code.as_str().starts_with("IST")
            && !matches!(finding.code.as_str(), "IST0106" | "IST0133")
        {
            let line = spots
                .own
                .filter(|spot| spot.is_scalar)
                .and(location)
                .map_or(0, |l| l.start.line);
            if !seen.insert((finding.code, finding.object, finding.message.clone(), line)) {
                continue;
            }
        }
        located.push(diagnostic(finding, &spots, location, &lines, objects));
    }
    located.sort_by(|a, b| {
        let place = |d: &Diagnostic| d.location.map(|l| (l.file, l.start.offset));
        (place(a), a.rule.code, &a.path, &a.message).cmp(&(
            place(b),
            b.rule.code,
            &b.path,
            &b.message,
        ))
    });
    Outcome {
        findings: located,
        suppressed,
    }
}

fn diagnostic(
    finding: Finding,
    spots: &Spots,
    location: Option<Location>,
    lines: &Lines<'_>,
    objects: &Objects,
) -> Diagnostic {
    let related = finding
        .related
        .iter()
        .zip(&spots.related)
        .map(|(related, spot)| RelatedPlace {
            message: related.message.clone(),
            object: reference(related.object, objects).unwrap_or_else(|| ObjectRef {
                api_version: String::new(),
                kind: String::new(),
                namespace: String::new(),
                name: String::new(),
            }),
            path: related.path.clone(),
            location: spot.map(|spot| lines.location(spot.span)),
        })
        .collect();
    let fix = match (finding.fix, spots.fix) {
        (Some(fix), Some(spot)) => Some((fix.message, lines.location(spot.value), fix.replacement)),
        _ => None,
    };
    let rule = finding.code.rule();
    let mut aliases: Vec<&'static str> = rule.aliases.to_vec();
    for code in &finding.aliases {
        if !aliases.contains(&code.as_str()) {
            aliases.push(code.as_str());
        }
    }
    Diagnostic {
        rule,
        aliases,
        severity: finding.severity,
        message: finding.message,
        help: finding.help,
        unproven: finding.unproven,
        object: finding.object.and_then(|id| reference(id, objects)),
        path: finding.path,
        points_at: finding.points_at,
        location,
        related,
        fix,
    }
}

fn reference(id: ObjectId, objects: &Objects) -> Option<ObjectRef> {
    objects.header(id).map(|header| ObjectRef {
        api_version: header.api_version.to_string(),
        kind: header.kind.to_string(),
        namespace: header.namespace.to_string(),
        name: header.name.to_string(),
    })
}

/// Line indices of the files that findings speak of.
struct Lines<'f> {
    indices: BTreeMap<u32, (LineIndex, &'f Arc<str>)>,
}

impl<'f> Lines<'f> {
    fn new(spots: &[Spots], files: &'f [ReportFile]) -> Self {
        let mut indices = BTreeMap::new();
        let all = spots.iter().flat_map(|s| {
            s.own
                .iter()
                .chain(s.related.iter().flatten())
                .chain(s.fix.iter())
        });
        for spot in all {
            if let Some(file) = files.get(spot.span.file as usize) {
                indices
                    .entry(spot.span.file)
                    .or_insert_with(|| (LineIndex::new(&file.text), &file.text));
            }
        }
        Self { indices }
    }

    fn location(&self, span: TextSpan) -> Location {
        let position = |offset: u32| match self.indices.get(&span.file) {
            Some((index, text)) => {
                let place = index.line_column(text, offset as usize);
                Position {
                    line: place.line,
                    column: place.column,
                    offset,
                }
            }
            None => Position {
                line: 1,
                column: 1,
                offset,
            },
        };
        Location {
            file: span.file,
            start: position(span.start),
            end: position(span.end),
        }
    }
}
