//! Answers to whether a call is allowed: for people, and as JSON.

use std::io;

use anstyle::AnsiColor;
use serde::Serialize;

use super::Style;
use super::text::printable;
use crate::answers::can::{Answer, Outcome, Query, Step, Verdict};
use crate::diagnostics::{FilePlace, FilePlaces};

/// Names of objects, for those who have only their numbers.
pub type Name<'n> = &'n dyn Fn(crate::model::ObjectId) -> String;

#[derive(Serialize)]
struct Document<'a> {
    verdict: &'static str,
    by: Option<String>,
    at: Option<&'a FilePlace>,
    why: &'a str,
    conditions: &'a [String],
    identity: Option<&'a str>,
    steps: Vec<StepDocument<'a>>,
    change: Vec<ChangeDocument<'a>>,
    backends: Vec<BackendDocument<'a>>,
}

#[derive(Serialize)]
struct StepDocument<'a> {
    stage: &'static str,
    outcome: &'static str,
    because: &'a str,
    policies: Vec<PolicyDocument<'a>>,
}

#[derive(Serialize)]
struct PolicyDocument<'a> {
    policy: &'a str,
    rule: Option<usize>,
    matches: bool,
    because: &'a str,
    at: Option<&'a FilePlace>,
}

#[derive(Serialize)]
struct ChangeDocument<'a> {
    #[serde(rename = "do")]
    order: &'a str,
    object: Option<String>,
    at: Option<&'a FilePlace>,
}

#[derive(Serialize)]
struct BackendDocument<'a> {
    workload: &'a str,
    verdict: &'static str,
    by: Option<String>,
    rule: Option<usize>,
    why: &'a str,
    steps: Vec<StepDocument<'a>>,
}

fn steps<'a>(steps: &'a [Step], places: &'a FilePlaces) -> Vec<StepDocument<'a>> {
    let one = |step: &'a Step| StepDocument {
        stage: step.stage.as_str(),
        outcome: step.outcome.as_str(),
        because: &step.because,
        policies: step
            .policies
            .iter()
            .map(|policy| PolicyDocument {
                policy: &policy.name,
                rule: policy.rule,
                matches: policy.matches,
                because: &policy.because,
                at: places.get(policy.object, &policy.path()),
            })
            .collect(),
    };
    steps.iter().map(one).collect()
}

/// Writes an answer as one JSON document.
pub fn write_json(
    answer: &Answer,
    name: Name<'_>,
    places: &FilePlaces,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let first = answer.backends.first();
    let document = Document {
        verdict: answer.verdict.as_str(),
        by: answer.by.map(name),
        at: answer
            .at
            .as_ref()
            .and_then(|(object, path)| places.get(*object, path)),
        why: &answer.why,
        conditions: &answer.conditions,
        identity: answer.identity.as_deref(),
        steps: first
            .map(|own| steps(&own.steps, places))
            .unwrap_or_default(),
        change: answer
            .change
            .iter()
            .map(|change| ChangeDocument {
                order: &change.order,
                object: change.object.map(name),
                at: change
                    .object
                    .and_then(|object| places.get(object, &change.path)),
            })
            .collect(),
        backends: answer
            .backends
            .iter()
            .map(|backend| BackendDocument {
                workload: &backend.name,
                verdict: backend.verdict.as_str(),
                by: backend.by.map(name),
                rule: backend.rule,
                why: &backend.why,
                steps: steps(&backend.steps, places),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Answers<'a> {
    answers: Vec<Everyone<'a>>,
}

#[derive(Serialize)]
struct Everyone<'a> {
    from: &'a str,
    verdict: &'static str,
    by: Option<String>,
    why: &'a str,
}

/// Writes the answers for all workloads as one JSON document.
pub fn write_all_json(
    answers: &[(String, Answer)],
    name: Name<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let answers = answers.iter().map(|(from, answer)| Everyone {
        from,
        verdict: answer.verdict.as_str(),
        by: answer.by.map(name),
        why: &answer.why,
    });
    let document = Answers {
        answers: answers.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// The word for people, and its colour.
const fn word(verdict: Verdict) -> (&'static str, AnsiColor) {
    match verdict {
        Verdict::Allow => ("allowed", AnsiColor::Green),
        Verdict::Deny => ("denied", AnsiColor::Red),
        Verdict::Mixed => ("mixed", AnsiColor::Yellow),
    }
}

fn painted(verdict: Verdict, style: Style) -> String {
    let (text, color) = word(verdict);
    let look = anstyle::Style::new().bold().fg_color(Some(color.into()));
    style.paint(look, &format!("{text:<8}"))
}

/// Where lines after the first begin.
const MARGIN: &str = "         ";

/// Writes an answer for people.
pub fn write_human(
    query: &Query,
    answer: &Answer,
    places: &FilePlaces,
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    let arrow = if style.unicode { "→" } else { "->" };
    let to = &query.to;
    let port = to.port.map_or_else(String::new, |port| format!(":{port}"));
    let mut request = to.path.as_ref().map_or_else(String::new, |path| {
        format!("  {} {path}", to.method.as_deref().unwrap_or("GET"))
    });
    if let Some(host) = &to.host {
        request.push_str(&format!(" at {host}"));
    }
    writeln!(
        out,
        "{} {} {arrow} {}/{}{port}{}",
        painted(answer.verdict, style),
        printable(&query.from.name()),
        printable(&to.namespace),
        printable(&to.service),
        printable(&request)
    )?;
    writeln!(out, "{MARGIN}{}", printable(&answer.why))?;
    if let Some((object, path)) = &answer.at
        && let Some(place) = places.get(*object, path)
    {
        let dimmed = anstyle::Style::new().dimmed();
        writeln!(
            out,
            "{MARGIN}{}",
            style.paint(dimmed, &printable(&place.to_string()))
        )?;
    }
    let is_one = answer.backends.len() == 1;
    for backend in &answer.backends {
        if !is_one {
            writeln!(
                out,
                "{} {}",
                painted(backend.verdict, style),
                printable(&backend.name)
            )?;
        }
        for step in &backend.steps {
            let (stage, outcome) = (step.stage.as_str(), step.outcome.as_str());
            let because = match step.outcome {
                Outcome::Skipped => step.because.replace(" matches", " would match"),
                _ => step.because.clone(),
            };
            writeln!(out, "  {stage:<21} {outcome:<8} {}", printable(&because))?;
        }
    }
    for condition in &answer.conditions {
        writeln!(out, "depends: {}", printable(condition))?;
    }
    let goal = match answer.verdict {
        Verdict::Allow => "to deny it",
        Verdict::Deny | Verdict::Mixed => "to allow it",
    };
    let orders: Vec<&str> = answer
        .change
        .iter()
        .map(|change| change.order.as_str())
        .collect();
    if !orders.is_empty() {
        let text = printable(&orders.join(", or ")).into_owned();
        let options = textwrap::Options::new(style.width).subsequent_indent("  ");
        for line in textwrap::wrap(&format!("{goal}: {text}"), options) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Writes the answers for all workloads, those alike together.
pub fn write_all_human(
    answers: &[(String, Answer)],
    out: &mut dyn io::Write,
    style: Style,
) -> io::Result<()> {
    for verdict in [Verdict::Allow, Verdict::Deny, Verdict::Mixed] {
        let own: Vec<&(String, Answer)> = answers
            .iter()
            .filter(|(_, answer)| answer.verdict == verdict)
            .collect();
        if own.is_empty() {
            continue;
        }
        writeln!(out, "{} {}", painted(verdict, style), own.len())?;
        for (from, answer) in own {
            writeln!(out, "  {:<28} {}", printable(from), printable(&answer.why))?;
        }
    }
    Ok(())
}
