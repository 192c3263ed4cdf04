//! `meshlint explain`.

use std::io::{self, IsTerminal as _, Write};

use crate::report::page;

use super::{CLEAN, Failure, codes, terminal};

/// Explain codes
///
/// Prints the page of the rule book: what the rule checks, why it matters, a bad and a good
/// example, and how to mend what it finds. In a pipe it is Markdown.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Codes, names or prefixes such as KIA02
    #[arg(value_name = "CODE", required = true)]
    codes: Vec<String>,
}

/// Prints the pages.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let mut found = Vec::new();
    for word in &args.codes {
        found.extend(codes::resolve(std::slice::from_ref(word))?);
    }
    let style = terminal::stdout_style();
    let dressed = style.color || io::stdout().is_terminal();
    let mut out = io::stdout().lock();
    let mut first = true;
    let mut print = || {
        for code in &found {
            if !std::mem::take(&mut first) {
                writeln!(out)?;
            }
            if dressed {
                page::write(code.rule(), &mut out, style)?;
            } else {
                page::write_markdown(code.rule(), &mut out)?;
            }
        }
        out.flush()
    };
    print().map_err(Failure::output)?;
    Ok(CLEAN)
}
