//! `meshlint rules`.

use std::io::{self, Write};

use clap::ValueEnum;

use crate::diagnostics::Code;
use crate::report::rule_list;

use super::{CLEAN, Failure, codes, terminal};

/// List the rules
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these: codes, names or prefixes such as KIA02
    #[arg(value_name = "CODE")]
    codes: Vec<String>,

    /// Format of the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Human,
    /// A JSON array
    Json,
}

/// Prints the list.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let codes = if args.codes.is_empty() {
        Code::all().collect()
    } else {
        codes::resolve(&args.codes)?
    };
    let rules: Vec<_> = codes.into_iter().map(Code::rule).collect();
    let mut out = io::stdout().lock();
    match args.format {
        Format::Human => rule_list::write_table(&rules, &mut out, terminal::stdout_style()),
        Format::Json => rule_list::write_json(&rules, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}
