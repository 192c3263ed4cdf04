//! Findings that are known and accepted for now: a file with one line for each, by which they are
//! known again wherever they move.

use std::collections::BTreeMap;
use std::io;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::code::Code;
use super::pipeline::Filter;
use super::report::{Diagnostic, Location, Position, ReportFile};
use super::suppress::{Suppressed, SuppressedBy};
use crate::input::LineIndex;
use crate::yaml::{FieldPath, Node, Span, Step, Tree, Value};

/// One accepted finding, or several that differ in nothing but their number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The rule.
    pub code: String,
    /// The object as its own manifest names it, or the file.
    pub object: String,
    /// The canonical path of the place.
    pub at: String,
    /// The text of the scalar that stands there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The fingerprint of the first of them.
    pub fingerprint: String,
    /// How many.
    pub count: u64,
    /// Why they are accepted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A baseline file.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    /// The file, with its path as it is shown.
    pub file: Option<ReportFile>,
    /// Its entries with their places.
    pub entries: Vec<(Entry, Span)>,
}

impl Baseline {
    /// Reads a baseline. Fails with the place and the reason where it is none of version 1.
    pub fn parse(path: &str, text: &str) -> Result<Self, String> {
        let tree = Tree::parse(text);
        let lines = LineIndex::new(text);
        let at = |span: Span, why: &str| {
            let place = lines.line_column(text, span.start as usize);
            format!("{path}:{}:{}: {why}", place.line, place.column)
        };
        let document = tree.documents().first();
        if let Some(error) = document.and_then(|document| document.error.as_ref()) {
            return Err(at(error.span, &error.message));
        }
        let root = document.and_then(|document| tree.root(document));
        let Some(root) = root.filter(|root| root.value() == Value::Mapping) else {
            return Err(at(Span::default(), "this is no baseline"));
        };
        match root.get("version") {
            Some(version) if version.text() == Some("1") => {}
            Some(version) => {
                let found = version.text().unwrap_or_default();
                let why = format!("this is a baseline of version {found}; version 1 is known");
                return Err(at(version.span(), &why));
            }
            None => return Err(at(root.span(), "the baseline names no version")),
        }
        let Some(list) = root
            .get("entries")
            .filter(|list| list.value() == Value::Sequence)
        else {
            return Err(at(root.span(), "the baseline has no list of entries"));
        };
        let mut entries = Vec::new();
        for node in list.items() {
            let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
            let entry = Entry {
                code: text("code").to_owned(),
                object: text("object").to_owned(),
                at: text("at").to_owned(),
                value: text("value").to_owned(),
                fingerprint: text("fingerprint").to_owned(),
                count: text("count").parse().unwrap_or(0),
                reason: text("reason").to_owned(),
            };
            if entry.code.is_empty() || entry.fingerprint.is_empty() || entry.count == 0 {
                let why = "an entry has a code, a fingerprint, and a count of 1 or more";
                return Err(at(node.span(), why));
            }
            entries.push((entry, node.span()));
        }
        Ok(Self {
            file: Some(ReportFile {
                path: path.to_owned(),
                text: text.into(),
                bom: false,
            }),
            entries,
        })
    }

    /// The baseline of findings. Entries that `before` has keep their reasons.
    pub fn of<'d>(findings: impl IntoIterator<Item = &'d Diagnostic>, before: &Self) -> Self {
        let reasons: FxHashMap<&str, &str> = before
            .entries
            .iter()
            .map(|(entry, _)| (entry.fingerprint.as_str(), entry.reason.as_str()))
            .collect();
        let mut entries: BTreeMap<(String, &str, String, String), Entry> = BTreeMap::new();
        for finding in findings {
            let code = finding.rule.code;
            let print = &finding.fingerprint;
            let fingerprint = print.first_digest(code);
            let object = print.subject.to_string();
            let key = (object.clone(), code, print.at.clone(), fingerprint.clone());
            let entry = entries.entry(key).or_insert_with(|| Entry {
                code: code.to_owned(),
                object,
                at: print.at.clone(),
                value: print.value.clone(),
                reason: reasons
                    .get(fingerprint.as_str())
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                fingerprint,
                count: 0,
            });
            entry.count += occurrences(finding);
        }
        let entries = entries.into_values();
        Self {
            file: None,
            entries: entries.map(|entry| (entry, Span::default())).collect(),
        }
    }

    /// Writes it, one line an entry, so that merges stay small.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{{\"version\":1,\"entries\":[")?;
        for (number, (entry, _)) in self.entries.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(out, "{comma}\n{}", serde_json::to_string(entry)?)?;
        }
        writeln!(out, "\n]}}")
    }

    /// Marks the findings that it knows, each entry as many as it counts, and gives the entries that
    /// know none.
    pub fn apply(&self, findings: &mut [Diagnostic]) -> Vec<&(Entry, Span)> {
        let mut left: FxHashMap<(&str, String), (usize, u64)> = FxHashMap::default();
        for (number, (entry, _)) in self.entries.iter().enumerate() {
            let key = (entry.code.as_str(), entry.fingerprint.clone());
            left.entry(key).or_insert((number, 0)).1 += entry.count;
        }
        let mut used = vec![false; self.entries.len()];
        for finding in findings.iter_mut().filter(|f| f.suppressed.is_none()) {
            let code = finding.rule.code;
            let digest = finding.fingerprint.first_digest(code);
            let Some((number, count)) = left.get_mut(&(code, digest)) else {
                continue;
            };
            let needed = occurrences(finding);
            if *count < needed {
                continue;
            }
            *count -= needed;
            if let Some(used) = used.get_mut(*number) {
                *used = true;
            }
            let reason = self.entries.get(*number).map(|(entry, _)| &entry.reason);
            finding.suppressed = Some(Suppressed {
                by: SuppressedBy::Baseline,
                reason: reason.cloned().filter(|reason| !reason.is_empty()),
            });
        }
        let entries = self.entries.iter().zip(used);
        entries
            .filter(|(_, used)| !used)
            .map(|(entry, _)| entry)
            .collect()
    }

    /// Findings about entries that know none. `is_looked_at` tells whether the object of an entry is
    /// part of what was looked at.
    pub fn unused(
        &self,
        unused: &[&(Entry, Span)],
        filter: &Filter,
        files: &mut Vec<ReportFile>,
        is_looked_at: impl Fn(&str) -> bool,
    ) -> Vec<Diagnostic> {
        let Some(file) = self.file.as_ref().filter(|_| filter.wants(Code::MESH0303)) else {
            return Vec::new();
        };
        let lines = LineIndex::new(&file.text);
        let mut number = None;
        let mut found = Vec::new();
        for (entry, span) in unused {
            let ran = entry.code.parse().is_ok_and(|code| filter.wants(code));
            if !ran || !is_looked_at(&entry.object) {
                continue;
            }
            let file_number = *number.get_or_insert_with(|| {
                files.push(file.clone());
                u32::try_from(files.len() - 1).unwrap_or(u32::MAX)
            });
            let position = |offset: u32| {
                let place = lines.line_column(&file.text, offset as usize);
                Position {
                    line: place.line,
                    column: place.column,
                    offset,
                }
            };
            let message = format!(
                "{} at {} is not found any more: this entry of the baseline knows nothing",
                entry.code, entry.object
            );
            let mut finding = Diagnostic::in_file(Code::MESH0303, message);
            finding.help = Some("write the baseline anew: --write-baseline".to_owned());
            finding.location = Some(Location {
                file: file_number,
                start: position(span.start),
                end: position(span.end),
            });
            found.push(finding);
        }
        found
    }
}

/// How often the fault of a finding stands in its object: the same at other items of the same lists
/// is told as related places of one finding.
fn occurrences(finding: &Diagnostic) -> u64 {
    let is_alike = |path: &FieldPath| {
        let (one, other) = (path.steps(), finding.path.steps());
        let pairs = one.iter().zip(other);
        one.len() == other.len()
            && pairs.into_iter().all(|pair| match pair {
                (Step::Key(one), Step::Key(other)) => one == other,
                (Step::Item(_), Step::Item(_)) => true,
                _ => false,
            })
    };
    let related = finding.related.iter();
    let alike = related
        .filter(|place| Some(&place.object) == finding.object.as_ref() && is_alike(&place.path));
    u64::try_from(alike.count())
        .unwrap_or(u64::MAX)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::fingerprint::Fingerprint;
    use super::*;

    fn finding(value: &str) -> Diagnostic {
        let mut finding = Diagnostic::in_file(Code::MESH0001, String::new());
        finding.fingerprint = Fingerprint::in_file("a.yaml", value);
        finding
    }

    fn written(baseline: &Baseline) -> String {
        let mut out = Vec::new();
        baseline.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn entries_know_as_many_findings_as_they_count() {
        let findings = [finding("x"), finding("y"), finding("x")];
        let baseline = Baseline::of(&findings, &Baseline::default());
        let text = written(&baseline);
        assert_eq!(text.lines().count(), 4, "{text}");
        let read = Baseline::parse("b.json", &text).unwrap();
        assert_eq!(written(&read), text);

        let mut later = [finding("x"), finding("x"), finding("x")];
        let unused = read.apply(&mut later);
        assert_eq!(unused.len(), 1);
        let known = later.iter().filter(|finding| finding.suppressed.is_some());
        assert_eq!(known.count(), 2);
    }

    #[test]
    fn reasons_are_kept() {
        let mut before = Baseline::of(&[finding("x")], &Baseline::default());
        before
            .entries
            .iter_mut()
            .for_each(|(entry, _)| "agreed".clone_into(&mut entry.reason));
        let after = Baseline::of(&[finding("y"), finding("x")], &before);
        let reasons: Vec<&str> = after
            .entries
            .iter()
            .map(|(e, _)| e.reason.as_str())
            .collect();
        assert_eq!(
            reasons.iter().filter(|reason| **reason == "agreed").count(),
            1
        );
    }

    #[test]
    fn what_is_no_baseline_is_refused_at_its_place() {
        for (text, expected) in [
            (
                "{\"version\": 99, \"entries\": []}",
                "b.json:1:13: this is a baseline of version 99",
            ),
            ("[]", "no baseline"),
            ("{\"entries\": []}", "no version"),
            ("{\"version\": 1}", "no list of entries"),
            (
                "{\"version\": 1, \"entries\": [\n{}]}",
                "b.json:2:1: an entry has",
            ),
        ] {
            let error = Baseline::parse("b.json", text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
