//! `meshlint posture`.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use clap::ValueEnum;

use crate::answers::posture::numbers;
use crate::diagnostics::{self, Code, Diagnostic, Filter};
use crate::engine;
use crate::engine::question::Asked;
use crate::report::posture::{self, Row};
use crate::rules;

use super::asked;
use super::{CLEAN, Failure, terminal};

const EXAMPLES: &str = "\
Examples:
  meshlint posture                          the mesh of the current folder
  meshlint posture mesh/ --format markdown  a page for auditors

Exit status: 0 answered, 2 wrong usage or an unreadable path, 3 nothing to look at.";

/// Rules beside those of the posture that speak of it.
const BESIDE: [&str; 4] = [
    "client-tls-against-strict",
    "authorization-service-port",
    "request-principals-without-authentication",
    "jwt-not-required",
];

/// Sum up what is encrypted, authorized and open
///
/// One row a namespace: workloads behind Services by what they accept and by the policies that apply
/// to them, and the findings of the profile zero-trust.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    asked: asked::Asked,

    /// Format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
    /// A page in Markdown
    Markdown,
}

/// Prints the posture.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    engine::with_threads(0, || answer(args))?
}

fn answer(args: &Args) -> Result<u8, Failure> {
    let options = engine::Options {
        upstream: false,
        ..args.asked.options()
    };
    let asked = match args.asked.mesh(&options)? {
        Ok(asked) => asked,
        Err(status) => return Ok(status),
    };
    let mut rows: BTreeMap<String, Row> = numbers(&asked.mesh)
        .into_iter()
        .map(|(name, numbers)| {
            let row = Row {
                numbers,
                ..Row::default()
            };
            (name, row)
        })
        .collect();
    for finding in findings(&asked) {
        let Some(object) = &finding.object else {
            continue;
        };
        let is_namespace = object.kind == "Namespace";
        let place = if is_namespace {
            &object.name
        } else {
            &object.namespace
        };
        let row = rows.entry(place.clone()).or_default();
        *row.findings.entry(finding.rule.name).or_default() += 1;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => posture::write_human(&rows, &mut out, terminal::stdout_style()),
        Format::Json => posture::write_json(&rows, &mut out),
        Format::Markdown => posture::write_markdown(&rows, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}

/// The codes that speak of the posture.
fn codes() -> Vec<Code> {
    let beside = Code::all().filter(|code| BESIDE.contains(&code.rule().name));
    rules::posture_codes().chain(beside).collect()
}

/// What the rules of the posture report under the profile zero-trust.
fn findings(asked: &Asked) -> Vec<Diagnostic> {
    let select = codes();
    // A rule that speaks for one of these finds more besides, which is not of the posture.
    let speaks_for = |code: &Code| {
        let mut own = select.iter();
        own.any(|own| code.rule().covers.contains(&own.as_str()))
    };
    let filter = Filter {
        ignore: Code::all().filter(speaks_for).collect(),
        select: select.clone(),
        zero_trust: true,
        ..Filter::default()
    };
    let (findings, _) = rules::run(&asked.mesh, &filter);
    diagnostics::conclude(findings, &asked.mesh.objects, &asked.sources, &filter).findings
}
