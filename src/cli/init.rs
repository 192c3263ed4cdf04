//! `meshlint init` and `meshlint schema`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::ValueHint;

use super::{CLEAN, Failure, terminal};
use crate::config::{self, NAMES};
use crate::engine::{self, repository};
use crate::worlds::Plan;

/// Write a first meshlint.yaml
///
/// It changes nothing of what is found: it names what can be said, and the worlds that were found.
/// Nothing is overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    path: PathBuf,
}

/// Writes the file.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    for name in NAMES {
        let path = args.path.join(name);
        if path.exists() {
            let path = path.display();
            return Err(Failure::Usage(format!(
                "{path} exists; nothing was written"
            )));
        }
    }
    let options = engine::Options {
        paths: vec![args.path.clone()],
        ..engine::Options::default()
    };
    let repository = repository::open(&options)?;
    let namespace = engine::namespace_of(&options);
    let plan = repository.map_or_else(Plan::default, |repository| {
        crate::worlds::plan(repository.view(&namespace))
    });
    let path = args.path.join("meshlint.yaml");
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(config::first(&plan).as_bytes()));
    written.map_err(|error| Failure::Output {
        to: path.display().to_string(),
        error,
    })?;
    terminal::note(&format!("wrote {}", path.display()));
    Ok(CLEAN)
}

/// Print the JSON schema of meshlint.yaml
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {}

/// Prints the schema.
pub(super) fn schema(_: &SchemaArgs) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(config::schema().as_bytes())
        .map_err(Failure::output)?;
    Ok(CLEAN)
}
