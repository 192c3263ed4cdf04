//! Input that is made to hurt.

use std::fmt::Write as _;

use super::super::{Cache, Options, ProblemKind, build};
use super::{failure, tree};

#[test]
fn a_ring_of_kustomizations_is_refused() {
    let text =
        "== a/kustomization.yaml\nresources: [../b]\n== b/kustomization.yaml\nresources: [../a]\n";
    assert_eq!(failure(text, "a").0, ProblemKind::Cycle);
}

#[test]
fn doubling_from_folder_to_folder_ends() {
    let mut text = String::from(
        "== f0/kustomization.yaml\nresources: [cm.yaml]\n== f0/cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    );
    for level in 1..40 {
        let before = level - 1;
        for side in ["a", "b"] {
            write!(text, "== s{level}{side}/kustomization.yaml\nresources: [../f{before}]\nnamePrefix: {side}\n").unwrap();
        }
        write!(
            text,
            "== f{level}/kustomization.yaml\nresources: [../s{level}a, ../s{level}b]\n"
        )
        .unwrap();
    }
    // Forty levels would be a million million objects.
    let built = build(&tree(&text), "f12", Options::default(), &Cache::default());
    assert_eq!(built.objects.len(), 1 << 12);
}

#[test]
fn a_text_that_doubles_with_each_replacement_ends() {
    let mut text = String::from("== kustomization.yaml\nresources: [cm.yaml]\nreplacements:\n");
    for _ in 0..64 {
        text.push_str("- {source: {kind: ConfigMap, fieldPath: data.a}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a], options: {delimiter: '|', index: 99}}]}\n");
    }
    text.push_str(
        "== cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: x}\n",
    );
    assert_eq!(failure(&text, "").0, ProblemKind::BadReplacement);
}

#[test]
fn an_object_that_doubles_with_each_replacement_ends() {
    let mut text = String::from("== kustomization.yaml\nresources: [cm.yaml]\nreplacements:\n");
    for step in 0..40 {
        writeln!(text, "- {{source: {{kind: S, fieldPath: spec}}, targets: [{{select: {{kind: S}}, fieldPaths: [spec.k{step}], options: {{create: true}}}}]}}").unwrap();
    }
    text.push_str(
        "== cm.yaml\napiVersion: example.com/v1\nkind: S\nmetadata: {name: c}\nspec: {a: x}\n",
    );
    assert_eq!(failure(&text, "").0, ProblemKind::TooLarge);
}

#[test]
fn aliases_that_blow_up_are_refused() {
    let mut text = String::from(
        "== kustomization.yaml\nresources: [cm.yaml]\n== cm.yaml\nkind: S\nmetadata: {name: s}\na0: &a0 [x, x]\n",
    );
    for level in 1..40 {
        let before = level - 1;
        writeln!(text, "a{level}: &a{level} [*a{before}, *a{before}]").unwrap();
    }
    assert_eq!(failure(&text, "").0, ProblemKind::BadResource);
}

#[test]
fn deep_nesting_is_survived() {
    for depth in [300, 5_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(
            "== kustomization.yaml\nresources: [cm.yaml]\npatches: [{{target: {{}}, patch: '{{kind: S, metadata: {{name: s}}, b: {nested}}}'}}]\n== cm.yaml\nkind: S\nmetadata: {{name: s}}\na: {nested}\n"
        );
        let built = super::run(&tree(&text), "");
        assert!(built.objects.len() + built.problems.len() > 0);
    }
}

#[test]
fn a_pattern_that_is_too_large_is_refused() {
    let text = "== kustomization.yaml\nresources: [cm.yaml]\npatches: [{target: {name: '((a{1,500}){1,500}){1,500}'}, patch: '[]'}]\n== cm.yaml\nkind: S\nmetadata: {name: s}\n";
    assert_eq!(failure(text, "").0, ProblemKind::BadSelector);
}

#[test]
fn no_field_of_any_type_panics() {
    let fields = super::super::file::FIELDS;
    for field in fields {
        for value in [
            "null",
            "''",
            "x",
            "5",
            "true",
            "[]",
            "[x]",
            "[[]]",
            "[null]",
            "[{}]",
            "{}",
            "{a: b}",
            "[{path: x, name: 1}]",
        ] {
            let text = format!(
                "== kustomization.yaml\nresources: [cm.yaml]\n{field}: {value}\n== cm.yaml\nkind: S\nmetadata: {{name: s}}\n"
            );
            let sources = tree(&text);
            for lenient in [false, true] {
                let options = Options {
                    lenient,
                    ..Options::default()
                };
                let built = build(&sources, "", options, &Cache::default());
                assert!(lenient || built.problems.len() <= 1);
            }
        }
    }
}
