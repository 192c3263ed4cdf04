//! Every fix mends its finding and changes nothing else: it is applied, the text is checked again,
//! and what another YAML reader reads of both is compared.
//!
//! The inputs are the examples of the rule book, the test meshes and the conformance cases, each as it is, with line ends
//! of Windows, and without the last line break; then names that look like something else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use meshlint::diagnostics::{Applicability, Diagnostic, LocatedEdit, LocatedFix};
use meshlint::engine::{Options, check_text};
use meshlint::yaml::edit::EditKind;
use proptest::prelude::*;
use rayon::prelude::*;
use serde_yaml::Value;

#[test]
fn every_fix_of_the_rule_book_and_the_test_meshes_mends_its_finding_alone() {
    let results: Vec<(Vec<&str>, Vec<String>)> = inputs()
        .par_iter()
        .map(|(name, text, options)| {
            let crlf = text.replace('\n', "\r\n");
            let (mut codes, mut failures) = (Vec::new(), Vec::new());
            for text in [text.as_str(), &crlf, text.trim_end()] {
                let (fixed, failed) = check_all(name, text, options);
                codes.extend(fixed);
                failures.extend(failed);
            }
            (codes, failures)
        })
        .collect();
    let (codes, failures): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let codes: BTreeSet<&str> = codes.into_iter().flatten().collect();
    let fixed = [
        "KIA0005", "KIA0101", "KIA0102", "KIA0108", "KIA1101", "KIA1102", "KIA1104", "KIA1108",
        "MESH0002", "MESH0004",
    ];
    for code in fixed {
        assert!(codes.contains(code), "no fix of {code} was seen");
    }
}

/// The codes whose fixes were applied, and what was wrong with them.
fn check_all(name: &str, text: &str, options: &Options) -> (Vec<&'static str>, Vec<String>) {
    let report = check_text(name, text, options);
    let (mut codes, mut failures) = (Vec::new(), Vec::new());
    for finding in &report.findings {
        let Some(fix) = &finding.fix else { continue };
        codes.push(finding.rule.code);
        if let Err(why) = judge(name, text, finding, fix, options) {
            let code = finding.rule.code;
            failures.push(format!("{name}: {code} at {}: {why}", finding.path));
        }
    }
    (codes, failures)
}

/// Says what is wrong with a fix.
fn judge(
    name: &str,
    text: &str,
    finding: &Diagnostic,
    fix: &LocatedFix,
    options: &Options,
) -> Result<(), String> {
    let after = apply(text, &fix.edits);
    let (old, new) = (documents(text), documents(&after));
    let added = fix.edits.iter().filter(|e| e.kind == EditKind::NewDocument);
    let added = added.count();
    if new.len() != old.len() + added {
        return Err(format!("{} documents become {}", old.len(), new.len()));
    }
    let changed: usize = old.iter().zip(&new).map(|(a, b)| differences(a, b)).sum();
    let most = fix.edits.len() - added;
    if changed > most {
        return Err(format!("{most} edits change {changed} values:\n{after}"));
    }
    // Comments that suppress nothing are what the fix of this one takes away.
    let is_about_comments = finding.rule.code == "MESH0302";
    if comments(text) != comments(&after)
        && fix.applicability == Applicability::Safe
        && !is_about_comments
    {
        return Err(format!("a comment is lost:\n{after}"));
    }
    if text.matches("\r\n").count() == text.matches('\n').count()
        && after.matches("\r\n").count() != after.matches('\n').count()
    {
        return Err("the line ends are mixed".to_owned());
    }
    let again = check_text(name, &after, options);
    let is_it = |other: &&Diagnostic| {
        other.rule.code == finding.rule.code
            && other.object == finding.object
            && other.path == finding.path
            && other.message == finding.message
    };
    match again.findings.iter().find(is_it) {
        Some(_) => Err(format!("it is still found after the fix:\n{after}")),
        None => Ok(()),
    }
}

fn apply(text: &str, edits: &[LocatedEdit]) -> String {
    let mut edits: Vec<&LocatedEdit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.location.start.offset));
    let mut text = text.to_owned();
    for edit in edits {
        let (start, end) = (edit.location.start.offset, edit.location.end.offset);
        text.replace_range(start as usize..end as usize, &edit.replacement);
    }
    text
}

/// The documents as another reader reads them; those that it refuses as their text.
fn documents(text: &str) -> Vec<Value> {
    let text = text.replace("\r\n", "\n");
    let documents = text.split("\n---").map(|document| {
        let document = document.strip_prefix("---").unwrap_or(document);
        serde_yaml::from_str(document).unwrap_or_else(|_| Value::String(document.to_owned()))
    });
    documents.collect()
}

/// How many values differ; an entry under another key counts once.
fn differences(a: &Value, b: &Value) -> usize {
    match (a, b) {
        (Value::Mapping(a), Value::Mapping(b)) => {
            let common = a
                .iter()
                .filter_map(|(key, value)| Some((value, b.get(key)?)));
            let alone = |own: &serde_yaml::Mapping, other: &serde_yaml::Mapping| {
                own.keys().filter(|key| !other.contains_key(key)).count()
            };
            let changed: usize = common.map(|(a, b)| differences(a, b)).sum();
            changed + alone(a, b).max(alone(b, a))
        }
        (Value::Sequence(a), Value::Sequence(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| differences(a, b)).sum()
        }
        _ => usize::from(a != b),
    }
}

fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.split_once('#'));
    lines.map(|(_, comment)| comment).collect()
}

/// The examples of the rule book, the test meshes, each as one text, and the conformance cases.
fn inputs() -> Vec<(String, String, Options)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = Vec::new();
    for folder in entries(&root.join("testdata")) {
        let mut files = Vec::new();
        walk(&folder, &mut files);
        let read = |file: &PathBuf| format!("---\n{}", std::fs::read_to_string(file).unwrap());
        let options = Options::default;
        if folder.ends_with("conformance") {
            let cases = files
                .iter()
                .map(|file| (file.display().to_string(), read(file)));
            inputs.extend(cases.map(|(name, text)| (name, text, options())));
        } else {
            let text = files.iter().map(read).collect();
            inputs.push((folder.display().to_string(), text, options()));
        }
    }
    for page in entries(&root.join("rules")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for (number, block) in text.split("\n```yaml").skip(1).enumerate() {
            let (words, block) = block.split_once('\n').unwrap();
            let example = block.split("\n```").next().unwrap();
            let options = Options {
                closed_world: words.contains("closed-world"),
                upstream: words.contains("upstream"),
                ..Options::default()
            };
            let name = format!("{}#{number}", page.display());
            inputs.push((name, format!("{example}\n"), options));
        }
    }
    inputs
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in &entries(path) {
            walk(entry, files);
        }
    } else if path
        .extension()
        .is_some_and(|extension| extension == "yaml")
    {
        files.push(path.to_owned());
    }
}

/// A route to a subset that is written as `written`, and a DestinationRule with the subset `name`.
fn route(written: &str, name: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: cart, namespace: shop}}
spec: {{host: cart, subsets: [{{name: {name:?}, labels: {{version: v1}}}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: cart, namespace: shop}}
spec:
  hosts: [cart]
  http:
  - route:
    # which one
    - destination:
        subset: {written} # this one
        host: cart
"
    )
}

proptest! {
    /// Whatever the right name looks like and however the wrong one is quoted, the name that is
    /// written is read as that name.
    #[test]
    fn names_that_look_like_something_else_stay_names(
        name in prop::sample::select(vec![
            "20251", "0755", "yes", "on", "null", "true", "1e10", "2024-01-01", "0x1f", "v1", "off",
        ]),
        style in 0..4_usize,
    ) {
        let wrong = format!("{name}x");
        let written = match style {
            0 => wrong,
            1 => format!("{wrong:?}"),
            2 => format!("'{wrong}'"),
            _ => format!("|-\n          {wrong}"),
        };
        let text = route(&written, name);
        let report = check_text("route.yaml", &text, &Options::default());
        let found = report.findings.iter().find(|f| f.rule.code == "KIA1107");
        let found = found.expect("the subset is unknown");
        match &found.fix {
            None => prop_assert!(style == 3, "{text}"),
            Some(fix) => {
                prop_assert!(style < 3, "a block is not replaced");
                judge("route.yaml", &text, found, fix, &Options::default()).unwrap();
                let after = apply(&text, &fix.edits);
                prop_assert!(after.contains("# which one") && after.contains(" # this one"));
                prop_assert_eq!(after.contains('\''), style == 2);
            }
        }
    }
}
