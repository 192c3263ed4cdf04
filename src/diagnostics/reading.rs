//! Findings about what could not be read: syntax, types, unknown fields and values.

use super::bound::Bounded;
use super::code::{Code, Severity};
use super::finding::{Finding, TextSpan};
use super::fix::Fix;
use crate::load::{Loaded, Problem, ProblemKind, TOP_LEVEL};
use crate::model::schema::{ProblemKind as SchemaProblemKind, SchemaProblem};
use crate::model::{Header, ObjectId};
use crate::nearest::{Near, nearest_word};
use crate::path;
use crate::yaml::edit::Change;
use crate::yaml::{self, FieldPath, Step};

/// What could not be read of a source, which has the number `source` in the run and whose first
/// object is `first`. Sources for context have no findings.
///
/// `is_listed` says that kustomize prints the source anew, and quotes what it takes for text.
pub fn of_reading(source: u32, loaded: &Loaded, first: ObjectId, is_listed: bool) -> Vec<Finding> {
    let is_wrong =
        |problem: &&Problem| !(loaded.file.context || is_listed && is_quoted_by_kustomize(problem));
    let mut bounded = Bounded::default();
    for problem in loaded.problems.iter().filter(is_wrong) {
        let object = problem
            .object
            .map(|object| ObjectId(first.0.saturating_add(object.0)));
        let mut finding = finding(problem, object.unwrap_or_default(), &loaded.file.path);
        finding.object = object;
        // Of two keys in what a chart makes Helm takes the last.
        if matches!(problem.kind, ProblemKind::DuplicateKey(_)) && loaded.text.is_rendered() {
            finding.severity = finding.severity.min(Severity::Warning);
        }
        let manifest = problem.object.and_then(|id| loaded.objects.get(id.index()));
        if let Some(outcome) = manifest.and_then(|manifest| widens(&finding, &manifest.header)) {
            finding.severity = Severity::Error;
            finding.message.push_str(&outcome);
        }
        finding.span = problem.span.map(|span| TextSpan {
            source,
            start: span.start,
            end: span.end,
        });
        bounded.push(finding);
    }
    bounded.finish()
}

/// Whether kustomize mends a value: it prints annotations as text, and quotes words that only YAML
/// 1.1 takes for booleans.
fn is_quoted_by_kustomize(problem: &Problem) -> bool {
    const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let ProblemKind::Value(value) = &problem.kind else {
        return false;
    };
    let yaml::ProblemKind::WrongType { expected, .. } = &value.kind else {
        return false;
    };
    value.path.to_string().starts_with("metadata/annotations/")
        || *expected == "a string" && WORDS.contains(&value.text.to_lowercase().as_str())
}

/// What a policy does once an unknown field is dropped, if the field was to narrow it.
fn widens(finding: &Finding, header: &Header) -> Option<String> {
    const POLICIES: [&str; 8] = [
        "AuthorizationPolicy",
        "EnvoyFilter",
        "PeerAuthentication",
        "ProxyConfig",
        "RequestAuthentication",
        "Sidecar",
        "Telemetry",
        "WasmPlugin",
    ];
    const NARROWING: [&str; 6] = [
        "labels",
        "matchLabels",
        "selector",
        "targetRef",
        "targetRefs",
        "workloadSelector",
    ];
    let kind = header.kind.as_str();
    if finding.code != Code::MESH0002 || !POLICIES.contains(&kind) {
        return None;
    }
    let path = finding.path.to_string();
    if kind == "AuthorizationPolicy" && path.starts_with("spec/rules") {
        return Some(
            "; the API server drops it, and the rule matches without that condition".to_owned(),
        );
    }
    let (parent, field) = path.rsplit_once('/').unwrap_or(("", &path));
    let is_place = matches!(
        parent,
        "" | "spec" | "spec/selector" | "spec/workloadSelector"
    );
    if !is_place || nearest_word(field, NARROWING).is_none() {
        return None;
    }
    let whom = if kind == "EnvoyFilter" || kind == "Sidecar" || kind == "ProxyConfig" {
        "proxy"
    } else {
        "workload"
    };
    let place = match header.namespace.as_str() {
        "istio-system" => "the mesh".to_owned(),
        namespace => format!("namespace {namespace}"),
    };
    Some(format!(
        "; the API server drops it, and the {kind} applies to every {whom} of {place}"
    ))
}

/// The finding for a problem, without its place.
fn finding(problem: &Problem, object: ObjectId, path: &str) -> Finding {
    let new = |code, path: &str, message| Finding::new(code, object, path, message);
    match &problem.kind {
        ProblemKind::NoText(why) => new(Code::MESH0008, "", format!("{path} {why}")),
        ProblemKind::Syntax { why, unquoted } => {
            let message = format!("cannot read this document as YAML: {why}");
            let help = match unquoted {
                Some(value) => format!("put the value in quotes if it is text: '{value}'"),
                None => "mend the syntax; the other documents of the file were checked".to_owned(),
            };
            new(Code::MESH0001, "", message).help(help)
        }
        ProblemKind::Unread => {
            let message = "kubectl does not read what follows the end of the document before it";
            new(Code::MESH0107, "", message.to_owned())
                .help("write --- on a line of its own before it")
        }
        ProblemKind::DuplicateKey(key) => {
            let message = format!("the key {key:?} stands here a second time");
            new(Code::MESH0005, "", message)
                .help("remove one of the two, or merge their values; the last one wins")
        }
        ProblemKind::Value(problem) => value(problem, object),
        ProblemKind::BesideSpec(field) => {
            let path = path![field.as_str()];
            let near = nearest_word(field, TOP_LEVEL.iter().copied());
            let fix = near.and_then(|near| renaming(object, &path, near));
            let help = match near {
                Some(near) => format!("did you mean {:?}?", near.what),
                None => format!(
                    "the fields are {}; should it stand below spec?",
                    list(TOP_LEVEL)
                ),
            };
            let message = format!("there is no field {field:?} beside spec");
            Finding::new(Code::MESH0002, object, path, message)
                .help(help)
                .fix(fix)
        }
        ProblemKind::Schema(problem) => schema(problem, object),
        ProblemKind::NotServed {
            kind,
            api_version,
            served,
        } => {
            let message = format!("{kind} is not served as {api_version}");
            new(Code::MESH0006, "apiVersion", message).help(format!("use {}", served.join(" or ")))
        }
        ProblemKind::NoName(kind) => {
            let message = format!("this {kind} has no name");
            new(Code::MESH0007, "metadata", message).help("add metadata.name")
        }
    }
}

/// The finding for a bad value.
fn value(problem: &yaml::Problem, object: ObjectId) -> Finding {
    let name = last_step(&problem.path);
    let text = shorten(&problem.text);
    let mut fix = None;
    let (code, message, help) = match &problem.kind {
        yaml::ProblemKind::UnknownField(fields) => {
            let near = nearest_word(&problem.text, fields.iter().copied());
            fix = near.and_then(|near| renaming(object, &problem.path, near));
            (
                Code::MESH0002,
                format!("there is no field {text:?} here"),
                near.map_or_else(
                    || format!("the fields are {}", list(fields)),
                    |near| format!("did you mean {:?}?", near.what),
                ),
            )
        }
        yaml::ProblemKind::WrongType { expected, found } => {
            let shown = if text.is_empty() {
                (*found).to_owned()
            } else {
                format!("{found} ({text})")
            };
            let help = match (*expected, *found) {
                ("a string", "a boolean" | "an integer" | "a number") => {
                    format!("quote it: \"{text}\"")
                }
                ("an integer" | "a number" | "a boolean", "a string") => {
                    format!("write {name} as {expected}, without quotes")
                }
                _ => format!("write {expected}"),
            };
            (
                Code::MESH0003,
                format!("{name} is {shown}, but {expected} is wanted"),
                help,
            )
        }
        yaml::ProblemKind::UnknownValue(words) => {
            let near = nearest_word(&problem.text, words.iter().copied());
            fix = near.and_then(|near| {
                let fix = Fix::guess(format!("write {}", near.what), &near)?;
                Some(fix.write(object, &problem.path, near.what))
            });
            (
                Code::MESH0004,
                format!("{name} does not accept {text:?}"),
                match near {
                    Some(near) => {
                        format!("did you mean {}? It accepts {}", near.what, list(words))
                    }
                    None => format!("it accepts {}", list(words)),
                },
            )
        }
        yaml::ProblemKind::Invalid(why) => (
            Code::MESH0003,
            format!("{name} {text:?} {why}"),
            String::new(),
        ),
    };
    let finding = Finding::new(code, object, &problem.path, message).fix(fix);
    if help.is_empty() {
        return finding;
    }
    finding.help(help)
}

/// The finding for what the schema refuses. The place is looked up when it is reported.
fn schema(problem: &SchemaProblem, object: ObjectId) -> Finding {
    let code = match problem.kind {
        SchemaProblemKind::Required => Code::MESH0101,
        SchemaProblemKind::Range
        | SchemaProblemKind::Length
        | SchemaProblemKind::Size
        | SchemaProblemKind::Pattern => Code::MESH0102,
        SchemaProblemKind::Duplicate => Code::MESH0103,
        SchemaProblemKind::OneOf => Code::MESH0104,
        SchemaProblemKind::Rule => Code::MESH0105,
        SchemaProblemKind::Form => Code::MESH0106,
    };
    let message = format!("{}: {}", last_step(&problem.path), problem.message);
    Finding::new(code, object, &problem.path, message)
}

/// The fix that gives a field the name that was probably meant.
fn renaming(object: ObjectId, path: &FieldPath, near: Near<&str>) -> Option<Fix> {
    let fix = Fix::guess(format!("rename it to {}", near.what), &near)?;
    let change = Change::RenameKey(near.what.into());
    Some(fix.change(object, path, change))
}

/// The last field of a path, with the indices that follow it, for messages.
fn last_step(path: &FieldPath) -> String {
    let steps = path.steps();
    let last_key = steps.iter().rposition(|step| matches!(step, Step::Key(_)));
    let last: FieldPath = steps.iter().skip(last_key.unwrap_or(0)).cloned().collect();
    if last.is_root() {
        "the value".to_owned()
    } else {
        last.to_string()
    }
}

/// At most 60 characters of a text.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut out: String = line.chars().take(60).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

fn list(words: &[&str]) -> String {
    words.join(", ")
}
