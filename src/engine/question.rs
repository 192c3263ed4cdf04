//! One mesh to ask about: what the user points at, or one world of a repository.

use std::sync::Arc;

use super::{Error, Options, load, mesh, read_mesh_config, repository, worlds};
use crate::diagnostics::Unreadable;
use crate::load::Loaded;
use crate::mesh::Mesh;

/// A mesh to ask about, and the texts that it was made from.
#[derive(Debug)]
pub struct Asked {
    /// The mesh.
    pub mesh: Mesh,
    /// The sources of its objects.
    pub sources: Vec<Arc<Loaded>>,
    /// Files that the system would not let us read.
    pub unreadable: Vec<Unreadable>,
}

/// The mesh that the paths of `options` mean. Where they hold several worlds the user must say which.
pub fn one_mesh(options: &Options) -> Result<Asked, Error> {
    let Some(repository) = repository::open(options)? else {
        let input = load(options)?;
        return Ok(Asked {
            mesh: mesh(&input, options),
            sources: input.sources,
            unreadable: input.unreadable,
        });
    };
    let mesh_config = options.mesh_config.as_deref();
    let mesh_config = mesh_config.map(read_mesh_config).transpose()?;
    let prepared = worlds::prepare(&repository, options)?;
    let worlds = &prepared.plan.worlds;
    if worlds.len() > 1 {
        let names: Vec<&str> = worlds.iter().map(|world| world.name.as_str()).collect();
        return Err(Error::Usage(format!(
            "there are {} worlds, name one with --world: {}",
            names.len(),
            names.join(", ")
        )));
    }
    let unreadable = repository.unreadable.clone();
    let sources = worlds
        .first()
        .map(|world| prepared.loader.sources(&repository, world))
        .unwrap_or_default();
    let mesh = prepared.mesh(0, &sources, options, mesh_config.as_ref());
    Ok(Asked {
        mesh: mesh.unwrap_or_default(),
        sources,
        unreadable,
    })
}
