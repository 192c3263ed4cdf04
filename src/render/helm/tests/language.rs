//! Blocks, variables, nil and errors of the template language.

use super::{Options, first, printed, rendered};
use crate::render::helm::ProblemKind;

fn text(template: &str, values: &str) -> String {
    let files = [("templates/t.yaml", template), ("values.yaml", values)];
    first(&rendered(&files, &Options::default()))
}

#[test]
fn blocks_set_dot_and_scope_variables() {
    let template = "{{- $x := 1 }}\n{{- range $i, $e := .Values.list }}{{ $x = add $x $i }}{{ end }}\n\
         a: {{ $x }}\nb: {{ with .Values.none }}no{{ else with .Values.map }}{{ .k }}{{ end }}\n\
         c: {{ if .Values.none }}x{{ else if .Values.list }}list{{ else }}y{{ end }}\n\
         d: {{ range 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}\n\
         e: {{ block \"b\" . }}{{ .Chart.Name }}{{ end }}";
    assert_eq!(
        text(template, "list: [a, b, c]\nmap: {k: v}"),
        "a: 4\nb: v\nc: list\nd: 02\ne: shop"
    );
}

#[test]
fn nil_prints_as_nothing_and_has_no_fields() {
    assert_eq!(printed(".Values.a | quote", "{}").as_deref(), Ok(""));
    assert_eq!(
        printed("((.Values.a).b).c | kindOf", "{}").as_deref(),
        Ok("invalid")
    );
    assert_eq!(
        printed(".Values.a.b", "{}"),
        Err("nil pointer evaluating interface {}.b".to_owned())
    );
    assert_eq!(text("a: x{{ .Values.none }}y", "{}"), "a: xy");
}

#[test]
fn maps_are_shared_between_templates_in_their_order() {
    let files = [
        ("templates/a.yaml", "late: {{ .Values.mark }}"),
        (
            "templates/b.yaml",
            "{{ $_ := set .Values \"mark\" \"seen\" }}early: 1",
        ),
    ];
    assert_eq!(first(&rendered(&files, &Options::default())), "late: seen");
}

#[test]
fn the_parent_and_the_first_file_win_among_definitions() {
    let files = [
        ("templates/_a.tpl", "{{ define \"n\" }}a{{ end }}"),
        ("templates/_b.tpl", "{{ define \"n\" }}b{{ end }}"),
        (
            "charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: 0.1.0",
        ),
        (
            "charts/sub/templates/_c.tpl",
            "{{ define \"n\" }}c{{ end }}",
        ),
        ("charts/sub/templates/s.yaml", "s: {{ include \"n\" . }}"),
    ];
    assert_eq!(first(&rendered(&files, &Options::default())), "s: a");
}

#[test]
fn documents_are_split_sorted_and_tests_left_out() {
    let template = "kind: Zebra\n---\nkind: Service\n---\n# nothing\n---\nkind: Job\nmetadata:\n  \
         annotations: {helm.sh/hook: \"pre-install\"}\n---\nkind: Pod\nmetadata:\n  annotations: \
         {helm.sh/hook: test}\n---\nkind: Namespace";
    let output = rendered(&[("templates/t.yaml", template)], &Options::default());
    let kinds: Vec<&str> = output
        .objects
        .iter()
        .filter_map(|object| object.text.lines().next())
        .collect();
    assert_eq!(
        kinds,
        [
            "kind: Namespace",
            "kind: Service",
            "kind: Zebra",
            "kind: Job"
        ]
    );
    let hooks: Vec<bool> = output.objects.iter().map(|object| object.hook).collect();
    assert_eq!(hooks, [false, false, false, true]);
}

#[test]
fn a_fault_names_the_innermost_place_and_the_calls() {
    let files = [
        (
            "templates/_h.tpl",
            "{{ define \"h\" }}\n{{ required \"host is needed\" .Values.host }}{{ end }}",
        ),
        ("templates/t.yaml", "a: b\nhost: {{ include \"h\" . }}"),
    ];
    let sources = super::sources(&files);
    let output = super::render(&sources, "shop", &Options::default());
    let problem = &output.problems[0];
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert_eq!(problem.message, "host is needed");
    let place = problem.place.unwrap();
    assert_eq!(&*sources.path(place.source), "shop/templates/_h.tpl");
    assert_eq!(
        place.span.text(&sources.text(place.source)),
        "required \"host is needed\" .Values.host"
    );
    let (call, _) = problem.related.last().unwrap();
    assert_eq!(&*sources.path(call.source), "shop/templates/t.yaml");
    assert_eq!(
        call.span.text(&sources.text(call.source)),
        "include \"h\" ."
    );
}

#[test]
fn broken_templates_are_refused_where_they_break() {
    for (template, message) in [
        ("a: {{ if .x }}", "unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ .a-b }}", "bad character '-'"),
        ("{{ $x }}", "undefined variable \"$x\""),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ /* x */ }}", "unexpected '/' in action"),
        (
            "{{ define \"a\" }}1{{ end }}{{ define \"a\" }}2{{ end }}",
            "multiple definition of template \"a\"",
        ),
    ] {
        assert_eq!(
            text(template, ""),
            format!("problem: {message}"),
            "{template}"
        );
    }
}
