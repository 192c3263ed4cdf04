//! What the objects mean together: an immutable view with every index that the rules need.

use crate::model::{ObjectId, Objects};

/// The mesh.
#[derive(Debug, Default)]
pub struct Mesh {
    /// The objects.
    pub objects: Objects,
}

impl Mesh {
    /// Whether the object is context only: read, but not reported on.
    pub fn is_context(&self, id: ObjectId) -> bool {
        self.objects.header(id).is_some_and(|header| header.context)
    }
}
