//! JSON of trees, as Go writes it.

use std::fmt::Write as _;

use crate::render::value::{Meaning, Node, Value};

/// Writes a tree with its keys sorted: without blanks, or in lines from an indentation on. Gives
/// whether all of it has a form in JSON; the text of what has none is written as a string.
pub(super) fn json(node: &Node, indent: Option<usize>, out: &mut String) -> bool {
    let inner = indent.map(|indent| indent + 2);
    let line = |indent: Option<usize>, out: &mut String| {
        if let Some(indent) = indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    let mut is_whole = true;
    match &node.value {
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::List(list) if list.is_empty() => out.push_str("[]"),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
            out.push('{');
            for (index, entry) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(inner, out);
                string(&entry.key.text, out);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                is_whole &= json(&entry.value, inner, out);
            }
            line(indent, out);
            out.push('}');
        }
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(inner, out);
                is_whole &= json(item, inner, out);
            }
            line(indent, out);
            out.push(']');
        }
        Value::Scalar(scalar) => match (scalar.meaning(), scalar.through_json()) {
            (Meaning::Str(text), _) => string(&text, out),
            (_, Some(scalar)) => out.push_str(&scalar.text),
            (_, None) => {
                string(&scalar.text, out);
                is_whole = false;
            }
        },
    }
    is_whole
}

/// A string of JSON as Go writes it.
pub(super) fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
