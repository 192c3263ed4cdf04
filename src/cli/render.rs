//! `meshlint render`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::engine::render::{Rendering, render};
use crate::render::RelatedOrigin;
use crate::report::rendered::{self, At, Places};

use super::{CLEAN, FOUND, Failure, chart, terminal};

const EXAMPLES: &str = "\
Examples:
  meshlint render overlays/prod               what kustomize build prints
  meshlint render clusters/prod/apps.yaml     what Flux or Argo CD applies
  meshlint render overlays/prod --format json the place of each value as well
  meshlint render charts/web --values charts/web/values-prod.yaml
                                              what helm template prints

Exit status: 0 rendered, 1 the entry has mistakes, 2 wrong usage.";

/// Print what a cluster gets
///
/// Renders a kustomization without kustomize and a chart without Helm, and follows objects of Flux
/// and Argo CD through the repository, from local files alone; says of each object where it is from.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder of a kustomization or a chart, the archive of a chart, or a file with objects of
    /// Flux or Argo CD
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,

    /// Format of the objects
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,

    #[command(flatten)]
    chart: chart::ReleaseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// YAML documents, each with a comment that says where it is from
    Yaml,
    /// One JSON document with the place of every value
    Json,
}

/// Prints the objects.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    if chart::is_chart(&args.path) {
        return chart::run(&args.chart, &args.path, args.format);
    }
    let rendering = render(&args.path)?;
    report(&rendering);
    if !rendering.faults.is_empty() {
        return Ok(FOUND);
    }
    let Rendering {
        objects, sources, ..
    } = &rendering;
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Yaml => rendered::write_yaml(objects, sources, &mut out),
        Format::Json => rendered::write_json(objects, sources, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}

/// Says on standard error what is wrong, and what is not rendered.
fn report(rendering: &Rendering) {
    let mut places = Places::new(&rendering.sources);
    let show = |at: &At| format!("{}:{}:{}", at.file, at.line, at.column);
    for fault in &rendering.faults {
        let at = places.at(fault.place);
        terminal::error(&format!("{}: {}", show(&at), fault.message));
        for RelatedOrigin { place, note, .. } in &fault.related {
            terminal::note(&format!("{} {note}", show(&places.at(*place))));
        }
        if let Some(help) = &fault.help {
            terminal::hint(help);
        }
    }
    for unknown in &rendering.unknown {
        let at = show(&places.at(unknown.place));
        terminal::note(&format!("{at}: {} is not rendered", unknown.because));
    }
    for note in &rendering.notes {
        terminal::note(note);
    }
}
