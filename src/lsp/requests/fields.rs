//! What the fields of Istio's kinds are: their type, the words allowed, what they are for.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cursor::Written;
use super::meaning::way;
use crate::model::Kind;
use crate::model::schema::{self, Integer, Schema, Type};
use crate::yaml::{FieldPath, Step};

/// What fields are for, in a sentence: `Kind path: text`, or `* path` for the end of a path of any kind.
const TABLE: &str = include_str!("fields.txt");

/// What the field at a path of an object is; `None` for a field that no schema knows.
pub(super) fn describe(object: &Written<'_>, path: &FieldPath) -> Option<String> {
    let kind = Kind::find(object.group(), object.kind)?;
    let schema = at(kind, path.steps())?;
    let name = path.steps().iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Item(_) => None,
    })?;
    let mut text = format!("`{name}`: {}", type_of(schema));
    if let Some(words) = purpose(kind, &way(path)) {
        text.push_str("\n\n");
        text.push_str(words);
    }
    if !schema.enum_values.is_empty() {
        text.push_str("\n\none of ");
        text.push_str(&schema.enum_values.join(", "));
    }
    if schema.deprecated {
        text.push_str("\n\ndeprecated");
    }
    Some(text)
}

/// What a field is for, if that is known.
pub(super) fn purpose(kind: Kind, way: &str) -> Option<&'static str> {
    static PURPOSES: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        let entries = lines.filter_map(|line| {
            let (place, text) = line.split_once(": ")?;
            Some((place.split_once(' ')?, text))
        });
        entries.collect()
    });
    let way = way.trim_end_matches("[]");
    let own = PURPOSES.get(&(kind.name(), way)).copied();
    own.or_else(|| {
        let ends = way.match_indices('/').map(|(at, _)| at + 1);
        let mut ends = std::iter::once(0).chain(ends);
        ends.find_map(|at| PURPOSES.get(&("*", way.get(at..)?)).copied())
    })
}

/// The schema of the value at a path.
pub(super) fn at(kind: Kind, steps: &[Step]) -> Option<&'static Schema> {
    let mut schema = schema::of(kind)?;
    for step in steps {
        schema = match (&schema.ty, step) {
            (Type::Object(object), Step::Key(key)) => {
                let field = object.fields.iter().find(|field| field.name == key);
                &field?.schema
            }
            (Type::Map(value), Step::Key(_)) => value,
            (Type::List(item), Step::Item(_)) => item,
            _ => return None,
        };
    }
    Some(schema)
}

/// The type in words.
pub(super) fn type_of(schema: &Schema) -> String {
    match &schema.ty {
        Type::Object(_) => "object".to_owned(),
        Type::List(item) => format!("list of {}", type_of(item)),
        Type::Map(value) => format!("map to {}", type_of(value)),
        Type::String if !schema.enum_values.is_empty() => "enum".to_owned(),
        Type::String => "text".to_owned(),
        Type::Duration { .. } => "duration, such as 5s".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Integer(Integer::Uint32 | Integer::Uint64) => "integer, 0 or more".to_owned(),
        Type::Integer(_) => "integer".to_owned(),
        Type::Double => "number".to_owned(),
        Type::Free => "anything".to_owned(),
    }
}
