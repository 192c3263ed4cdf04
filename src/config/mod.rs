//! `meshlint.yaml`: where it is found, what it may hold, and what it makes of the options of a run.
//! What the command line says wins. Knows neither output formats nor how anything is judged.

mod apply;
mod check;
mod find;
mod first;
mod item;
mod read;
mod schema;
mod settings;
mod shape;
#[cfg(test)]
mod tests;

pub use apply::{Given, Governed, apply};
pub use find::{Choice, find};
pub use first::first;
pub use item::{Content, Item, Place};
pub use read::{Config, read, read_text};
pub use schema::schema;
pub use settings::show;
pub use shape::{Field, ROOT, Record, Shape};

/// Names of the file.
pub const NAMES: [&str; 2] = [crate::input::CONFIGURATION, ".meshlint.yaml"];

/// What is wrong with the configuration: a line for each mistake, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);
