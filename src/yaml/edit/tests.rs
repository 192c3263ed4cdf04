#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps
)]

use proptest::prelude::*;

use super::*;
use crate::path;
use crate::yaml::Tree;

/// The text after one edit; `None` if it is refused.
fn edited(text: &str, path: impl Into<FieldPath>, change: Change) -> Option<String> {
    let edit = Edit {
        path: path.into(),
        change,
    };
    edited_by(text, &[edit])
}

fn edited_by(text: &str, edits: &[Edit]) -> Option<String> {
    let tree = Tree::parse(text);
    let root = tree.root(&tree.documents()[0]).unwrap();
    let written = write(&tree, &[Request { root, edits }]);
    let written = written.into_iter().next().unwrap()?;
    Some(apply(text, &written.edits))
}

fn replaced(text: &str, path: &str, new: &str) -> Option<String> {
    edited(text, path, Change::Replace(NewScalar::Text(new.into())))
}

fn removed(text: &str, path: &str) -> Option<String> {
    edited(text, path, Change::Remove)
}

fn renamed(text: &str, path: &str, key: &str) -> Option<String> {
    edited(text, path, Change::RenameKey(key.into()))
}

fn inserted(text: &str, path: &str, content: Content) -> Option<String> {
    edited(text, path, Change::Insert(content))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_replaced_scalar_keeps_its_quotes() {
    for (old, new, expected) in [
        ("x", "y1", "y1"),
        ("'x'", "y1", "'y1'"),
        ("\"x\"", "y1", "\"y1\""),
        ("'x'", "it's", "'it''s'"),
        ("'x'", "a\nb", "\"a\\nb\""),
        ("\"x\"", "a\"b\\", "\"a\\\"b\\\\\""),
    ] {
        let text = format!("a:\n  b: {old} # why\n  c: 1\n");
        let wanted = format!("a:\n  b: {expected} # why\n  c: 1\n");
        assert_eq!(replaced(&text, "a/b", new), Some(wanted), "{old} {new}");
    }
}

#[test]
fn text_that_looks_like_something_else_gets_quotes() {
    for new in [
        "1234",
        "007",
        "0x1F",
        "1e3",
        "yes",
        "on",
        "y",
        "True",
        "null",
        "~",
        "",
        "*x",
        "&x",
        "!x",
        "-",
        "- a",
        "? a",
        "#a",
        "a: b",
        "a #b",
        "a:",
        " a",
        "a ",
        "2024-01-01",
        "1:30",
        "=",
        "<<",
        "{a",
        "[a",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
        ".inf",
        "\t",
        "a\tb",
    ] {
        let wanted = format!("a: {new:?}\n");
        assert_eq!(replaced("a: x\n", "a", new), Some(wanted), "{new:?}");
    }
    for new in [
        "v1", "a.b.c", "1.2.3", "/path", "a-b", "http://a", "a#b", "ä", "oN", "a,b",
    ] {
        assert_eq!(
            replaced("a: x\n", "a", new),
            Some(format!("a: {new}\n")),
            "{new:?}"
        );
    }
    assert_eq!(replaced("a: [x]\n", "a[0]", "a,b"), some("a: [\"a,b\"]\n"));
    assert_eq!(
        replaced("a: {b: x}\n", "a/b", "c}"),
        some("a: {b: \"c}\"}\n")
    );
}

#[test]
fn an_integer_is_written_as_the_one_before_it() {
    let change = || Change::Replace(NewScalar::Integer(100));
    assert_eq!(edited("a: 5 # c\n", "a", change()), some("a: 100 # c\n"));
    assert_eq!(edited("a: \"5\"\n", "a", change()), some("a: \"100\"\n"));
    assert_eq!(edited("{\"a\": 5}", "a", change()), some("{\"a\": 100}"));
    assert_eq!(replaced("{\"a\": null}", "a", "b"), some("{\"a\": \"b\"}"));
}

#[test]
fn scalars_over_lines_are_replaced_and_blocks_are_not() {
    assert_eq!(
        replaced("a:\n  x\nb: 1\n", "a", "y1"),
        some("a:\n  y1\nb: 1\n")
    );
    assert_eq!(
        replaced("a: x\n  y\nb: 1\n", "a", "y1"),
        some("a: y1\nb: 1\n")
    );
    assert_eq!(replaced("a: |\n  x\n", "a", "y1"), None);
    assert_eq!(replaced("a: >-\n  x\n", "a", "y1"), None);
    assert_eq!(replaced("a:\n", "a", "y1"), None);
    assert_eq!(replaced("a: ${X}\n", "a", "y1"), None);
}

#[test]
fn what_aliases_and_merge_keys_bring_is_left_alone() {
    let text = "a: &x old\nb: *x\nc: &m {d: 1}\ne:\n  <<: *m\n  f: 2\n";
    for path in ["a", "b", "c/d", "e/d"] {
        assert_eq!(replaced(text, path, "new"), None, "{path}");
        assert_eq!(
            removed(text, path),
            if path == "b" {
                removed(text, "b")
            } else {
                None
            }
        );
    }
    assert_eq!(renamed(text, "c/d", "g"), None);
    assert_eq!(inserted(text, "c/g", Content::text("v")), None);
    assert_eq!(renamed(text, "e/f", "d"), None, "a merge key has it");
    assert_eq!(
        replaced(text, "e/f", "v"),
        Some(text.replace("f: 2", "f: v"))
    );
    assert_eq!(replaced("a: &x old\n", "a", "new"), some("a: &x new\n"));
}

#[test]
fn keys_are_renamed_where_nothing_has_the_name() {
    assert_eq!(
        renamed("a:\n  hst: x # c\n", "a/hst", "host"),
        some("a:\n  host: x # c\n")
    );
    assert_eq!(
        renamed("{\"hst\": 1}", "hst", "host"),
        some("{\"host\": 1}")
    );
    assert_eq!(renamed("'hst': 1\n", "hst", "host"), some("'host': 1\n"));
    assert_eq!(renamed("hst: 1\n", "hst", "on"), some("\"on\": 1\n"));
    assert_eq!(renamed("hst: 1\nhost: 2\n", "hst", "host"), None);
    assert_eq!(renamed("hst: 1\nhost_name: 2\n", "hst", "hostName"), None);
    assert_eq!(renamed("hst: 1\nhst: 2\n", "hst", "host"), None);
}

#[test]
fn entries_of_blocks_are_removed_with_their_lines() {
    let text = "a:\n  b: 1\n  # about c\n  c:\n    d: |\n      x\n\n      y\n  e: 2\nf: 3\n";
    assert_eq!(
        removed(text, "a/b"),
        some("a:\n  # about c\n  c:\n    d: |\n      x\n\n      y\n  e: 2\nf: 3\n")
    );
    assert_eq!(
        removed(text, "a/c"),
        some("a:\n  b: 1\n  # about c\n  e: 2\nf: 3\n")
    );
    assert_eq!(
        removed(text, "a/c/d"),
        some("a:\n  b: 1\n  # about c\n  c: {}\n  e: 2\nf: 3\n")
    );
    assert_eq!(removed("a:\n  b: 1\n", "a/b"), some("a: {}\n"));
    assert_eq!(removed("a: # c\n  b: 1\n", "a/b"), some("a: # c\n  {}\n"));
    assert_eq!(removed("b: 1\n", "b"), some("{}\n"));
    assert_eq!(removed("a: 1\nb: 2", "b"), some("a: 1"));
    assert_eq!(
        removed("a: 1\r\nb: 2\r\nc: 3\r\n", "b"),
        some("a: 1\r\nc: 3\r\n")
    );
    assert_eq!(removed("a: 1\nb:\nc: 3\n", "b"), some("a: 1\nc: 3\n"));
}

#[test]
fn items_are_removed_and_a_list_without_items_is_empty() {
    assert_eq!(
        removed("a:\n- x\n- y\n- z\n", "a[1]"),
        some("a:\n- x\n- z\n")
    );
    assert_eq!(removed("a:\n- x\n", "a[0]"), some("a: []\n"));
    assert_eq!(
        removed("a:\n  - b: 1\n    c: 2\n  - d\n", "a[0]"),
        some("a:\n  - d\n")
    );
    assert_eq!(
        removed("a:\n- b: 1\n  c: 2\n", "a[0]/b"),
        some("a:\n- c: 2\n")
    );
    assert_eq!(
        removed("a:\n- b: 1\n  c: 2\n", "a[0]/c"),
        some("a:\n- b: 1\n")
    );
    assert_eq!(removed("a:\n- b: 1\n", "a[0]/b"), some("a:\n- {}\n"));
    assert_eq!(
        removed("- - a\n  - b\n- c\n", "[0][0]"),
        some("- - b\n- c\n")
    );
    assert_eq!(
        removed("- a\n# two\n-\n- c\n", "[1]"),
        some("- a\n# two\n- c\n")
    );
}

#[test]
fn flow_collections_lose_an_entry_and_its_comma() {
    assert_eq!(
        removed("a: [x, y, z] # c\n", "a[0]"),
        some("a: [y, z] # c\n")
    );
    assert_eq!(removed("a: [x, y, z]\n", "a[2]"), some("a: [x, y]\n"));
    assert_eq!(removed("a: [x]\n", "a[0]"), some("a: []\n"));
    assert_eq!(removed("a: {b: 1, c: 2}\n", "a/c"), some("a: {b: 1}\n"));
    assert_eq!(removed("a: {b: 1}\n", "a/b"), some("a: {}\n"));
    assert_eq!(
        removed("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b"),
        some("{\n  \"a\": 1\n}\n")
    );
    assert_eq!(
        removed("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a"),
        some("{\n  \"b\": 2\n}\n")
    );
}

#[test]
fn entries_are_added_in_the_style_of_their_collection() {
    let content = || Content::mapping([("mode", Content::text("STRICT"))]);
    assert_eq!(
        inserted("spec:\n  a: 1 # one\n# end\n", "spec/mtls", content()),
        some("spec:\n  a: 1 # one\n  mtls:\n    mode: STRICT\n# end\n")
    );
    assert_eq!(
        inserted("a: 1", "b", Content::text("on")),
        some("a: 1\nb: \"on\"")
    );
    assert_eq!(
        inserted("a: 1\r\n", "b", content()),
        some("a: 1\r\nb:\r\n  mode: STRICT\r\n")
    );
    assert_eq!(
        inserted("a: {}\n", "a/b", content()),
        some("a: {b: {mode: STRICT}}\n")
    );
    assert_eq!(
        inserted("a: {c: 1}\n", "a/b", content()),
        some("a: {c: 1, b: {mode: STRICT}}\n")
    );
    assert_eq!(
        inserted("{\n  \"a\": 1\n}\n", "b", content()),
        some("{\n  \"a\": 1,\n  \"b\": {\"mode\": \"STRICT\"}\n}\n")
    );
    assert_eq!(
        inserted("a:\n- b: 1\n  c:\n  - x\n", "a[0]/d", Content::text("y1")),
        some("a:\n- b: 1\n  c:\n  - x\n  d: y1\n")
    );
    assert_eq!(inserted("a: 1\n", "a", content()), None);
    assert_eq!(inserted("a:\n", "a/b", content()), None);
}

#[test]
fn items_are_added_to_the_end() {
    let subset = || {
        Content::mapping([
            ("name", Content::text("v2")),
            (
                "labels",
                Content::mapping([("version", Content::text("2"))]),
            ),
        ])
    };
    assert_eq!(
        inserted(
            "spec:\n  subsets:\n  - name: v1\n  # end\n",
            "spec/subsets[1]",
            subset()
        ),
        some(
            "spec:\n  subsets:\n  - name: v1\n  - name: v2\n    labels:\n      version: \"2\"\n  # end\n"
        )
    );
    assert_eq!(
        inserted("a: [x]\n", "a[1]", Content::text("y1")),
        some("a: [x, y1]\n")
    );
    assert_eq!(
        inserted("a: []\n", "a[0]", subset()),
        some("a: [{name: v2, labels: {version: \"2\"}}]\n")
    );
    assert_eq!(inserted("a: [x]\n", "a[2]", Content::text("y1")), None);
}

#[test]
fn edits_of_one_request_are_applied_together_or_not_at_all() {
    let edit = |path: FieldPath, change| Edit { path, change };
    let set = |n| Change::Replace(NewScalar::Integer(n));
    let text = "a: [{w: 1}, {w: 2}]\n";
    let both = [
        edit(path!["a", 1_usize, "w"], set(70)),
        edit(path!["a", 0_usize, "w"], set(30)),
    ];
    assert_eq!(edited_by(text, &both), some("a: [{w: 30}, {w: 70}]\n"));
    let one_fails = [
        edit(path!["a", 0_usize, "w"], set(1)),
        edit(path!["b"], set(1)),
    ];
    assert_eq!(edited_by(text, &one_fails), None);
    let same = [
        edit(path!["a", 0_usize, "w"], set(1)),
        edit(path!["a", 0_usize, "w"], set(2)),
    ];
    assert_eq!(edited_by(text, &same), None);
    assert_eq!(edited_by(text, &[]), None);
}

#[test]
fn a_refused_request_does_not_touch_the_others() {
    let text = "a: x\nb: |\n  x\nc: x\n";
    let tree = Tree::parse(text);
    let root = tree.root(&tree.documents()[0]).unwrap();
    let edits: Vec<[Edit; 1]> = ["a", "b", "c", "a", "missing"]
        .map(|path| {
            [Edit {
                path: path.into(),
                change: Change::Replace(NewScalar::Text("y1".into())),
            }]
        })
        .into();
    let requests: Vec<_> = edits.iter().map(|edits| Request { root, edits }).collect();
    let written = write(&tree, &requests);
    let is_written: Vec<bool> = written.iter().map(Option::is_some).collect();
    assert_eq!(is_written, [true, false, true, true, false]);
    assert_eq!(written[0], written[3]);
}

#[test]
fn thousands_of_edits_are_proven_together() {
    let lines: Vec<String> = (0..3000).map(|i| format!("  - ky{i}: x\n")).collect();
    let text = format!("a:\n{}", lines.concat());
    let tree = Tree::parse(&text);
    let root = tree.root(&tree.documents()[0]).unwrap();
    let edits: Vec<[Edit; 1]> = (0..3000_usize)
        .map(|i| {
            [Edit {
                path: path!["a", i, format!("ky{i}").as_str()],
                change: Change::RenameKey(format!("key{i}").into()),
            }]
        })
        .collect();
    let requests: Vec<_> = edits.iter().map(|edits| Request { root, edits }).collect();
    assert!(write(&tree, &requests).iter().all(Option::is_some));
}

#[test]
fn comments_that_go_are_told() {
    let loses = |text: &str, path: &str| {
        let tree = Tree::parse(text);
        let root = tree.root(&tree.documents()[0]).unwrap();
        let edits = [Edit {
            path: path.into(),
            change: Change::Remove,
        }];
        let written = write(
            &tree,
            &[Request {
                root,
                edits: &edits,
            }],
        );
        written[0].as_ref().unwrap().loses_comments
    };
    assert!(loses("a: 1\nb: 2 # two\n", "b"));
    assert!(!loses("a: 1 # one\nb: 2\n# end\n", "b"));
}

#[test]
fn documents_are_appended_to_whole_files() {
    let content = Content::mapping([("kind", Content::text("X")), ("p", Content::text("1"))]);
    let appended = |text: &str| {
        let edit = FileEnd::of(text)?.append(&content)?;
        Some(apply(text, &[edit]))
    };
    assert_eq!(appended("a: 1\n"), some("a: 1\n---\nkind: X\np: \"1\"\n"));
    assert_eq!(appended("a: 1"), some("a: 1\n---\nkind: X\np: \"1\"\n"));
    assert_eq!(
        appended("a: 1\r\n---\r\nb: 2\r\n"),
        some("a: 1\r\n---\r\nb: 2\r\n---\r\nkind: X\r\np: \"1\"\r\n")
    );
    assert_eq!(appended("{\"a\": 1}\n"), None);
    assert_eq!(appended("a: [1\n"), None);
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        prop::sample::select(vec![
            "yes",
            "no",
            "null",
            "~",
            "1234",
            "0755",
            "1.5",
            "2024-01-01",
            "*x",
            "&x",
            "!t",
            "",
            "#c",
            "a: b",
            "a,b",
            "}",
            "- x",
            "'",
            "\"",
            "\\",
            "ä🛒",
            "a\nb",
            "a\tb",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    /// Whatever stands there and whatever is wanted: an edit that is not refused gives that.
    #[test]
    fn any_text_in_any_style(old in word(), new in word(), style in 0..5_usize, crlf: bool) {
        let quoted = match style {
            0 | 3 => quote::double_quoted(&old),
            1 | 4 if !old.contains('\n') => format!("'{}'", old.replace('\'', "''")),
            _ => "plain".to_owned(),
        };
        let mut text = match style {
            3 | 4 => format!("# first\na: {{b: {quoted}, c: [d]}} # end\n"),
            _ => format!("# first\na:\n- b: {quoted} # why\n  # next\n  c: [d]\n"),
        };
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let path = if style > 2 { "a/b" } else { "a[0]/b" };
        let after = replaced(&text, path, &new).expect("a scalar on its line can be replaced");
        let tree = Tree::parse(&after);
        let root = tree.root(&tree.documents()[0]).unwrap();
        let found = crate::yaml::locate(root, &path.into());
        prop_assert_eq!(found.value.as_str(), Some(new.as_str()));
        prop_assert_eq!(after.matches("\r\n").count(), text.matches("\r\n").count());
    }

    /// Removing what was inserted gives the text back, in blocks and in brackets.
    #[test]
    fn removal_undoes_insertion(
        text in prop::sample::select(vec![
            "a:\n  b: 1 # c\n  # d\ne: 2\n", "a: {b: 1}\n", "a:\n    b:\n    - 1\n", "a:\n  b: |\n    x\n",
            "- 1\n- a:\n    b: 2\n", "{\"a\": {\"b\": [1]}}\n",
        ]),
        new in word(),
        key in "[a-z]{2,5}",
    ) {
        let path = if text.starts_with('-') { path![1_usize, "a", key.as_str()] } else { path!["a", key.as_str()] };
        let longer = edited(text, path.clone(), Change::Insert(Content::text(new.as_str()))).unwrap();
        prop_assert_eq!(edited(&longer, path, Change::Remove), Some(text.to_owned()));
    }
}
