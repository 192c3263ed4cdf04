//! The JSON schema of `meshlint.yaml`, draft-07 as the `SchemaStore` wants it.

use serde_json::{Map, Value, json};

use super::shape::{Form, Key, ROOT, Record, Shape};

/// The schema as text, with a line break at its end.
pub fn schema() -> String {
    let mut root = record(&ROOT);
    let mut all = Map::new();
    all.insert(
        "$schema".to_owned(),
        json!("http://json-schema.org/draft-07/schema#"),
    );
    all.insert("title".to_owned(), json!("meshlint.yaml"));
    if let Some(fields) = root.as_object_mut() {
        all.append(fields);
    }
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

/// What a word for rules may be.
const RULE: &str = "a code (KIA1101), a name (route-host-unknown), a prefix (KIA11) or ALL";

fn of(shape: &Shape) -> Value {
    let text = || json!({"type": "string", "minLength": 1});
    match shape {
        Shape::One => json!({"const": 1}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Text | Shape::Path => text(),
        Shape::Words(words) => json!({"type": "string", "enum": words}),
        Shape::Form(form) => pattern(*form),
        Shape::Rule => json!({"type": "string", "minLength": 1, "description": RULE}),
        Shape::List(item) => json!({"type": "array", "items": of(item)}),
        Shape::Some(item) => json!({"type": "array", "items": of(item), "minItems": 1}),
        Shape::PathOrPaths => {
            json!({"oneOf": [text(), {"type": "array", "items": text()}]})
        }
        Shape::PathOrObject => json!({"oneOf": [text(), {"type": "object"}]}),
        Shape::Scalar => json!({"type": ["string", "number", "boolean"]}),
        Shape::Map(key, value) => {
            let mut object = json!({"type": "object", "additionalProperties": of(value)});
            let names = match key {
                Key::Rule => Some(json!({"type": "string", "minLength": 1, "description": RULE})),
                key => key.pattern().map(|pattern| json!({"pattern": pattern})),
            };
            if let (Some(names), Some(object)) = (names, object.as_object_mut()) {
                object.insert("propertyNames".to_owned(), names);
            }
            object
        }
        Shape::Record(fields) => record(fields),
    }
}

fn pattern(form: Form) -> Value {
    json!({"type": "string", "pattern": form.pattern()})
}

fn record(own: &Record) -> Value {
    let fields = own.fields.iter().map(|field| {
        let mut value = of(&field.shape);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".to_owned(), json!(field.help));
        }
        (field.name.to_owned(), value)
    });
    let fields: Map<String, Value> = fields.collect();
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("object"));
    object.insert("properties".to_owned(), Value::Object(fields));
    object.insert("additionalProperties".to_owned(), json!(false));
    if !own.required.is_empty() {
        object.insert("required".to_owned(), json!(own.required));
    }
    if !own.one_of.is_empty() {
        let groups = own.one_of.iter().map(|group| {
            let each = group.iter().map(|name| json!({"required": [name]}));
            json!({"anyOf": each.collect::<Vec<_>>()})
        });
        object.insert("allOf".to_owned(), groups.collect());
    }
    Value::Object(object)
}
