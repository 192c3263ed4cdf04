//! The tables of `docs/codes.md` are those of the rule book. `UPDATE_DOCS=1 cargo test --test docs`
//! writes them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use meshlint::diagnostics::{Origin, RULES};

fn table(origin: Origin) -> String {
    let mut text =
        "| code | name | severity | looks at | also known as |\n|---|---|---|---|---|\n".to_owned();
    for rule in RULES.iter().filter(|rule| rule.origin == origin) {
        let severity = if rule.on_by_default {
            rule.severity.to_string()
        } else {
            format!("{}, only when selected", rule.severity)
        };
        let kinds = match rule.kinds {
            [] => "everything".to_owned(),
            kinds => kinds.join(", "),
        };
        let code = rule.code;
        let aliases = rule.aliases.join(", ");
        writeln!(
            text,
            "| [{code}](../rules/{code}.md) | {} | {severity} | {kinds} | {aliases} |",
            rule.name
        )
        .unwrap();
    }
    text
}

#[test]
fn the_tables_of_codes_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md");
    let before = fs::read_to_string(&path).unwrap();
    let mut after = before.clone();
    for (word, origin) in [
        ("kiali", Origin::Kiali),
        ("istioctl", Origin::Istioctl),
        ("meshlint", Origin::Meshlint),
    ] {
        let (begin, end) = (
            format!("<!-- begin {word} -->\n"),
            format!("<!-- end {word} -->"),
        );
        let from = after.find(&begin).expect("the table has a beginning") + begin.len();
        let to = after.find(&end).expect("the table has an end");
        after.replace_range(from..to, &table(origin));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &after).unwrap();
        return;
    }
    assert!(
        before == after,
        "docs/codes.md is not what the rule book says: UPDATE_DOCS=1 cargo test --test docs"
    );
}
