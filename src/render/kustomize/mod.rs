//! Kustomizations, rendered as kustomize 5.8 renders them.
//!
//! [`build`] makes the objects of a folder with a kustomization, each with the place that each
//! part comes from. `build.rs` has the order of everything; each transformer has its file.
//! *Runs no program and opens no connection*: what is fetched from elsewhere is a [`Hole`].

mod absorb;
mod build;
mod builtin;
mod cache;
mod configure;
mod configured;
mod fieldspec;
mod file;
mod generators;
mod hash;
mod identity;
mod images;
mod json;
mod json6902;
mod labels;
mod loader;
mod merge;
mod merge_lists;
mod metadata;
mod names;
mod namespace;
mod objects;
mod patches;
mod paths;
mod plugins;
mod problem;
mod read_patches;
mod references;
mod replacements;
mod replicas;
mod resource;
mod schema;
mod selector;
mod sort;
mod structured;
mod tables;
#[cfg(test)]
mod tests;
mod transformers;
mod values;
mod vars;

use crate::nearest::nearest;

pub use build::{Build, Chart, Charts, Deprecated, FILE_NAMES, Options, build, find_file};
pub use cache::Cache;
pub use problem::{Hole, HoleKind, Problem, ProblemKind};

/// Nodes that one object may have.
const MOST_NODES: usize = 2_000_000;
/// Bytes that one text may grow to.
const MOST_TEXT: usize = 16 << 20;
/// Objects that one build may make.
const MOST_OBJECTS: usize = 500_000;

/// The nearest of some names, if it is near.
fn near<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let others = known.filter(|other| *other != name);
    nearest(name, others, |other| other).map(|near| near.what)
}
