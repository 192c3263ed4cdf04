//! `meshlint lsp`.

use crate::lsp::{self, Ending};

use super::{CLEAN, FOUND, Failure};

const EXAMPLES: &str = "\
The editor starts it and speaks the Language Server Protocol with it on standard input and output.
Settings for editors are in docs/editors.md.

Exit status: 0 the editor said goodbye, 1 it did not.";

/// Serve an editor: findings as you type, fixes, and what the mesh knows of names
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {}

/// Serves the editor until it leaves.
pub(super) fn run(_: &Args) -> Result<u8, Failure> {
    match lsp::serve() {
        Ok(Ending::Agreed) => Ok(CLEAN),
        Ok(Ending::Abrupt) => Ok(FOUND),
        Err(error) => Err(Failure::Usage(format!(
            "the language server stopped: {error}"
        ))),
    }
}
