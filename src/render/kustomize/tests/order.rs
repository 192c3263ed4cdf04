//! In which order things happen.

use super::super::ProblemKind;
use super::{failure, render};

const SERVICE: &str = "\
== svc.yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
";

#[test]
fn patches_see_names_before_the_prefix_and_json_patches_of_the_old_field_after_it() {
    let text = format!(
        "{SERVICE}== kustomization.yaml
resources: [svc.yaml]
namePrefix: a-
patches:
- patch: |
    apiVersion: v1
    kind: Service
    metadata: {{name: web}}
    spec: {{type: NodePort}}
patchesJson6902:
- target: {{kind: Service, name: a-web}}
  patch: |
    - op: add
      path: /metadata/labels
      value: {{seen: after}}
"
    );
    let out = render(&text, "");
    assert!(out.contains("name: a-web"), "{out}");
    assert!(out.contains("type: NodePort"), "{out}");
    assert!(out.contains("seen: after"), "{out}");
}

#[test]
fn a_component_changes_what_is_there_and_what_follows_changes_what_it_adds() {
    let text = format!(
        "{SERVICE}== kustomization.yaml
resources: [svc.yaml]
components: [more]
nameSuffix: -x
== more/kustomization.yaml
kind: Component
resources: [cm.yaml]
namePrefix: c-
== more/cm.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: conf}}
"
    );
    let out = render(&text, "");
    assert!(out.contains("name: c-conf-x"), "{out}");
    assert!(out.contains("name: c-web-x"), "{out}");
}

#[test]
fn the_outermost_namespace_wins() {
    let text = "\
== base/kustomization.yaml
resources: [cm.yaml]
namespace: inner
== base/cm.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
== kustomization.yaml
resources: [base]
namespace: outer
";
    assert!(render(text, "").contains("namespace: outer"));
    assert!(render(text, "base").contains("namespace: inner"));
}

#[test]
fn kinds_are_sorted_unless_the_file_says_otherwise() {
    let objects = "\
== all.yaml
apiVersion: v1
kind: Service
metadata: {name: s}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: g, namespace: a}
---
apiVersion: v1
kind: Namespace
metadata: {name: n}
";
    let kinds = |out: String| -> Vec<String> {
        let lines = out.lines().filter_map(|line| line.strip_prefix("kind: "));
        lines.map(str::to_owned).collect()
    };
    let legacy = format!("{objects}== kustomization.yaml\nresources: [all.yaml]\n");
    assert_eq!(
        kinds(render(&legacy, "")),
        ["Namespace", "Service", "Gateway"]
    );
    let fifo = format!("{legacy}sortOptions: {{order: fifo}}\n");
    assert_eq!(
        kinds(render(&fifo, "")),
        ["Service", "Gateway", "Namespace"]
    );
}

#[test]
fn one_file_under_two_names_makes_two_objects_and_under_one_name_an_error() {
    let base = "\
== base/kustomization.yaml
resources: [cm.yaml]
== base/cm.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
== a/kustomization.yaml
resources: [../base]
namePrefix: a-
== b/kustomization.yaml
resources: [../base]
namePrefix: b-
== kustomization.yaml
resources: [a, b]
";
    let out = render(base, "");
    assert!(out.contains("a-conf") && out.contains("b-conf"), "{out}");
    let same = base.replace("namePrefix: b-", "namePrefix: a-");
    assert_eq!(failure(&same, "").0, ProblemKind::DuplicateObject);
}

#[test]
fn fields_of_the_file_are_checked() {
    for (file, kind, at) in [
        ("resource: []\n", ProblemKind::BadKustomization, "resource"),
        ("namespace: n\n", ProblemKind::BadKustomization, "n"),
        (
            "labels: [{pairs: {a: 1}}]\n",
            ProblemKind::BadKustomization,
            "1",
        ),
        (
            "kind: Deployment\nnamespace: a\n",
            ProblemKind::BadKustomization,
            "Deployment",
        ),
        (
            "apiVersion: v1\nnamespace: a\n",
            ProblemKind::BadKustomization,
            "v1",
        ),
        (
            "resources: [gone.yaml]\n",
            ProblemKind::Missing,
            "gone.yaml",
        ),
        ("components: [gone]\n", ProblemKind::Missing, "gone"),
        (
            "resources: [../up.yaml]\n",
            ProblemKind::OutsideRoot,
            "../up.yaml",
        ),
        ("resources: ['.']\n", ProblemKind::Cycle, "'.'"),
        ("resources: [..]\n", ProblemKind::Cycle, ".."),
    ] {
        let text = format!("== a/kustomization.yaml\n{file}== up.yaml\nkind: X\n");
        let expected = format!("a/kustomization.yaml: {at}");
        assert_eq!(failure(&text, "a"), (kind, expected), "{file}");
    }
}

#[test]
fn a_folder_needs_one_kustomization() {
    let none = failure("== a/x.yaml\na: b\n", "a");
    assert_eq!(none.0, ProblemKind::NoKustomization);
    let two = "== a/kustomization.yaml\nnamespace: a\n== a/Kustomization\nnamespace: a\n";
    assert_eq!(failure(two, "a").0, ProblemKind::NoKustomization);
}

#[test]
fn what_is_fetched_from_elsewhere_is_a_hole_with_the_namespace_that_it_gets() {
    let sources = super::tree(
        "== kustomization.yaml
resources:
- base
- https://example.com/all.yaml
namespace: mine
== base/kustomization.yaml
resources:
- github.com/example/other//deploy?ref=v1
helmCharts: [{name: redis, repo: https://charts.example.com, namespace: cache}]
",
    );
    let built = super::run(&sources, "");
    assert!(built.problems.is_empty(), "{:?}", built.problems);
    let holes: Vec<_> = built
        .holes
        .iter()
        .map(|hole| (hole.name.as_str(), hole.namespace.as_deref()))
        .collect();
    assert_eq!(
        holes,
        [
            ("github.com/example/other//deploy?ref=v1", Some("mine")),
            ("redis", Some("cache")),
            ("https://example.com/all.yaml", Some("mine")),
        ]
    );
}
