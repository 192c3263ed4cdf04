//! What people get from `meshlint mtls` and `meshlint can`, and their exit status.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// Runs meshlint in `testdata/shop`.
fn run(arguments: &[&str], stdin: &str) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/shop");
    Command::new(env!("CARGO_BIN_EXE_meshlint"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .write_stdin(stdin.to_owned())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn status(arguments: &[&str]) -> i32 {
    run(arguments, "").status.code().unwrap()
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

const MESH: &str = "mesh.yaml";

#[test]
fn edges_are_told_to_people() {
    snapshot("mtls-edges", &stdout(&run(&["mtls", MESH], "")));
    snapshot(
        "mtls-likely",
        &stdout(&run(&["mtls", "--likely", MESH], "")),
    );
    snapshot(
        "mtls-summary",
        &stdout(&run(&["mtls", "--summary", MESH], "")),
    );
}

#[test]
fn edges_are_told_to_programs() {
    let output = run(&["mtls", "--format", "json", "--to", "shop/cart", MESH], "");
    snapshot("mtls-edges-json", &stdout(&output));
}

#[test]
fn demands_decide_about_the_exit_status() {
    for (arguments, expected) in [
        (&["mtls", "--require", "working", MESH][..], 1),
        (&["mtls", "--require", "strict", "--from", "shop", MESH], 0),
        (&["mtls", "--require", "mtls", "--from", "web", MESH], 1),
        (&["mtls", "--require", "mtls", "--from", "nobody", MESH], 2),
        (&["mtls", "--to", "shop/card", MESH], 2),
        (
            &[
                "can",
                "shop/cart",
                "shop/cart",
                "--expect",
                "allow",
                "--path",
                "/",
                MESH,
            ],
            0,
        ),
        (
            &[
                "can",
                "shop/cart",
                "shop/cart",
                "--expect",
                "deny",
                "--path",
                "/",
                MESH,
            ],
            1,
        ),
        (&["can", "shop/cart", "shop/cart:81", MESH], 2),
        (&["can", "shop/cart", MESH], 2),
    ] {
        assert_eq!(status(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn an_answer_shows_the_stages_and_the_way_out() {
    for (name, arguments) in [
        (
            "can-denied",
            &[
                "can",
                "shop/cart",
                "shop/cart:80",
                "--path",
                "/admin?x=1",
                MESH,
            ][..],
        ),
        (
            "can-allowed",
            &["can", "shop/cart", "shop/cart:80", "--path", "/", MESH],
        ),
        (
            "can-no-connection",
            &["can", "batch/report", "shop/cart:80", MESH],
        ),
        (
            "can-method",
            &[
                "can",
                "shop/cart",
                "shop/cart:80",
                "--path",
                "/",
                "--method",
                "POST",
                MESH,
            ],
        ),
        (
            "can-everyone",
            &["can", "*", "shop/cart:80", "--path", "/", MESH],
        ),
        (
            "can-json",
            &[
                "can",
                "sa:web/front",
                "shop/cart",
                "--path",
                "/",
                "--format",
                "json",
                MESH,
            ],
        ),
    ] {
        snapshot(name, &stdout(&run(arguments, "")));
    }
}

#[test]
fn policies_have_tests() {
    let tests = "\
- {name: the shop may, from: shop/cart, to: shop/cart:80, path: /, verdict: allow}
- name: nobody is an administrator
  from: shop/cart
  to: shop/cart:80
  path: /admin
  verdict: deny
  by: AuthorizationPolicy shop/no-admin
- {name: wrong, from: batch/report, to: shop/cart:80, verdict: allow}
";
    let output = run(&["can", "--tests", "-", MESH], tests);
    assert_eq!(output.status.code(), Some(1));
    snapshot("can-tests", &stdout(&output));
}

#[test]
fn the_posture_is_summed_up() {
    for format in ["human", "markdown", "json"] {
        let output = run(&["posture", "--format", format, MESH], "");
        snapshot(&format!("posture-{format}"), &stdout(&output));
    }
}
