//! What commands that ask about a mesh have in common: which mesh.

use std::path::PathBuf;

use clap::ValueHint;

use crate::engine::{self, question};

use super::{Failure, NOTHING, UNUSABLE, terminal, values};

/// The mesh that is asked about.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Files and folders to read, or - for standard input
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) input: Input,
}

/// How the paths are read.
#[derive(Debug, clap::Args)]
pub(super) struct Input {
    /// More files and folders to read (may be repeated)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    with: Vec<PathBuf>,

    /// Leave out paths that match a glob (may be repeated)
    #[arg(long, value_name = "GLOB", value_parser = values::glob, help_heading = "Input")]
    exclude: Vec<String>,

    /// Namespace of objects that name none [default: default]
    #[arg(long, short, value_name = "NAME", value_parser = values::namespace)]
    #[arg(help_heading = "Input")]
    namespace: Option<String>,

    /// Read the mesh config from a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    mesh_config: Option<PathBuf>,

    /// The world of the repository: a name that `meshlint worlds` lists
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Input",
        conflicts_with = "no_render"
    )]
    world: Option<String>,

    /// Take each file as it stands: render nothing, and take all files as one world
    #[arg(long, help_heading = "Input")]
    no_render: bool,

    /// Show exactly what Kiali shows
    #[arg(long, help_heading = "Input")]
    upstream: bool,
}

impl Asked {
    /// The same for the engine.
    pub(super) fn options(&self) -> engine::Options {
        self.input.options(&self.paths)
    }

    /// The mesh, or the exit status where there is none to ask about.
    pub(super) fn mesh(
        &self,
        options: &engine::Options,
    ) -> Result<Result<question::Asked, u8>, Failure> {
        mesh(options)
    }
}

impl Input {
    /// The same for the engine.
    pub(super) fn options(&self, paths: &[PathBuf]) -> engine::Options {
        engine::Options {
            paths: paths.to_vec(),
            with: self.with.clone(),
            exclude: self.exclude.clone(),
            namespace: self.namespace.clone(),
            mesh_config: self.mesh_config.clone(),
            worlds: self.world.iter().cloned().collect(),
            no_render: self.no_render,
            closed_world: self.upstream,
            upstream: self.upstream,
            ..engine::Options::default()
        }
    }
}

/// The mesh, or the exit status where there is none to ask about.
pub(super) fn mesh(options: &engine::Options) -> Result<Result<question::Asked, u8>, Failure> {
    let asked = question::one_mesh(options)?;
    for file in &asked.unreadable {
        terminal::error(&file.message);
    }
    if !asked.unreadable.is_empty() {
        return Ok(Err(UNUSABLE));
    }
    if asked.mesh.objects.headers.is_empty() {
        terminal::error("nothing to look at: no Kubernetes object in the input");
        return Ok(Err(NOTHING));
    }
    Ok(Ok(asked))
}
