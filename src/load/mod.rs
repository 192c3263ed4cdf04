//! From texts to objects: chunks of input are parsed in parallel, each document is recognised
//! and decoded, and what could not be read becomes findings.
//!
//! The trees are dropped when the objects are made. Reports look places up afterwards, by parsing
//! again just those documents that have findings.

mod assembly;
mod chunk;
mod document;
mod problems;

pub use assembly::{Assembly, Origin, Read};
pub(crate) use chunk::document_at;
pub use chunk::{Chunk, split};
pub use document::{Loaded, Other, load};
pub(crate) use problems::nearest;
