//! The way of the findings from the checks to the report.

use std::sync::Arc;

use super::bound::{bound, shorten};
use super::code::{Code, Identity};
use super::edits::WrittenFix;
use super::finding::Finding;
use super::fingerprint::{Fingerprint, Subject};
use super::fix::{Applicability, Fix};
use super::locate::{Spots, locate};
use super::merge::merge;
use super::places::{Found, Places, Texts};
use super::report::{Diagnostic, LocatedEdit, LocatedFix, ObjectRef, RelatedPlace, ReportFile};
use super::suppress::{Annotations, Suppressed, SuppressedBy, Suppression, invalid_annotations};
use super::unite::unite;
use crate::load::Loaded;
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
    /// Neither annotations nor the user take anything away.
    pub no_ignores: bool,
    /// Annotations must give a reason.
    pub require_reason: bool,
    /// Whether the opinions of the profile `zero-trust` are wanted.
    pub zero_trust: bool,
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
            self.upstream || rule.on_by_default || self.zero_trust && rule.zero_trust.is_some()
        } else {
            self.select.contains(&code) || alias(&self.select)
        }
    }
}

/// Findings with their places.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The findings in the order of file, position and code.
    pub findings: Vec<Diagnostic>,
    /// The files that they stand in.
    pub files: Vec<ReportFile>,
    /// Findings that something took away, once that is settled.
    pub hidden: Vec<Diagnostic>,
    /// How many comments, annotations and the user took away.
    pub suppressed: usize,
    /// How many the baseline knows.
    pub baselined: usize,
    /// What the user suppresses and no finding is.
    pub unused_suppressions: Vec<Suppression>,
}

/// Unites, filters, locates and sorts findings about `objects`, which the sources of the run hold.
pub fn conclude(
    findings: Vec<Finding>,
    objects: &Objects,
    sources: &[Arc<Loaded>],
    filter: &Filter,
) -> Outcome {
    let mut findings = findings;
    if !filter.upstream && !filter.no_ignores {
        findings.extend(invalid_annotations(objects, filter));
    }
    let mut findings = merge(unite(findings), filter.upstream);
    findings.retain(|finding| {
        let is_context = finding.object.is_some_and(|id| objects.is_context(id));
        !is_context
            && (filter.wants(finding.code)
                || finding
                    .aliases
                    .iter()
                    .any(|code| filter.select.contains(code)))
    });
    if filter.zero_trust {
        findings.iter_mut().for_each(raise);
    }
    let mut used = vec![false; filter.suppress.len()];
    let mut annotations = Annotations::default();
    for finding in findings.iter_mut().filter(|_| !filter.no_ignores) {
        let Some(id) = finding.object else {
            continue;
        };
        let Some(header) = objects.header(id) else {
            continue;
        };
        finding.suppressed = annotations.suppress(finding, id, header, filter);
        for (suppression, used) in filter.suppress.iter().zip(&mut used) {
            if suppression.covers(finding, header, filter.upstream) {
                *used = true;
                finding.suppressed.get_or_insert(Suppressed {
                    by: SuppressedBy::Option,
                    reason: None,
                });
            }
        }
    }
    let unused = filter.suppress.iter().zip(used).filter(|(_, used)| !used);
    let unused_suppressions = unused.map(|(suppression, _)| suppression.clone()).collect();
    // What is hidden takes no room from what is shown.
    let (hidden, shown): (Vec<Finding>, Vec<Finding>) = findings
        .into_iter()
        .partition(|finding| finding.suppressed.is_some());
    let mut findings = bound(shown);
    findings.extend(bound(hidden));
    let texts = Texts::read(sources, spoken_of(&findings, objects));
    let spots = locate(&findings, objects, &texts);
    let places = Places::new(spots.iter().flat_map(Spots::spans), &texts);
    let mut located: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut seen = rustc_hash::FxHashSet::default();
    for (finding, spots) in findings.into_iter().zip(spots) {
        let found = spots.own.map(|spot| places.find(spot.span));
        let found = found.unwrap_or_default();
        if finding.code.rule().identity == Identity::LineAndText {
            let line = spots
                .own
                .filter(|spot| spot.is_scalar)
                .and(found.location)
                .map_or(0, |l| l.start.line);
            if !seen.insert((finding.code, finding.object, finding.message.clone(), line)) {
                continue;
            }
        }
        let fingerprint = fingerprint(&finding, &spots, &found, &places, objects);
        let mut diagnostic = diagnostic(finding, &spots, found, &places, objects);
        diagnostic.fingerprint = fingerprint;
        located.push(diagnostic);
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
        files: places.into_files(),
        unused_suppressions,
        ..Outcome::default()
    }
}

/// Gives a finding the severity that the profile `zero-trust` has for its rule, unless a check made
/// less of it.
fn raise(finding: &mut Finding) {
    let rule = finding.code.rule();
    if let Some(severity) = rule.zero_trust
        && finding.severity == rule.severity
        && finding.unproven.is_none()
    {
        finding.severity = severity;
    }
}

/// The sources that findings speak of.
fn spoken_of(findings: &[Finding], objects: &Objects) -> Vec<u32> {
    let source_of = |object| objects.place(object).map(|place| place.source);
    let mut sources = Vec::new();
    for finding in findings {
        sources.extend(finding.objects().filter_map(source_of));
        sources.extend(finding.span.map(|span| span.source));
    }
    sources
}

fn diagnostic(
    finding: Finding,
    spots: &Spots,
    found: Found,
    places: &Places<'_>,
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
            location: spot.and_then(|spot| places.find(spot.span).location),
        })
        .collect();
    let is_unproven = finding.unproven.is_some();
    let fix = finding.fix.zip(spots.fix.as_ref());
    let fix = fix.and_then(|(fix, written)| located(fix, written, is_unproven, places));
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
        message: shorten(finding.message),
        help: finding.help.map(shorten),
        unproven: finding.unproven.map(shorten),
        object: finding.object.and_then(|id| reference(id, objects)),
        path: finding.path,
        points_at: finding.points_at,
        location: found.location,
        origin: found.origin,
        related,
        fix,
        worlds: Vec::new(),
        other_worlds: Vec::new(),
        truncated: finding.truncated,
        fingerprint: Fingerprint::in_file("", ""),
        suppressed: finding.suppressed,
        changed: None,
    }
}

/// What of a finding outlives edits elsewhere. Where nothing can be looked up, its path tells.
fn fingerprint(
    finding: &Finding,
    spots: &Spots,
    found: &Found,
    places: &Places<'_>,
    objects: &Objects,
) -> Fingerprint {
    // A finding about the document as a whole with a place of its own is told by what stands there.
    let stands = |path: &crate::yaml::FieldPath| match (path.is_root(), found.location) {
        (true, Some(location)) if finding.span.is_some() => places.text(location).to_owned(),
        _ => String::new(),
    };
    if let Some(mut fingerprint) = spots.fingerprint.clone() {
        if fingerprint.value.is_empty() {
            fingerprint.value = stands(&finding.path);
        }
        return fingerprint;
    }
    let value = stands(&finding.path);
    let header = finding.object.and_then(|id| objects.header(id));
    let Some(header) = header else {
        let path = found.location.map_or("", |location| places.path(location));
        return Fingerprint::in_file(path, &value);
    };
    Fingerprint {
        subject: Subject::Object {
            kind: header.kind.to_string(),
            namespace: header.namespace.to_string(),
            name: header.name.to_string(),
        },
        at: finding.path.to_string(),
        value,
        number: 0,
    }
}

/// A fix with the places of its edits. It is a guess where the finding is one.
fn located(
    fix: Fix,
    written: &WrittenFix,
    is_unproven: bool,
    places: &Places<'_>,
) -> Option<LocatedFix> {
    let edits = written.edits.iter().map(|edit| {
        let place = places.find(edit.span);
        Some(LocatedEdit {
            kind: edit.kind,
            // What was rendered would be edited elsewhere, and otherwise.
            location: place.location.filter(|_| place.origin.is_empty())?,
            replacement: edit.replacement.clone(),
        })
    });
    Some(LocatedFix {
        description: fix.message,
        applicability: if is_unproven || written.loses_comments {
            Applicability::Unsafe
        } else {
            fix.applicability
        },
        edits: edits.collect::<Option<_>>()?,
    })
}

fn reference(id: ObjectId, objects: &Objects) -> Option<ObjectRef> {
    objects.header(id).map(|header| ObjectRef {
        api_version: header.api_version.to_string(),
        kind: header.kind.to_string(),
        namespace: header.namespace.to_string(),
        name: header.name.to_string(),
    })
}
