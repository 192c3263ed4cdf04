//! `meshlint man`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{CLEAN, Cli, Failure};

const EXAMPLES: &str = "\
Examples:
  meshlint man | man -l -                       read the page of meshlint
  meshlint man ~/.local/share/man/man1          install all pages";

/// Print the man page, or write all pages to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder to write a page for each command to
    folder: Option<PathBuf>,
}

/// Prints the page, or writes all.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    match &args.folder {
        None => print()?,
        Some(folder) => {
            let failed = |error: io::Error| Failure::Output {
                to: folder.display().to_string(),
                error,
            };
            std::fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
        }
    }
    Ok(CLEAN)
}

fn print() -> Result<(), Failure> {
    let mut page = Vec::new();
    Man::new(Cli::command())
        .render(&mut page)
        .map_err(Failure::output)?;
    let mut out = io::stdout().lock();
    out.write_all(&page)
        .and_then(|()| out.flush())
        .map_err(Failure::output)
}
