//! The command line: one file per subcommand, arguments to calls, no logic.

use std::process::ExitCode;

/// Runs the command that the process arguments name.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
