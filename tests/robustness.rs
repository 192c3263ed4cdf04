//! Whatever a file holds: no panic, no hang, no memory out of proportion, a clear outcome, and
//! what the other files hold is still found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use meshlint::diagnostics::Report;
use meshlint::engine::{Options, check};

/// A file with exactly one finding, MESH0004.
const FAULTY: &str = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: a}\nspec:\n  mtls: {mode: NONSENSE}\n";

/// Checks a folder with `content` in one file and [`FAULTY`] in another; gives the codes found in
/// the former. The latter's finding must always be there.
fn check_beside_faulty(name: &str, content: &[u8]) -> (Vec<&'static str>, Report) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    fs::write(folder.path().join("faulty.yaml"), FAULTY).unwrap();
    let report = check_folder(folder.path());
    let codes = codes_in(&report, name);
    (codes, report)
}

fn check_folder(folder: &Path) -> Report {
    let options = Options {
        paths: vec![folder.to_owned()],
        ..Options::default()
    };
    let report = check(&options).unwrap();
    assert_eq!(
        codes_in(&report, "faulty.yaml"),
        ["MESH0004"],
        "the other file's finding is hidden"
    );
    report
}

fn codes_in(report: &Report, file: &str) -> Vec<&'static str> {
    let in_file = |finding: &&meshlint::diagnostics::Diagnostic| {
        finding
            .location
            .is_some_and(|l| report.files[l.file as usize].path.ends_with(file))
    };
    report
        .findings
        .iter()
        .filter(in_file)
        // Some contents repeat the object of the other file, which is told as well.
        .filter(|finding| finding.rule.code != "MESH0009")
        .map(|finding| finding.rule.code)
        .collect()
}

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\n";

#[test]
fn a_truncated_file_is_a_syntax_error_at_its_end_and_earlier_documents_count() {
    let text = format!("{FAULTY}---\n{OBJECT}data: {{a: \"b");
    let (codes, report) = check_beside_faulty("truncated.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0004", "MESH0001"]);
    assert_eq!(report.summary.objects, 2);
}

#[test]
fn every_prefix_of_a_manifest_is_read_without_a_panic() {
    let text = format!(
        "{FAULTY}---\n{OBJECT}data:\n  a: |\n    b\n  c: 'd'\n  e: &x [f, \"g\"]\n  h: *x\n"
    );
    for end in 0..=text.len() {
        let _ = meshlint::engine::check_text("prefix.yaml", &text[..end], &Options::default());
    }
}

#[test]
fn binary_files_are_named() {
    let (codes, _) =
        check_beside_faulty("binary.yaml", b"\x7fELF\x02\x01\x01\0\0\0\0\0kind: x\0\0");
    assert_eq!(codes, ["MESH0008"]);
}

#[test]
fn invalid_utf8_is_named() {
    let (codes, _) = check_beside_faulty(
        "latin1.yaml",
        b"apiVersion: v1\nkind: ConfigMap\n# caf\xe9\n",
    );
    assert_eq!(codes, ["MESH0008"]);
}

#[test]
fn utf16_is_named() {
    let bytes: Vec<u8> = "\u{feff}kind: x\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let (codes, _) = check_beside_faulty("utf16.yaml", &bytes);
    assert_eq!(codes, ["MESH0008"]);
}

#[test]
fn deep_nesting_is_refused() {
    let flow = format!("{OBJECT}data: {}", "[".repeat(100_000));
    let (codes, _) = check_beside_faulty("flow.yaml", flow.as_bytes());
    assert_eq!(codes, ["MESH0001"]);
    let mut block = format!("{OBJECT}data:\n");
    for level in 1..2000 {
        block.push_str(&" ".repeat(level));
        block.push_str("a:\n");
    }
    let (codes, _) = check_beside_faulty("block.yaml", block.as_bytes());
    assert_eq!(codes, ["MESH0001"]);
    let (codes, _) = check_beside_faulty(
        "dashes.yaml",
        format!("{OBJECT}data: \n  {}x", "- ".repeat(100_000)).as_bytes(),
    );
    assert_eq!(codes, ["MESH0001"]);
}

#[test]
fn nesting_through_aliases_is_refused() {
    let mut text = format!("{OBJECT}data:\n  a0: &a0 [x]\n");
    for level in 1..5000 {
        let _ = writeln!(text, "  a{level}: &a{level} [*a{}]", level - 1);
    }
    let (codes, _) = check_beside_faulty("ladder.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0001"]);
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = format!("{OBJECT}data:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(
            text,
            "  a{level}: &a{level} [{}]",
            vec![alias; 10].join(",")
        );
    }
    let (codes, _) = check_beside_faulty("bomb.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0001"]);
}

#[test]
fn aliases_to_themselves_and_to_nothing_are_refused() {
    for text in [
        "data: &a [*a]\n",
        "data: &a {b: {c: *a}}\n",
        "data: *nothing\n",
    ] {
        let (codes, _) = check_beside_faulty("loop.yaml", format!("{OBJECT}{text}").as_bytes());
        assert_eq!(codes, ["MESH0001"], "{text}");
    }
}

#[test]
fn a_scalar_of_megabytes_is_read() {
    let mut text = format!("{OBJECT}data:\n  a: \"");
    text.push_str(&"x".repeat(5_000_000));
    text.push_str("\"\n");
    let (codes, report) = check_beside_faulty("huge.yaml", text.as_bytes());
    assert!(codes.is_empty());
    assert_eq!(report.summary.objects, 2);
}

#[test]
fn a_key_beyond_all_bounds_is_an_error() {
    let text = format!("{OBJECT}data:\n  {}: x\n", "k".repeat(100_000));
    let (codes, _) = check_beside_faulty("key.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0001"]);
}

#[test]
fn many_errors_in_one_file_are_each_found() {
    let text = "---\na: [\n".repeat(300);
    let (codes, _) = check_beside_faulty("errors.yaml", format!("{OBJECT}{text}").as_bytes());
    assert_eq!(codes.len(), 300);
}

#[test]
fn many_repeated_keys_take_linear_time() {
    let text = format!("{OBJECT}data:\n{}", "  a: b\n".repeat(20_000));
    let (codes, _) = check_beside_faulty("repeated.yaml", text.as_bytes());
    // A thousand of them, and how many more there are.
    assert_eq!(codes.len(), 1_001);
}

#[test]
fn long_comments_are_read() {
    let text = format!("{}{FAULTY}", "# licence\n".repeat(50_000));
    let (codes, _) = check_beside_faulty("comments.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0004"]);
}

#[test]
fn byte_order_marks_and_crlf_do_not_move_places() {
    let text = format!("\u{feff}{}", FAULTY.replace('\n', "\r\n"));
    let (codes, report) = check_beside_faulty("windows.yaml", text.as_bytes());
    assert_eq!(codes, ["MESH0004"]);
    let places: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.rule.code == "MESH0004")
        .map(|f| f.location.unwrap().start)
        .collect();
    assert_eq!(
        (places[0].line, places[0].column),
        (places[1].line, places[1].column)
    );
}

#[cfg(unix)]
#[test]
fn symbolic_link_loops_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("faulty.yaml"), FAULTY).unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("sub/back")).unwrap();
    check_folder(folder.path());
}

#[test]
fn the_same_bytes_give_the_same_report_whatever_the_threads() {
    // A copy: in the repository all of it would be looked at.
    let copy = tempfile::tempdir().unwrap();
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for mesh in ["bookinfo-mistakes", "travel-agency", "disabling"] {
        for entry in walkdir::WalkDir::new(testdata.join(mesh)) {
            let entry = entry.unwrap();
            let target = copy
                .path()
                .join(entry.path().strip_prefix(&testdata).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(target).unwrap();
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let render = |threads| {
        let options = Options {
            paths: vec![copy.path().to_owned()],
            threads,
            ..Options::default()
        };
        let mut out = Vec::new();
        meshlint::report::json::write(&check(&options).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let one = render(1);
    assert_eq!(one, render(2));
    assert_eq!(one, render(7));
}
