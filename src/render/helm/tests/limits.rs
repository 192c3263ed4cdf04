//! Hostile charts end, with a problem that says where.

use super::{Options, first, printed, rendered};
use crate::render::helm::ProblemKind;

fn is_limited(template: &str) {
    let output = rendered(&[("templates/t.yaml", template)], &Options::default());
    let problem = output.problems.first().unwrap();
    assert_eq!(
        problem.kind,
        ProblemKind::Limit,
        "{template}: {}",
        problem.message
    );
}

#[test]
fn templates_that_call_themselves_end() {
    is_limited("{{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}");
    is_limited("{{ define \"r\" }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}");
    is_limited("{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t \"Template\" .Template) }}");
}

#[test]
fn texts_and_lists_have_a_greatest_length() {
    is_limited("{{ repeat 1000000000 \"x\" }}");
    is_limited("{{ until 1000000000 }}");
    is_limited("{{ range 10000000 }}x{{ end }}");
    is_limited("{{ $x := \"ab\" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}");
    is_limited("{{ $x := list }}{{ range until 100000 }}{{ $x = list $x }}{{ end }}");
    is_limited("{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}");
    is_limited(
        "{{ printf \"%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d\" 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 }}",
    );
}

#[test]
fn maps_that_hold_themselves_are_told_from_deep_ones() {
    is_limited("{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ $m }}");
    is_limited("{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ toYaml $m }}");
    is_limited("{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ deepCopy $m | toJson }}");
}

#[test]
fn nesting_in_the_source_is_limited() {
    is_limited(&format!(
        "{{{{ {}1{} }}}}",
        "(".repeat(5_000),
        ")".repeat(5_000)
    ));
    is_limited(&"{{ if true }}".repeat(5_000));
    let chain = format!(
        "a: {{{{ if false }}}}{}{{{{ else }}}}last{{{{ end }}}}",
        "{{ else if false }}".repeat(20_000)
    );
    let output = rendered(&[("templates/t.yaml", chain.as_str())], &Options::default());
    assert_eq!(first(&output), "a: last");
}

#[test]
fn deep_yaml_is_an_error_value() {
    let call = "(fromYaml (printf \"a: %s\" (repeat 5000 \"[\"))).Error | empty";
    assert_eq!(printed(call, "").as_deref(), Ok("false"));
}
