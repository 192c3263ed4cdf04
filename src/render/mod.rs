//! What a cluster would get of what a repository holds, with the place that each part comes from.
//! Knows neither objects' meaning nor rules.
//!
//! A renderer reads a repository through [`Sources`] and makes [`Rendered`] objects: YAML text,
//! and for every key and scalar of it an [`Origin`]. What reads manifests reads rendered text as
//! it reads a file; places in it are translated by [`Rendered::origin_at`].

mod argo;
mod base64;
mod charts;
mod flux;
pub mod gitops;
pub mod helm;
pub mod helmfile;
pub mod kustomize;
mod origin;
mod rendered;
mod sources;
pub mod value;

pub use charts::Charts;
pub use origin::{Origin, Place, RelatedOrigin, What};
pub use rendered::{Mark, Rendered, RenderedBuilder};
pub use sources::{Disk, Entry, EntryKind, Files, Memory, SourceId, Sources, join};
