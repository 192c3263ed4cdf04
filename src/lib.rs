//! meshlint: a static analyser for Istio service meshes.
//!
//! Data goes one way: files ([`input`]) are parsed to trees with spans ([`yaml`]) and loaded as typed
//! objects ([`model`], [`load`]); these become an immutable view of what they mean together
//! ([`mesh`]), answers ([`answers`]), findings ([`rules`], [`diagnostics`]) and a report ([`report`]).
//! [`engine`] is the whole of it on one page, [`config`] what a repository says of it. Each module knows
//! only those before it: see `docs/architecture.md`.

pub mod answers;
pub mod cli;
pub mod config;
pub mod diagnostics;
mod duration;
pub mod engine;
pub mod git;
pub mod input;
pub mod load;
pub mod lsp;
pub mod mesh;
pub mod model;
mod nearest;
pub mod render;
pub mod report;
pub mod rules;
pub mod worlds;
pub mod yaml;
