//! Replacements and variables.

use super::super::ProblemKind;
use super::{failure, render};

fn replaced(target: &str) -> String {
    format!(
        "== all.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data:
  host: web.example.com
  port: \"8443\"
  file.yaml: |-
    server:
        port: 1   # of the server
        names: [a, 'b']
  file.json: '{{\"b\":1,\"a\":\"x\"}}'
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: gw}}
spec:
  servers:
  - {{port: {{number: 443, name: https}}, hosts: [old.example.com, other.example.com]}}
== kustomization.yaml
resources: [all.yaml]
replacements:
- source: {{kind: ConfigMap, name: settings, fieldPath: {target}
"
    )
}

#[test]
fn a_field_is_copied_and_keeps_its_type() {
    let text = replaced(
        "data.port}\n  targets: [{select: {kind: Gateway}, fieldPaths: ['spec.servers.[hosts=].port.number', spec.servers.0.port.number]}]",
    );
    let text = text.replace("'spec.servers.[hosts=].port.number', ", "");
    assert!(render(&text, "").contains("number: 8443"));
}

#[test]
fn a_part_of_a_field_is_written() {
    let text = replaced(
        "data.host, options: {delimiter: ., index: 0}}\n  targets: [{select: {kind: Gateway}, fieldPaths: ['spec.servers.*.hosts.*'], options: {delimiter: ., index: 0}}]",
    );
    let out = render(&text, "");
    assert!(
        out.contains("- web.example.com\n    - web.example.com"),
        "{out}"
    );
}

#[test]
fn a_text_that_is_yaml_or_json_is_written_inside() {
    let text = replaced(
        "data.host}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: ['data.file\\.yaml.server.names.0', 'data.file\\.json.a']}]",
    );
    let out = render(&text, "");
    assert!(out.contains("names: [web.example.com, 'b']"), "{out}");
    assert!(
        out.contains(r#"{"a":"web.example.com","b":1}"#)
            || out.contains(r#"{\"a\":\"web.example.com\",\"b\":1}"#),
        "{out}"
    );
}

#[test]
fn what_is_not_found_is_named() {
    for (rest, at) in [
        (
            "data.gone}\n  targets: [{select: {kind: Gateway}, fieldPaths: [spec.x]}]",
            "data.gone",
        ),
        (
            "data.host}\n  targets: [{select: {kind: Gateway}, fieldPaths: [spec.x]}]",
            "spec.x",
        ),
        (
            "data.host}\n  targets: [{select: {kind: Gateway}, fieldPaths: [spec.servers.7]}]",
            "spec.servers.7",
        ),
    ] {
        let expected = (
            ProblemKind::BadReplacement,
            format!("kustomization.yaml: {at}"),
        );
        assert_eq!(failure(&replaced(rest), ""), expected);
    }
    let ambiguous = replaced("data.host}\n  targets: []")
        .replace("kind: ConfigMap, name: settings", "version: v1");
    assert_eq!(failure(&ambiguous, "").0, ProblemKind::BadReplacement);
}

#[test]
fn a_missing_field_is_made_when_that_is_asked_for() {
    let text = replaced(
        "data.host}\n  targets: [{select: {kind: Gateway}, fieldPaths: [metadata.annotations.host], options: {create: true}}]",
    );
    assert!(render(&text, "").contains("annotations:\n    host: web.example.com"));
}

#[test]
fn variables_are_resolved_in_some_fields() {
    let text = "\
== all.yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, args: [--host=$(HOST), $(PORT), $$(HOST), $(OTHER)]}]}
== kustomization.yaml
resources: [all.yaml]
namePrefix: a-
vars:
- name: HOST
  objref: {apiVersion: v1, kind: Service, name: web}
- name: PORT
  objref: {apiVersion: v1, kind: Service, name: web}
  fieldref: {fieldpath: 'spec.ports[0].port'}
";
    let out = render(text, "");
    assert!(
        out.contains("- --host=a-web\n    - 80\n    - $(HOST)\n    - $(OTHER)"),
        "{out}"
    );
    let missing = text.replace(
        "kind: Service, name: web}\n  fieldref",
        "kind: Service, name: gone}\n  fieldref",
    );
    assert_eq!(failure(&missing, "").0, ProblemKind::BadVariable);
}
