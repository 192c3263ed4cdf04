//! Where the configuration comes from: `--config`, `--no-config`, the variable `MESHLINT_CONFIG`.

use std::path::PathBuf;

use clap::ValueHint;

use super::Failure;
use crate::config::{self, Choice, Given, Governed};
use crate::engine::Options;

/// The options about the configuration.
#[expect(clippy::doc_markdown, reason = "the text of the help")]
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ConfigArgs {
    /// Read the configuration from a file [env: MESHLINT_CONFIG] [default: the nearest
    /// meshlint.yaml above each path]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Input", conflicts_with = "no_config")]
    config: Option<PathBuf>,

    /// Read no configuration
    #[arg(long, help_heading = "Input")]
    no_config: bool,
}

impl ConfigArgs {
    /// Reads the configuration of some paths.
    pub(super) fn read(&self, paths: &[PathBuf]) -> Result<Governed, Failure> {
        let named = self.config.clone().or_else(|| {
            let variable = std::env::var_os("MESHLINT_CONFIG");
            variable
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        });
        let choice = match named {
            _ if self.no_config => Choice::None,
            Some(file) => Choice::File(file),
            None => Choice::Nearest,
        };
        Ok(Governed::of(&choice, paths)?)
    }

    /// Reads the configuration, and lays it below the options.
    pub(super) fn apply(&self, given: Given, options: &mut Options) -> Result<Governed, Failure> {
        let governed = self.read(&options.paths)?;
        config::apply(&governed, given, options)?;
        Ok(governed)
    }
}
