//! The meshes of `testdata/`: what is found in each of them, and that nothing else is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::cargo::cargo_bin;

#[path = "../benches/support/mod.rs"]
mod support;

/// What the binary prints in the folder of the repository, 80 columns wide.
fn printed(arguments: &[&str]) -> String {
    let output = Process::new(cargo_bin("meshlint"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COLUMNS", "80")
        .env_remove("FORCE_HYPERLINK")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Compares with the snapshot of that name.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// File, line and code of each mistake that a comment of the mesh names: on the line of the comment
/// or, where the comment has a line of its own, on the next.
fn marked(folder: &Path) -> BTreeSet<(String, usize, String)> {
    let mut marks = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for (number, line) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
                let Some((before, mark)) = line.split_once("# KIA") else {
                    continue;
                };
                let digits = mark.get(..4).unwrap();
                let alone = before.trim().is_empty();
                let place = (
                    path.to_str().unwrap().to_owned(),
                    number + usize::from(alone),
                    format!("KIA{digits}"),
                );
                marks.insert(place);
            }
        }
    }
    marks
}

#[test]
fn each_of_thirty_mistakes_is_found_at_its_line_and_nothing_else() {
    let folder = "testdata/bookinfo-mistakes";
    let marks = marked(Path::new(folder));
    let codes: BTreeSet<_> = marks.iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes.len(), 30);

    let report = printed(&["check", folder, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found: BTreeSet<_> = findings
        .iter()
        .map(|finding| {
            let line = finding["location"]["start"]["line"].as_u64().unwrap();
            (
                finding["location"]["file"].as_str().unwrap().to_owned(),
                usize::try_from(line).unwrap(),
                finding["code"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(found, marks);
    assert_eq!(findings.len(), 30);
    let text = printed(&["check", folder, "--format", "compact"]);
    snapshot("story-bookinfo-mistakes", &text);
}

#[test]
fn a_mesh_without_mistakes_is_clean() {
    assert_eq!(
        printed(&["check", "testdata/bookinfo"]),
        "34 objects in 11 files, 2 namespaces: no findings\n"
    );
}

#[test]
fn stories_of_mutual_tls_are_told() {
    for story in [
        "travel-agency",
        "travel-agency-fixed",
        "travel-agency-legacy",
        "disabling",
        "disabling-fixed",
    ] {
        let folder = format!("testdata/{story}");
        snapshot(&format!("story-{story}"), &printed(&["check", &folder]));
        snapshot(&format!("mtls-{story}"), &printed(&["mtls", &folder]));
    }
}

#[test]
fn of_200_correct_services_only_the_summary_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let shape = support::Shape {
        namespaces: 14,
        services: 15,
        fault_every: 0,
    };
    support::write(folder.path(), shape).unwrap();
    for arguments in [&["check"][..], &["check", "--closed-world"]] {
        let output = Process::new(cargo_bin("meshlint"))
            .args(arguments)
            .arg(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            text,
            "1536 objects in 15 files, 15 namespaces: no findings\n"
        );
        assert!(output.status.success());
    }
}
