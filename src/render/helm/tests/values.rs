//! Layers of values, `--set`, charts in charts, schemas.

use super::{Layer, Options, first, rendered, set};
use crate::render::helm::ProblemKind;

const SHOW: &str = "v: {{ toJson .Values }}";

fn shown(files: &[(&str, &str)], values: Vec<Layer>) -> String {
    let options = Options {
        values,
        ..Options::default()
    };
    first(&rendered(files, &options))
}

#[test]
fn later_layers_win_and_null_deletes() {
    let files = [
        ("templates/t.yaml", SHOW),
        (
            "values.yaml",
            "a: 1\nm: {x: 1, w: 2}\nl: [1, 2]\ngone: here\nkept: null",
        ),
        ("/prod.yaml", "m: {w: 3}\nl: [9]\ngone: null"),
    ];
    let layers = vec![Layer::File("prod.yaml".to_owned()), set("a=two,m.z={p,q}")];
    assert_eq!(
        shown(&files, layers),
        r#"v: {"a":"two","kept":null,"l":[9],"m":{"w":3,"x":1,"z":["p","q"]}}"#
    );
}

#[test]
fn values_are_read_as_yaml_1_1_with_floats_and_string_keys() {
    let files = [
        ("templates/t.yaml", SHOW),
        (
            "values.yaml",
            "a: 0777\nb: yes\ny: 1\nc: 12:30\nd: 2020-01-01\n5: five",
        ),
    ];
    assert_eq!(
        shown(&files, vec![]),
        r#"v: {"5":"five","a":511,"b":true,"c":"12:30","d":"2020-01-01","true":1}"#
    );
}

#[test]
fn expressions_set_what_they_say() {
    for (expression, expected) in [
        ("a=1,b=two", r#"{"a":1,"b":"two"}"#),
        (r"a\.b=x", r#"{"a.b":"x"}"#),
        (r"a=x\,y", r#"{"a":"x,y"}"#),
        ("l[1]=x", r#"{"l":[null,"x"]}"#),
        ("l[0].n=1,l[0].m=2", r#"{"l":[{"m":2,"n":1}]}"#),
        (
            "a=007,b=1.5,c=true,d=null,e=",
            r#"{"a":"007","b":"1.5","c":true,"d":null,"e":""}"#,
        ),
        ("a={}", r#"{"a":[""]}"#),
        ("=x,a=1", r#"{"a":1}"#),
    ] {
        let got = shown(&[("templates/t.yaml", SHOW)], vec![set(expression)]);
        assert_eq!(got, format!("v: {expected}"), "{expression}");
    }
    for expression in ["a", "a={1", "a[-1]=x", "a[99999]=x", "a..b=c", "a,b=1"] {
        let got = shown(&[("templates/t.yaml", SHOW)], vec![set(expression)]);
        assert!(got.starts_with("problem: "), "{expression}: {got}");
    }
}

const SUB: &str = "apiVersion: v2\nname: sub\nversion: 1.0.0";

fn parent(dependency: &str) -> String {
    format!("apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n{dependency}")
}

#[test]
fn charts_get_their_values_and_the_globals_of_their_parents() {
    let files = [
        ("values.yaml", "global: {g: 1}\nsub: {k: parent, n: null}"),
        ("charts/sub/Chart.yaml", SUB),
        (
            "charts/sub/values.yaml",
            "k: own\nn: 5\nglobal: {g: 0, h: 2}",
        ),
        ("charts/sub/templates/t.yaml", SHOW),
    ];
    assert_eq!(
        shown(&files, vec![]),
        r#"v: {"global":{"g":1,"h":2},"k":"parent"}"#
    );
}

#[test]
fn conditions_beat_tags_and_aliases_name_copies() {
    let chart = parent(
        "- {name: sub, version: 1.x, alias: one, condition: one.enabled, tags: [t]}\n\
         - {name: sub, version: 1.x, alias: two, tags: [t]}",
    );
    let files = [
        ("Chart.yaml", chart.as_str()),
        ("values.yaml", "tags: {t: false}\none: {enabled: true}"),
        ("charts/sub/Chart.yaml", SUB),
        ("charts/sub/templates/t.yaml", "n: {{ .Chart.Name }}"),
    ];
    let output = rendered(&files, &Options::default());
    assert_eq!(output.objects.len(), 1);
    assert_eq!(first(&output), "n: one");
}

#[test]
fn a_parent_imports_values_that_its_own_win_over() {
    let chart = parent("- {name: sub, version: 1.0.0, import-values: [data]}");
    let files = [
        ("Chart.yaml", chart.as_str()),
        ("values.yaml", "port: 1"),
        (
            "templates/t.yaml",
            "p: {{ .Values.port }}\nh: {{ .Values.host }}",
        ),
        ("charts/sub/Chart.yaml", SUB),
        (
            "charts/sub/values.yaml",
            "exports: {data: {port: 9, host: h}}",
        ),
    ];
    assert_eq!(shown(&files, vec![]), "p: 1\nh: h");
}

#[test]
fn a_missing_dependency_is_a_problem_or_listed() {
    let chart = parent("- {name: gone, version: 2.x, repository: https://x, condition: g.enabled}");
    let files = [
        ("Chart.yaml", chart.as_str()),
        ("values.yaml", "g: {enabled: false}"),
        ("templates/t.yaml", "a: 1"),
    ];
    let strict = rendered(&files, &Options::default());
    assert_eq!(strict.problems[0].kind, ProblemKind::Dependency);
    let options = Options {
        lenient: true,
        ..Options::default()
    };
    let lenient = rendered(&files, &options);
    assert_eq!(first(&lenient), "a: 1");
    let missing = &lenient.missing[0];
    assert_eq!((missing.name.as_str(), missing.enabled), ("gone", false));
}

#[test]
fn a_schema_refuses_values_where_they_are_written() {
    let files = [
        ("templates/t.yaml", "a: 1"),
        ("values.yaml", "name: x\nport: 70000\n"),
        (
            "values.schema.json",
            r#"{"properties": {"port": {"type": "integer", "maximum": 65535}}}"#,
        ),
    ];
    let sources = super::sources(&files);
    let output = super::render(&sources, "shop", &Options::default());
    let problem = &output.problems[0];
    assert_eq!(problem.kind, ProblemKind::Schema);
    let place = problem.place.unwrap();
    assert_eq!(place.span.text(&sources.text(place.source)), "70000");
}

#[test]
fn schemas_are_never_fetched() {
    let files = [
        ("templates/t.yaml", "a: 1"),
        (
            "values.schema.json",
            r#"{"$ref": "https://example.invalid/schema.json"}"#,
        ),
    ];
    assert_eq!(shown(&files, vec![]), "a: 1");
}

#[test]
fn api_versions_are_those_of_helm_and_what_is_given() {
    let template = "a: {{ .Capabilities.APIVersions.Has \"apps/v1\" }}\n\
         b: {{ .Capabilities.APIVersions.Has \"networking.istio.io/v1\" }}\n\
         c: {{ .Capabilities.APIVersions.Has \"velero.io/v1\" }}\nk: {{ .Capabilities.KubeVersion }}";
    let options = Options {
        api_versions: vec!["networking.istio.io/v1".to_owned()],
        kube_version: Some("1.31.2-gke.1".to_owned()),
        ..Options::default()
    };
    let output = rendered(&[("templates/t.yaml", template)], &options);
    assert_eq!(first(&output), "a: true\nb: true\nc: false\nk: v1.31.2");
    assert_eq!(output.absent_versions, ["velero.io/v1"]);
}
