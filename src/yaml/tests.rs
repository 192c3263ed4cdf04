//! What kubectl's reader makes of a text: accepted, refused, values. Each line was read by
//! apimachinery's `util/yaml` as well.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::{Node, Scalar, Tree, Value};

/// The documents of a text: values as JSON, errors as `!` and the text at their place.
fn read(text: &str) -> Vec<String> {
    let tree = Tree::parse(text);
    let documents = tree.documents().iter();
    documents
        .filter_map(|document| {
            if let Some(error) = &document.error {
                return Some(format!("! {}", error.message));
            }
            let mut out = String::new();
            write(tree.root(document)?, &mut out);
            if document.unread.is_some() {
                out.push_str(" ...");
            }
            Some(out)
        })
        .collect()
}

fn write(node: Node<'_>, out: &mut String) {
    match node.value() {
        Value::Scalar(Scalar::Null) => out.push_str("null"),
        Value::Scalar(Scalar::Bool(value)) => write!(out, "{value}").unwrap(),
        Value::Scalar(Scalar::Int(value)) => write!(out, "{value}").unwrap(),
        Value::Scalar(Scalar::Float(value)) => write!(out, "{value}").unwrap(),
        Value::Scalar(Scalar::Str(value)) => write!(out, "{value:?}").unwrap(),
        Value::Sequence => {
            out.push('[');
            for (index, item) in node.items().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Mapping => {
            out.push('{');
            for (index, (key, value)) in node.entries().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write!(out, "{}: ", key.text().unwrap()).unwrap();
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// Texts of one document that are read, and what they are.
fn reads(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(read(text), [*expected], "{text:?}");
    }
}

/// Texts of one document that are refused, and why.
fn refuses(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let documents = read(text);
        let [document] = documents.as_slice() else {
            panic!("{text:?}: {documents:?}");
        };
        assert!(
            document.starts_with('!') && document.contains(expected),
            "{text:?}: {document}"
        );
    }
}

#[test]
fn lines_of_quoted_text_begin_anywhere() {
    reads(&[
        ("m:\n  a: 'x\ny'\n", r#"{m: {a: "x y"}}"#),
        ("m:\n  a: \"x\n y\n\n  z\"\n", r#"{m: {a: "x y\nz"}}"#),
        ("m:\n  a: \"x\\\n y\"\nb: 1\n", r#"{m: {a: "xy"}, b: 1}"#),
        ("- \"x\n- y\"\n", r#"["x - y"]"#),
    ]);
    refuses(&[
        ("a: 'x\n", "quote is never closed"),
        ("a: \"x\n... \ny\"\n", "document indicator"),
    ]);
}

#[test]
fn colons_within_text_in_brackets_are_text() {
    reads(&[
        (
            "[fe80::1, a:b, fe80::]\n",
            r#"["fe80::1", "a:b", "fe80::"]"#,
        ),
        ("{a:}\n", "{a:: null}"),
        ("{a:1, b: 2}\n", "{a:1: null, b: 2}"),
        ("{'a':1, \"b\":[x]}\n", r#"{a: 1, b: ["x"]}"#),
    ]);
    refuses(&[
        ("[::1]\n", "did not find expected node content"),
        ("[a?, b]\n", "did not find expected ',' or ']'"),
    ]);
}

#[test]
fn comments_need_no_space_after_quotes_and_brackets() {
    reads(&[
        ("a: 'x'#y\n", r#"{a: "x"}"#),
        ("a: [1,#x\n  2]#y\n", "{a: [1, 2]}"),
        ("a: x#y\n", r#"{a: "x#y"}"#),
    ]);
}

#[test]
fn tabs_are_space_between_brackets_and_behind_text() {
    reads(&[
        ("a: [\n\t1,\t2,\n\t]\n", "{a: [1, 2]}"),
        ("a:\t1\t# x\n", "{a: 1}"),
        ("a: |\n  x\n  \ty\n", r#"{a: "x\n\ty\n"}"#),
    ]);
    refuses(&[
        (
            "a: x\n\t\nb: y\n",
            "tab character that violates indentation",
        ),
        (
            "a: x\n\t# c\nb: y\n",
            "tab character that violates indentation",
        ),
        ("\ta: 1\n", "cannot start any token"),
        (
            "a: |\n \tx\n",
            "tab character where an indentation space is expected",
        ),
    ]);
}

#[test]
fn escapes_are_those_of_yaml_1_1() {
    reads(&[(r#"a: "it\'s \x41\u00e9\N""#, "{a: \"it's A\u{e9}\\u{85}\"}")]);
    refuses(&[
        (r#"a: "\/""#, "unknown escape"),
        (r#"a: "\ud83d\ude00""#, "invalid Unicode character escape"),
    ]);
}

#[test]
fn a_text_that_begins_with_a_brace_is_a_stream_of_json() {
    assert_eq!(
        read("{\"a\": \"\\/\\ud83d\\ude00\"}\n{\"b\": [1, {}, []]}{\"c\": -1.5e3}"),
        ["{a: \"/\u{1f600}\"}", "{b: [1, {}, []]}", "{c: -1500}"]
    );
    assert_eq!(read("{\"a\": 1}\n---\nb: 2\n"), ["{a: 1}", "{b: 2}"]);
    assert_eq!(read("{a: 1}\n"), ["{a: 1}"]);
    assert_eq!(
        read("{\"a\": 1} rest of it\n"),
        ["{a: 1}", "! found text after the JSON value"]
    );
    let key = "k".repeat(2000);
    assert_eq!(
        read(&format!("{{\"{key}\"\n: 1}}")),
        [format!("{{{key}: 1}}")]
    );
}

#[test]
fn line_breaks_of_yaml_1_1_break_lines() {
    reads(&[
        ("a: x\u{85}b: z\n", r#"{a: "x", b: "z"}"#),
        ("a: x\u{2028}b: z\n", r#"{a: "x", b: "z"}"#),
        ("a: x\rb: z\r\n", r#"{a: "x", b: "z"}"#),
    ]);
}

#[test]
fn keys_are_text() {
    reads(&[
        ("yes: 1\n010: 2\n1.50: 3\n", "{true: 1, 8: 2, 1.5: 3}"),
        ("a: &k b\n*k : 1\n", r#"{a: "b", b: 1}"#),
        ("? a\n: b\n? c\n", r#"{a: "b", c: null}"#),
    ]);
    refuses(&[
        ("{a: b}: c\n", "a mapping cannot be a key"),
        ("? [a]\n: b\n", "a list cannot be a key"),
        ("a: {{ b }}\n", "a mapping cannot be a key"),
        ("~: 1\n", "null cannot be a key"),
        ("18446744073709551615: 1\n", "too large to be a key"),
    ]);
}

#[test]
fn tags_convert() {
    reads(&[
        ("a: !!int '5'\nb: !!bool 'on'\n", "{a: 5, b: true}"),
        (
            "a: !!str 5\nb: !port 80\nc: ! yes\nd: !x\n",
            r#"{a: "5", b: "80", c: "yes", d: ""}"#,
        ),
        ("a: !!null ''\nb: !!float 1\n", "{a: null, b: 1}"),
        ("a: !!binary aGk=\n", r#"{a: "hi"}"#),
        ("a: !<tag:yaml.org,2002:int> '5'\n", "{a: 5}"),
        ("a: !!map {b: 1}\n", "{a: {b: 1}}"),
    ]);
    refuses(&[
        ("a: !!int x\n", "cannot decode"),
        ("a: !!binary '?'\n", "invalid base64"),
        ("a: !e!x 1\n", "undefined tag handle"),
    ]);
}

#[test]
fn a_merge_wins_over_the_keys_before_it() {
    reads(&[
        ("a: 1\n<<: {a: 2, b: 3}\nb: 4\n", "{a: 2, b: 4}"),
        ("<<: [{a: 1}, {a: 2, b: 3}]\n", "{a: 1, b: 3}"),
        ("<<: {<<: {a: 1}, b: 2}\n", "{a: 1, b: 2}"),
        ("'<<': 1\n", "{<<: 1}"),
    ]);
    refuses(&[
        ("<<: 1\n", "map merge requires map"),
        ("<<: [{a: 1}, 2]\n", "map merge requires map"),
    ]);
    let mut chain = "m0: &m0 {k0: 1}\n".to_owned();
    for level in 1..40 {
        writeln!(
            chain,
            "m{level}: &m{level} {{<<: *m{}, k{level}: 1}}",
            level - 1
        )
        .unwrap();
    }
    let tree = Tree::parse(&chain);
    let root = tree.root(tree.documents().first().unwrap()).unwrap();
    assert_eq!(root.get("m39").unwrap().entries().count(), 40);
}

#[test]
fn what_json_cannot_hold_is_refused() {
    refuses(&[
        ("a: .inf\n", "no number that JSON can hold"),
        ("a: [-.INF]\n", "no number that JSON can hold"),
        ("a: .nan\n", "no number that JSON can hold"),
        ("a: \u{1}\n", "control characters"),
    ]);
}

#[test]
fn anchors_have_letters_digits_dashes_and_underscores() {
    reads(&[("a: &x_1-y 1\nb: *x_1-y\n", "{a: 1, b: 1}")]);
    refuses(&[
        ("a: &x.y 1\n", "expected alphabetic or numeric character"),
        (
            "*.example.com: 1\n",
            "expected alphabetic or numeric character",
        ),
        ("a: *x\n", "unknown anchor 'x'"),
        ("a: &x [*x]\n", "contains itself"),
    ]);
}

#[test]
fn aliases_may_make_up_no_more_than_a_share() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (level, name) in ["b", "c", "d", "e"].iter().enumerate() {
        let before = ["a", "b", "c", "d"].get(level).unwrap();
        let items = vec![format!("*{before}"); 10].join(", ");
        writeln!(bomb, "{name}: &{name} [{items}]").unwrap();
    }
    refuses(&[(&bomb, "excessive aliasing")]);
    let many = format!("a: &a {{b: 1}}\nc:\n{}", "- *a\n".repeat(5000));
    assert!(!read(&many).first().unwrap().starts_with('!'));
}

#[test]
fn files_are_cut_at_lines_that_begin_with_three_dashes() {
    assert_eq!(
        read("a: 1\n--- # x\nb: 2\n---\n---\nc: 3\n"),
        ["{a: 1}", "{b: 2}", "{c: 3}"]
    );
    assert_eq!(
        read("a: 1\n--- text\nb: 2\n---\nc: 3\n"),
        ["{a: 1}", "! invalid document separator: text", "{c: 3}"]
    );
    assert_eq!(
        read("a: 1\n----\nb: 2\n"),
        ["{a: 1}", "! invalid document separator: -"]
    );
    let directive = read("%YAML 1.1\n---\na: 1\n");
    assert!(directive.first().unwrap().contains("<document start>"));
    assert_eq!(directive.get(1).unwrap(), "{a: 1}");
    refuses(&[("%YAML 1.2\n", "incompatible YAML document")]);
}

#[test]
fn what_follows_the_end_of_a_document_is_not_read() {
    assert_eq!(read("a: 1\n...\nb: 2\n"), ["{a: 1} ..."]);
    assert_eq!(read("a: |\n  x\n...\n}\n"), ["{a: \"x\\n\"} ..."]);
    assert_eq!(read("a: 1\n...\n# c\n---\nb: 2\n"), ["{a: 1}", "{b: 2}"]);
    assert_eq!(
        read("'a':1\n"),
        ["! did not find expected <document start>"]
    );
}

#[test]
fn the_end_of_a_file_ends_its_last_line() {
    reads(&[
        ("a: |\n  x", r#"{a: "x\n"}"#),
        ("a: |-\n  x", r#"{a: "x"}"#),
    ]);
}

#[test]
fn places_are_those_of_the_text() {
    let text = "a: &x !!int '5'\nb:\n- \"c\\n\"\n- [d, *x]\nlast: |\n  e\n  f\n";
    let tree = Tree::parse(text);
    let root = tree.root(tree.documents().first().unwrap()).unwrap();
    let place = |key: &str| root.get(key).unwrap().span().text(text);
    assert_eq!(place("a"), "'5'");
    assert_eq!(place("b"), "- \"c\\n\"\n- [d, *x]");
    assert_eq!(place("last"), "e\n  f\n");
    let items: Vec<_> = root.get("b").unwrap().items().collect();
    assert_eq!(items.first().unwrap().span().text(text), "\"c\\n\"");
    assert_eq!(items.get(1).unwrap().span().text(text), "[d, *x]");
}

#[test]
fn the_first_document_is_read_alone() {
    for (text, documents) in [
        ("a: 1\n---\nb: [\n", 1),
        ("--- # c\na: 1\n---\n", 1),
        ("{\"a\": 1}{\"b\": 2}", 1),
    ] {
        let tree = Tree::parse_first(text);
        assert_eq!(tree.documents().len(), documents, "{text:?}");
        let root = tree.root(tree.documents().first().unwrap()).unwrap();
        assert_eq!(root.get("a").unwrap().text(), Some("1"));
    }
}
