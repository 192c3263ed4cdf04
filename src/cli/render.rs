//! `meshlint render`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};

use crate::render::kustomize::{self, Build, HoleKind};
use crate::render::{Disk, RelatedOrigin, Sources};
use crate::report::rendered::{self, At, Places};

use super::{CLEAN, FOUND, Failure, terminal};

const EXAMPLES: &str = "\
Examples:
  meshlint render overlays/prod               what kustomize build prints
  meshlint render overlays/prod --format json the place of each value as well

Exit status: 0 rendered, 1 the kustomization has mistakes, 2 wrong usage.";

/// Print what a cluster gets
///
/// Renders a kustomization without kustomize, from local files alone, and says of each object
/// where it is from.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder of a kustomization
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,

    /// Format of the objects
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// YAML documents, each with a comment that says where it is from
    Yaml,
    /// One JSON document with the place of every value
    Json,
}

/// Prints the objects.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let unreadable =
        |error: io::Error| Failure::Usage(format!("cannot read {}: {error}", args.path.display()));
    let path = args.path.canonicalize().map_err(unreadable)?;
    let folder = if path.is_dir() {
        path.as_path()
    } else {
        path.parent().unwrap_or(&path)
    };
    let disk = Disk::new(root_of(folder)).map_err(unreadable)?;
    let below = folder.strip_prefix(disk.root()).unwrap_or(Path::new(""));
    let below = below.to_string_lossy().replace('\\', "/");
    let sources = Sources::new(Box::new(disk));
    let options = kustomize::Options::default();
    let built = kustomize::build(&sources, &below, options, &kustomize::Cache::default());
    report(&built, &sources);
    if !built.problems.is_empty() {
        return Ok(FOUND);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Yaml => rendered::write_yaml(&built.objects, &sources, &mut out),
        Format::Json => rendered::write_json(&built.objects, &sources, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}

/// The root of the repository that holds the folder; else the folder.
fn root_of(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|parent| parent.join(".git").exists())
        .unwrap_or(folder)
}

/// Says on standard error what is wrong, and what is not rendered.
fn report(built: &Build, sources: &Sources) {
    let mut places = Places::new(sources);
    let show = |at: &At| format!("{}:{}:{}", at.file, at.line, at.column);
    for problem in &built.problems {
        let text = match problem.place {
            Some(place) => format!("{}: {}", show(&places.at(place)), problem.message),
            None => problem.message.clone(),
        };
        terminal::error(&text);
        for RelatedOrigin { place, note, .. } in &problem.related {
            terminal::note(&format!("{} {note}", show(&places.at(*place))));
        }
        if let Some(help) = &problem.help {
            terminal::hint(help);
        }
    }
    for hole in &built.holes {
        let what = match hole.kind {
            HoleKind::Remote => "resource",
            HoleKind::Chart => "chart",
            HoleKind::Plugin => "plugin",
        };
        let at = places.at(hole.place);
        terminal::note(&format!(
            "{}: {what} {} is not rendered",
            show(&at),
            hole.name
        ));
    }
}
