//! Arguments that a run must not misunderstand in silence, and reports that do not depend on what
//! does not matter.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: depot, namespace: yard}\nspec:\n  selector: {app: depot}\n  ports:\n  - {name: http, port: 80}\n";

/// A route to a host that does not exist: KIA1101.
fn route(name: &str, host: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: yard}}\nspec:\n  hosts: [{name}.example.com]\n  gateways: [edge/public]\n  http:\n  - route:\n    - destination: {{host: {host:?}}}\n"
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(cargo_bin("meshlint"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_STEP_SUMMARY")
        .env_remove("GITHUB_WORKSPACE")
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

fn misrouted() -> tempfile::TempDir {
    folder(&[
        ("depot.yaml", SERVICE),
        ("route.yaml", &route("a", "depott")),
    ])
}

#[test]
fn a_suppression_that_can_never_fit_is_wrong_usage() {
    let folder = misrouted();
    for (suppress, advice) in [
        (
            "KIA1101=VirtualServce yard/a",
            "did you mean VirtualService?",
        ),
        (
            "KIA1101=virtualservice yard/a",
            "did you mean VirtualService?",
        ),
        ("KIA1101=Certificate yard/a", "are about other objects"),
        ("KIA1101=yard/a", "write CODE=OBJECT"),
        ("KIA1001x=VirtualService yard/a", "no rule is called"),
    ] {
        let output = run(folder.path(), &["check", "--suppress", suppress]);
        assert_eq!(status(&output), 2, "{suppress}");
        assert!(stderr(&output).contains(advice), "{}", stderr(&output));
    }
}

#[test]
fn a_suppression_that_fits_no_finding_is_named() {
    let folder = misrouted();
    let unused = "KIA1101=VirtualService yard/b";
    let output = run(folder.path(), &["check", "--suppress", unused]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains(unused), "{}", stderr(&output));
    let output = run(folder.path(), &["check", "-q", "--suppress", unused]);
    assert!(!stderr(&output).contains(unused));
    let used = "KIA1101=VirtualService yard/a";
    let output = run(folder.path(), &["check", "--suppress", used]);
    assert!(!stderr(&output).contains(used), "{}", stderr(&output));
}

#[test]
fn values_that_name_nothing_are_refused() {
    let folder = misrouted();
    for arguments in [
        ["--namespace", ""],
        ["--namespace", "A B"],
        ["--namespace", "yard."],
        ["--ignore", ""],
        ["--select", ","],
        ["--exclude", ""],
        ["--threads", "many"],
        ["--threads", "-1"],
    ] {
        let output = run(folder.path(), &[&["check"], &arguments[..]].concat());
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_large_number_of_threads_is_capped() {
    let folder = misrouted();
    let output = run(folder.path(), &["check", "--threads", "100000"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
}

#[test]
fn a_folder_in_place_of_a_file_is_called_one() {
    let folder = misrouted();
    fs::create_dir(folder.path().join("out")).unwrap();
    for arguments in [["-o", "out"], ["--mesh-config", "out"]] {
        let output = run(folder.path(), &[&["check"], &arguments[..]].concat());
        assert_eq!(status(&output), 2);
        let error = stderr(&output);
        assert!(
            error.contains("it is a folder") && !error.contains("os error"),
            "{error}"
        );
    }
}

#[test]
fn neither_the_order_of_the_files_nor_the_threads_change_the_report() {
    let doubled = route("a", "depott");
    let folder = folder(&[
        ("x.yaml", &doubled),
        ("y.yaml", &doubled),
        ("z.yaml", SERVICE),
        ("w-1.yaml", &route("b", "depto")),
    ]);
    let report = |files: &[&str], threads: &str| {
        let fixed = ["check", "--format", "json", "--threads", threads];
        run(folder.path(), &[&fixed[..], files].concat()).stdout
    };
    let first = report(&["x.yaml", "y.yaml", "z.yaml", "w-1.yaml"], "1");
    for files in [
        &["w-1.yaml", "z.yaml", "y.yaml", "x.yaml"][..],
        &["z.yaml", "./x.yaml", "w-1.yaml", "y.yaml", "x.yaml"],
    ] {
        for threads in ["1", "2", "7"] {
            assert_eq!(report(files, threads), first);
        }
    }
}

#[test]
fn a_file_that_is_named_and_cannot_be_parsed_is_a_finding() {
    let folder = folder(&[
        ("notes.yml", "hosts: [a, b\nports:\n"),
        ("depot.yaml", SERVICE),
    ]);
    let output = run(folder.path(), &["check", "notes.yml"]);
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("MESH0001"));
    let output = run(folder.path(), &["check", "."]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("1 YAML file that could not be parsed"));
}

/// Reports of a file with an odd name.
#[cfg(unix)]
fn report_of(name: &std::ffi::OsStr, format: &str) -> String {
    let folder = folder(&[("depot.yaml", SERVICE)]);
    fs::write(folder.path().join(name), route("a", "depott")).unwrap();
    stdout(&run(folder.path(), &["check", "--format", format, "."]))
}

#[cfg(unix)]
#[test]
fn odd_file_names_harm_no_terminal_and_no_runner() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let hostile = OsStr::new("a\u{1b}[31m\u{2028}\u{200b}b\nc.yaml");
    for format in ["human", "compact", "github"] {
        let text = report_of(hostile, format);
        assert!(text.contains("KIA1101"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{2028}', '\u{200b}']), "{text}");
        assert!(!text.contains("b\nc"), "{text}");
    }
    assert!(report_of(OsStr::new("back\\slash.yaml"), "github").contains("back\\slash.yaml"));
    assert!(report_of(OsStr::new("back\\slash.yaml"), "sarif").contains("back%5Cslash.yaml"));
    assert!(report_of(OsStr::new("my  shop.yaml"), "compact").contains("my  shop.yaml:9:"));
    for (byte, escaped) in [(0xE9, "caf%E9.yaml"), (0xFF, "caf%FF.yaml")] {
        let name = [b"caf".as_slice(), &[byte], b".yaml"].concat();
        assert!(report_of(OsStr::from_bytes(&name), "sarif").contains(escaped));
    }
}

#[test]
fn nothing_in_a_manifest_is_a_command_to_the_runner() {
    let folder = folder(&[("depot.yaml", SERVICE)]);
    for number in 0..30 {
        let text = route(&format!("r{number}"), "##[stop-commands]x");
        fs::write(folder.path().join(format!("{number}.yaml")), text).unwrap();
    }
    let text = stdout(&run(folder.path(), &["check", "--format", "github"]));
    assert!(text.contains("stop-commands"));
    assert!(!text.contains("##["), "{text}");
}

#[test]
fn a_family_of_rules_is_explained_by_its_prefix() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["explain", "KIA02"]);
    assert_eq!(status(&output), 0);
    for code in ["KIA0201", "KIA0206", "KIA0212"] {
        assert!(stdout(&output).contains(code), "{code}");
    }
    let output = run(folder.path(), &["explain", "KIA99"]);
    assert_eq!(status(&output), 2);
}

#[test]
fn nothing_holds_no_namespaces() {
    let folder = folder(&[("a.yaml", "# later\n")]);
    let output = run(folder.path(), &["check", "--format", "json"]);
    assert_eq!(status(&output), 3);
    assert!(stdout(&output).contains("\"namespaces\":0"));
}
