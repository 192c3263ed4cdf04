//! How admission validation speaks: the list of errors and warnings of one object, which becomes its
//! findings of IST0106 and IST0133.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings, Related, Severity};
use crate::mesh::Quirks;
use crate::model::ObjectId;
use crate::yaml::{FieldPath, Trail};

/// The places that a finding names beside its own where the same is found.
const SAME_PLACES: usize = 10;

/// An error or a warning of admission validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Whether the object is refused, or accepted with a warning.
    pub(crate) is_error: bool,
    /// The field.
    pub(crate) path: FieldPath,
    /// Upstream's text.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The field to underline where it is another one.
    pub(crate) points_at: Option<FieldPath>,
    /// Whether it holds for every object of the kind, whatever is in it.
    pub(crate) is_standing: bool,
}

impl Issue {
    /// Says what to do about it.
    pub(crate) fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }

    /// Says that it holds for every object of the kind: information, no warning.
    pub(crate) fn standing(&mut self) -> &mut Self {
        self.is_standing = true;
        self
    }

    /// Underlines another field than the one the path names.
    pub(crate) fn points_at(&mut self, path: impl Into<FieldPath>) {
        self.points_at = Some(path.into());
    }
}

/// What validation of one object found, in upstream's order.
#[derive(Debug, Default)]
pub(crate) struct Issues {
    /// Which of upstream's quirks are reproduced.
    pub(crate) quirks: Quirks,
    list: Vec<Issue>,
}

impl Issues {
    /// No issues yet.
    pub(crate) fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            ..Self::default()
        }
    }

    /// The object is refused.
    pub(crate) fn error(
        &mut self,
        path: impl Into<FieldPath>,
        message: impl Into<String>,
    ) -> &mut Issue {
        self.push(true, path.into(), message.into())
    }

    /// The object is accepted with a warning.
    pub(crate) fn warn(
        &mut self,
        path: impl Into<FieldPath>,
        message: impl Into<String>,
    ) -> &mut Issue {
        self.push(false, path.into(), message.into())
    }

    /// An error for the text of a failed check.
    pub(crate) fn check<E: Into<String>>(&mut self, path: &Trail<'_>, result: Result<(), E>) {
        if let Err(message) = result {
            self.error(path, message);
        }
    }

    /// As [`Issues::check`], with `prefix` before the text.
    pub(crate) fn check_as<E: fmt::Display>(
        &mut self,
        path: &Trail<'_>,
        prefix: &str,
        result: Result<(), E>,
    ) {
        if let Err(message) = result {
            self.error(path, format!("{prefix}{message}"));
        }
    }

    /// How many there are; see [`Issues::prefix_errors`].
    pub(crate) const fn mark(&self) -> usize {
        self.list.len()
    }

    /// Puts `prefix` before the text of every error since `mark`.
    pub(crate) fn prefix_errors(&mut self, mark: usize, prefix: &str) {
        for issue in self.list.iter_mut().skip(mark).filter(|i| i.is_error) {
            issue.message.insert_str(0, prefix);
        }
    }

    /// Forgets everything since `mark`.
    pub(crate) fn truncate(&mut self, mark: usize) {
        self.list.truncate(mark);
    }

    /// The text of the first error.
    pub(crate) fn first_error(&self) -> Option<&str> {
        let mut errors = self.list.iter().filter(|issue| issue.is_error);
        errors.next().map(|issue| issue.message.as_str())
    }

    /// Forgets the warnings since `mark`, where upstream loses them.
    pub(crate) fn lose_warnings(&mut self, mark: usize) {
        if self.quirks.validation_loses_warnings {
            let mut index = 0;
            self.list.retain(|issue| {
                index += 1;
                index <= mark || issue.is_error
            });
        }
    }

    /// Everything found so far.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Issue> {
        self.list.iter()
    }

    /// Everything found so far, to be changed.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Issue> {
        self.list.iter_mut()
    }

    /// Forgets what does not pass a test.
    pub(crate) fn retain(&mut self, test: impl FnMut(&Issue) -> bool) {
        self.list.retain(test);
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Makes findings: errors first, and of equal texts one, which names the other places.
    pub(crate) fn report(self, object: ObjectId, findings: &mut Findings) {
        let (errors, warnings): (Vec<_>, Vec<_>) =
            self.list.into_iter().partition(|issue| issue.is_error);
        for (code, issues) in [(Code::IST0106, errors), (Code::IST0133, warnings)] {
            let mut made: Vec<Finding> = Vec::new();
            let mut of_message: FxHashMap<String, usize> = FxHashMap::default();
            for issue in issues {
                let first = of_message.get(&issue.message).copied();
                let Some(first) = first.and_then(|index| made.get_mut(index)) else {
                    of_message.insert(issue.message.clone(), made.len());
                    let mut finding = Finding::new(code, object, issue.path, issue.message);
                    finding.help = issue.help;
                    finding.points_at = issue.points_at;
                    if issue.is_standing && !self.quirks.standing_remarks_are_warnings {
                        finding.severity = Severity::Info;
                    }
                    made.push(finding);
                    continue;
                };
                if first.path != issue.path && first.related.len() < SAME_PLACES {
                    first.related.push(Related {
                        object,
                        path: issue.path,
                        message: "the same is found here".to_owned(),
                    });
                }
            }
            for finding in made {
                findings.push(finding);
            }
        }
    }

    fn push(&mut self, is_error: bool, path: FieldPath, message: String) -> &mut Issue {
        self.list.push(Issue {
            is_error,
            path,
            message,
            help: None,
            points_at: None,
            is_standing: false,
        });
        self.list
            .last_mut()
            .unwrap_or_else(|| unreachable!("an issue was just added"))
    }
}
