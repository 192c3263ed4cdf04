//! What people and machines see: every format on one report made by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io;
use std::path::PathBuf;

use meshlint::diagnostics::{
    Applicability, Code, Diagnostic, Fingerprint, Identity, LocatedEdit, LocatedFix, Location,
    ObjectRef, Origin, Position, RelatedPlace, Report, ReportFile, Rule, Severity, Skipped,
    Summary,
};
use meshlint::report::{
    Base, Style, compact, github, gitlab, human, json, junit, markdown, page, rdjson, sarif,
    summary,
};
use meshlint::yaml::FieldPath;
use meshlint::yaml::edit::EditKind;

const DESTINATION_RULE: &str = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: default
  namespace: travel-agency
spec:
  host: \"*.travel-agency.svc.cluster.local\"
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
";

const ROUTES: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: bookinfo}
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: {host: payments.payments.svc.cluster.local}
      weight: 50
    - destination: {host: \"b\u{fc}cher\", subset: v3}
      weight: 40
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-2, namespace: bookinfo}
spec:
  hosts:
  - reviews
";

const PAGE: &str = "---
code: KIA0206
name: destination-rule-without-peer-authentication
---
## What it checks

A `DestinationRule` for a whole namespace asks for mTLS, and **no** `PeerAuthentication` lets the
namespace's workloads accept it. See [the docs](https://kiali.io/docs/features/validations/).

- one reason
- another reason that is long enough to be wrapped when the terminal is as narrow as eighty columns

## Bad

```yaml
spec:
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL # error: [KIA0206]
```
";

static NAMESPACE_MTLS: Rule = Rule {
    code: "KIA0206",
    name: "destination-rule-without-peer-authentication",
    severity: Severity::Error,
    message: "no PeerAuthentication enables mTLS for the namespace",
    kinds: &["DestinationRule", "PeerAuthentication"],
    origin: Origin::Kiali,
    identity: Identity::Field,
    aliases: &["TIS0206"],
    covers: &[],
    outranks: &[],
    symptoms: &["503 UC", "connection reset"],
    since: "0.1.0",
    on_by_default: true,
    zero_trust: None,
    page: PAGE,
};

static UNKNOWN_HOST: Rule = Rule {
    code: "KIA1101",
    name: "unknown-route-host",
    severity: Severity::Error,
    message: "no known host answers to the destination",
    kinds: &["VirtualService"],
    ..NAMESPACE_MTLS
};

static WEIGHTS: Rule = Rule {
    code: "MESH0100",
    name: "weights",
    severity: Severity::Warning,
    message: "weights do not add up to 100",
    kinds: &["VirtualService"],
    origin: Origin::Meshlint,
    ..NAMESPACE_MTLS
};

/// Where `needle` first stands in a file.
fn find(files: &[ReportFile], file: usize, needle: &str) -> Location {
    let text = &files[file].text;
    let start = text.find(needle).expect("the text holds it");
    let position = |offset: usize| {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: u32::try_from(before.matches('\n').count() + 1).unwrap(),
            column: u32::try_from(before[line_start..].chars().count() + 1).unwrap(),
            offset: u32::try_from(offset).unwrap(),
        }
    };
    Location {
        file: u32::try_from(file).unwrap(),
        start: position(start),
        end: position(start + needle.len()),
    }
}

fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "networking.istio.io/v1".to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

fn finding(rule: &'static Rule, message: &str, location: Option<Location>) -> Diagnostic {
    Diagnostic {
        rule,
        aliases: Vec::new(),
        severity: rule.severity,
        message: message.to_owned(),
        help: None,
        unproven: None,
        object: None,
        path: FieldPath::root(),
        points_at: None,
        location,
        related: Vec::new(),
        fix: None,
        origin: Vec::new(),
        worlds: Vec::new(),
        other_worlds: Vec::new(),
        truncated: 0,
        fingerprint: Fingerprint::in_file("mesh/routes.yaml", message),
        suppressed: None,
        changed: None,
    }
}

fn report() -> Report {
    let file = |path: &str, text: &str| ReportFile {
        path: path.to_owned(),
        text: text.into(),
        bom: false,
    };
    let files = vec![
        file("mesh/travel agency.yaml", DESTINATION_RULE),
        file("mesh/routes.yaml", ROUTES),
    ];
    let findings = vec![
        Diagnostic {
            object: Some(object("DestinationRule", "travel-agency", "default")),
            path: "spec/trafficPolicy/tls/mode".into(),
            help: Some(
                "add a PeerAuthentication to the namespace:\n  kind: PeerAuthentication\n  spec: {mtls: {mode: STRICT}}"
                    .to_owned(),
            ),
            aliases: vec!["IST0129"],
            ..finding(
                &NAMESPACE_MTLS,
                "DestinationRule travel-agency/default sends mTLS to every service of namespace \
                 travel-agency, and no PeerAuthentication lets them accept it",
                Some(find(&files, 0, "ISTIO_MUTUAL")),
            )
        },
        Diagnostic {
            severity: Severity::Info,
            unproven: Some("namespace payments has no Services in the input".to_owned()),
            object: Some(object("VirtualService", "bookinfo", "reviews")),
            path: "spec/http[0]/route[0]/destination/host".into(),
            ..finding(
                &UNKNOWN_HOST,
                "host payments.payments.svc.cluster.local is not known",
                Some(find(&files, 1, "payments.payments.svc.cluster.local")),
            )
        },
        Diagnostic {
            object: Some(object("VirtualService", "bookinfo", "reviews")),
            path: "spec/http[0]/route".into(),
            related: vec![
                RelatedPlace {
                    message: "this one says 40".into(),
                    object: object("VirtualService", "bookinfo", "reviews"),
                    path: "spec/http[0]/route[1]/weight".into(),
                    location: Some(find(&files, 1, "40")),
                },
                RelatedPlace {
                    message: "the other VirtualService for the host".into(),
                    object: object("VirtualService", "bookinfo", "reviews-2"),
                    path: "spec/hosts[0]".into(),
                    location: Some(find(&files, 1, "reviews\n")),
                },
                RelatedPlace {
                    message: "the policy that applies".into(),
                    object: object("DestinationRule", "travel-agency", "default"),
                    path: "spec/host".into(),
                    location: Some(find(&files, 0, "\"*.travel-agency.svc.cluster.local\"")),
                },
            ],
            fix: Some(LocatedFix {
                description: "set the weight to 60".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![LocatedEdit {
                    kind: EditKind::Replace,
                    location: find(&files, 1, "50"),
                    replacement: "60".to_owned(),
                }],
            }),
            ..finding(
                &WEIGHTS,
                "the weights of VirtualService bookinfo/reviews add up to 90",
                Some(find(&files, 1, "50")),
            )
        },
        finding(&WEIGHTS, "a finding without a place, 100% \u{1b}[31mplain", None),
    ];
    Report {
        hidden: Vec::new(),
        read: vec!["mesh/clean.yaml".to_owned(), "mesh/routes.yaml".to_owned()],
        worlds: Vec::new(),
        findings,
        summary: Summary {
            files: 37,
            objects: 214,
            namespaces: 12,
            errors: 1,
            warnings: 2,
            infos: 1,
            suppressed: 3,
            baselined: 0,
            fixed: 0,
            skipped: vec![
                Skipped {
                    reason: "Helm templates".to_owned(),
                    count: 1,
                    what: vec!["chart/templates/a.yaml".to_owned()],
                },
                Skipped {
                    reason: "objects of kinds that no rule reads".to_owned(),
                    count: 2,
                    what: vec!["Ingress a/b".to_owned(), "Ingress a/c".to_owned()],
                },
            ],
        },
        files,
        timings: vec![
            ("destination-rule-mtls", 14_000, 2_345_678),
            ("hosts", 0, 12),
        ],
        unused_suppressions: Vec::new(),
        unreadable: Vec::new(),
    }
}

fn base() -> Base {
    Base {
        current: PathBuf::from("/repo/deploy"),
        root: PathBuf::from("/repo"),
    }
}

/// What a writer writes.
fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with the snapshot of that name.
fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn human_options(style: Style) -> human::Options<'static> {
    human::Options {
        style,
        statistics: false,
        summary: true,
        verbose: false,
        infos: human::Infos::All,
    }
}

#[test]
fn human_without_colours() {
    let options = human_options(Style::PLAIN);
    check(
        "report-human",
        &written(|out| human::write(&report(), out, &options)),
    );
}

#[test]
fn human_in_ascii_names_what_was_skipped() {
    let options = human::Options {
        verbose: true,
        ..human_options(Style {
            unicode: false,
            ..Style::PLAIN
        })
    };
    check(
        "report-human-ascii",
        &written(|out| human::write(&report(), out, &options)),
    );
}

#[test]
fn human_with_colours_and_links() {
    let options = human_options(Style {
        color: true,
        links: true,
        ..Style::PLAIN
    });
    let text = written(|out| human::write(&report(), out, &options));
    check("report-human-colour", &text.replace('\u{1b}', "^["));
}

#[test]
fn human_counts_infos_that_nobody_asked_for() {
    let mut report = report();
    let info = |rule| Diagnostic {
        severity: Severity::Info,
        ..finding(rule, "some advice", report.findings[2].location)
    };
    let infos = [info(&WEIGHTS), info(&UNKNOWN_HOST), info(&WEIGHTS)];
    report.findings.extend(infos);
    report.summary.infos += 3;
    let options = human::Options {
        infos: human::Infos::Of(&[]),
        ..human_options(Style::PLAIN)
    };
    check(
        "report-human-folded",
        &written(|out| human::write(&report, out, &options)),
    );
    report.findings.retain(|f| f.severity == Severity::Info);
    report.summary.errors = 0;
    report.summary.warnings = 0;
    let text = written(|out| human::write(&report, out, &options));
    check("report-human-folded-alone", &text);
    let named: Vec<Code> = ["KIA1101".parse().unwrap()].into();
    let options = human::Options {
        infos: human::Infos::Of(&named),
        ..human_options(Style::PLAIN)
    };
    check(
        "report-human-folded-selected",
        &written(|out| human::write(&report, out, &options)),
    );
}

#[test]
fn human_with_statistics() {
    let options = human::Options {
        statistics: true,
        ..human_options(Style::PLAIN)
    };
    check(
        "report-human-statistics",
        &written(|out| human::write(&report(), out, &options)),
    );
}

#[test]
fn human_of_a_clean_run() {
    let mut report = report();
    report.findings.clear();
    report.summary = Summary {
        files: 1,
        objects: 1,
        namespaces: 1,
        ..Summary::default()
    };
    let options = human_options(Style::PLAIN);
    assert_eq!(
        written(|out| human::write(&report, out, &options)),
        "1 object in 1 file, 1 namespace: no findings\n"
    );
}

#[test]
fn lines_fit_into_eighty_columns() {
    let options = human_options(Style::PLAIN);
    for line in written(|out| human::write(&report(), out, &options)).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn nothing_from_a_manifest_drives_the_terminal() {
    let mut report = report();
    let hostile = "a: \u{1b}]0;title\u{7}\nb: \u{9b}31m\u{202e}\n";
    report.files[0].text = hostile.into();
    report.files[0].path = "\u{1b}[2J.yaml".to_owned();
    report.findings[0].location = Some(find(&report.files, 0, "b"));
    report.findings[0].help = Some(hostile.to_owned());
    report.findings[2].related[2].location = None;
    let options = human_options(Style::PLAIN);
    let human = written(|out| human::write(&report, out, &options));
    let compact = written(|out| compact::write(&report, out));
    for text in [human, compact] {
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{text:?}"
        );
    }
}

#[test]
fn a_file_of_one_long_line_is_cut_around_the_place() {
    let mut report = report();
    report.files[0].text = format!(
        "{{{}\"mode\":\"X\"{}}}",
        "\"k\":1,".repeat(200_000),
        ",1".repeat(9_000)
    )
    .into();
    report.findings[0].location = Some(find(&report.files, 0, "\"X\""));
    report.findings.truncate(1);
    let options = human_options(Style::PLAIN);
    check(
        "report-human-long-line",
        &written(|out| human::write(&report, out, &options)),
    );
}

#[test]
fn places_at_the_edges_of_a_file_are_shown() {
    for (text, needle) in [
        ("", ""),
        ("a: b\n", "a"),
        ("a: b", "b"),
        ("a: b\r\nc: d\r\n", "c: d"),
    ] {
        let mut report = report();
        report.files[0].text = text.into();
        report.findings.truncate(1);
        report.findings[0].location = Some(find(&report.files, 0, needle));
        let options = human_options(Style::PLAIN);
        let shown = written(|out| human::write(&report, out, &options));
        assert!(shown.contains("[mesh/travel agency.yaml:"), "{shown}");
        assert!(!shown.contains('\r'), "{shown:?}");
    }
    // Beyond the end, as a place of another version of the file might be.
    let mut report = report();
    report.files[0].text = "a".into();
    let options = human_options(Style::PLAIN);
    assert!(written(|out| human::write(&report, out, &options)).contains("KIA0206"));
}

#[test]
fn compact_is_one_line_a_finding() {
    check(
        "report-compact",
        &written(|out| compact::write(&report(), out)),
    );
}

#[test]
fn json_is_version_1() {
    let text = written(|out| json::write(&report(), out));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    check(
        "report-json",
        &serde_json::to_string_pretty(&value).unwrap(),
    );
}

#[test]
fn offsets_count_the_byte_order_mark() {
    let mut report = report();
    let without = report.findings[0].location.unwrap().start.offset;
    report.files[0].bom = true;
    let value: serde_json::Value =
        serde_json::from_str(&written(|out| json::write(&report, out))).unwrap();
    let start = &value["findings"][0]["location"]["start"];
    assert_eq!(start["offset"], without + 3);
}

fn sarif_log(report: &Report, max_results: usize) -> serde_json::Value {
    let options = sarif::Options {
        rules: vec![&NAMESPACE_MTLS],
        base: base(),
        max_results,
        suppressed: false,
    };
    serde_json::from_str(&written(|out| sarif::write(report, out, &options))).unwrap()
}

#[test]
fn sarif_is_what_code_scanning_reads() {
    let log = sarif_log(&report(), sarif::MAX_RESULTS);
    check("report-sarif", &serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn sarif_validates_against_its_schema() {
    let schema = include_str!("../testdata/schemas/sarif-2.1.0.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [report(), Report::default()] {
        let log = sarif_log(&report, sarif::MAX_RESULTS);
        let errors: Vec<_> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(log["runs"][0]["results"].is_array());
    }
}

#[test]
fn sarif_keeps_the_gravest_of_too_many_results() {
    let log = sarif_log(&report(), 2);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let levels: Vec<_> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "warning"]);
    let notification = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    let text = notification["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("2 findings left out"), "{text}");
}

#[test]
fn github_annotates_and_summarizes() {
    let mut report = report();
    check(
        "report-github",
        &written(|out| github::write(&report, out, &base())),
    );
    check(
        "report-github-step-summary",
        &written(|out| github::write_step_summary(&report, out)),
    );
    let many = report.findings.iter().cycle().take(12).cloned().collect();
    report.findings = many;
    check(
        "report-github-many",
        &written(|out| github::write(&report, out, &base())),
    );
}

#[test]
fn gitlab_has_an_element_a_finding() {
    let text = written(|out| gitlab::write(&report(), out, &base()));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    check(
        "report-gitlab",
        &serde_json::to_string_pretty(&value).unwrap(),
    );
    let none = written(|out| gitlab::write(&Report::default(), out, &base()));
    assert_eq!(none, "[]\n");
}

#[test]
fn junit_has_a_suite_a_file() {
    check(
        "report-junit",
        &written(|out| junit::write(&report(), out, &base())),
    );
}

#[test]
fn markdown_fits_a_comment() {
    check(
        "report-markdown",
        &written(|out| markdown::write(&report(), out)),
    );
    let mut report = report();
    report.findings = report.findings.iter().cycle().take(2000).cloned().collect();
    let text = written(|out| markdown::write(&report, out));
    assert!(text.len() <= 60_000, "{}", text.len());
    assert!(
        text.contains("findings not listed here."),
        "the rest is counted"
    );
}

#[test]
fn rdjson_counts_columns_in_bytes() {
    let text = written(|out| rdjson::write(&report(), out, &base()));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let schema = include_str!("../testdata/schemas/rdjson.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&value), "{value:#}");
    check(
        "report-rdjson",
        &serde_json::to_string_pretty(&value).unwrap(),
    );
    let mut report = report();
    report.findings.truncate(1);
    report.findings[0].location = Some(find(&report.files, 1, "v3"));
    let text = written(|out| rdjson::write(&report, out, &base()));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let range = &value["diagnostics"][0]["location"]["range"];
    assert_eq!(
        range["start"]["column"], 46,
        "the ü before it has two bytes"
    );
}

#[test]
fn timings_name_the_slowest_first() {
    check(
        "report-timings",
        &written(|out| summary::write_timings(&report(), out)),
    );
}

#[test]
fn pages_are_dressed_for_the_terminal() {
    let style = Style {
        color: true,
        ..Style::PLAIN
    };
    let text = written(|out| page::write(&NAMESPACE_MTLS, out, style));
    check("page-colour", &text.replace('\u{1b}', "^["));
    check(
        "page",
        &written(|out| page::write(&NAMESPACE_MTLS, out, Style::PLAIN)),
    );
    check(
        "page-markdown",
        &written(|out| page::write_markdown(&NAMESPACE_MTLS, out)),
    );
}
