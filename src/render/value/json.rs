//! From a value tree to JSON.

use super::{Meaning, Node, Value};

/// The tree as JSON; `None` when some scalar has no form there.
pub fn to_json(node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Map(map) => serde_json::Value::Object(
            map.iter()
                .map(|entry| Some((entry.key.text.to_string(), to_json(&entry.value)?)))
                .collect::<Option<_>>()?,
        ),
        Value::List(list) => {
            serde_json::Value::Array(list.iter().map(to_json).collect::<Option<_>>()?)
        }
        Value::Scalar(scalar) => match scalar.meaning() {
            Meaning::Null => serde_json::Value::Null,
            Meaning::Bool(value) => value.into(),
            Meaning::Int(n) => match (i64::try_from(n), u64::try_from(n)) {
                (Ok(n), _) => n.into(),
                (_, Ok(n)) => n.into(),
                _ => return None,
            },
            Meaning::Float(f) => serde_json::Number::from_f64(f)?.into(),
            Meaning::Str(text) => text.as_str().into(),
            Meaning::Invalid(_) => return None,
        },
    })
}
