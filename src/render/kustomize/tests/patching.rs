//! Strategic merge patches and JSON patches.

use super::super::ProblemKind;
use super::{failure, render};

/// A kustomization with one resource and one patch.
fn patched(resource: &str, patch: &str) -> String {
    let indented: String = patch.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "== r.yaml\n{resource}\n== kustomization.yaml\nresources: [r.yaml]\npatches:\n- patch: |\n{indented}"
    )
}

fn with_target(resource: &str, patch: &str, target: &str) -> String {
    format!("{}  target: {target}\n", patched(resource, patch))
}

const ROUTE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web, shop.example.com]
  http:
  - route: [{destination: {host: web}}]";

#[test]
fn a_patch_without_a_target_needs_the_namespace() {
    let patch = |namespace: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web{namespace}}}\nspec: {{hosts: [other]}}"
        )
    };
    let out = render(&patched(ROUTE, &patch(", namespace: shop")), "");
    assert!(out.contains("hosts:\n  - other\n  http:"), "{out}");
    let (kind, at) = failure(&patched(ROUTE, &patch("")), "");
    assert_eq!(
        (kind, at.as_str()),
        (ProblemKind::PatchTarget, "kustomization.yaml: web")
    );
}

#[test]
fn lists_of_pods_merge_by_name_and_lists_of_custom_resources_are_replaced() {
    let workload = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    spec:
      containers:
      - {name: app, image: app:1}
      - {name: side, image: side:1}";
    let patch = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    spec:
      containers:
      - {name: new, image: new:1}
      - {name: side, env: [{name: A, value: b}]}
      - {name: app, $patch: delete}";
    let out = render(&patched(workload, patch), "");
    let images: Vec<&str> = out
        .lines()
        .filter(|line| line.contains("image"))
        .map(str::trim)
        .collect();
    assert_eq!(images, ["- image: new:1", "image: side:1"], "{out}");
    let rollout = workload.replace("apps/v1", "argoproj.io/v1");
    let out = render(
        &patched(&rollout, &patch.replace("apps/v1", "argoproj.io/v1")),
        "",
    );
    assert!(
        !out.contains("side:1") && out.contains("$patch: delete"),
        "{out}"
    );
}

#[test]
fn ports_get_lost_when_only_one_side_names_the_protocol() {
    let service = |ports: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{ports}]}}")
    };
    let out = render(
        &patched(
            &service("{port: 80, protocol: TCP}"),
            &service("{port: 80, targetPort: 8080}"),
        ),
        "",
    );
    assert!(!out.contains("targetPort"), "{out}");
    let out = render(
        &patched(
            &service("{port: 80}"),
            &service("{port: 80, targetPort: 8080}"),
        ),
        "",
    );
    assert!(out.contains("targetPort: 8080"), "{out}");
}

#[test]
fn null_deletes_and_an_empty_object_goes() {
    let map =
        |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{data}");
    let out = render(
        &patched(&map("data: {a: b, c: d}"), &map("data: {a: null}")),
        "",
    );
    assert!(
        !out.contains("a:") || out.contains("data:\n  c: d"),
        "{out}"
    );
    let out = render(&patched(&map("data: {a: b}"), &map("$patch: delete")), "");
    assert_eq!(out, "");
}

#[test]
fn a_scalar_stays_as_it_was_written() {
    let object = |value: &str| {
        format!("apiVersion: example.com/v1\nkind: S\nmetadata: {{name: s}}\nspec: {{a: {value}}}")
    };
    for (old, new, result) in [
        ("\"7\"", "6", "\"6\""),
        ("'x'", "true", "\"true\""),
        ("7", "\"5\"", "\"5\""),
        ("7", "5", "5"),
        ("x", "yes", "\"yes\""),
        ("x", "2020-01-01", "\"2020-01-01T00:00:00Z\""),
    ] {
        let out = render(&patched(&object(old), &object(new)), "");
        assert!(
            out.contains(&format!("a: {result}\n")),
            "{old} {new}: {out}"
        );
    }
}

#[test]
fn a_merge_key_may_be_noted_in_a_comment() {
    let object = "\
apiVersion: example.com/v1
kind: S
metadata: {name: s}
parts: # {\"type\":\"array\",\"x-kubernetes-patch-merge-key\":\"name\",\"x-kubernetes-patch-strategy\":\"merge\"}
- {name: a, old: stays}";
    let patch =
        "apiVersion: example.com/v1\nkind: S\nmetadata: {name: s}\nparts: [{name: a, new: comes}]";
    let out = render(&patched(object, patch), "");
    assert!(
        out.contains("new: comes") && out.contains("old: stays"),
        "{out}"
    );
}

#[test]
fn json_patches_take_negative_indices_and_replace_what_is_not_there() {
    let patch = "\
- {op: add, path: /spec/hosts/-, value: last}
- {op: remove, path: /spec/hosts/-3}
- {op: replace, path: /spec/gateways, value: [mesh]}
- {op: add, path: /metadata/annotations/a~1b, value: yes}";
    let out = render(&with_target(ROUTE, patch, "{kind: VirtualService}"), "");
    assert!(
        out.contains("hosts:\n  - shop.example.com\n  - last"),
        "{out}"
    );
    assert!(out.contains("gateways:\n  - mesh"), "{out}");
    assert!(out.contains("a/b: \"true\""), "{out}");
}

#[test]
fn an_operation_that_does_not_apply_is_named() {
    for operation in [
        "{op: remove, path: /spec/gone}",
        "{op: add, path: /spec/a/b, value: 1}",
        "{op: replace, path: /spec/hosts/7, value: x}",
        "{op: test, path: /spec/hosts/0, value: other}",
        "{op: frob, path: /spec}",
    ] {
        let text = with_target(ROUTE, &format!("- {operation}"), "{name: web}");
        let (kind, at) = failure(&text, "");
        assert_eq!(kind, ProblemKind::PatchFails, "{operation}");
        let path = operation
            .split("path: ")
            .nth(1)
            .unwrap()
            .split([',', '}'])
            .next()
            .unwrap();
        assert_eq!(at, format!("kustomization.yaml: {path}"));
    }
}

#[test]
fn a_patch_is_one_thing() {
    let (kind, _) = failure(&with_target(ROUTE, "a: b\n---\nc: d", "{name: web}"), "");
    assert_eq!(kind, ProblemKind::BadPatch);
    let (kind, _) = failure(&patched(ROUTE, "- {op: remove, path: /spec}"), "");
    assert_eq!(kind, ProblemKind::BadPatch);
    let (kind, _) = failure(
        &with_target(ROUTE, "[{op: remove, path: /spec}]", "{name: web}"),
        "",
    );
    assert_eq!(kind, ProblemKind::BadPatch);
    let (kind, _) = failure(
        &with_target(ROUTE, "- {op: remove, path: /spec}", "{name: '['}"),
        "",
    );
    assert_eq!(kind, ProblemKind::BadSelector);
}

#[test]
fn targets_are_patterns_of_whole_names() {
    let patch = "- {op: add, path: /spec/seen, value: here}";
    let seen = |target: &str| render(&with_target(ROUTE, patch, target), "").contains("seen: here");
    assert!(seen("{kind: Virtual.*}"));
    assert!(seen("{name: 'w.b', namespace: shop}"));
    assert!(seen("{}"));
    assert!(!seen("{kind: Virtual}"));
    assert!(!seen("{namespace: default}"));
    assert!(!seen("{labelSelector: 'app in (a,b)'}"));
    assert!(seen("{labelSelector: '!app'}"));
}
