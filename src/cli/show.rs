//! `--show-settings` and `--show-files`.

use std::io::{self, BufWriter, Write};

use super::{CLEAN, Failure};
use crate::config::{self, Governed};
use crate::engine::{self, Options, repository};
use crate::input::Skipped;

/// Prints what a run goes by.
pub(super) fn settings(governed: &Governed, given: &[(&str, String)]) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    let write = |out: &mut dyn Write| {
        for (config, paths) in governed.list.iter().skip(1) {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            writeln!(out, "# {} governs {}", config.file, paths.join(", "))?;
        }
        out.write_all(config::show(governed.main(), given).as_bytes())
    };
    write(&mut out).map_err(Failure::output)?;
    Ok(CLEAN)
}

/// Prints the files that a run would read, and why others are not.
pub(super) fn files(options: &Options) -> Result<u8, Failure> {
    let (mut read, mut skipped): (Vec<String>, Vec<Skipped>) = match repository::open(options)? {
        Some(repository) => {
            let files = repository.files.iter();
            let read = files
                .map(|(_, loaded)| loaded.file.path.to_string())
                .collect();
            (read, repository.skipped)
        }
        None => {
            let input = engine::load(options)?;
            let sources = input.sources.iter();
            let read = sources.map(|loaded| loaded.file.path.to_string()).collect();
            (read, input.skipped)
        }
    };
    read.sort();
    skipped.sort();
    let mut out = BufWriter::new(io::stdout().lock());
    let write = |out: &mut dyn Write| {
        for path in &read {
            writeln!(out, "{path}")?;
        }
        for Skipped { path, reason } in &skipped {
            writeln!(out, "# {path}: one of the {}", reason.words())?;
        }
        out.flush()
    };
    write(&mut out).map_err(Failure::output)?;
    Ok(CLEAN)
}
