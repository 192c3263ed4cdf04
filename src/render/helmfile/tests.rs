#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use super::environment::{block, names};
use super::*;
use crate::render::{Charts, Memory};

const CHART: &[(&str, &str)] = &[
    (
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    ),
    (
        "charts/web/templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  \
         externalName: {{ .Values.host }}\n",
    ),
    ("charts/web/values.yaml", "host: default.example.com\n"),
];

fn render(files: &[(&str, &str)], environment: &str) -> Output {
    let mut memory = Memory::default();
    for (path, text) in CHART.iter().chain(files) {
        memory.insert(path, text.as_bytes());
    }
    let sources = Arc::new(Sources::new(Box::new(memory)));
    let engines = Charts::new(Arc::clone(&sources));
    let helmfiles = Helmfiles {
        sources: &sources,
        engines: &engines,
        namespace: "default",
    };
    helmfiles.render("helmfile.yaml", environment)
}

/// `namespace/name host` of each object.
fn made(output: &Output) -> Vec<String> {
    let objects = output.objects.iter();
    objects
        .map(|(object, namespace)| {
            let host = object.node().at(&["spec", "externalName"]);
            let host = host.and_then(Node::text).unwrap();
            format!("{namespace}/{} {host}", object.identity.name)
        })
        .collect()
}

fn unknown(output: &Output) -> Vec<(&str, &str)> {
    let unknown = output.unknown.iter();
    unknown
        .map(|hole| {
            (
                hole.namespace.as_deref().unwrap_or("*"),
                hole.because.as_str(),
            )
        })
        .collect()
}

#[test]
fn charts_of_the_repository_are_rendered_and_others_unknown() {
    let output = render(
        &[
            (
                "helmfile.yaml",
                "releases:\n- name: web\n  namespace: shop\n  chart: ./charts/web\n  values:\n  \
                 - values/web.yaml\n  set:\n  - name: port\n    value: 80\n- name: redis\n  \
                 namespace: cache\n  chart: bitnami/redis\n- name: old\n  chart: ./charts/web\n  \
                 installed: false\n",
            ),
            ("values/web.yaml", "host: shop.example.com\n"),
        ],
        "default",
    );
    assert_eq!(made(&output), ["shop/web shop.example.com"]);
    assert_eq!(
        unknown(&output),
        [(
            "cache",
            "chart bitnami/redis (release redis of helmfile.yaml)"
        )]
    );
}

#[test]
fn environments_decide_about_values_and_releases() {
    let files = [
        (
            "helmfile.yaml",
            "environments:\n  dev:\n    values:\n    - host: dev.example.com\n    - env/{{ \
             .Environment.Name }}.yaml\n  prod:\n    values:\n    - host: \
             example.com\n\nreleases:\n- name: web\n  chart: ./charts/web\n  values:\n  - host: {{ \
             .Values.host }}\n- name: debug\n  chart: ./charts/web\n  condition: debug.enabled\n",
        ),
        ("env/dev.yaml", "debug:\n  enabled: true\n"),
    ];
    assert_eq!(
        made(&render(&files, "dev")),
        [
            "default/web dev.example.com",
            "default/debug default.example.com"
        ]
    );
    let prod = render(&files, "prod");
    assert_eq!(made(&prod), ["default/web example.com"]);
    // Nobody says whether the condition holds.
    assert_eq!(unknown(&prod).len(), 1);
}

#[test]
fn what_runs_something_is_unknown() {
    let output = render(
        &[(
            "helmfile.yaml",
            "releases:\n- name: web\n  chart: ./charts/web\n  namespace: {{ requiredEnv \"NS\" }}\n",
        )],
        "default",
    );
    assert!(output.objects.is_empty());
    assert_eq!(
        unknown(&output),
        [("*", "helmfile.yaml can't be evaluated")]
    );
}

#[test]
fn a_values_file_that_is_not_there_is_a_mistake() {
    let helmfile = "releases:\n- name: web\n  chart: ./charts/web\n  values:\n  - gone.yaml\n";
    let output = render(&[("helmfile.yaml", helmfile)], "default");
    assert_eq!(output.faults.len(), 1);
    assert_eq!(made(&output), ["default/web default.example.com"]);
}

#[test]
fn helmfiles_list_others_once() {
    let output = render(
        &[
            (
                "helmfile.yaml",
                "helmfiles:\n- apps/*.yaml\n- path: helmfile.yaml\n- path: git::https://example.com/x\n",
            ),
            (
                "apps/web.yaml",
                "releases:\n- name: web\n  chart: ../charts/web\n",
            ),
        ],
        "default",
    );
    assert_eq!(made(&output), ["default/web default.example.com"]);
    assert_eq!(
        unknown(&output),
        [("*", "helmfile git::https://example.com/x")]
    );
}

#[test]
fn fields_are_found_in_what_is_no_yaml() {
    let text = "bases:\n- x\nenvironments:\n  dev: {}\n  prod:\n    values: []\n{{ if x }}\nreleases: []\n";
    assert_eq!(names(text), ["dev", "prod"]);
    assert_eq!(block(text, "releases"), Some((69, "releases: []\n")));
    assert!(block(text, "values").is_none());
    let place = Place {
        source: SourceId(0),
        span: Span::default(),
    };
    let parameters = Environment::new("dev").parameters(&Trace::new(place, What::Values), None);
    assert_eq!(
        parameters
            .at(&["Environment", "Name"])
            .and_then(Node::text)
            .unwrap(),
        "dev"
    );
}
