//! The binary: arguments, exit status, and what goes to which stream.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command as Process, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

/// No finding.
const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: a}\n";
/// An error: the brace is never closed.
const BROKEN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings\n";

/// The binary in a folder of its own, with an environment that is the same everywhere.
fn meshlint(folder: &Path, arguments: &[&str]) -> Process {
    let mut process = Process::new(cargo_bin("meshlint"));
    process
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "80");
    for name in [
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "CI",
        "FORCE_HYPERLINK",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_WORKSPACE",
    ] {
        process.env_remove(name);
    }
    process
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    meshlint(folder, arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn help_fits_into_eighty_columns() {
    let folder = folder(&[]);
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help-check", vec!["check", "--help"]),
        ("help-check-short", vec!["check", "-h"]),
        ("help-mtls", vec!["mtls", "--help"]),
        ("help-explain", vec!["explain", "--help"]),
        ("help-rules", vec!["rules", "--help"]),
        ("help-completions", vec!["completions", "--help"]),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(status(&output), 0);
        assert!(output.stderr.is_empty());
        for line in stdout(&output).lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        snapshot(name, &stdout(&output));
    }
}

#[test]
fn the_version_is_printed() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["--version"]);
    assert_eq!(status(&output), 0);
    assert_eq!(
        stdout(&output),
        format!("meshlint {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn the_status_is_the_same_for_every_format() {
    let clean = folder(&[("a.yaml", CLEAN)]);
    let broken = folder(&[("a.yaml", CLEAN), ("b.yaml", BROKEN)]);
    let empty = folder(&[]);
    for format in [
        "human", "compact", "json", "sarif", "github", "gitlab", "junit", "markdown", "rdjson",
    ] {
        for (folder, arguments, expected) in [
            (&clean, vec![], 0),
            (&broken, vec![], 1),
            (&broken, vec!["--fail-on", "info"], 1),
            (&broken, vec!["--fail-on", "never"], 0),
            (&broken, vec!["--ignore", "MESH0001"], 0),
            (&broken, vec!["missing"], 2),
            (&empty, vec![], 3),
        ] {
            let mut all = vec!["check", "--format", format];
            all.extend(&arguments);
            let output = run(folder.path(), &all);
            assert_eq!(status(&output), expected, "{format} {arguments:?}");
        }
    }
}

#[test]
fn usage_errors_say_what_to_do() {
    let folder = folder(&[("a.yaml", CLEAN)]);
    for (arguments, words) in [
        (vec!["check", "missing.yaml"], vec!["missing.yaml"]),
        (
            vec!["check", "--select", "MESH001"],
            vec!["did you mean one of MESH0001, "],
        ),
        (
            vec!["check", "--ignore", "yaml-sintax"],
            vec!["did you mean yaml-syntax?"],
        ),
        (
            vec!["explain", "nonsense"],
            vec!["nonsense", "`meshlint rules`"],
        ),
        (vec!["check", "--formt", "json"], vec!["--format"]),
        (vec!["a.yaml"], vec!["meshlint check a.yaml"]),
        (vec!["check", "--exclude", "a[", "."], vec!["a["]),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        for word in words {
            assert!(
                stderr(&output).contains(word),
                "{arguments:?}: {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn a_run_that_looked_at_nothing_says_so() {
    let folder = folder(&[("notes.yaml", "just: notes\n")]);
    let output = run(folder.path(), &["check"]);
    assert_eq!(status(&output), 3);
    assert!(stdout(&output).contains("nothing was checked"));
    assert!(stderr(&output).contains("nothing to check: no Kubernetes object in ."));
}

#[test]
fn the_report_alone_is_on_standard_output() {
    let folder = folder(&[("a.yaml", CLEAN), ("b.yaml", BROKEN)]);
    let output = run(
        folder.path(),
        &["check", "--format", "json", "--timings", "--statistics"],
    );
    serde_json::from_str::<serde_json::Value>(&stdout(&output)).unwrap();
    assert!(stderr(&output).contains("MESH0001"));
    let output = run(folder.path(), &["check", "--format", "json"]);
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_report_can_go_to_a_file() {
    let folder = folder(&[("a.yaml", CLEAN), ("b.yaml", BROKEN)]);
    let output = run(
        folder.path(),
        &["check", "--format", "sarif", "-o", "out.sarif"],
    );
    assert_eq!(status(&output), 1);
    assert!(output.stdout.is_empty());
    assert!(
        stderr(&output).contains("1 object in 2 files"),
        "{}",
        stderr(&output)
    );
    let text = fs::read_to_string(folder.path().join("out.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "b.yaml"
    );

    let output = run(folder.path(), &["check", "-q", "-o", "no/such/folder"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("cannot write no/such/folder"));
}

#[test]
fn quiet_leaves_the_findings() {
    let folder = folder(&[("a.yaml", CLEAN)]);
    let output = run(folder.path(), &["check", "--quiet"]);
    assert_eq!(
        (stdout(&output), stderr(&output)),
        (String::new(), String::new())
    );
}

#[test]
fn colours_follow_the_flag_and_the_environment() {
    let folder = folder(&[("b.yaml", BROKEN)]);
    let colored = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut process = meshlint(folder.path(), arguments);
        let output = process.envs(environment.iter().copied()).output().unwrap();
        stdout(&output).contains('\u{1b}')
    };
    assert!(!colored(&["check"], &[]), "a pipe is no terminal");
    assert!(colored(&["check", "--color", "always"], &[]));
    assert!(colored(&["check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(
        &["check"],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(!colored(
        &["check", "--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    assert!(colored(&["explain", "MESH0001", "--color=always"], &[]));
    assert!(!colored(&["explain", "MESH0001"], &[]));
    assert!(!colored(
        &["check", "--color=always", "--format=compact"],
        &[]
    ));
}

#[test]
fn a_closed_pipe_is_no_error_and_hides_none() {
    let many = format!("{BROKEN}---\n").repeat(2_000);
    let broken = folder(&[("b.yaml", &many)]);
    for format in [
        "human", "compact", "json", "sarif", "github", "gitlab", "junit", "markdown", "rdjson",
    ] {
        let mut child = meshlint(broken.path(), &["check", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut text = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}: {text}");
        assert_eq!(text, "", "{format}");
    }
    for arguments in [
        vec!["rules"],
        vec!["explain", "MESH0001"],
        vec!["completions", "bash"],
    ] {
        let mut child = meshlint(broken.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn standard_input_is_read_for_a_dash_only() {
    let empty = folder(&[]);
    let feed = |arguments: &[&str]| {
        let mut child = meshlint(empty.path(), arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), BROKEN.as_bytes()).ok();
        child.wait_with_output().unwrap()
    };
    let output = feed(&["check", "--format", "compact", "-"]);
    assert_eq!(status(&output), 1);
    assert!(
        stdout(&output).starts_with("<stdin>:"),
        "{}",
        stdout(&output)
    );
    assert_eq!(status(&feed(&["check"])), 3);
}

#[test]
fn github_actions_get_a_job_summary() {
    let folder = folder(&[("b.yaml", BROKEN), ("summary.md", "before\n")]);
    let summary = folder.path().join("summary.md");
    let output = meshlint(folder.path(), &["check", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    assert!(
        stdout(&output).starts_with("::error file=b.yaml,line="),
        "{}",
        stdout(&output)
    );
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n### meshlint\n"), "{text}");
}

#[test]
fn every_rule_can_be_listed_and_explained() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["rules", "--format", "json"]);
    let rules: Vec<serde_json::Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let table = stdout(&run(folder.path(), &["rules"]));
    assert_eq!(table.lines().count(), rules.len() + 1);
    for rule in rules {
        let code = rule["code"].as_str().unwrap();
        assert!(table.contains(code), "{code}");
        let page = stdout(&run(folder.path(), &["explain", code]));
        assert!(page.starts_with(&format!("# {code} ")), "{page}");
    }
}

#[test]
fn rules_are_found_by_what_users_see() {
    let folder = folder(&[]);
    let explain = |words: &[&str]| {
        let mut arguments = vec!["explain"];
        arguments.extend(words);
        run(folder.path(), &arguments)
    };
    let quoted = explain(&["503 NC"]);
    assert_eq!(status(&quoted), 0);
    snapshot("explain-symptom", &stdout(&quoted));
    let bare = explain(&["503", "nc"]);
    assert_eq!(stdout(&bare), stdout(&quoted));

    let beside_a_page = stdout(&explain(&["MESH0001", "RBAC:", "access", "denied"]));
    assert!(beside_a_page.starts_with("# MESH0001 "));
    assert!(beside_a_page.contains("symptom: RBAC: access denied"));

    let unknown = explain(&["503 XYZ"]);
    assert_eq!(status(&unknown), 2);
    assert!(unknown.stdout.is_empty());
    assert!(stderr(&unknown).contains("503 NC"), "{}", stderr(&unknown));
}

#[test]
fn the_list_of_rules_has_their_symptoms() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["rules", "KIA1107", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(rules[0]["symptoms"][0], "503 NC");
}

#[test]
fn completions_exist_for_the_common_shells() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).contains("closed-world"), "{shell}");
    }
}

#[test]
fn mtls_is_told_to_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let output = run(&root, &["mtls", "--format", "json", "travel-agency-fixed"]);
    snapshot("mtls-json", &stdout(&output));
}

#[test]
fn mtls_answers_nothing_about_nothing() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["mtls", "--format", "json"]);
    assert_eq!((status(&output), stdout(&output)), (3, String::new()));
    let output = run(folder.path(), &["mtls", "--format", "json", "missing"]);
    assert_eq!((status(&output), stdout(&output)), (2, String::new()));
}

#[test]
fn a_finding_is_suppressed_by_what_the_report_calls_it() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mesh = "testdata/travel-agency";
    let report = |more: &[&str]| {
        let output = run(here, &[&["check", mesh, "--format", "json"], more].concat());
        serde_json::from_str::<serde_json::Value>(&stdout(&output)).unwrap()
    };
    let found = report(&[]);
    let printed = found["findings"][0]["suppress"].as_str().unwrap();
    for accepted in [
        printed,
        "KIA0206=DestinationRule agency-mtls.travel-agency",
        "KIA0206=DestinationRule travel-*",
    ] {
        let left = report(&["--suppress", accepted]);
        assert_eq!(left["summary"]["suppressed"], 1, "{accepted}");
        assert_eq!(left["findings"].as_array().unwrap().len(), 0);
    }
    for other in ["KIA0206=DestinationRule default", "KIA0208=*"] {
        let left = report(&["--suppress", other]);
        assert_eq!(left["summary"]["suppressed"], 0, "{other}");
    }
}

#[test]
fn what_cannot_be_suppressed_is_wrong_usage() {
    let folder = folder(&[("a.yaml", CLEAN)]);
    for (text, advice) in [
        ("KIA0206", "write CODE=OBJECT"),
        ("KIA0299=Pod a/b", "did you mean"),
    ] {
        let output = run(folder.path(), &["check", "--suppress", text]);
        assert_eq!(status(&output), 2);
        assert!(stderr(&output).contains(advice), "{}", stderr(&output));
    }
}

#[test]
fn versions_of_istio_have_a_range() {
    let route = "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\n\
                 metadata: {name: default, namespace: istio-system}\n";
    let folder = folder(&[("a.yaml", route)]);
    let found = |version| {
        let arguments = ["check", "--istio-version", version, "--format", "compact"];
        stdout(&run(folder.path(), &arguments))
    };
    assert!(found("1.21").contains("MESH0006"));
    assert!(!found("1.22").contains("MESH0006"));
    let output = run(folder.path(), &["check", "--istio-version", "1.32"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("1.20 to 1.31"));
}

/// A certificate of the year before 29 November 2027, in base64 as Secrets hold it.
const CERTIFICATE: &str = "\
    LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJiVENDQVJPZ0F3SUJBZ0lVWUpDK2ZHZXcyOEtRVTg4\
    eVVORkFwVFBLdGpRd0NnWUlLb1pJemowRUF3SXcKRERFS01BZ0dBMVVFQXd3QmVEQWVGdzB5TmpFeE1qa3hN\
    RFV5TXpKYUZ3MHlOekV4TWpreE1EVXlNekphTUF3eApDakFJQmdOVkJBTU1BWGd3V1RBVEJnY3Foa2pPUFFJ\
    QkJnZ3Foa2pPUFFNQkJ3TkNBQVNHTlUvNDh0VC8wSllrCnFNT05HTmRSV2dBeUZFYVBJV1V1KzlLMzMwMG5M\
    aXZtVDdOeVRoQU9WV3F2OThRNGw5UUdzM2JhY3E1VU5DbGQKN3RjUjdKWFpvMU13VVRBZEJnTlZIUTRFRmdR\
    VUhJbC8rNkl3T2MwNkJoZmFtN2pzS0hvTkQ4TXdId1lEVlIwagpCQmd3Rm9BVUhJbC8rNkl3T2MwNkJoZmFt\
    N2pzS0hvTkQ4TXdEd1lEVlIwVEFRSC9CQVV3QXdFQi96QUtCZ2dxCmhrak9QUVFEQWdOSUFEQkZBaUVBM0Vn\
    VUNSMTJoTFZlZVluS1RLT25kblVrcmpHbzYyRFBsaVNzM3hZY050QUMKSUZ1YWkyVmc5dXpUcFBSQmtPSHJB\
    eVpOZ2U2RmF6dHcvZ3FkV21qaHQ1SE0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\
";

#[test]
fn certificates_are_judged_as_of_the_time_that_is_given() {
    let mesh = format!(
        "apiVersion: v1\nkind: Pod\n\
         metadata: {{name: edge, namespace: edge, labels: {{istio: edge}}}}\n\
         spec: {{containers: [{{name: istio-proxy, image: proxyv2}}]}}\n\
         ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: cert, namespace: edge}}\n\
         data: {{tls.crt: {CERTIFICATE}, tls.key: a2V5}}\n\
         ---\napiVersion: networking.istio.io/v1\nkind: Gateway\n\
         metadata: {{name: shop, namespace: edge}}\n\
         spec: {{selector: {{istio: edge}}, servers: [{{hosts: [a.example.com], \
         port: {{number: 443, name: https, protocol: HTTPS}}, \
         tls: {{mode: SIMPLE, credentialName: cert}}}}]}}\n"
    );
    let folder = folder(&[("a.yaml", mesh.as_str())]);
    let found = |now| {
        let arguments = [
            "check",
            "--select",
            "IST0161",
            "--closed-world",
            "--now",
            now,
        ];
        status(&run(folder.path(), &arguments))
    };
    assert_eq!(found("2027-06-01T00:00:00Z"), 0);
    assert_eq!(found("2027-12-01T00:00:00+02:00"), 1);
    assert_eq!(found("yesterday"), 2);
}

#[test]
fn infos_are_counted_unless_they_matter() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
                     apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n\
                     spec: {ports: [{name: http, port: 80}]}\n---\n\
                     apiVersion: networking.istio.io/v1\nkind: DestinationRule\n\
                     metadata: {name: cart, namespace: shop}\nspec: {host: cart}\n";
    let folder = folder(&[("a.yaml", namespace)]);
    let shown = |more: &[&str]| stdout(&run(folder.path(), &[&["check"], more].concat()));
    assert!(shown(&[]).contains("1 × IST0102"), "{}", shown(&[]));
    for more in [
        &["-v"][..],
        &["--fail-on", "info"],
        &["--select", "IST0102"],
        &["--format", "compact"],
    ] {
        assert!(shown(more).contains("info[IST0102]"), "{more:?}");
    }
}
