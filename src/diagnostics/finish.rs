//! The last steps of the way, on located findings of all worlds together: what the configuration and
//! comments, the baseline and a revision to compare with make of them.

use super::baseline::Baseline;
use super::code::{Code, Severity};
use super::directives::{CommentRules, Commented, Directives};
use super::fingerprint::number;
use super::overrides::{Level, Override, applies};
use super::pipeline::{Filter, Outcome};
use super::report::{Diagnostic, ReportFile};
use super::suppress::SuppressedBy;
use crate::input::STDIN;

/// What is made of findings once they are located.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Other severities than those of the rule book.
    pub severity: Vec<(Code, Level)>,
    /// The same for some objects or files; the last that fits counts.
    pub overrides: Vec<Override>,
    /// What is asked of comments.
    pub comments: CommentRules,
    /// Findings that are known.
    pub baseline: Option<Baseline>,
    /// Comments, annotations, options and the baseline take nothing away.
    pub no_ignores: bool,
}

/// What the last steps need to know of the run.
pub struct Surroundings<'s> {
    /// The files with comments that speak to meshlint.
    pub commented: Vec<Commented<'s>>,
    /// The text of a file that was read, by its path.
    pub file: &'s dyn Fn(&str) -> Option<ReportFile>,
    /// A path of the report, from the root of the repository.
    pub from_root: &'s dyn Fn(&str) -> String,
    /// Whether an object, as its own manifest names it, or a file is part of what was looked at.
    pub is_looked_at: &'s dyn Fn(&str) -> bool,
}

/// Numbers the findings, applies the policy, and parts what is suppressed from what is reported.
pub fn finish(
    outcome: &mut Outcome,
    policy: &Policy,
    filter: &Filter,
    surroundings: Surroundings<'_>,
) {
    let mut findings = std::mem::take(&mut outcome.findings);
    number(findings.iter_mut(), surroundings.from_root);
    adjust(&mut findings, &outcome.files, policy, &surroundings);
    let count = findings.len();
    if !policy.no_ignores && !filter.upstream {
        let mut directives =
            Directives::read(surroundings.commented.iter().copied(), policy.comments);
        directives.apply(&mut findings, &outcome.files);
        let mut own = directives.findings(
            filter,
            policy.comments,
            &mut outcome.files,
            surroundings.file,
        );
        for finding in &mut own {
            let file = finding
                .location
                .and_then(|l| outcome.files.get(l.file as usize));
            if let Some(file) = file {
                let at = finding.location.map(|l| l.start.offset..l.end.offset);
                let value = at.and_then(|at| file.text.get(at.start as usize..at.end as usize));
                finding.fingerprint = super::Fingerprint::in_file(
                    &(surroundings.from_root)(&file.path),
                    value.unwrap_or_default(),
                );
            }
        }
        number(own.iter_mut(), str::to_owned);
        adjust(&mut own, &outcome.files, policy, &surroundings);
        findings.extend(own);
    }
    if let Some(baseline) = policy.baseline.as_ref().filter(|_| !policy.no_ignores) {
        let unused = baseline.apply(&mut findings);
        let mut own = baseline.unused(
            &unused,
            filter,
            &mut outcome.files,
            surroundings.is_looked_at,
        );
        number(own.iter_mut(), str::to_owned);
        adjust(&mut own, &outcome.files, policy, &surroundings);
        findings.extend(own);
    }
    if findings.len() > count {
        sort(&mut findings, &outcome.files);
    }
    for finding in findings {
        match &finding.suppressed {
            None => outcome.findings.push(finding),
            Some(suppressed) => {
                if suppressed.by == SuppressedBy::Baseline {
                    outcome.baselined += 1;
                } else {
                    outcome.suppressed += 1;
                }
                outcome.hidden.push(finding);
            }
        }
    }
}

/// Gives findings the severities of the policy, and drops those that it does not want.
fn adjust(
    findings: &mut Vec<Diagnostic>,
    files: &[ReportFile],
    policy: &Policy,
    surroundings: &Surroundings<'_>,
) {
    if policy.severity.is_empty() && policy.overrides.is_empty() {
        return;
    }
    findings.retain_mut(|finding| {
        let Ok(code) = finding.rule.code.parse::<Code>() else {
            return true;
        };
        let mut level: Option<Level> = None;
        for (own, severity) in &policy.severity {
            if *own == code {
                level = Some(*severity);
            }
        }
        let file = finding.location.and_then(|l| files.get(l.file as usize));
        let path = file.map(|file| (surroundings.from_root)(&file.path));
        for one in &policy.overrides {
            if let Some(own) = applies(one, finding, code, path.as_deref()) {
                level = Some(own);
            }
        }
        match level {
            None => true,
            Some(Level::Off) => false,
            Some(Level::Severity(severity)) => {
                // What the input does not prove stays an info.
                if finding.unproven.is_none() || severity < Severity::Warning {
                    finding.severity = severity;
                }
                true
            }
        }
    });
}

/// Puts findings in the order of the paths, standard input last, since files were added.
fn sort(findings: &mut [Diagnostic], files: &[ReportFile]) {
    findings.sort_by_cached_key(|finding| {
        let place = finding.location.map(|location| {
            let file = files.get(location.file as usize);
            let path = file.map(|file| file.path.clone()).unwrap_or_default();
            (path == STDIN, path, location.start.offset)
        });
        let message = finding.message.clone();
        (place, finding.rule.code, finding.path.clone(), message)
    });
}
