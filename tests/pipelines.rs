//! What pipelines ask of the binary: several reports at once, findings that are known again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

const SHOP: &str = include_str!("../testdata/contracts/shop.yaml");
const FAULTS: &str = include_str!("../testdata/contracts/faults.yaml");

/// Runs the binary in a folder, with an environment that is the same everywhere.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut process = Command::new(cargo_bin("meshlint"));
    process.args(arguments).current_dir(folder);
    process.stdin(Stdio::null());
    for name in [
        "CI_PROJECT_DIR",
        "FORCE_HYPERLINK",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_WORKSPACE",
        "MESHLINT_CONFIG",
    ] {
        process.env_remove(name);
    }
    process.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The report of `check --format json`.
fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["check", "--format", "json"];
    all.extend(arguments);
    let output = run(folder, &all);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

fn codes(report: &serde_json::Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut codes: Vec<&str> = findings.map(|f| f["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes
}

fn fingerprints(report: &serde_json::Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
        .collect()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A mesh with four faults.
fn shop() -> tempfile::TempDir {
    folder(&[("mesh/shop.yaml", SHOP), ("mesh/faults.yaml", FAULTS)])
}

#[test]
fn a_run_writes_several_reports() {
    let folder = shop();
    let formats = [
        "compact", "github", "gitlab", "json", "junit", "markdown", "rdjson", "sarif",
    ];
    let outputs: Vec<String> = formats
        .iter()
        .map(|format| format!("--output={format}=out.{format}"))
        .collect();
    let mut arguments = vec!["check", "mesh"];
    arguments.extend(outputs.iter().map(String::as_str));
    let output = run(folder.path(), &arguments);
    assert_eq!(status(&output), 1);
    assert!(
        text(&output.stdout).contains("KIA1101"),
        "people are told, too"
    );
    for format in formats {
        let file = fs::read_to_string(folder.path().join(format!("out.{format}"))).unwrap();
        let printed = run(folder.path(), &["check", "mesh", "--format", format]);
        assert_eq!(file, text(&printed.stdout), "{format}");
    }
}

#[test]
fn a_report_that_cannot_be_written_costs_no_other() {
    let folder = shop();
    let output = run(
        folder.path(),
        &[
            "check",
            "mesh",
            "--output",
            "json=no/such/folder/x",
            "--output",
            "gitlab=gitlab.json",
        ],
    );
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("no/such/folder/x"));
    assert!(folder.path().join("gitlab.json").exists());
}

#[test]
fn a_misspelt_format_is_answered_with_the_near_one() {
    let folder = shop();
    let output = run(folder.path(), &["check", "mesh", "--output", "sarfi=x"]);
    assert_eq!(status(&output), 2);
    let message = text(&output.stderr);
    assert!(message.contains("did you mean sarif?"), "{message}");
    assert!(message.contains("./sarfi=x"), "{message}");
}

#[test]
fn zero_may_be_the_status_of_a_run_with_findings() {
    let folder = shop();
    let output = run(folder.path(), &["check", "mesh", "--exit-zero"]);
    assert_eq!(status(&output), 0);
    let output = run(folder.path(), &["check", "nowhere", "--exit-zero"]);
    assert_eq!(status(&output), 2);
}

#[test]
fn fingerprints_outlive_moves_and_tell_values_apart() {
    let folder = shop();
    let before = fingerprints(&json(folder.path(), &["mesh"]));
    assert_eq!(before.len(), 4);

    fs::remove_file(folder.path().join("mesh/faults.yaml")).unwrap();
    let documents: Vec<&str> = FAULTS.split("---\n").collect();
    for (number, document) in documents.iter().enumerate() {
        let moved = format!(
            "# moved\n\n{}",
            document.replace("[GET, post]", "[post, PUT, GET]")
        );
        write(folder.path(), &format!("elsewhere/{number}.yaml"), &moved);
    }
    assert_eq!(fingerprints(&json(folder.path(), &["."])), before);

    for number in 0..documents.len() {
        let path = folder.path().join(format!("elsewhere/{number}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("host: carts", "host: carrts")).unwrap();
    }
    let after = fingerprints(&json(folder.path(), &["."]));
    assert_eq!(
        after.intersection(&before).count(),
        3,
        "another wrong value"
    );
}

#[test]
fn like_faults_of_one_object_have_numbers() {
    let folder = shop();
    let host = "            host: carts\n";
    let twice = format!("{host}        - destination:\n{host}          weight: 0\n");
    write(
        folder.path(),
        "mesh/faults.yaml",
        &FAULTS.replace(host, &twice),
    );
    let report = json(folder.path(), &["mesh"]);
    assert_eq!(
        fingerprints(&report).len(),
        report["findings"].as_array().unwrap().len()
    );
}

#[test]
fn a_rendered_finding_is_known_by_its_manifest() {
    let base = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\n\
                spec:\n  hosts: [web.example.com]\n  http:\n  - fault: {abort: {httpStatus: 999, percentage: {value: 5}}}\n    route:\n    - destination: {host: web}\n";
    let overlay = |namespace: &str| format!("namespace: {namespace}\nresources: [../../base]\n");
    let folder = folder(&[
        ("base/vs.yaml", base),
        ("base/kustomization.yaml", "resources: [vs.yaml]\n"),
        ("overlays/prod/kustomization.yaml", &overlay("prod")),
    ]);
    let report = json(folder.path(), &["."]);
    let one = fingerprints(&report);
    assert!(!one.is_empty(), "{report:#}");
    write(
        folder.path(),
        "overlays/dev/kustomization.yaml",
        &overlay("dev"),
    );
    let report = json(folder.path(), &["."]);
    assert_eq!(
        fingerprints(&report),
        one,
        "a further world changes nothing: {report:#}"
    );
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|f| f["worlds"] == serde_json::json!(["dev", "prod"]))
    );
    let origin = findings[0]["origin"].as_array().unwrap();
    assert_eq!(origin[0]["object"], "VirtualService web", "{origin:#?}");
    assert!(!codes(&report).is_empty());
}
