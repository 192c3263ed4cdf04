//! The rule book is the first test of every rule: the YAML examples of a page are checked, and what
//! is found must be what their comments say.
//!
//! A comment `# error: [KIA0206]` at the end of a line asserts a finding that starts on that line
//! (`warning` and `info` likewise; several codes in the brackets, or several brackets). Each
//! assertion needs a finding of its own, and each finding of severity error or warning, or of the
//! page's own code, needs an assertion. A finding also answers to the codes that were merged into
//! it. Words after `yaml` in the fence set options: `closed-world`, `upstream`, and `select` for
//! rules that are off by default.
//!
//! `RULE=KIA02 cargo test --test rule_book` checks some pages only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use meshlint::diagnostics::{Code, Diagnostic, Severity};
use meshlint::engine::{Options, check_text};
use rayon::prelude::*;
use regex::Regex;

/// The sections of a page, in their order, and whether a page must have them.
const SECTIONS: [(&str, bool); 8] = [
    ("What it checks", true),
    ("Why it matters", true),
    ("Bad", true),
    ("Good", true),
    ("How to fix", true),
    ("More cases", false),
    ("Differences from upstream", false),
    ("References", true),
];

/// `error: [KIA0206] [KIA0207, KIA0208]`.
static ASSERTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(error|warning|info): ((?:\[[^\]]*\]\s*)+)").unwrap());
/// The comment of a line that holds assertions.
static COMMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)#\s*((?:error|warning|info): \[.*)$").unwrap());
static KEBAB_CASE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$").unwrap());

/// A fenced YAML block.
struct Example<'a> {
    section: &'a str,
    options: Vec<&'a str>,
    /// The line of the page that the text begins on.
    line: usize,
    text: String,
}

/// What a comment says.
#[derive(Debug)]
struct Assertion {
    /// From 1, in the example.
    line: usize,
    severity: &'static str,
    code: String,
}

#[test]
fn every_page_tells_the_truth() {
    let wanted = std::env::var("RULE").unwrap_or_default().to_uppercase();
    let codes: Vec<_> = Code::all()
        .filter(|code| code.as_str().starts_with(&wanted))
        .collect();
    assert!(!codes.is_empty(), "no page begins with {wanted:?}");
    let problems: Vec<_> = codes.par_iter().flat_map_iter(|code| page(*code)).collect();
    assert!(
        problems.is_empty(),
        "{} in the rule book:\n\n{}\n",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn names_are_unique_and_in_kebab_case() {
    let mut names = BTreeSet::new();
    for code in Code::all() {
        let rule = code.rule();
        assert!(
            KEBAB_CASE.is_match(rule.name),
            "{code}: name {:?}",
            rule.name
        );
        assert!(names.insert(rule.name), "{code}: a second {:?}", rule.name);
        assert!(
            !rule.message.is_empty() && !rule.message.ends_with('.'),
            "{code}: message {:?}",
            rule.message
        );
    }
}

#[test]
fn assertions_are_read_from_the_ends_of_lines() {
    let text = "a: 1 # error: [KIA0206, KIA0207] [MESH0001]\nb: '# no' # the reason\n\
                c: # because # warning: [IST0101] info: [KIA0001]\n# info: [KIA0002]\n";
    let read: Vec<_> = assertions(text)
        .into_iter()
        .map(|a| format!("{} {} {}", a.line, a.severity, a.code))
        .collect();
    assert_eq!(
        read,
        [
            "1 error KIA0206",
            "1 error KIA0207",
            "1 error MESH0001",
            "3 warning IST0101",
            "3 info KIA0001",
            "4 info KIA0002"
        ]
    );
}

/// What is wrong with a page, one line or more each.
fn page(code: Code) -> Vec<String> {
    let rule = code.rule();
    let name = format!("rules/{code}.md");
    let body_line = rule.page.len() - rule.body().len();
    let body_line = rule.page[..body_line].matches('\n').count() + 1;
    let mut problems = sections(&name, rule.body());
    let examples = examples(rule.body(), body_line);

    let mut bad = examples.iter().filter(|e| e.section == "Bad").peekable();
    // What cannot be written as YAML, such as a binary file, is shown as text and not tested here.
    let shown = bad.peek().is_some() || rule.body().contains("## Bad\n\n```text\n");
    let asserts = |e: &Example<'_>| assertions(&e.text).iter().any(|a| a.code == code.as_str());
    if !shown || bad.peek().is_some() && !bad.any(asserts) {
        problems.push(format!("{name}: no example of Bad asserts {code}"));
    }
    if !examples.iter().any(|example| example.section == "Good") {
        problems.push(format!("{name}: no example of Good"));
    }
    for example in &examples {
        problems.extend(self::example(&name, code, example));
    }
    problems
}

/// Headings that are missing, unknown or out of order.
fn sections(name: &str, body: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut headings = Vec::new();
    let mut fenced = false;
    for line in body.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if let Some(heading) = line.strip_prefix("## ").filter(|_| !fenced) {
            headings.push(heading.trim());
        }
    }
    for heading in &headings {
        if !SECTIONS.iter().any(|(known, _)| known == heading) {
            problems.push(format!("{name}: a section {heading:?} is not foreseen"));
        }
    }
    for (section, required) in SECTIONS {
        if required && !headings.contains(&section) {
            problems.push(format!("{name}: section {section:?} is missing"));
        }
    }
    problems
}

/// The YAML examples of Bad, Good and More cases.
fn examples(body: &str, first_line: usize) -> Vec<Example<'_>> {
    let mut examples = Vec::new();
    let mut section = "";
    let mut open: Option<Example<'_>> = None;
    let mut in_other_fence = false;
    for (number, line) in (first_line..).zip(body.lines()) {
        if let Some(mut example) = open.take() {
            if line.trim_end() == "```" {
                examples.push(example);
            } else {
                example.text.push_str(line);
                example.text.push('\n');
                open = Some(example);
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let mut words = info.split_whitespace();
            let is_test = matches!(section, "Bad" | "Good" | "More cases");
            if !in_other_fence && words.next() == Some("yaml") && is_test {
                open = Some(Example {
                    section,
                    options: words.collect(),
                    line: number + 1,
                    text: String::new(),
                });
            } else {
                in_other_fence = !in_other_fence;
            }
        } else if let Some(heading) = line.strip_prefix("## ").filter(|_| !in_other_fence) {
            section = heading.trim();
        }
    }
    examples
}

fn assertions(text: &str) -> Vec<Assertion> {
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let Some(comment) = COMMENT.captures(content) else {
            continue;
        };
        for assertion in ASSERTION.captures_iter(&comment[1]) {
            let severity = match &assertion[1] {
                "error" => "error",
                "warning" => "warning",
                _ => "info",
            };
            let codes = assertion[2].split(['[', ']', ',']).map(str::trim);
            found.extend(codes.filter(|code| !code.is_empty()).map(|code| Assertion {
                line,
                severity,
                code: code.to_owned(),
            }));
        }
    }
    found
}

/// What is wrong with an example.
fn example(name: &str, code: Code, example: &Example<'_>) -> Vec<String> {
    let mut options = Options::default();
    let mut problems = Vec::new();
    for word in &example.options {
        match *word {
            "closed-world" => options.closed_world = true,
            "upstream" => {
                options.upstream = true;
                options.closed_world = true;
            }
            "select" => options.select = vec![code],
            other => problems.push(format!(
                "{name}:{}: {other:?} after yaml means nothing",
                example.line - 1
            )),
        }
    }
    let checked =
        std::panic::catch_unwind(|| check_text(&format!("{code}.yaml"), &example.text, &options));
    let Ok(report) = checked else {
        problems.push(format!("{name}:{}: the check panicked", example.line));
        return problems;
    };

    let mut asserted = assertions(&example.text);
    if example.section == "Good"
        && let Some(assertion) = asserted.first()
    {
        let line = example.line + assertion.line - 1;
        problems.push(format!("{name}:{line}: a good example asserts nothing"));
    }
    let (mut found, others): (Vec<_>, Vec<_>) = report
        .findings
        .iter()
        .partition(|finding| matters(finding, code));
    for by_alias in [false, true] {
        found.retain(|finding| {
            let answer = asserted.iter().position(|a| answers(finding, a, by_alias));
            answer.map(|at| asserted.remove(at)).is_none()
        });
    }
    // Infos of other rules need no assertion but may have one.
    asserted.retain(|a| !others.iter().any(|finding| answers(finding, a, true)));
    problems.extend(found.iter().map(|f| unexpected(name, example, f)));
    problems.extend(asserted.iter().map(|a| missing(name, example, a)));
    problems
}

/// Whether a finding needs an assertion.
fn matters(finding: &Diagnostic, own: Code) -> bool {
    finding.severity != Severity::Info
        || finding.rule.code == own.as_str()
        || finding.aliases.contains(&own.as_str())
}

fn answers(finding: &Diagnostic, assertion: &Assertion, by_alias: bool) -> bool {
    let line = finding
        .location
        .map(|location| location.start.line as usize);
    let code = assertion.code.as_str();
    line == Some(assertion.line)
        && finding.severity.as_str() == assertion.severity
        && (finding.rule.code == code || by_alias && finding.aliases.contains(&code))
}

fn unexpected(name: &str, example: &Example<'_>, finding: &Diagnostic) -> String {
    let line = finding
        .location
        .map(|location| location.start.line as usize);
    let place = match line {
        Some(line) => format!("{name}:{}", example.line + line - 1),
        None => format!("{name}:{} (no place)", example.line),
    };
    let mut text = format!(
        "{place}: not asserted: {}[{}] {} (at {:?})",
        finding.severity, finding.rule.code, finding.message, finding.path
    );
    if let Some(source) = line.and_then(|line| example.text.lines().nth(line - 1)) {
        let _ = write!(text, "\n    {}", source.trim());
    }
    text
}

fn missing(name: &str, example: &Example<'_>, assertion: &Assertion) -> String {
    let Assertion {
        line,
        severity,
        code,
    } = assertion;
    let place = example.line + line - 1;
    let source = example.text.lines().nth(line - 1).unwrap_or_default();
    format!(
        "{name}:{place}: not found: {severity}[{code}]\n    {}",
        source.trim()
    )
}
