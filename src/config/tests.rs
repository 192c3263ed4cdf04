//! Files that are right and wrong, and what comes of them.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::read::parse;
use super::*;
use crate::diagnostics::{Code, Level, Severity};
use crate::engine::Options;

fn read_text(text: &str) -> Result<Item, Error> {
    parse("meshlint.yaml", Path::new("/repo/meshlint.yaml"), text)
}

#[test]
fn the_schema_and_the_reader_agree() {
    let cases: Vec<(String, bool, String)> =
        serde_yaml::from_str(include_str!("../../testdata/contracts/configs.yaml")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, is_right, text) in cases {
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(validator.is_valid(&value), is_right, "schema: {name}");
        assert_eq!(read_text(&text).is_ok(), is_right, "reader: {name}");
    }
}

#[test]
fn the_schema_of_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("meshlint.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, schema()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept,
        schema(),
        "`UPDATE_DOCS=1 cargo test --lib config` writes it"
    );
}

#[test]
fn mistakes_are_told_at_their_places() {
    for (text, expected) in [
        (
            "rules:\n  ignor: [KIA1101]\n",
            "meshlint.yaml:2:3: there is no key \"ignor\" here; did you mean ignore?",
        ),
        (
            "rules:\n  ignore: [KIA1101, KIA9999]\n",
            "meshlint.yaml:2:21: no rule is called \"KIA9999\"",
        ),
        (
            "exclude: {a: b}\n",
            "meshlint.yaml:1:10: a mapping is no list",
        ),
        (
            "overrides:\n- ignore: [KIA1101]\n",
            "meshlint.yaml:2:3: one of paths, namespaces, objects is missing",
        ),
        (
            "fail-on: high\n",
            "meshlint.yaml:1:10: \"high\" is none of error, warning, info, never",
        ),
        ("istio-version: 1.27\n", "meshlint.yaml:1:16"),
        (
            "version: 2\n",
            "meshlint.yaml:1:10: version \"2\" is not known",
        ),
        ("a: [\n", "meshlint.yaml:2:1"),
        ("version: 1\n---\nversion: 1\n", "one document"),
    ] {
        let error = read_text(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn off_is_a_word() {
    let item = read_text("rules:\n  severity:\n    KIA1101: off\n").unwrap();
    assert_eq!(
        item.at(&["rules", "severity", "KIA1101"]).unwrap().text(),
        Some("off")
    );
}

#[test]
fn files_go_on_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "base.yaml",
        "namespace: a\nrules: {ignore: [KIA1101], severity: {KIA11: error}}\n",
    );
    write(
        "meshlint.yaml",
        "extends: base.yaml\nnamespace: b\nrules: {ignore: [KIA0102]}\n",
    );
    let config = read(&folder.path().join("meshlint.yaml")).unwrap();
    assert_eq!(config.at(&["namespace"]).unwrap().text(), Some("b"));
    assert_eq!(
        config.at(&["rules", "ignore"]).unwrap().texts(),
        ["KIA1101", "KIA0102"]
    );
    assert!(config.at(&["rules", "severity", "KIA11"]).is_some());
    let shown = show(Some(&config), &[("fail-on", "info".to_owned())]);
    assert!(shown.contains("fail-on: info # command line"), "{shown}");
    assert!(shown.contains("namespace: b # "), "{shown}");

    write("base.yaml", "extends: [meshlint.yaml]\n");
    let error = read(&folder.path().join("meshlint.yaml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("base.yaml:1:11") && error.contains("circle"),
        "{error}"
    );
}

#[test]
fn what_is_said_of_one_code_wins_over_its_family() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("meshlint.yaml");
    let text = "rules: {severity: {KIA1101: warning, KIA: off}}\nnamespace: shop\n";
    std::fs::write(&file, text).unwrap();
    let governed = Governed::of(&Choice::File(file), &[]).unwrap();
    let mut options = Options::default();
    apply(&governed, Given::default(), &mut options).unwrap();
    assert!(!options.ignore.contains(&Code::KIA1101));
    assert!(options.ignore.contains(&Code::KIA0102));
    let last = options
        .policy
        .severity
        .iter()
        .rev()
        .find(|(code, _)| *code == Code::KIA1101);
    assert_eq!(last.unwrap().1, Level::Severity(Severity::Warning));
    assert_eq!(options.namespace.as_deref(), Some("shop"));
}

#[test]
fn one_folder_has_one_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("mesh")).unwrap();
    std::fs::write(folder.path().join("meshlint.yaml"), "").unwrap();
    assert!(find(&folder.path().join("mesh")).unwrap().is_some());
    std::fs::write(folder.path().join(".meshlint.yaml"), "").unwrap();
    assert!(find(&folder.path().join("mesh")).is_err());
}
