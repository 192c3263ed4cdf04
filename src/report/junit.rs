//! JUnit XML as GitLab, Jenkins and others read it: one suite a file, one failing case an error or
//! warning, one passing case for a file without.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Diagnostic, Report, Severity};

use super::text::one_line;
use super::{Base, compact};

/// The findings of one file.
#[derive(Default)]
struct Suite<'a> {
    failing: Vec<&'a Diagnostic>,
    infos: Vec<&'a Diagnostic>,
}

/// Writes the document. Without times, so that the same input gives the same bytes.
pub fn write(report: &Report, out: &mut dyn io::Write, base: &Base) -> io::Result<()> {
    let mut suites: BTreeMap<String, Suite<'_>> = BTreeMap::new();
    for path in &report.read {
        suites.entry(base.relative(path)).or_default();
    }
    for finding in &report.findings {
        let file = finding
            .location
            .and_then(|l| report.files.get(l.file as usize));
        let name = file.map_or_else(|| "meshlint".to_owned(), |file| base.relative(&file.path));
        let suite = suites.entry(name).or_default();
        match finding.severity {
            Severity::Info => suite.infos.push(finding),
            _ => suite.failing.push(finding),
        }
    }
    let tests: usize = suites
        .values()
        .map(|suite| suite.failing.len().max(1))
        .sum();
    let failures: usize = suites.values().map(|suite| suite.failing.len()).sum();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"meshlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    )?;
    for (name, suite) in &suites {
        out.write_all(written(report, name, suite).as_bytes())?;
    }
    writeln!(out, "</testsuites>")
}

fn written(report: &Report, file: &str, suite: &Suite<'_>) -> String {
    let failures = suite.failing.len();
    let name = escaped(file);
    let class = escaped(
        file.strip_suffix(".yaml")
            .or(file.strip_suffix(".yml"))
            .unwrap_or(file),
    );
    let mut text = format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" \
         skipped=\"0\">\n",
        failures.max(1)
    );
    if failures == 0 {
        let _ = writeln!(
            text,
            "    <testcase name=\"no errors or warnings\" classname=\"{class}\" file=\"{name}\"/>"
        );
    }
    // Of cases with the same name GitLab shows one.
    let mut names: FxHashMap<String, u32> = FxHashMap::default();
    for finding in &suite.failing {
        let mut case = case_name(finding);
        let count = names.entry(case.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            let _ = write!(case, " ({count})");
        }
        let line = finding.location.map_or(1, |location| location.start.line);
        let mut details = compact::line(report, finding);
        if let Some(reason) = &finding.unproven {
            let _ = write!(details, "\nnot proven: {reason}");
        }
        if let Some(help) = &finding.help {
            let _ = write!(details, "\nhelp: {help}");
        }
        let _ = writeln!(
            text,
            "    <testcase name=\"{}\" classname=\"{class}\" file=\"{name}\" line=\"{line}\">\n      \
             <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
            escaped(&case),
            escaped(&one_line(&finding.message)),
            finding.severity,
            escaped(&details),
        );
    }
    if !suite.infos.is_empty() {
        text.push_str("    <system-out>");
        for finding in &suite.infos {
            text.push_str(&escaped(&compact::line(report, finding)));
            text.push('\n');
        }
        text.push_str("</system-out>\n");
    }
    text.push_str("  </testsuite>\n");
    text
}

/// `KIA1107 VirtualService shop/cart 14:17`.
fn case_name(finding: &Diagnostic) -> String {
    let mut name = finding.rule.code.to_owned();
    if let Some(object) = &finding.object {
        let _ = write!(name, " {}", one_line(&object.to_string()));
    }
    if let Some(location) = finding.location {
        let start = location.start;
        let _ = write!(name, " {}:{}", start.line, start.column);
    }
    name
}

/// Text for XML 1.0, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_an_element_or_attribute() {
        assert_eq!(
            escaped("a\"<b>&]]>\u{1b}\u{0}\n"),
            "a&quot;&lt;b&gt;&amp;]]&gt;\u{fffd}\u{fffd}\n"
        );
    }
}
