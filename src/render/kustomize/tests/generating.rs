//! ConfigMaps and Secrets from files and literals.

use super::super::ProblemKind;
use super::{failure, render};

#[test]
fn a_generated_name_carries_a_hash_that_references_follow() {
    let text = "\
== d.yaml
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {volumes: [{name: v, configMap: {name: conf}}]}
== app.env
# a comment
KEY = value
LONE
== kustomization.yaml
resources: [d.yaml]
configMapGenerator:
- name: conf
  literals: ['a=b', 'quoted=\"x y\"']
  envs: [app.env]
  files: [renamed=app.env]
";
    let out = render(text, "");
    let name = out
        .lines()
        .find_map(|line| line.strip_prefix("  name: conf-"))
        .unwrap();
    assert_eq!(name.len(), 10);
    assert!(
        out.contains(&format!("name: conf-{name}\n    name: v")),
        "{out}"
    );
    assert!(
        out.contains("  a: b\n") && out.contains("  quoted: x y\n"),
        "{out}"
    );
    assert!(out.contains("  LONE: \"\"\n"), "{out}");
    assert!(
        out.contains("  renamed: |\n    # a comment\n    KEY"),
        "{out}"
    );
}

#[test]
fn the_hash_is_the_one_of_kustomize() {
    let text = "== kustomization.yaml\nconfigMapGenerator: [{name: c, literals: [a=b]}]\nsecretGenerator: [{name: s, literals: [a=b]}]\n";
    let out = render(text, "");
    assert!(out.contains("name: c-4h2mbtbbt6"), "{out}");
    assert!(out.contains("name: s-k695gkmbtk"), "{out}");
}

#[test]
fn secrets_are_encoded_and_long_values_are_broken() {
    let long = "x".repeat(60);
    let text = format!(
        "== kustomization.yaml\nsecretGenerator: [{{name: s, literals: [a=b, 'l={long}'], options: {{disableNameSuffixHash: true}}}}]\n"
    );
    let out = render(&text, "");
    assert!(out.contains("  a: Yg==\n"), "{out}");
    let lines: Vec<&str> = out
        .lines()
        .skip_while(|line| !line.contains("l: |"))
        .collect();
    assert_eq!(lines[1].trim().len(), 70, "{out}");
}

#[test]
fn without_pairs_a_secret_has_empty_data_and_a_config_map_none() {
    let text =
        "== kustomization.yaml\nconfigMapGenerator: [{name: c}]\nsecretGenerator: [{name: s}]\n";
    let out = render(text, "");
    assert!(out.contains("name: c-6ct58987ht"), "{out}");
    assert!(
        out.contains("data: {}\n") && out.contains("name: s-46f8b28mk5"),
        "{out}"
    );
}

#[test]
fn an_overlay_merges_into_a_generated_object() {
    let text = "\
== base/kustomization.yaml
configMapGenerator: [{name: c, literals: [a=1, b=2]}]
== kustomization.yaml
resources: [base]
namePrefix: p-
configMapGenerator: [{name: c, behavior: merge, literals: [b=3]}]
";
    let out = render(text, "");
    assert!(out.contains("a: \"1\"\n  b: \"3\""), "{out}");
    assert!(out.contains("name: p-c-"), "{out}");
    let create = text.replace("behavior: merge, ", "");
    assert_eq!(failure(&create, "").0, ProblemKind::BadGenerator);
    let missing = text.replace("name: c, behavior", "name: d, behavior");
    assert_eq!(failure(&missing, "").0, ProblemKind::BadGenerator);
}

#[test]
fn a_key_comes_once_and_pairs_are_pairs() {
    for (literals, at) in [("[a=1, a=2]", "a=2"), ("[a]", "a"), ("['=a']", "'=a'")] {
        let text = format!(
            "== kustomization.yaml\nconfigMapGenerator: [{{name: c, literals: {literals}}}]\n"
        );
        let expected = (
            ProblemKind::BadGenerator,
            format!("kustomization.yaml: {at}"),
        );
        assert_eq!(failure(&text, ""), expected);
    }
}
