//! Rendered objects, as YAML with a comment of origin for each, or as JSON with the origin of
//! every scalar.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use crate::input::LineIndex;
use crate::render::{Origin, Place, RelatedOrigin, Rendered, SourceId, Sources};
use crate::yaml::{Node, Scalar, Tree, Value};

/// Turns places into files, lines and columns.
#[derive(Debug)]
pub struct Places<'p> {
    sources: &'p Sources,
    lines: FxHashMap<SourceId, (Arc<str>, Arc<str>, LineIndex)>,
}

/// A place as people and machines read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The path from the root.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl<'p> Places<'p> {
    /// The places in these sources.
    pub fn new(sources: &'p Sources) -> Self {
        Self {
            sources,
            lines: FxHashMap::default(),
        }
    }

    /// The file, line and column of a place.
    pub fn at(&mut self, place: Place) -> At {
        let (path, text, lines) = self.lines.entry(place.source).or_insert_with(|| {
            let text = self.sources.text(place.source);
            let lines = LineIndex::new(&text);
            (self.sources.path(place.source), text, lines)
        });
        let found = lines.line_column(text, place.span.start as usize);
        At {
            file: Arc::clone(path),
            line: found.line,
            column: found.column,
        }
    }
}

/// Writes the objects as a stream of YAML documents.
pub fn write_yaml(objects: &[Rendered], sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::new(sources);
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            writeln!(out, "---")?;
        }
        if let Some(comment) = comment(object, &mut places) {
            writeln!(out, "# {comment}")?;
        }
        out.write_all(object.text.as_bytes())?;
        if !object.text.ends_with('\n') {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Where the object is from, from the inside outwards.
fn comment(object: &Rendered, places: &mut Places<'_>) -> Option<String> {
    let first = object.marks.iter().find_map(|mark| {
        let origin = object.origins.get(mark.origin as usize)?;
        (origin.what.word() == "base" || origin.what.word() == "template").then_some(origin)
    });
    let first = first.or_else(|| object.origins.first())?;
    let at = places.at(first.place);
    let mut comment = format!("{}:{}", at.file, at.line);
    for link in object.chain.iter() {
        let at = places.at(link.place);
        let _ = write!(comment, " < {}:{}", at.file, at.line);
    }
    Some(comment)
}

/// Writes the objects with the origin of every scalar, by JSON pointer.
pub fn write_json(objects: &[Rendered], sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::new(sources);
    let objects: Vec<Json> = objects
        .iter()
        .filter_map(|object| {
            let tree = Tree::parse(&object.text);
            let root = tree.root(tree.documents().first()?)?;
            let mut origins = Map::new();
            let value = value(root, object, &mut String::new(), &mut origins, &mut places);
            Some(json!({"object": value, "origins": origins}))
        })
        .collect();
    serde_json::to_writer(&mut *out, &json!({"version": 1, "objects": objects}))?;
    writeln!(out)
}

fn value(
    node: Node<'_>,
    object: &Rendered,
    pointer: &mut String,
    origins: &mut Map<String, Json>,
    places: &mut Places<'_>,
) -> Json {
    let len = pointer.len();
    match node.value() {
        Value::Mapping => {
            let mut map = Map::new();
            for (key, item) in node.entries() {
                let key = key.text().unwrap_or_default();
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                map.insert(
                    key.to_owned(),
                    value(item, object, pointer, origins, places),
                );
                pointer.truncate(len);
            }
            Json::Object(map)
        }
        Value::Sequence => {
            let items = node.items().enumerate();
            let list = items.map(|(index, item)| {
                let _ = write!(pointer, "/{index}");
                let item = value(item, object, pointer, origins, places);
                pointer.truncate(len);
                item
            });
            Json::Array(list.collect())
        }
        Value::Scalar(scalar) => {
            if let Some(origin) = object.origin_at(node.span()) {
                origins.insert(pointer.clone(), describe(origin, places));
            }
            match scalar {
                Scalar::Null => Json::Null,
                Scalar::Bool(value) => value.into(),
                Scalar::Int(n) => match (i64::try_from(n), u64::try_from(n)) {
                    (Ok(n), _) => n.into(),
                    (_, Ok(n)) => n.into(),
                    _ => Json::Null,
                },
                Scalar::Float(f) => f.into(),
                Scalar::Str(text) => text.into(),
            }
        }
    }
}

fn describe(origin: &Origin, places: &mut Places<'_>) -> Json {
    let at = places.at(origin.place);
    let related: Vec<Json> = origin
        .related
        .iter()
        .map(|related| relate(related, places))
        .collect();
    json!({
        "file": &*at.file,
        "line": at.line,
        "column": at.column,
        "what": origin.what.word(),
        "exact": origin.exact,
        "related": related,
    })
}

fn relate(related: &RelatedOrigin, places: &mut Places<'_>) -> Json {
    let at = places.at(related.place);
    json!({
        "file": &*at.file,
        "line": at.line,
        "column": at.column,
        "what": related.what.word(),
        "note": related.note,
    })
}
