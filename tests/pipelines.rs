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

#[test]
fn comments_suppress_the_node_that_they_stand_at() {
    let folder = shop();
    let faults = FAULTS.replace(
        "host: carts",
        "host: carts # meshlint: ignore[KIA1101] next week",
    );
    write(folder.path(), "mesh/faults.yaml", &faults);
    let report = json(folder.path(), &["mesh"]);
    assert_eq!(codes(&report), ["KIA0102", "KIA1107", "MESH0004"]);
    assert_eq!(report["summary"]["suppressed"], 1);
    let report = json(folder.path(), &["mesh", "--no-ignores"]);
    assert_eq!(codes(&report).len(), 4);

    write(
        folder.path(),
        "meshlint.yaml",
        "suppressions: {require-reason: true}\n",
    );
    let faults = FAULTS.replace("host: carts", "host: carts # meshlint: ignore[KIA1101]");
    write(folder.path(), "mesh/faults.yaml", &faults);
    let report = json(folder.path(), &["mesh"]);
    assert!(codes(&report).contains(&"MESH0301"), "{report:#}");
    assert_eq!(report["summary"]["suppressed"], 0);
}

#[test]
fn hidden_findings_stand_in_sarif_when_asked_for() {
    let folder = shop();
    let faults = FAULTS.replace(
        "host: carts",
        "host: carts # meshlint: ignore[KIA1101] next week",
    );
    write(folder.path(), "mesh/faults.yaml", &faults);
    let sarif = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let mut all = vec!["check", "mesh", "--format", "sarif"];
        all.extend(arguments);
        let output = run(folder.path(), &all);
        let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        log["runs"][0]["results"].as_array().unwrap().clone()
    };
    assert_eq!(sarif(&[]).len(), 3);
    let all = sarif(&["--show-suppressed"]);
    let hidden: Vec<_> = all
        .iter()
        .filter(|r| !r["suppressions"].is_null())
        .collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(hidden[0]["suppressions"][0]["justification"], "next week");
}

#[test]
fn comments_count_where_a_rendered_value_comes_from() {
    let base = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default}\n\
                spec:\n  mtls:\n    mode: STRCT # meshlint: ignore[MESH0004] mended by the webhook\n";
    let folder = folder(&[
        ("base/policy.yaml", base),
        ("base/kustomization.yaml", "resources: [policy.yaml]\n"),
        (
            "prod/kustomization.yaml",
            "namespace: prod\nresources: [../base]\n",
        ),
    ]);
    let report = json(folder.path(), &["."]);
    assert_eq!(codes(&report), Vec::<&str>::new(), "{report:#}");
    assert_eq!(report["summary"]["suppressed"], 1);
}

#[test]
fn the_baseline_knows_findings_again() {
    let folder = shop();
    let output = run(
        folder.path(),
        &["check", "--write-baseline", "known.json", "."],
    );
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let known = fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_eq!(known.lines().count(), 6, "one line an entry: {known}");

    write(folder.path(), "meshlint.yaml", "baseline: known.json\n");
    let report = json(folder.path(), &["."]);
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert_eq!(report["summary"]["baselined"], 4);

    write(
        folder.path(),
        "mesh/faults.yaml",
        &FAULTS.replace("host: carts", "host: cart"),
    );
    let report = json(folder.path(), &[".", "--fail-on", "info"]);
    assert_eq!(codes(&report), ["MESH0303"]);
    let output = run(folder.path(), &["check", ".", "--fail-on", "info"]);
    assert_eq!(
        status(&output),
        0,
        "what the baseline has too much of fails no run"
    );
}

#[test]
fn the_configuration_gives_rules_other_severities() {
    let folder = shop();
    let config = "rules: {ignore: [KIA0102], severity: {KIA1101: info}}\noverrides:\n- objects: [\"VirtualService shop/sub*\"]\n  ignore: [KIA]\nexclude: [other.yaml]\n";
    write(folder.path(), "meshlint.yaml", config);
    write(
        folder.path(),
        "mesh/other.yaml",
        "apiVersion: v1\nkind: [\n",
    );
    let report = json(folder.path(), &["mesh"]);
    assert_eq!(codes(&report), ["KIA1101", "MESH0004"]);
    assert_eq!(report["findings"][0]["severity"], "info");
    let report = json(folder.path(), &["mesh", "--no-config"]);
    assert!(codes(&report).len() > 4, "{report:#}");
}

#[test]
fn the_configuration_chooses_the_profile_and_the_command_line_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("shop.yaml"), SHOP).unwrap();
    let plain = json(path, &["shop.yaml"]);
    let strict = json(path, &["shop.yaml", "--profile", "zero-trust"]);
    assert_ne!(codes(&plain), codes(&strict));
    fs::write(
        path.join("meshlint.yaml"),
        "version: 1\nprofile: zero-trust\n",
    )
    .unwrap();
    assert_eq!(codes(&json(path, &["shop.yaml"])), codes(&strict));
    let given = json(path, &["shop.yaml", "--profile", "default"]);
    assert_eq!(codes(&given), codes(&plain));
}

#[test]
fn paths_with_configurations_of_their_own_are_judged_by_them() {
    let folder = folder(&[
        ("a/shop.yaml", SHOP),
        ("a/faults.yaml", FAULTS),
        ("a/meshlint.yaml", "rules: {ignore: [KIA1101]}\n"),
        (
            "b/policy.yaml",
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: x, namespace: b}\nspec: {mtls: {mode: STRCT}}\n",
        ),
        ("b/meshlint.yaml", "rules: {ignore: [MESH0004]}\n"),
    ]);
    let report = json(folder.path(), &["a", "b"]);
    assert_eq!(codes(&report), ["KIA0102", "KIA1107", "MESH0004"]);
    write(folder.path(), "b/meshlint.yaml", "closed-world: true\n");
    let output = run(folder.path(), &["check", "a", "b"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("differ in closed-world"));
}

#[test]
fn worlds_can_be_listed() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: carts, namespace: shop}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80}]}\n";
    let config = "worlds:\n  prod:\n    roots: [mesh]\n    with: [shared]\n  staging:\n    roots: [mesh]\n    external: {services: [carts.shop.svc.cluster.local]}\n  bare:\n    roots: [mesh]\n";
    let folder = folder(&[
        ("mesh/shop.yaml", SHOP),
        ("mesh/faults.yaml", FAULTS),
        ("shared/carts.yaml", service),
        ("meshlint.yaml", config),
    ]);
    let report = json(folder.path(), &["."]);
    let findings = report["findings"].as_array().unwrap();
    let of = |code: &str| -> Vec<&serde_json::Value> {
        let own = findings.iter().filter(|f| f["code"] == code);
        own.map(|f| &f["worlds"]).collect()
    };
    assert_eq!(of("KIA1101"), [&serde_json::json!(["bare"])], "{report:#}");
    assert_eq!(
        of("MESH0004").len(),
        1,
        "a fault of shared files is one finding"
    );
    let output = run(folder.path(), &["check", "--world", "nowhere", "."]);
    assert_eq!(status(&output), 2);
}

#[test]
fn a_first_configuration_changes_nothing() {
    let folder = shop();
    let before = json(folder.path(), &["."]);
    let output = run(folder.path(), &["init"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    assert_eq!(json(folder.path(), &["."]), before);
    let output = run(folder.path(), &["init"]);
    assert_eq!(status(&output), 2, "nothing is overwritten");
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]);
    git.args([
        "-c",
        "commit.gpgsign=false",
        "-c",
        "init.defaultBranch=main",
    ]);
    let output = git.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// The shop, committed.
fn committed() -> tempfile::TempDir {
    let folder = shop();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    folder
}

#[test]
fn comments_and_moves_are_no_change() {
    let folder = committed();
    let since = ["mesh", "--since", "HEAD"];
    assert_eq!(codes(&json(folder.path(), &since)), Vec::<&str>::new());
    write(
        folder.path(),
        "mesh/faults.yaml",
        &format!("# a comment\n{FAULTS}").replace('\n', "\r\n"),
    );
    assert_eq!(codes(&json(folder.path(), &since)), Vec::<&str>::new());
    let path = |name: &str| folder.path().join("mesh").join(name);
    fs::rename(path("faults.yaml"), path("renamed.yaml")).unwrap();
    assert_eq!(codes(&json(folder.path(), &since)), Vec::<&str>::new());
}

#[test]
fn what_a_change_touches_or_breaks_is_reported() {
    let folder = committed();
    let faults = FAULTS.replace("hosts: [host.example.com]", "hosts: [host2.example.com]");
    write(folder.path(), "mesh/faults.yaml", &faults);
    let report = json(folder.path(), &["mesh", "--since", "HEAD"]);
    assert_eq!(codes(&report), ["KIA1101"], "an object that changed");

    git(folder.path(), &["checkout", "-q", "."]);
    let route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: user, namespace: shop}\nspec:\n  hosts: [user.example.com]\n  http: [{route: [{destination: {host: cart, subset: v1}}]}]\n";
    write(folder.path(), "mesh/user.yaml", route);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "second"]);
    write(
        folder.path(),
        "mesh/shop.yaml",
        &SHOP.replace("- name: v1", "- name: v2"),
    );
    let report = json(folder.path(), &["mesh", "--since", "HEAD"]);
    let user = |f: &&serde_json::Value| f["code"] == "KIA1107" && f["object"]["name"] == "user";
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| user(&f)),
        "{report:#}"
    );
}

#[test]
fn the_merge_base_counts_unless_the_revision_itself_is_asked_for() {
    let folder = committed();
    git(folder.path(), &["checkout", "-q", "-b", "work"]);
    git(folder.path(), &["checkout", "-q", "-"]);
    write(
        folder.path(),
        "mesh/faults.yaml",
        &FAULTS.replace("STRCT", "STRICKT"),
    );
    git(folder.path(), &["commit", "-q", "-am", "elsewhere"]);
    git(folder.path(), &["branch", "elsewhere"]);
    git(folder.path(), &["checkout", "-q", "work"]);
    let report = json(folder.path(), &["mesh", "--since", "elsewhere"]);
    assert_eq!(codes(&report), Vec::<&str>::new());
    let report = json(folder.path(), &["mesh", "--since", "elsewhere", "--exact"]);
    assert_eq!(codes(&report), ["MESH0004"]);
}

#[test]
fn a_revision_that_cannot_be_had_is_told() {
    let folder = committed();
    let output = run(folder.path(), &["check", "mesh", "--since", "nonsense"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("nonsense"));

    git(
        folder.path(),
        &["commit", "-q", "--allow-empty", "-m", "second"],
    );
    let url = format!("file://{}", folder.path().display());
    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "."]);
    let output = run(clone.path(), &["check", "mesh", "--since", "HEAD~1"]);
    assert_eq!(status(&output), 2);
    assert!(
        text(&output.stderr).contains("fetch-depth: 0"),
        "{}",
        text(&output.stderr)
    );

    let output = run(shop().path(), &["check", "mesh", "--since", "main"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("git repository"));
}
