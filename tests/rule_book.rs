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
//! A fence with `file=overlays/prod/kustomization.yaml` is a file of a tree: all of them up to the
//! next heading are written to a folder, which is checked as a whole. Such a block may be of any
//! language, and its comments assert what is found in that file. A `meshlint.yaml` of the tree counts.
//!
//! `RULE=KIA02 cargo test --test rule_book` checks some pages only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path};
use std::sync::LazyLock;

use meshlint::config::{self, Choice, Given, Governed};
use meshlint::diagnostics::{Code, Diagnostic, Report, Severity};
use meshlint::engine::{Options, check, check_text};
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

/// What is checked at once: a fenced YAML block, or a tree of blocks with file names.
struct Example<'a> {
    section: &'a str,
    options: Vec<&'a str>,
    blocks: Vec<Block<'a>>,
}

/// A fenced block.
struct Block<'a> {
    /// The path in the tree, with `/`; `None` for an example that is one file.
    file: Option<&'a str>,
    /// The line of the page that the text begins on.
    line: usize,
    text: String,
}

/// What a comment says.
#[derive(Debug)]
struct Assertion {
    /// From 1, in the block.
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
fn blocks_with_file_names_form_a_tree_up_to_the_next_heading() {
    let page = "## Bad\n\n```yaml file=a/kustomization.yaml closed-world\nresources: [b.yaml]\n```\n\n\
                ```yaml\nkind: Alone\n```\n\n```text file=a/notes.txt\n# error: [X]\n```\n\n\
                ### Another\n\n```yaml file=c.yaml\nkind: Other\n```\n\n## References\n\n\
                ```yaml file=d.yaml\n```\n";
    let shown: Vec<_> = examples(page, 10)
        .iter()
        .map(|example| {
            let blocks = example.blocks.iter();
            let files = blocks.map(|block| format!("{}@{}", block.file.unwrap_or("-"), block.line));
            format!(
                "{} {:?}",
                files.collect::<Vec<_>>().join(" "),
                example.options
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a/kustomization.yaml@13 a/notes.txt@21 [\"closed-world\"]",
            "-@17 []",
            "c.yaml@27 []"
        ]
    );
}

#[test]
fn findings_of_a_tree_are_asserted_in_their_files() {
    let page = "## Bad\n\n```yaml file=b.yaml\nkind: Service # error: [MESH0001]\n```\n\n\
                ```yaml file=a/b.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nkind: Pod # \
                error: [MESH0005]\n```\n";
    let code: Code = "MESH0005".parse().unwrap();
    let problems = example("page", code, &examples(page, 1)[0]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("page:4: not found: error[MESH0001]"),
        "{problems:?}"
    );
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
    let asserts = |e: &Example<'_>| {
        let mut all = e.blocks.iter().flat_map(|block| assertions(&block.text));
        all.any(|a| a.code == code.as_str())
    };
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

/// The examples of Bad, Good and More cases.
fn examples(body: &str, first_line: usize) -> Vec<Example<'_>> {
    let mut examples: Vec<Example<'_>> = Vec::new();
    let mut section = "";
    // The tree that the next block with a file name belongs to.
    let mut tree: Option<usize> = None;
    let mut open: Option<(Block<'_>, Vec<&str>)> = None;
    let mut in_other_fence = false;
    for (number, line) in (first_line..).zip(body.lines()) {
        if let Some((mut block, options)) = open.take() {
            if line.trim_end() != "```" {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some((block, options));
                continue;
            }
            let is_of_tree = block.file.is_some();
            if let Some(at) = tree.filter(|_| is_of_tree) {
                examples[at].options.extend(options);
                examples[at].blocks.push(block);
                continue;
            }
            tree = is_of_tree.then_some(examples.len()).or(tree);
            examples.push(Example {
                section,
                options,
                blocks: vec![block],
            });
        } else if let Some(info) = line.strip_prefix("```") {
            let mut words: Vec<&str> = info.split_whitespace().collect();
            let file = words.iter().find_map(|word| word.strip_prefix("file="));
            let is_test = matches!(section, "Bad" | "Good" | "More cases")
                && (file.is_some() || words.first() == Some(&"yaml"));
            if in_other_fence || !is_test {
                in_other_fence = !in_other_fence;
                continue;
            }
            words.retain(|word| !word.starts_with("file="));
            let options = words.into_iter().skip(1).collect();
            let block = Block {
                file,
                line: number + 1,
                text: String::new(),
            };
            open = Some((block, options));
        } else if line.starts_with('#') && !in_other_fence {
            tree = None;
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.trim();
            }
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
    let first = example.blocks[0].line;
    let (options, mut problems) = options(name, code, example);
    let Ok(report) = std::panic::catch_unwind(|| run(code, example, options)) else {
        problems.push(format!("{name}:{first}: the check panicked"));
        return problems;
    };
    let report = match report {
        Ok(report) => report,
        Err(why) => {
            problems.push(format!("{name}:{first}: {why}"));
            return problems;
        }
    };
    for block in &example.blocks {
        let mut asserted = assertions(&block.text);
        if example.section == "Good"
            && let Some(assertion) = asserted.first()
        {
            let line = block.line + assertion.line - 1;
            problems.push(format!("{name}:{line}: a good example asserts nothing"));
        }
        let (mut found, others): (Vec<_>, Vec<_>) = report
            .findings
            .iter()
            .filter(|finding| is_in(finding, block, example, &report))
            .partition(|finding| matters(finding, code));
        for by_alias in [false, true] {
            found.retain(|finding| {
                let answer = asserted.iter().position(|a| answers(finding, a, by_alias));
                answer.map(|at| asserted.remove(at)).is_none()
            });
        }
        // Infos of other rules need no assertion but may have one.
        asserted.retain(|a| !others.iter().any(|finding| answers(finding, a, true)));
        problems.extend(found.iter().map(|f| unexpected(name, block, f)));
        problems.extend(asserted.iter().map(|a| missing(name, block, a)));
    }
    problems
}

/// What the words of the fences ask for, and what is wrong with them.
fn options(name: &str, code: Code, example: &Example<'_>) -> (Options, Vec<String>) {
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
                "{name}:{}: {other:?} in the fence means nothing",
                example.blocks[0].line - 1
            )),
        }
    }
    (options, problems)
}

/// Checks an example: one text as it stands, a tree in a folder of its own.
fn run(code: Code, example: &Example<'_>, mut options: Options) -> Result<Report, String> {
    if let [
        Block {
            file: None, text, ..
        },
    ] = example.blocks.as_slice()
    {
        return Ok(check_text(&format!("{code}.yaml"), text, &options));
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    // The folder is a repository, so that nothing above it is looked at.
    fs::create_dir(folder.path().join(".git")).map_err(|error| error.to_string())?;
    let mut written = BTreeSet::new();
    for block in &example.blocks {
        let file = block.file.unwrap_or_default();
        if !is_below(file) || !written.insert(file) {
            return Err(format!("{file:?} is no new path below the folder"));
        }
        let path = folder.path().join(file);
        let parent = path.parent().unwrap_or(folder.path());
        fs::create_dir_all(parent).map_err(|error| format!("{file}: {error}"))?;
        fs::write(&path, &block.text).map_err(|error| format!("{file}: {error}"))?;
    }
    options.paths = vec![folder.path().to_owned()];
    let governed =
        Governed::of(&Choice::Nearest, &options.paths).map_err(|error| error.to_string())?;
    let given = Given {
        select: !options.select.is_empty(),
        istio_version: true,
        profile: false,
    };
    config::apply(&governed, given, &mut options).map_err(|error| error.to_string())?;
    check(&options).map_err(|error| error.to_string())
}

/// Whether a path stays below the folder that it is relative to.
fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a finding is in the block's file. What has no place is in the first.
fn is_in(finding: &Diagnostic, block: &Block<'_>, example: &Example<'_>, report: &Report) -> bool {
    let Some(location) = finding.location else {
        return example.blocks.first().map(|first| first.line) == Some(block.line);
    };
    let Some(file) = block.file else { return true };
    let path = &report.files[location.file as usize].path;
    path.replace('\\', "/").ends_with(&format!("/{file}"))
        && !example.blocks.iter().any(|other| {
            // `a/b.yaml` is not the `b.yaml` that stands at the top.
            other.file.is_some_and(|longer| {
                longer.len() > file.len()
                    && longer.ends_with(&format!("/{file}"))
                    && path.replace('\\', "/").ends_with(&format!("/{longer}"))
            })
        })
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

fn unexpected(name: &str, block: &Block<'_>, finding: &Diagnostic) -> String {
    let line = finding
        .location
        .map(|location| location.start.line as usize);
    let place = match line {
        Some(line) => format!("{name}:{}", block.line + line - 1),
        None => format!("{name}:{} (no place)", block.line),
    };
    let mut text = format!(
        "{place}: not asserted: {}[{}] {} (at {})",
        finding.severity, finding.rule.code, finding.message, finding.path
    );
    if let Some(source) = line.and_then(|line| block.text.lines().nth(line - 1)) {
        let _ = write!(text, "\n    {}", source.trim());
    }
    text
}

fn missing(name: &str, block: &Block<'_>, assertion: &Assertion) -> String {
    let Assertion {
        line,
        severity,
        code,
    } = assertion;
    let place = block.line + line - 1;
    let source = block.text.lines().nth(line - 1).unwrap_or_default();
    format!(
        "{name}:{place}: not found: {severity}[{code}]\n    {}",
        source.trim()
    )
}
