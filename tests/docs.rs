//! The tables of `docs/codes.md` and `docs/beyond.md` are those of the rule book.
//! `UPDATE_DOCS=1 cargo test --test docs` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use meshlint::diagnostics::{Origin, RULES, Rule};

/// The families of checks that are meshlint's own, by how their codes begin.
const FAMILIES: [&str; 4] = ["MESH1", "MESH2", "MESH3", "MESH4"];

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

fn family(beginning: &str) -> impl Iterator<Item = &'static Rule> {
    RULES
        .iter()
        .filter(move |rule| rule.code.starts_with(beginning))
}

/// How the codes of checks of the posture begin: what they find lets everybody in, so that nobody
/// sees anything.
const POSTURE: &str = "MESH21";

/// One line a check: what it says, and what users see.
fn lines(beginning: &str) -> String {
    let mut text = "| check | severity | what you see |\n|---|---|---|\n".to_owned();
    for rule in family(beginning) {
        let symptoms: Vec<String> = rule.symptoms.iter().map(|s| format!("`{s}`")).collect();
        writeln!(
            text,
            "| [{code}](../rules/{code}.md) {}: {} | {} | {} |",
            rule.name,
            rule.message,
            rule.severity,
            symptoms.join(", "),
            code = rule.code
        )
        .unwrap();
    }
    text
}

/// Compares what stands between the marks of each word with its table, or writes it.
fn hold(file: &str, tables: impl Iterator<Item = (&'static str, String)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let before = fs::read_to_string(&path).unwrap();
    let mut after = before.clone();
    for (word, table) in tables {
        let (begin, end) = (
            format!("<!-- begin {word} -->\n"),
            format!("<!-- end {word} -->"),
        );
        let from = after.find(&begin).expect("the table has a beginning") + begin.len();
        let to = after.find(&end).expect("the table has an end");
        after.replace_range(from..to, &table);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &after).unwrap();
        return;
    }
    assert!(
        before == after,
        "{file} is not what the rule book says: UPDATE_DOCS=1 cargo test --test docs"
    );
}

#[test]
fn the_tables_of_codes_are_current() {
    let origins = [
        ("kiali", Origin::Kiali),
        ("istioctl", Origin::Istioctl),
        ("meshlint", Origin::Meshlint),
    ];
    let tables = origins.map(|(word, origin)| (word, table(origin)));
    hold("docs/codes.md", tables.into_iter());
}

#[test]
fn the_checks_that_others_lack_are_listed_with_what_users_see() {
    let tables = FAMILIES.map(|beginning| (beginning, lines(beginning)));
    hold("docs/beyond.md", tables.into_iter());
}

#[test]
fn every_check_of_our_own_can_be_found_by_a_symptom() {
    for rule in FAMILIES.into_iter().flat_map(family) {
        let is_posture = rule.code.starts_with(POSTURE);
        assert!(is_posture || !rule.symptoms.is_empty(), "{}", rule.code);
    }
}
