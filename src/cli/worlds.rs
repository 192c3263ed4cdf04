//! `meshlint worlds`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::engine::{self, repository, worlds};
use crate::report::worlds::{write_human, write_json};

use super::progress::Progress;
use super::settings::ConfigArgs;
use super::{CLEAN, Failure, NOTHING, terminal};
use crate::config::Given;

const EXAMPLES: &str = "\
Examples:
  meshlint worlds                 what each cluster gets of the current repository
  meshlint worlds --format json   the same for programs

Exit status: 0 there are worlds, 2 wrong usage, 3 there is none.";

/// List the worlds of a repository: which objects reach which cluster
///
/// Follows Flux and Argo CD, builds kustomizations, and tells environments and alternatives apart.
/// Says what of each world can't be known, and which files belong to none.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The repository, or files and folders of one
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Files and folders to know but not report on (may be repeated)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    with: Vec<PathBuf>,

    /// Leave out paths that match a glob (may be repeated)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,

    /// Namespace of objects that name none [default: default]
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,

    #[command(flatten)]
    config: ConfigArgs,

    /// Format of the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

/// Prints the worlds.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let mut options = engine::Options {
        paths: args.paths.clone(),
        with: args.with.clone(),
        exclude: args.exclude.clone(),
        namespace: args.namespace.clone(),
        ..engine::Options::default()
    };
    args.config.apply(Given::default(), &mut options)?;
    let progress = Progress::start("finding worlds");
    let Some(repository) = repository::open(&options)? else {
        return Err(Failure::Usage(
            "worlds are found in folders: name one, not a file".to_owned(),
        ));
    };
    for unreadable in &repository.unreadable {
        terminal::error(&unreadable.message);
    }
    let namespace = engine::namespace_of(&options);
    let view = repository.view(&namespace);
    let plan = worlds::plan(&repository, &namespace, &options);
    let beyond = worlds::beyond(&repository, &plan, &options);
    drop(progress);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => write_human(&plan, view, &beyond, &mut out),
        Format::Json => {
            let root = repository.root.to_string_lossy();
            write_json(&plan, view, &root, &beyond, &mut out)
        }
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    if plan.worlds.is_empty() {
        terminal::note("there is nothing to check here");
        return Ok(NOTHING);
    }
    Ok(CLEAN)
}
