//! Kinds of faults that are wrong to report, and their near misses, which are right: small meshes in
//! `testdata/truth`, each with what must be found and what must not.
//!
//! `expect.json` of a case: `must` (each entry is matched by a finding), `must_not` (no finding
//! matches an entry), `at_most` (no more than `n` findings match the rest of the entry),
//! `max_errors`. An entry names any of code (or a code that was merged into the finding), severity,
//! kind, namespace, name, path, and message, a regular expression; a list means one of. `args` holds
//! arguments, one a line. Cases are checked in a copy outside the repository, since the root of a
//! repository decides what its objects lead to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use regex::Regex;
use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn findings(case: &Path) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    copy(case, folder.path());
    let args = fs::read_to_string(case.join("args")).unwrap_or_default();
    let input = if case.join("files").exists() {
        "files"
    } else {
        "input.yaml"
    };
    let output = Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .args(["check", "--format", "json"])
        .args(args.lines())
        .arg(input)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    report["findings"].as_array().cloned().unwrap_or_default()
}

/// The texts that an entry may want for a key.
fn wanted(value: &Value) -> Vec<String> {
    let texts = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    match value.as_array() {
        Some(list) => list.iter().map(texts).collect(),
        None => vec![texts(value)],
    }
}

fn fits(finding: &Value, entry: &Value) -> bool {
    entry.as_object().unwrap().iter().all(|(key, value)| {
        let wanted = wanted(value);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match key.as_str() {
            "n" | "why" => true,
            "code" => {
                let merged = finding["aliases"].as_array().cloned().unwrap_or_default();
                let mut codes = merged.iter().chain([&finding["code"]]).map(text);
                codes.any(|code| wanted.contains(&code))
            }
            "message" => {
                let parts = ["message", "help", "unproven"].map(|key| text(&finding[key]));
                let all = parts.join(" ");
                wanted
                    .iter()
                    .any(|one| Regex::new(one).unwrap().is_match(&all))
            }
            "kind" | "namespace" | "name" => wanted.contains(&text(&finding["object"][key])),
            "file" => wanted.contains(&text(&finding["location"]["file"])),
            other => wanted.contains(&text(&finding[other])),
        }
    })
}

/// What is wrong with the findings of a case.
fn problems(case: &Path) -> Vec<String> {
    let expected = fs::read_to_string(case.join("expect.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let findings = findings(case);
    let list = |key: &str| expected[key].as_array().cloned().unwrap_or_default();
    let count = |entry: &Value| findings.iter().filter(|f| fits(f, entry)).count();
    let mut problems = Vec::new();
    for entry in list("must").iter().filter(|entry| count(entry) == 0) {
        problems.push(format!("missing: {entry}"));
    }
    for entry in list("must_not").iter().filter(|entry| count(entry) > 0) {
        problems.push(format!("unwanted: {entry}"));
    }
    for entry in list("at_most") {
        let most = usize::try_from(entry["n"].as_u64().unwrap()).unwrap();
        if count(&entry) > most {
            problems.push(format!("too many: {entry}"));
        }
    }
    let errors = findings.iter().filter(|f| f["severity"] == "error").count();
    if let Some(most) = expected["max_errors"].as_u64()
        && errors as u64 > most
    {
        problems.push(format!("{errors} errors"));
    }
    problems
}

#[test]
fn what_is_reported_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/truth");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expect.json").exists())
        .collect();
    cases.sort();
    assert!(cases.len() > 100, "the cases are not here");
    let failed: Vec<String> = cases
        .par_iter()
        .map(|case| (case, problems(case)))
        .filter(|(_, problems)| !problems.is_empty())
        .map(|(case, problems)| format!("{}: {}", case.display(), problems.join("; ")))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
