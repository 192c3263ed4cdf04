//! The lines of source around a finding, as miette wants them.
//!
//! Only these lines are ever handed over: the cost of a finding does not depend on the size of its
//! file, not even when that file is one line of many megabytes.

use std::collections::BTreeMap;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::diagnostics::{Diagnostic, Location, Report};

use super::text::{cut, file_name, floor_boundary, printable, printable_in_place};

/// Related places shown with a finding; more are counted.
const MAX_RELATED: usize = 6;
/// How far from a place the ends of its line are looked for.
const MAX_LINE: usize = 4096;
/// Lines between two places that are still shown as one excerpt.
const MAX_GAP: u32 = 3;

/// Excerpts of one finding, one after the other in a space of virtual offsets.
#[derive(Debug, Default)]
pub(super) struct Excerpts {
    parts: Vec<Part>,
    /// The marked places in the order of their offsets.
    pub(super) labels: Vec<LabeledSpan>,
    /// Related places that are not shown.
    pub(super) omitted: usize,
}

/// Consecutive lines of one file.
#[derive(Debug)]
struct Part {
    file: String,
    /// Number of the first line, from 0.
    line: usize,
    lines: usize,
    text: String,
    /// Virtual offset of the first byte.
    base: usize,
    /// Line and column in the file, from 0, of the places marked here, by virtual offset.
    places: Vec<(usize, usize, usize)>,
}

/// A place to mark.
#[derive(Debug, Clone)]
struct Mark {
    location: Location,
    label: Option<String>,
    primary: bool,
}

/// A line of a file, as far as its ends were looked for.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    /// Whether the ends are those of the line.
    whole_left: bool,
    whole_right: bool,
}

impl Excerpts {
    /// The excerpts that show a finding and its related places, the finding's own first.
    pub(super) fn new(report: &Report, finding: &Diagnostic, width: usize, unicode: bool) -> Self {
        let mut marks: Vec<Mark> = Vec::new();
        if let Some(location) = finding.location {
            marks.push(Mark {
                location,
                label: None,
                primary: true,
            });
        }
        let mut omitted = 0;
        for place in &finding.related {
            let Some(location) = place.location else {
                continue;
            };
            let label = printable(&place.message).into_owned();
            if let Some(mark) = marks.iter_mut().find(|mark| mark.location == location) {
                mark.label = Some(match mark.label.take() {
                    Some(first) if first != label => format!("{first}\n{label}"),
                    _ => label,
                });
            } else if marks.len() <= MAX_RELATED {
                marks.push(Mark {
                    location,
                    label: Some(label),
                    primary: false,
                });
            } else {
                omitted += 1;
            }
        }
        let mut excerpts = Self {
            omitted,
            ..Self::default()
        };
        for cluster in clusters(marks) {
            excerpts.add(report, &cluster, width, if unicode { "…" } else { "..." });
        }
        excerpts
    }

    /// Adds the lines around places that lie close together in one file.
    fn add(&mut self, report: &Report, marks: &[Mark], width: usize, ellipsis: &str) {
        let Some(first) = marks.first() else { return };
        let Some(file) = report.files.get(index(first.location.file)) else {
            return;
        };
        let lines = lines_around(&file.text, marks);
        let mut previous = None;
        for (&number, line) in &lines {
            if previous.is_none_or(|previous: u32| previous + 1 != number) {
                self.parts.push(Part {
                    file: file_name(&file.path).into_owned(),
                    line: index(number).saturating_sub(1),
                    lines: 0,
                    text: String::new(),
                    base: self.parts.last().map_or(0, |p| p.base + p.text.len() + 1),
                    places: Vec::new(),
                });
            }
            previous = Some(number);
            let here = marks.iter().filter(|m| m.location.start.line == number);
            if let Some(part) = self.parts.last_mut() {
                let labels = part.add_line(&file.text, *line, here, width, ellipsis);
                self.labels.extend(labels);
            }
        }
    }
}

impl Part {
    /// Adds a line and marks the places in it. A long line is cut down to what is around the
    /// first, and places beyond that are left out.
    fn add_line<'a>(
        &mut self,
        text: &str,
        mut line: Line,
        marks: impl Iterator<Item = &'a Mark>,
        width: usize,
        ellipsis: &str,
    ) -> Vec<LabeledSpan> {
        if cut(text, line.start, line.end).ends_with('\r') {
            line.end -= 1;
        }
        let mut spans: Vec<(&Mark, usize, usize)> = marks
            .map(|mark| {
                let Location { start, end, .. } = mark.location;
                let from = floor_boundary(text, index(start.offset)).clamp(line.start, line.end);
                let to = if end.line > start.line {
                    line.end
                } else {
                    floor_boundary(text, index(end.offset)).clamp(from, line.end)
                };
                (mark, from, to)
            })
            .collect();
        spans.sort_by_key(|&(_, from, to)| (from, to));

        let (mut start, mut end) = (line.start, line.end);
        if !line.whole_left || !line.whole_right || end - start > width.max(80) * 3 {
            let focus = spans.iter().find(|(mark, ..)| mark.primary);
            let focus = focus
                .or(spans.first())
                .map_or(line.start, |&(_, from, _)| from);
            start = floor_boundary(text, focus.saturating_sub(width / 3)).max(line.start);
            end = floor_boundary(text, start + width.saturating_sub(10)).min(line.end);
            spans.retain(|&(_, from, _)| (start..=end).contains(&from));
        }
        if start > line.start || !line.whole_left {
            self.text.push_str(ellipsis);
        }
        let shift = self.text.len();
        self.text
            .push_str(&printable_in_place(cut(text, start, end)));
        let content_end = self.text.len();
        if end < line.end || !line.whole_right {
            self.text.push_str(ellipsis);
        }
        let mut labels = Vec::with_capacity(spans.len());
        for (mark, from, to) in spans {
            let from = (shift + from.saturating_sub(start)).min(content_end);
            let to = (shift + to.saturating_sub(start)).clamp(from, content_end);
            if from >= self.text.len() {
                // A place at the end of the line needs a character to stand under.
                self.text.push(' ');
            }
            let position = mark.location.start;
            self.places.push((
                self.base + from,
                index(position.line).saturating_sub(1),
                index(position.column).saturating_sub(1),
            ));
            let span = SourceSpan::new((self.base + from).into(), to - from);
            labels.push(if mark.primary {
                LabeledSpan::new_primary_with_span(mark.label.clone(), span)
            } else {
                LabeledSpan::new_with_span(mark.label.clone(), span)
            });
        }
        self.text.push('\n');
        self.lines += 1;
        labels
    }
}

impl SourceCode for Excerpts {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self
            .parts
            .iter()
            .find(|part| {
                part.base <= span.offset()
                    && span.offset() + span.len() <= part.base + part.text.len()
            })
            .ok_or(MietteError::OutOfBounds)?;
        // Without context miette asks where a place is, with context for the lines to show.
        let place = part.places.iter().find(|place| place.0 == span.offset());
        let (line, column) = match place {
            Some(&(_, line, column)) if before == 0 && after == 0 => (line, column),
            _ => (part.line, 0),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            part.file.clone(),
            part.text.as_bytes(),
            SourceSpan::new(part.base.into(), part.text.len()),
            line,
            column,
            part.lines,
        )))
    }
}

/// Groups places that are shown as one excerpt; the group of the finding's own place comes first.
fn clusters(marks: Vec<Mark>) -> Vec<Vec<Mark>> {
    let mut clusters: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        let near = |other: &Mark| {
            other.location.file == mark.location.file
                && other.location.start.line.abs_diff(mark.location.start.line) <= MAX_GAP
        };
        match clusters.iter_mut().find(|cluster| cluster.iter().any(near)) {
            Some(cluster) => cluster.push(mark),
            None => clusters.push(vec![mark]),
        }
    }
    clusters
}

/// The lines of the places, those between them, and one before and after.
fn lines_around(text: &str, marks: &[Mark]) -> BTreeMap<u32, Line> {
    let mut lines = BTreeMap::new();
    for mark in marks {
        let start = mark.location.start;
        lines
            .entry(start.line)
            .or_insert_with(|| line_at(text, index(start.offset)));
    }
    let Some((&first, &line)) = lines.first_key_value() else {
        return lines;
    };
    let last = lines.last_key_value().map_or(first, |(&last, _)| last);
    if first > 1 && line.start > 0 && line.whole_left {
        let before = line_at(text, line.start - 1);
        if before.whole_left {
            lines.insert(first - 1, before);
        }
    }
    let mut here = line;
    for number in first + 1..=last.saturating_add(1) {
        here = match lines.get(&number) {
            Some(line) => *line,
            None if here.whole_right && here.end + 1 < text.len() => line_at(text, here.end + 1),
            None => break,
        };
        lines.insert(number, here);
    }
    lines
}

/// The line that holds an offset.
fn line_at(text: &str, offset: usize) -> Line {
    let offset = floor_boundary(text, offset);
    let from = floor_boundary(text, offset.saturating_sub(MAX_LINE));
    let to = floor_boundary(text, offset.saturating_add(MAX_LINE));
    let left = cut(text, from, offset).rfind('\n');
    let right = cut(text, offset, to).find('\n');
    let start = left.map_or(from, |at| from + at + 1);
    Line {
        start,
        end: right.map_or(to, |at| offset + at),
        whole_left: left.is_some() || from == 0,
        whole_right: right.is_some() || to == text.len(),
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
