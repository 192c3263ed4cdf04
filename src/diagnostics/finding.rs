//! A finding as a rule makes it: it speaks of objects and field paths, never of byte offsets.

use crate::mesh::Evidence;
use crate::model::ObjectId;
use crate::yaml::FieldPath;

use super::code::{Code, Severity};
use super::fix::{Fix, FixEdit};
use super::suppress::Suppressed;

/// A range of bytes in a source of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextSpan {
    /// The number of the source.
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What the place has to do with it.
    pub message: String,
    /// The object.
    pub object: ObjectId,
    /// The field in it.
    pub path: FieldPath,
}

/// What a rule found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong, naming the thing.
    pub message: String,
    /// The smallest change that mends it.
    pub help: Option<String>,
    /// The object that it hangs on; `None` for a file that could not be read as objects.
    pub object: Option<ObjectId>,
    /// The field, such as `spec/http[0]/route[1]/weight`; empty for the object as a whole.
    pub path: FieldPath,
    /// The field to underline where it is not `path` (paths that upstream made up).
    pub points_at: Option<FieldPath>,
    /// The bytes to underline where they are known already.
    pub span: Option<TextSpan>,
    /// Other places.
    pub related: Vec<Related>,
    /// What mends it.
    pub fix: Option<Fix>,
    /// Why severity was lowered: what the input does not show.
    pub unproven: Option<String>,
    /// Codes of other rules that found the same and were merged into this one.
    pub aliases: Vec<Code>,
    /// How many findings it stands for that are not reported one by one; 0 for an ordinary one.
    pub truncated: usize,
    /// What took it away.
    pub suppressed: Option<Suppressed>,
}

impl Finding {
    /// A finding at `path` of `object`, with the severity of the rule book.
    pub fn new(
        code: Code,
        object: ObjectId,
        path: impl Into<FieldPath>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.rule().severity,
            message: message.into(),
            help: None,
            object: Some(object),
            path: path.into(),
            points_at: None,
            span: None,
            related: Vec::new(),
            fix: None,
            unproven: None,
            aliases: Vec::new(),
            truncated: 0,
            suppressed: None,
        }
    }

    /// Sets another severity than that of the rule book.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(
        mut self,
        object: ObjectId,
        path: impl Into<FieldPath>,
        message: impl Into<String>,
    ) -> Self {
        self.related.push(Related {
            message: message.into(),
            object,
            path: path.into(),
        });
        self
    }

    /// Underlines another field than the one the path names.
    #[must_use]
    pub fn points_at(mut self, path: impl Into<FieldPath>) -> Self {
        self.points_at = Some(path.into());
        self
    }

    /// Attaches a fix, if there is one.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The objects that it speaks of or would have changed.
    pub(super) fn objects(&self) -> impl Iterator<Item = ObjectId> {
        let related = self.related.iter().map(|related| related.object);
        let edited = self.fix.iter().flat_map(|fix| &fix.edits);
        self.object
            .into_iter()
            .chain(related)
            .chain(edited.map(FixEdit::object))
    }

    /// Lowers the finding to info when the input does not show the place where the missing thing
    /// would be.
    #[must_use]
    pub fn given(mut self, evidence: Evidence) -> Self {
        match evidence {
            Evidence::Shown => self,
            Evidence::NotShown(why) => {
                self.severity = Severity::Info;
                self.unproven = Some(why);
                self
            }
            Evidence::Unseen {
                why,
                source,
                is_slip,
            } => {
                let most = if is_slip {
                    Severity::Warning
                } else {
                    Severity::Info
                };
                self.severity = self.severity.min(most);
                self.unproven = Some(why);
                match source {
                    Some(source) => self.related(source, "", "may bring it along"),
                    None => self,
                }
            }
        }
    }
}

/// The findings of a check, in the order it made them.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.list.push(finding);
    }

    /// The findings.
    pub fn into_vec(self) -> Vec<Finding> {
        self.list
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.list.extend(findings);
    }
}
