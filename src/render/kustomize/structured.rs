//! Replacements that go into a text: JSON or YAML inside of a scalar, such as a file in a
//! ConfigMap. The text is parsed, changed and printed again.

use std::fmt::Write as _;

use ecow::EcoString;

use super::super::value::{Map, Node, Reader, Reads, Scalar, Style, Tag, Value, json_plain};
use super::super::{SourceId, What};
use super::json::json;
use super::paths::{self, Step};
use super::replacements::Setter;
use crate::yaml::Tree;

/// Writes into the text of the first scalar on the path; `false` when there is none, or nothing
/// can be written there.
pub(super) fn write(root: &mut Node, parts: &[EcoString], setter: &Setter<'_>) -> bool {
    for count in 1..parts.len() {
        let (way, rest) = parts.split_at(count);
        let Ok(Some(node)) = paths::lookup(root, way) else {
            continue;
        };
        let Some(scalar) = node.as_scalar() else {
            continue;
        };
        let Some(mut tree) = parse(&scalar.text) else {
            continue;
        };
        let text = scalar.text.clone();
        let Ok(found) = paths::find(&mut tree, rest, setter.create(), setter.maker()) else {
            return false;
        };
        if found.ways.is_empty() {
            return false;
        }
        for way in &found.ways {
            let done = paths::follow(&mut tree, way).map(|node| setter.set(node));
            if !matches!(done, Some(Ok(()))) {
                return false;
            }
        }
        let Some(printed) = print(&tree, &text) else {
            return false;
        };
        let Some(node) = steps(root, way).and_then(|way| paths::follow(root, &way)) else {
            return false;
        };
        if let Value::Scalar(scalar) = &mut node.value {
            scalar.text = printed;
        }
        node.trace = setter.relate(&node.trace);
        return true;
    }
    false
}

/// How many fields a path leads to inside of a text.
pub(super) fn count(text: &str, parts: &[EcoString]) -> std::result::Result<usize, String> {
    let Some(mut tree) = parse(text) else {
        return Err("the text on its way is no YAML".to_owned());
    };
    let maker = tree.trace.clone();
    let found = paths::find(&mut tree, parts, None, &maker)?;
    Ok(found.ways.len() + found.in_texts)
}

/// The steps of a path without patterns.
fn steps(root: &Node, parts: &[EcoString]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut node = root;
    for part in parts {
        let one = std::slice::from_ref(part);
        let next = paths::lookup(node, one).ok()??;
        match &node.value {
            Value::List(list) => {
                steps.push(Step::Index(
                    list.iter().position(|item| std::ptr::eq(item, next))?,
                ));
            }
            _ => steps.push(Step::Key(part.trim().into())),
        }
        node = next;
    }
    Some(steps)
}

fn parse(text: &str) -> Option<Node> {
    if text.trim().is_empty() {
        return None;
    }
    let tree = Tree::parse(text);
    let document = tree.documents().first()?;
    if tree
        .documents()
        .iter()
        .any(|document| document.error.is_some())
    {
        return None;
    }
    let reader = Reader {
        source: SourceId(u32::MAX),
        text,
        what: What::Base,
        reads: Reads::Resource,
        inline: None,
    };
    Some(reader.read(tree.root(document)?))
}

fn print(tree: &Node, original: &str) -> Option<EcoString> {
    let mut out = String::new();
    if original.trim_start().starts_with(['{', '[']) {
        let indent = original.contains('\n') && original.contains("  ");
        if !json(tree, indent.then_some(0), &mut out) {
            return None;
        }
    } else {
        yaml(tree, 0, &mut out);
    }
    Some(out.trim().into())
}

/// YAML as kustomize prints a tree that it has read: styles and order stay.
fn yaml(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Map(map) if !map.is_empty() && !node.is_flow => yaml_map(map, indent, out),
        Value::List(list) if !list.is_empty() && !node.is_flow => {
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                }
                out.push_str("- ");
                yaml(item, indent + 2, out);
            }
        }
        _ => flow(node, indent, out),
    }
}

fn yaml_map(map: &Map, indent: usize, out: &mut String) {
    for (index, entry) in map.iter().enumerate() {
        if index > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
        }
        key(&entry.key.text, out);
        out.push(':');
        let value = &entry.value;
        let is_block = !value.is_flow && !value.is_empty() && value.as_scalar().is_none();
        if is_block {
            let inner = if value.as_list().is_some() {
                indent
            } else {
                indent + 2
            };
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', inner));
            yaml(value, inner, out);
        } else {
            out.push(' ');
            flow(value, indent + 2, out);
        }
    }
}

fn key(text: &str, out: &mut String) {
    if json_plain(text) || text.parse::<f64>().is_ok() {
        out.push_str(text);
    } else {
        let _ = write!(
            out,
            "\"{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"")
        );
    }
}

fn flow(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Map(map) => {
            out.push('{');
            for (index, entry) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                key(&entry.key.text, out);
                out.push_str(": ");
                flow(&entry.value, indent, out);
            }
            out.push('}');
        }
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                flow(item, indent, out);
            }
            out.push(']');
        }
        Value::Scalar(scalar) => write_scalar(scalar, indent, out),
    }
}

fn write_scalar(scalar: &Scalar, indent: usize, out: &mut String) {
    let text = &scalar.text;
    match scalar.style {
        Style::Single => {
            let _ = write!(out, "'{}'", text.as_str().replace('\'', "''"));
        }
        Style::Literal | Style::Folded if !text.is_empty() => {
            let body = text.strip_suffix('\n');
            let sign = if scalar.style == Style::Folded {
                '>'
            } else {
                '|'
            };
            out.push(sign);
            if body.is_none() {
                out.push('-');
            }
            for line in body.unwrap_or(text).split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    out.extend(std::iter::repeat_n(' ', indent));
                    out.push_str(line);
                }
            }
        }
        Style::Plain
            if scalar.tag != Tag::Str && !text.contains('\n')
                || json_plain(text)
                || super::super::value::resolve_plain(text, Reads::Resource) == Tag::Str
                    && is_plain_elsewhere(text) =>
        {
            out.push_str(text);
        }
        _ => super::json::string(text, out),
    }
}

/// Words that only YAML 1.1 takes for booleans stay plain.
fn is_plain_elsewhere(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic())
}
