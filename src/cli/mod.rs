//! The command line: one file per subcommand, arguments to calls, no logic.

mod asked;
mod baseline;
mod can;
mod chart;
mod check;
mod codes;
mod completions;
mod explain;
mod init;
mod lsp;
mod man;
mod mtls;
mod outputs;
mod posture;
mod progress;
mod render;
mod rules;
mod settings;
mod show;
mod terminal;
mod values;
mod worlds;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
const FOUND: u8 = 1;
/// Usage, an unreadable path or a bad configuration.
const UNUSABLE: u8 = 2;
/// Nothing to check.
const NOTHING: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  meshlint check                         check the current folder
  meshlint check apps/ --with platform/  check a folder in the light of another
  kustomize build . | meshlint check -   check what a tool prints
  meshlint explain KIA0206               what a code means and how to mend it
  meshlint explain \"503 UC\"              which rules explain what users see";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Checks Istio mesh manifests before they are merged: mTLS, authorization, routing and injection,
/// offline, with the exact place of each problem.
#[derive(Debug, Parser)]
#[command(name = "meshlint", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Global options")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check manifests
    Check(Box<check::Args>),
    /// Show who talks to whom, encrypted or not
    Mtls(Box<mtls::Args>),
    /// Say whether a call would be allowed, and by which policy
    Can(Box<can::Args>),
    /// Sum up what is encrypted, authorized and open
    Posture(posture::Args),
    /// Print what a cluster gets
    Render(render::Args),
    /// List the worlds of a repository: which objects reach which cluster
    Worlds(worlds::Args),
    /// Write a first meshlint.yaml
    Init(init::Args),
    /// Print the JSON schema of meshlint.yaml
    Schema(init::SchemaArgs),
    /// Explain a code or a symptom such as "503 UC"
    Explain(explain::Args),
    /// List the rules
    Rules(rules::Args),
    /// Serve an editor over the Language Server Protocol
    Lsp(lsp::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the man page, or write all pages to a folder
    Man(man::Args),
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On terminals, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a command cannot go on with.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The paths or options make no sense.
    #[error("{0}")]
    Engine(#[from] crate::engine::Error),
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(#[from] crate::config::Error),
    /// A code that does not exist and the like.
    #[error("{0}")]
    Usage(String),
    /// The report cannot be written.
    #[error("cannot write {to}: {}", crate::input::reason(error))]
    Output {
        /// A path, or "the report".
        to: String,
        /// Why.
        error: io::Error,
    },
}

impl Failure {
    /// A report that cannot be written to standard output.
    fn output(error: io::Error) -> Self {
        Self::Output {
            to: "to standard output".to_owned(),
            error,
        }
    }
}

/// Runs the command that the process arguments name.
pub fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os().collect()))
}

/// Runs a command and gives the exit status.
fn run(arguments: Vec<OsString>) -> u8 {
    let matches = command(&arguments).try_get_matches_from(&arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    terminal::set_color(cli.color);
    let outcome = match &cli.command {
        Command::Check(args) => check::run(args),
        Command::Mtls(args) => mtls::run(args),
        Command::Can(args) => can::run(args),
        Command::Posture(args) => posture::run(args),
        Command::Render(args) => render::run(args),
        Command::Worlds(args) => worlds::run(args),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => init::schema(args),
        Command::Explain(args) => explain::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Lsp(args) => lsp::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match outcome {
        Ok(status) => status,
        // Whoever read the output has seen enough.
        Err(Failure::Output { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => CLEAN,
        Err(failure) => {
            terminal::error(&failure.to_string());
            UNUSABLE
        }
    }
}

/// The command line. As a plugin of kubectl, which finds plugins by the names of files, the program
/// is called as users call it.
fn command(arguments: &[OsString]) -> clap::Command {
    let command = Cli::command();
    let program = arguments.first().map(std::path::Path::new);
    match program.and_then(std::path::Path::file_stem) {
        Some(name) if name == "kubectl-meshlint" => command.bin_name("kubectl meshlint"),
        _ => command,
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> u8 {
    // Nothing can be done about output that cannot be printed.
    let _ = error.print();
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && (word == "-" || std::path::Path::new(word).exists())
    {
        terminal::hint(&format!("to check it: meshlint check {word}"));
    }
    if error.use_stderr() { UNUSABLE } else { CLEAN }
}
