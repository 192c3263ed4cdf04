//! From texts to objects: [`load`] parses a source, recognises and decodes each document, and
//! notes what could not be read. What comes of it, [`Loaded`], depends on nothing but the source,
//! so that it can be shared between worlds and kept between runs. [`WorldBuilder`] puts the objects
//! of some sources together.
//!
//! The trees are dropped when the objects are made, and so are the texts of files. Reports look
//! places up afterwards, by parsing again just those documents that have findings.

mod comments;
mod document;
mod loaded;
mod placements;
pub mod places;
mod problem;
mod select;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod unseen;
mod world;

pub use comments::{ADDRESS, Comment, comments_of};
pub(crate) use document::TOP_LEVEL;
pub use loaded::{Documents, Loaded, Options, Other, load, load_rendered, load_with, read};
pub use placements::{Placement, Placements};
pub use problem::{Problem, ProblemKind};
pub use select::{Selection, select};
pub use text::{FileText, HeldText, RenderedText, Step, Text};
pub use unseen::{Kustomization, Lead, Made};
pub use world::{Folder, Gap, World, WorldBuilder};
