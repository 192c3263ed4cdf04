//! Matches of texts: by prefix, by regular expression.

use crate::model::Str;
use crate::model::networking::StringMatch;

use super::issues::Issues;
use super::re2;
use super::text::{is_placeholder, quote};
use crate::yaml::Trail;

/// Checks a match; `at` is upstream's word for the place.
pub(crate) fn string_match(value: &StringMatch, at: &str, path: &Trail<'_>, issues: &mut Issues) {
    if value.prefix.as_ref().is_some_and(Str::is_empty) {
        issues
            .error(
                &path.field("prefix"),
                format!("{}: prefix string match should not be empty", quote(at)),
            )
            .help("to match any value, write regex: \".*\"");
    }
    regex_only(value, at, path, issues);
}

/// Checks the regular expression of a match, if it is one.
pub(crate) fn regex_only(value: &StringMatch, at: &str, path: &Trail<'_>, issues: &mut Issues) {
    if let Some(expression) = &value.regex {
        let result = regex(expression, at);
        if let Some(issue) = issues.check_value(&path.field("regex"), expression, result)
            && expression.contains("(?")
        {
            issue.help("RE2 knows no lookahead and no lookbehind; use another match instead");
        }
    }
}

/// Checks a regular expression as `at` asks for it.
pub(crate) fn regex(expression: &str, at: &str) -> Result<(), String> {
    let why = if is_placeholder(expression) {
        return Ok(());
    } else if expression.is_empty() {
        "regex string match should not be empty".to_owned()
    } else if expression.len() > 1024 {
        "regex is too large, max length allowed is 1024".to_owned()
    } else if let Err(why) = re2::check(expression) {
        format!(
            "{why}; Istio uses RE2 style regex-based match \
             (https://github.com/google/re2/wiki/Syntax)"
        )
    } else {
        return Ok(());
    };
    Err(format!("{}: {why}", quote(at)))
}
