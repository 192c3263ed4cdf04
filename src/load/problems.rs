//! Findings about what could not be read: syntax, types, unknown fields and values.

use crate::diagnostics::{Code, Finding, TextSpan};
use crate::model::ObjectId;
use crate::model::schema::{ProblemKind as SchemaProblemKind, SchemaProblem};
use crate::nearest::distance_within;
use crate::yaml::{Problem, ProblemKind, Span};

use super::chunk::Chunk;

/// The place of a span of a chunk in its file.
pub(super) fn in_file(chunk: Chunk, span: Span) -> TextSpan {
    TextSpan {
        file: chunk.file,
        start: chunk.start + span.start,
        end: chunk.start + span.end,
    }
}

/// The finding for a bad value.
pub(super) fn finding(problem: &Problem, object: ObjectId, chunk: Chunk) -> Finding {
    let name = last_step(&problem.path);
    let text = shorten(&problem.text);
    let (code, message, help) = match &problem.kind {
        ProblemKind::UnknownField(fields) => {
            let near = nearest(&problem.text, fields);
            (
                Code::MESH0002,
                format!("there is no field {text:?} here"),
                near.map_or_else(
                    || format!("the fields are {}", list(fields)),
                    |near| format!("did you mean {near:?}?"),
                ),
            )
        }
        ProblemKind::WrongType { expected, found } => {
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
        ProblemKind::UnknownValue(words) => {
            let near = nearest(&problem.text, words);
            (
                Code::MESH0004,
                format!("{name} does not accept {text:?}"),
                match near {
                    Some(near) => format!("did you mean {near}? It accepts {}", list(words)),
                    None => format!("it accepts {}", list(words)),
                },
            )
        }
        ProblemKind::Invalid(why) => (
            Code::MESH0003,
            format!("{name} {text:?} {why}"),
            String::new(),
        ),
    };
    let mut finding = Finding::new(code, object, problem.path.clone(), message);
    if !help.is_empty() {
        finding = finding.help(help);
    }
    finding.span = Some(in_file(chunk, problem.span));
    finding
}

/// The finding for what the schema refuses. The place is looked up when it is reported.
pub(super) fn schema(problem: SchemaProblem, object: ObjectId) -> Finding {
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
    Finding::new(code, object, problem.path, message)
}

/// The last step of a path, for messages.
fn last_step(path: &str) -> &str {
    match path.rsplit('/').next() {
        Some("") | None => "the value",
        Some(step) => step,
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

/// The word most like `text`, if any is near: letter case and separators count little.
pub(crate) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let plain = |s: &str| s.to_lowercase().replace(['_', '-'], "");
    let wanted = plain(text);
    words
        .iter()
        .filter_map(|word| {
            let limit = 1.max(word.len().min(text.len()) / 3);
            Some((distance_within(&wanted, &plain(word), limit)?, *word))
        })
        .min()
        .map(|(_, word)| word)
}
