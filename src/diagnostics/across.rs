//! Findings of several worlds as one: the same mistake at the same place is reported once, with
//! the worlds in which it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::code::{Code, Severity};
use super::fingerprint::Fingerprint;
use super::pipeline::Outcome;
use super::rendering::code_of_fault;
use super::report::{Diagnostic, Location, OriginStep, Position, ReportFile};
use super::suppress::Suppression;
use crate::input::LineIndex;
use crate::render::gitops::Fault;
use crate::render::{Place, Sources};
use crate::yaml::FieldPath;

/// The findings of one world.
#[derive(Debug)]
pub struct Judged {
    /// The world's name.
    pub name: Arc<str>,
    /// The findings.
    pub outcome: Outcome,
    /// Mistakes that were met while it was rendered.
    pub faults: Vec<Fault>,
    /// The files that it is made from, as they are shown.
    pub files: BTreeSet<String>,
    /// The highest severity that its findings may have.
    pub cap: Severity,
    /// Other worlds that hold the same, in which the same was found.
    pub alike: Vec<Arc<str>>,
}

/// Unites the findings of worlds, in the order of the worlds.
pub fn across(worlds: Vec<Judged>, sources: &Sources, shown_below: &str) -> Outcome {
    let several = worlds.iter().filter(|world| !world.name.is_empty()).count() > 1;
    let mut files = Files::default();
    let mut known: FxHashMap<Key, usize> = FxHashMap::default();
    let mut findings: Vec<Diagnostic> = Vec::new();
    // An option that suppresses something in one world is of use.
    let mut unused: Option<Vec<Suppression>> = None;
    let mut made_from: Vec<(Arc<str>, BTreeSet<String>)> = Vec::new();
    for world in worlds {
        let own = world.outcome.unused_suppressions;
        unused = Some(match unused {
            None => own,
            Some(known) => known.into_iter().filter(|one| own.contains(one)).collect(),
        });
        let renumbered: Vec<u32> = world
            .outcome
            .files
            .into_iter()
            .map(|file| files.add(file))
            .collect();
        let faults = world
            .faults
            .iter()
            .filter_map(|fault| of_fault(fault, sources, shown_below, &mut files));
        let faults: Vec<(Diagnostic, &[Arc<str>])> = faults.map(|fault| (fault, &[][..])).collect();
        let alike = world.alike.as_slice();
        let own = world.outcome.findings.into_iter().map(|mut finding| {
            renumber(&mut finding, &renumbered);
            (finding, alike)
        });
        for (mut finding, alike) in own.chain(faults) {
            finding.severity = finding.severity.min(world.cap);
            let key = Key::of(&finding);
            if let Some(first) = known.get(&key).and_then(|index| findings.get_mut(*index)) {
                first.severity = first.severity.max(finding.severity);
                // What shows in one world shows.
                first.suppressed = first
                    .suppressed
                    .take()
                    .filter(|_| finding.suppressed.is_some());
                first.worlds.extend(names(&world.name, alike));
            } else {
                known.insert(key, findings.len());
                finding.worlds = names(&world.name, alike);
                findings.push(finding);
            }
        }
        if !world.name.is_empty() {
            made_from.push((world.name, world.files));
        }
    }
    let ranks: FxHashMap<&str, usize> = (0..)
        .zip(&made_from)
        .map(|(rank, (name, _))| (&**name, rank))
        .collect();
    for finding in &mut findings {
        let rank = |name: &Arc<str>| ranks.get(&**name).copied();
        finding.worlds.sort_by_key(rank);
        finding.worlds.dedup();
        if !several {
            finding.worlds.clear();
            continue;
        }
        let file = finding
            .location
            .and_then(|location| files.list.get(location.file as usize));
        let Some(file) = file else { continue };
        finding.other_worlds = made_from
            .iter()
            .filter(|(name, own)| own.contains(&file.path) && !finding.worlds.contains(name))
            .map(|(name, _)| Arc::clone(name))
            .collect();
    }
    let order = files.order();
    for finding in &mut findings {
        renumber(finding, &order);
    }
    // What tells one world from the others comes first in its file's place.
    findings.sort_by(|a, b| place(a).cmp(&place(b)));
    Outcome {
        findings,
        files: files.sorted(&order),
        unused_suppressions: unused.unwrap_or_default(),
        ..Outcome::default()
    }
}

/// The worlds in which something holds that was found in one: that one, unless it has no name, and those
/// that hold the same.
fn names(own: &Arc<str>, alike: &[Arc<str>]) -> Vec<Arc<str>> {
    let own = Some(own).filter(|name| !name.is_empty());
    own.into_iter().chain(alike).cloned().collect()
}

/// What findings are sorted by.
fn place(finding: &Diagnostic) -> (Option<(u32, u32)>, &'static str, &FieldPath, &str) {
    (
        finding.location.map(|l| (l.file, l.start.offset)),
        finding.rule.code,
        &finding.path,
        &finding.message,
    )
}

/// What makes findings of several worlds one.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    code: &'static str,
    place: Option<(u32, u32)>,
    path: FieldPath,
    /// Without a place, the object tells.
    object: Option<String>,
}

impl Key {
    fn of(finding: &Diagnostic) -> Self {
        let place = finding.location.map(|l| (l.file, l.start.offset));
        Self {
            code: finding.rule.code,
            place,
            path: finding.path.clone(),
            object: match (place, &finding.object) {
                (None, Some(object)) => Some(object.to_string()),
                _ => None,
            },
        }
    }
}

/// The files of a report, each once.
#[derive(Default)]
struct Files {
    list: Vec<ReportFile>,
    by_path: FxHashMap<String, u32>,
}

impl Files {
    fn add(&mut self, file: ReportFile) -> u32 {
        if let Some(index) = self.by_path.get(&file.path) {
            return *index;
        }
        let index = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.by_path.insert(file.path.clone(), index);
        self.list.push(file);
        index
    }

    /// The new number of each file when they are in the order of their paths.
    fn order(&self) -> Vec<u32> {
        let by_path: BTreeMap<&str, usize> = (0..)
            .zip(&self.list)
            .map(|(index, file)| (file.path.as_str(), index))
            .collect();
        let mut order = vec![0; self.list.len()];
        for (new, old) in (0..).zip(by_path.into_values()) {
            if let Some(slot) = order.get_mut(old) {
                *slot = new;
            }
        }
        order
    }

    fn sorted(self, order: &[u32]) -> Vec<ReportFile> {
        let mut files: Vec<(u32, ReportFile)> = order.iter().copied().zip(self.list).collect();
        files.sort_by_key(|(number, _)| *number);
        files.into_iter().map(|(_, file)| file).collect()
    }
}

/// Gives the files of a finding other numbers.
fn renumber(finding: &mut Diagnostic, numbers: &[u32]) {
    let change = |location: &mut Location| {
        if let Some(number) = numbers.get(location.file as usize) {
            location.file = *number;
        }
    };
    finding.location.iter_mut().for_each(change);
    finding
        .origin
        .iter_mut()
        .for_each(|step| change(&mut step.location));
    for related in &mut finding.related {
        related.location.iter_mut().for_each(change);
    }
    let edits = finding.fix.iter_mut().flat_map(|fix| &mut fix.edits);
    edits.for_each(|edit| change(&mut edit.location));
}

/// A mistake of rendering as a finding.
fn of_fault(
    fault: &Fault,
    sources: &Sources,
    shown_below: &str,
    files: &mut Files,
) -> Option<Diagnostic> {
    let code: Code = code_of_fault(fault.kind).parse().ok()?;
    let mut locate = |place: Place| {
        let path = format!("{shown_below}{}", sources.path(place.source));
        let text = sources.text(place.source);
        let lines = LineIndex::new(&text);
        let position = |offset: u32| {
            let found = lines.line_column(&text, offset as usize);
            Position {
                line: found.line,
                column: found.column,
                offset,
            }
        };
        let (start, end) = (position(place.span.start), position(place.span.end));
        let file = files.add(ReportFile {
            path,
            text: Arc::clone(&text),
            bom: false,
        });
        Location { file, start, end }
    };
    let location = locate(fault.place);
    let origin = fault
        .related
        .iter()
        .map(|related| OriginStep {
            what: related.what,
            note: related.note,
            location: locate(related.place),
            object: None,
        })
        .collect();
    let path = format!("{shown_below}{}", sources.path(fault.place.source));
    let value = fault
        .place
        .span
        .text(&sources.text(fault.place.source))
        .to_owned();
    Some(Diagnostic {
        fingerprint: Fingerprint::in_file(&path, &value),
        location: Some(location),
        origin,
        help: fault.help.clone(),
        ..Diagnostic::in_file(code, fault.message.clone())
    })
}
