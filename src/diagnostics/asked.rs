//! Places in files of fields that answers name.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::locate::spots_of;
use super::places::{Places, Texts};
use crate::load::Loaded;
use crate::model::{ObjectId, Objects};
use crate::yaml::FieldPath;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePlace {
    /// The path of the file, as the user would name it.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1 in Unicode scalar values.
    pub column: u32,
}

impl std::fmt::Display for FilePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Places in files by object and field.
#[derive(Debug, Default)]
pub struct FilePlaces(FxHashMap<(ObjectId, FieldPath), FilePlace>);

impl FilePlaces {
    /// Finds the places of fields; of a rendered object, where that was written which one would
    /// edit.
    pub fn find(
        fields: impl IntoIterator<Item = (ObjectId, FieldPath)>,
        objects: &Objects,
        sources: &[Arc<Loaded>],
    ) -> Self {
        let mut fields: Vec<(ObjectId, FieldPath)> = fields.into_iter().collect();
        fields.sort_unstable();
        fields.dedup();
        let wanted = fields
            .iter()
            .filter_map(|(object, _)| objects.place(*object));
        let texts = Texts::read(sources, wanted.map(|place| place.source).collect());
        let spots = spots_of(&fields, objects, &texts);
        let spans = spots.iter().flatten().map(|spot| spot.span);
        let places = Places::new(spans, &texts);
        let found: Vec<_> = fields
            .into_iter()
            .zip(spots)
            .filter_map(|(field, spot)| Some((field, places.find(spot?.span).location?)))
            .collect();
        let files = places.into_files();
        let place = |(field, location): (_, super::Location)| {
            let file = files.get(location.file as usize)?;
            let start = location.start;
            Some((
                field,
                FilePlace {
                    file: file.path.clone(),
                    line: start.line,
                    column: start.column,
                },
            ))
        };
        Self(found.into_iter().filter_map(place).collect())
    }

    /// The place of a field that was asked for.
    pub fn get(&self, object: ObjectId, path: &FieldPath) -> Option<&FilePlace> {
        self.0.get(&(object, path.clone()))
    }
}
