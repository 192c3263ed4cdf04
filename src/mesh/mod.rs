//! What the objects mean together: an immutable view with every index that the rules need.

use crate::model::{ObjectId, Objects};
pub mod settings;
pub use settings::*;

/// The mesh.
#[derive(Debug, Default)]
pub struct Mesh {
    /// The objects.
    pub objects: Objects,
    pub namespaces: Ns,
}
#[derive(Debug, Default)]
pub struct Ns;
impl Ns {
    pub fn known_count(&self) -> usize {
        0
    }
}

impl Mesh {
    pub fn build(objects: Objects, _s: Settings) -> Mesh {
        Mesh {
            objects,
            namespaces: Ns,
        }
    }
    /// Whether the object is context only: read, but not reported on.
    pub fn is_context(&self, id: ObjectId) -> bool {
        self.objects.header(id).is_some_and(|header| header.context)
    }
}
