//! Findings by the file that they stand in, with all that the editor is told of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{
    Applicability, Diagnostic, LocatedFix, Location, Outcome, ReportFile, Rule, Severity,
};

/// What is wrong in files, by their paths as reports show them.
#[derive(Debug, Clone, Default)]
pub(super) struct ByFile(BTreeMap<String, Arc<Vec<Found>>>);

/// A range of bytes in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The path as reports show it.
    pub(super) path: Arc<str>,
    /// The text that the bytes are counted in.
    pub(super) text: Arc<str>,
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
}

/// A finding.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    /// What is wrong, where it holds, and what to do.
    pub(super) message: String,
    pub(super) place: Place,
    pub(super) related: Vec<(Place, String)>,
    pub(super) fix: Option<FoundFix>,
}

/// What mends a finding.
#[derive(Debug, Clone)]
pub(super) struct FoundFix {
    /// As an order.
    pub(super) description: String,
    pub(super) is_safe: bool,
    /// What goes, and what comes in its place.
    pub(super) edits: Vec<(Place, String)>,
}

impl ByFile {
    /// The findings of an outcome.
    pub(super) fn of(outcome: &Outcome) -> Self {
        Self::of_parts(&outcome.findings, &outcome.files)
    }

    /// Findings, and the files that they speak of.
    pub(super) fn of_parts(findings: &[Diagnostic], files: &[ReportFile]) -> Self {
        let paths: Vec<Arc<str>> = files.iter().map(|file| file.path.as_str().into()).collect();
        let files = Files {
            paths: &paths,
            files,
        };
        let mut by_file: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for finding in findings {
            if let Some(found) = files.found(finding) {
                let own = by_file.entry(found.place.path.to_string()).or_default();
                own.push(found);
            }
        }
        let shared = by_file.into_iter();
        Self(shared.map(|(path, own)| (path, Arc::new(own))).collect())
    }

    /// The findings in a file.
    pub(super) fn get(&self, path: &str) -> &[Found] {
        self.0.get(path).map_or(&[], |found| found.as_slice())
    }

    /// Puts the findings that `other` has in a file in the place of those that are there.
    pub(super) fn replace(&mut self, path: &str, mut other: Self) {
        match other.0.remove(path) {
            Some(found) => self.0.insert(path.to_owned(), found),
            None => self.0.remove(path),
        };
    }

    /// The files with findings.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

struct Files<'f> {
    paths: &'f [Arc<str>],
    files: &'f [ReportFile],
}

impl Files<'_> {
    fn place(&self, location: Location) -> Option<Place> {
        let index = location.file as usize;
        Some(Place {
            path: Arc::clone(self.paths.get(index)?),
            text: Arc::clone(&self.files.get(index)?.text),
            start: location.start.offset,
            end: location.end.offset,
        })
    }

    fn found(&self, finding: &Diagnostic) -> Option<Found> {
        let related = finding.related.iter().filter_map(|related| {
            let place = self.place(related.location?)?;
            Some((place, format!("{}: {}", related.object, related.message)))
        });
        // The first step is the place of the finding itself.
        let steps = finding.origin.iter().skip(1).filter_map(|step| {
            let place = self.place(step.location)?;
            Some((place, format!("{}, {}", step.what.word(), step.note)))
        });
        Some(Found {
            rule: finding.rule,
            severity: finding.severity,
            message: message(finding),
            place: self.place(finding.location?)?,
            related: related.chain(steps).collect(),
            fix: finding.fix.as_ref().and_then(|fix| self.fix(fix)),
        })
    }

    fn fix(&self, fix: &LocatedFix) -> Option<FoundFix> {
        let edits = fix.edits.iter();
        let edits: Option<Vec<(Place, String)>> = edits
            .map(|edit| Some((self.place(edit.location)?, edit.replacement.clone())))
            .collect();
        Some(FoundFix {
            description: fix.description.clone(),
            is_safe: fix.applicability == Applicability::Safe,
            edits: edits?,
        })
    }
}

fn message(finding: &Diagnostic) -> String {
    let mut text = finding.message.clone();
    if !finding.worlds.is_empty() {
        text.push_str(&format!("\nin {}", finding.worlds.join(", ")));
    }
    if let Some(unproven) = &finding.unproven {
        text.push_str(&format!("\nnot proven: {unproven}"));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}
