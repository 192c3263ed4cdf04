//! `.helmignore`.

use super::glob::shell;
use crate::yaml::Span;

/// The patterns of files that don't belong to a chart.
#[derive(Debug)]
pub(super) struct Rules {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    /// It leaves out what it does not match.
    negated: bool,
    folders_only: bool,
    /// It matches the path from the chart's folder, not the name alone.
    whole_path: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self {
            patterns: Vec::new(),
        };
        rules.add("templates/.?*");
        rules
    }
}

impl Rules {
    /// Reads the patterns, one a line; else what is wrong, and where.
    pub(super) fn parse(text: &str) -> Result<Self, (Span, String)> {
        let mut rules = Self::default();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let rule = line.trim();
            if rule.contains("**") && !rule.starts_with('#') {
                let begin = super::text::offset(start);
                let span = Span {
                    start: begin,
                    end: begin + super::text::offset(line.trim_end().len()),
                };
                return Err((
                    span,
                    "double-star (**) is not supported in .helmignore".to_owned(),
                ));
            }
            if !rule.is_empty() && !rule.starts_with('#') {
                rules.add(rule);
            }
            start += line.len();
        }
        Ok(rules)
    }

    fn add(&mut self, rule: &str) {
        let negated = rule.starts_with('!');
        let rule = rule.strip_prefix('!').unwrap_or(rule);
        let folders_only = rule.ends_with('/');
        let rule = rule.strip_suffix('/').unwrap_or(rule);
        let whole_path = rule.contains('/');
        self.patterns.push(Pattern {
            text: rule.strip_prefix('/').unwrap_or(rule).to_owned(),
            negated,
            folders_only,
            whole_path,
        });
    }

    /// Whether a path from the chart's folder is left out.
    pub(super) fn ignore(&self, path: &str, is_folder: bool) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        self.patterns.iter().any(|pattern| {
            if pattern.folders_only && !is_folder {
                return pattern.negated;
            }
            let subject = if pattern.whole_path { path } else { name };
            shell(&pattern.text, subject) != pattern.negated
        })
    }
}
