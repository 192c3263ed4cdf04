//! The headers of a world's objects, where the sources have them: nothing is copied.

use std::ops::Range;
use std::sync::Arc;

use super::kinds::AnyBody;
use super::object::{Header, ObjectId, Place};
use super::types::Str;

/// An object as its source gives it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// What reports say of it.
    pub header: Header,
    /// Its body; `None` for kinds without a model.
    pub body: Option<AnyBody>,
}

/// The headers of a world's objects, by [`ObjectId`].
#[derive(Debug, Default)]
pub struct Headers {
    parts: Vec<Part>,
    /// The part of each object.
    part_of: Vec<u32>,
}

/// The objects of one source.
#[derive(Debug)]
struct Part {
    manifests: Arc<[Manifest]>,
    /// The id of the first of them.
    first: u32,
    source: u32,
    context: bool,
}

impl Headers {
    /// Adds the objects of a source and gives their ids.
    pub(super) fn add_source(
        &mut self,
        source: u32,
        context: bool,
        manifests: &Arc<[Manifest]>,
    ) -> Range<u32> {
        let first = length(&self.part_of);
        self.part_of
            .resize(self.part_of.len() + manifests.len(), length(&self.parts));
        self.parts.push(Part {
            manifests: Arc::clone(manifests),
            first,
            source,
            context,
        });
        first..length(&self.part_of)
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.part_of.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.part_of.is_empty()
    }

    /// The headers in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        let manifests = self.parts.iter().flat_map(|part| part.manifests.iter());
        manifests.map(|manifest| &manifest.header)
    }

    /// The header of an object.
    pub fn get(&self, id: ObjectId) -> Option<&Header> {
        let part = self.part(id)?;
        let index = (id.0 - part.first) as usize;
        part.manifests.get(index).map(|manifest| &manifest.header)
    }

    pub(super) fn place(&self, id: ObjectId) -> Option<Place> {
        Some(Place {
            source: self.part(id)?.source,
            position: self.get(id)?.position,
        })
    }

    pub(super) fn is_context(&self, id: ObjectId) -> bool {
        self.part(id).is_some_and(|part| part.context)
    }

    /// The sources that objects come from, by their numbers in the run, each with the id of its
    /// first object.
    pub fn sources(&self) -> impl Iterator<Item = (u32, ObjectId)> {
        let parts = self.parts.iter();
        parts.map(|part| (part.source, ObjectId(part.first)))
    }

    fn part(&self, id: ObjectId) -> Option<&Part> {
        let part = self.part_of.get(id.index())?;
        self.parts.get(*part as usize)
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

impl Manifest {
    /// The same in another namespace, which something that applies it gives it.
    #[must_use]
    pub fn in_namespace(&self, namespace: &Str) -> Self {
        Self {
            header: Header {
                namespace: namespace.clone(),
                is_unplaced: false,
                ..self.header.clone()
            },
            body: self.body.as_ref().map(|body| body.in_namespace(namespace)),
        }
    }
}
