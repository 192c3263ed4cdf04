//! What a run hands to the output formats: findings with their places in the files, and the
//! summary of what was and wasn't checked.

use std::fmt;
use std::sync::Arc;

use super::code::{Code, Rule, Severity};
use super::fingerprint::Fingerprint;
use super::fix::Applicability;
use super::suppress::{Suppressed, Suppression};
use crate::render::What;
use crate::yaml::FieldPath;
use crate::yaml::edit::EditKind;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1 in Unicode scalar values.
    pub column: u32,
    /// Bytes from the beginning of the file.
    pub offset: u32,
}

/// A range of text in a file of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Index into [`Report::files`].
    pub file: u32,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// Which object a finding or a related place is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// Group and version as written.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// `DestinationRule travel-agency/default`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            namespace,
            name,
            ..
        } = self;
        if namespace.is_empty() {
            write!(f, "{kind} {name}")
        } else {
            write!(f, "{kind} {namespace}/{name}")
        }
    }
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone)]
pub struct RelatedPlace {
    /// What it has to do with the finding.
    pub message: String,
    /// The object.
    pub object: ObjectRef,
    /// The field.
    pub path: FieldPath,
    /// Where it stands.
    pub location: Option<Location>,
}

/// A place on the way to a rendered value.
#[derive(Debug, Clone)]
pub struct OriginStep {
    /// What stands there.
    pub what: What,
    /// What it did to the value, in words that follow "…, "; empty for the first place.
    pub note: &'static str,
    /// Where it stands.
    pub location: Location,
    /// The object that it is part of; `None` where the document is no object.
    pub object: Option<String>,
}

/// Edits of files that mend a finding, applied together or not at all. They do not overlap, and
/// leave everything else as it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedFix {
    /// What they do, as an order.
    pub description: String,
    /// Whether they may be applied unasked.
    pub applicability: Applicability,
    /// The edits, at least one.
    pub edits: Vec<LocatedEdit>,
}

/// An edit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedEdit {
    /// What it does.
    pub kind: EditKind,
    /// What goes; empty where text is only inserted.
    pub location: Location,
    /// What comes in its place, literally.
    pub replacement: String,
}

/// A finding with its place.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule.
    pub rule: &'static Rule,
    /// Codes that report the same problem: those merged into this finding.
    pub aliases: Vec<&'static str>,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Why it is only an info: what the input does not show.
    pub unproven: Option<String>,
    /// The object, unless a file could not be read as objects.
    pub object: Option<ObjectRef>,
    /// The field; the root for the object as a whole.
    pub path: FieldPath,
    /// The field that the location is that of, where it is another one: the path may be fixed by
    /// upstream, and the mistake stand elsewhere.
    pub points_at: Option<FieldPath>,
    /// Where it stands; of a rendered object, where that was written which one would edit.
    pub location: Option<Location>,
    /// How the value came to be, from there outwards; empty where the object stands in a file as
    /// it is.
    pub origin: Vec<OriginStep>,
    /// Other places.
    pub related: Vec<RelatedPlace>,
    /// What mends it.
    pub fix: Option<LocatedFix>,
    /// The worlds in which it holds; empty where there is one world.
    pub worlds: Vec<Arc<str>>,
    /// The worlds that are made from the same file and in which it does not hold.
    pub other_worlds: Vec<Arc<str>>,
    /// How many findings it stands for that are not reported one by one; 0 for an ordinary one.
    pub truncated: usize,
    /// What of it outlives edits elsewhere.
    pub fingerprint: Fingerprint,
    /// What took it away.
    pub suppressed: Option<Suppressed>,
    /// Of its related places the first that a change touched, where its own is untouched.
    pub changed: Option<usize>,
}

impl Diagnostic {
    /// A finding without an object, with the severity of the rule book.
    pub fn in_file(code: Code, message: String) -> Self {
        let rule = code.rule();
        Self {
            rule,
            aliases: rule.aliases.to_vec(),
            severity: rule.severity,
            message,
            help: None,
            unproven: None,
            object: None,
            path: FieldPath::default(),
            points_at: None,
            location: None,
            origin: Vec::new(),
            related: Vec::new(),
            fix: None,
            worlds: Vec::new(),
            other_worlds: Vec::new(),
            truncated: 0,
            fingerprint: Fingerprint::in_file("", ""),
            suppressed: None,
            changed: None,
        }
    }

    /// The finding as shown where changed lines alone show anything: a place that changed stands
    /// first, and its own untouched place among the related ones.
    pub fn led_by_change(&self) -> std::borrow::Cow<'_, Self> {
        let place = self.changed.and_then(|index| self.related.get(index));
        let (Some(place), Some(own)) = (place, self.location) else {
            return std::borrow::Cow::Borrowed(self);
        };
        let mut led = self.clone();
        led.location = place.location;
        if let Some(related) = self.changed.and_then(|index| led.related.get_mut(index)) {
            "this is what it breaks".clone_into(&mut related.message);
            related.location = Some(own);
        }
        std::borrow::Cow::Owned(led)
    }

    /// What suppresses the finding: the value of `--suppress`. `None` without an object.
    pub fn suppression(&self) -> Option<String> {
        let object = self.object.as_ref()?;
        Some(format!("{}={object}", self.rule.code))
    }
}

/// A file that findings speak of.
#[derive(Debug, Clone)]
pub struct ReportFile {
    /// The path as the user gave it; `<stdin>` for standard input.
    pub path: String,
    /// Its text without a byte order mark.
    pub text: Arc<str>,
    /// Whether the file begins with a byte order mark, which offsets in the file count.
    pub bom: bool,
}

/// Something that was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Why, in words that follow a number: "Helm templates", "kustomize patches", "objects of
    /// kinds that no rule reads".
    pub reason: String,
    /// How many.
    pub count: usize,
    /// Which.
    pub what: Vec<String>,
}

/// What a run looked at.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Files read as manifests.
    pub files: usize,
    /// Objects found in them.
    pub objects: usize,
    /// Known namespaces.
    pub namespaces: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings that an annotation or an option suppressed.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub baselined: usize,
    /// Findings that were mended.
    pub fixed: usize,
    /// What was not checked, by reason.
    pub skipped: Vec<Skipped>,
}

/// One of several worlds.
#[derive(Debug, Clone, Default)]
pub struct WorldSummary {
    /// Its name.
    pub name: String,
    /// Objects of it.
    pub objects: usize,
    /// Known namespaces of it.
    pub namespaces: usize,
    /// How many things of it can't be known.
    pub unknown: usize,
}

/// The result of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Findings in the order of file, position and code.
    pub findings: Vec<Diagnostic>,
    /// Findings that something took away, in the same order.
    pub hidden: Vec<Diagnostic>,
    /// What was looked at.
    pub summary: Summary,
    /// The files that locations speak of, and no others.
    pub files: Vec<ReportFile>,
    /// The paths of the files that were read as manifests, in their order.
    pub read: Vec<String>,
    /// The worlds, where there are several.
    pub worlds: Vec<WorldSummary>,
    /// Time of each check, when asked for: name, objects looked at, nanoseconds.
    pub timings: Vec<(&'static str, usize, u64)>,
    /// Files that the system would not let us read; the exit status is 2 then.
    pub unreadable: Vec<Unreadable>,
    /// What the user suppresses and no finding is.
    pub unused_suppressions: Vec<Suppression>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The path and the reason.
    pub message: String,
}
