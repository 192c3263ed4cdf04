//! meshlint: a static analyser for Istio service meshes.
//!
//! Text goes one way: files ([`input`]) become trees with spans ([`yaml`]), typed objects
//! ([`model`]), an immutable view of what they mean together ([`mesh`]), findings ([`rules`],
//! [`diagnostics`]) and a report ([`report`]). Each stage knows only those before it.

pub mod cli;
pub mod diagnostics;
pub mod engine;
pub mod input;
pub mod load;
pub mod mesh;
pub mod model;
mod nearest;
pub mod render;
pub mod report;
pub mod rules;
pub mod worlds;
pub mod yaml;
