//! `meshlint completions`.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{CLEAN, Cli, Failure};

const EXAMPLES: &str = "\
Examples:
  meshlint completions bash > ~/.local/share/bash-completion/completions/meshlint
  meshlint completions zsh > \"${fpath[1]}/_meshlint\"
  meshlint completions fish > ~/.config/fish/completions/meshlint.fish";

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "meshlint", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)
        .and_then(|()| out.flush())
        .map_err(Failure::output)?;
    Ok(CLEAN)
}
