//! What the configuration makes of findings at some objects, or in some files.

use globset::GlobSet;

use super::code::{Code, Severity};
use super::report::Diagnostic;
use super::suppress::glob;

/// The severity that the configuration gives a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// This one.
    Severity(Severity),
    /// Its findings are not reported.
    Off,
}

/// Severities for findings at some objects, in some namespaces or files. All kinds of target that
/// are given must fit; of each, any one.
#[derive(Debug, Clone, Default)]
pub struct Override {
    /// Files and folders from the root of the repository, of which a finding must be in one; none
    /// for all.
    pub below: Vec<String>,
    /// Globs of paths from the root of the repository, with `prefix` before them.
    pub paths: Option<GlobSet>,
    /// What stands before a path from the root where globs count from a folder above it; empty, or
    /// ending in `/`.
    pub prefix: String,
    /// Patterns of namespaces.
    pub namespaces: Vec<String>,
    /// Patterns of objects as reports name them, `VirtualService shop/*`.
    pub objects: Vec<String>,
    /// Rules whose findings are not reported.
    pub ignore: Vec<Code>,
    /// Other severities.
    pub severity: Vec<(Code, Level)>,
    /// Where it stands, for a note if it never fits: `meshlint.yaml:12:3`.
    pub place: String,
}

/// What an override makes of a finding at `path`; `None` if it does not fit.
pub(super) fn applies(
    own: &Override,
    finding: &Diagnostic,
    code: Code,
    path: Option<&str>,
) -> Option<Level> {
    let is_meant = |other: &Code| *other == code || finding.aliases.contains(&other.as_str());
    let severity = own.severity.iter().rev().find(|(other, _)| is_meant(other));
    let level = match severity {
        _ if own.ignore.iter().any(is_meant) => Level::Off,
        Some((_, level)) => *level,
        None => return None,
    };
    fits(own, finding, path).then_some(level)
}

/// Whether the targets of an override fit a finding.
pub(super) fn fits(own: &Override, finding: &Diagnostic, path: Option<&str>) -> bool {
    let object = finding.object.as_ref();
    let by_path = own.paths.as_ref().is_none_or(|paths| {
        path.is_some_and(|path| paths.is_match(format!("{}{path}", own.prefix)))
    });
    let any = |patterns: &[String], text: &str| {
        patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, text))
    };
    let namespace = object.map(|object| object.namespace.as_str());
    let name = object.map(ToString::to_string);
    let is_below = |folder: &String| {
        folder.is_empty()
            || path
                .and_then(|path| path.strip_prefix(folder.as_str()))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    by_path
        && (own.below.is_empty() || own.below.iter().any(is_below))
        && (own.namespaces.is_empty() || any(&own.namespaces, namespace.unwrap_or_default()))
        && (own.objects.is_empty() || any(&own.objects, name.as_deref().unwrap_or_default()))
}
