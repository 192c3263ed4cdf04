//! A file against the table of shapes: what is wrong with it, each at its place.

use super::shape::{Key, ROOT, Record, Shape};
use crate::diagnostics::Code;
use crate::nearest::nearest_word;
use crate::yaml::{Node, Span, Style, Value};

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
}

/// What a plain scalar is in YAML 1.2, in which `off` and `yes` are words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'t> {
    Null,
    Bool(bool),
    Number,
    Text(&'t str),
}

/// The scalar of a node; `None` for collections.
pub(super) fn scalar(node: Node<'_>) -> Option<Scalar<'_>> {
    let text = node.text()?;
    // What YAML 1.1 reads otherwise keeps its own text.
    let text = node.written().unwrap_or(text);
    if node.style() != Style::Plain {
        return Some(Scalar::Text(text));
    }
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        text if is_number(text) => Scalar::Number,
        text => Scalar::Text(text),
    })
}

fn is_number(text: &str) -> bool {
    let begins = text.trim_start_matches(['-', '+', '.']);
    begins.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Everything that is wrong with a file.
pub(super) fn check(root: Node<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    record(root, &ROOT, &mut faults);
    faults
}

fn fault(node: Node<'_>, message: impl Into<String>, faults: &mut Vec<Fault>) {
    faults.push(Fault {
        span: node.span(),
        message: message.into(),
    });
}

fn shown(node: Node<'_>) -> String {
    match node.text() {
        Some(text) => format!("{text:?}"),
        None => node.type_name().to_owned(),
    }
}

fn value(node: Node<'_>, shape: &Shape, faults: &mut Vec<Fault>) {
    let wrong = |what: &str| Fault {
        span: node.span(),
        message: format!("{} is no {what}", shown(node)),
    };
    match shape {
        Shape::One => {
            if scalar(node) != Some(Scalar::Number) || node.text() != Some("1") {
                let found = shown(node);
                fault(
                    node,
                    format!("version {found} is not known; this is version 1"),
                    faults,
                );
            }
        }
        Shape::Bool => {
            if !matches!(scalar(node), Some(Scalar::Bool(_))) {
                faults.push(wrong("boolean; write true or false"));
            }
        }
        Shape::Text | Shape::Path => match scalar(node) {
            Some(Scalar::Text(text)) if !text.is_empty() => {}
            Some(Scalar::Number | Scalar::Bool(_)) => faults.push(wrong("text; put it in quotes")),
            _ => faults.push(wrong("text")),
        },
        Shape::Words(words) => match scalar(node) {
            Some(Scalar::Text(text)) if words.contains(&text) => {}
            Some(Scalar::Text(text)) => {
                let near = nearest_word(text, words.iter().copied());
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean {}?", near.what));
                let list = words.join(", ");
                fault(node, format!("{text:?} is none of {list}{near}"), faults);
            }
            _ => {
                let list = words.join(", ");
                fault(node, format!("{} is none of {list}", shown(node)), faults);
            }
        },
        Shape::Form(form) => match scalar(node) {
            Some(Scalar::Text(text)) if form.fits(text) => {}
            _ => {
                let wanted = form.words();
                fault(node, format!("{} is not {wanted}", shown(node)), faults);
            }
        },
        Shape::Rule => match scalar(node) {
            Some(Scalar::Text(text)) if !text.is_empty() => rule(node, text, faults),
            _ => faults.push(wrong("rule")),
        },
        Shape::List(item) | Shape::Some(item) => {
            if node.value() != Value::Sequence {
                return faults.push(wrong("list; write it in brackets"));
            }
            if matches!(shape, Shape::Some(_)) && node.items().next().is_none() {
                return fault(node, "the list is empty; it must hold something", faults);
            }
            for node in node.items() {
                value(node, item, faults);
            }
        }
        Shape::PathOrPaths => match node.value() {
            Value::Sequence => value(node, &Shape::List(&Shape::Path), faults),
            _ => value(node, &Shape::Path, faults),
        },
        Shape::PathOrObject => {
            if node.value() != Value::Mapping {
                value(node, &Shape::Path, faults);
            }
        }
        Shape::Scalar => {
            if !matches!(
                scalar(node),
                Some(Scalar::Text(_) | Scalar::Number | Scalar::Bool(_))
            ) {
                faults.push(wrong("text, number or boolean"));
            }
        }
        Shape::Map(key, inner) => {
            if node.value() != Value::Mapping {
                return faults.push(wrong("mapping"));
            }
            for (name, node) in node.entries() {
                let text = name.written().unwrap_or_default();
                if !key.fits(text) {
                    let wanted = key.words();
                    fault(name, format!("the key {text:?} is not {wanted}"), faults);
                } else if *key == Key::Rule {
                    rule(name, text, faults);
                }
                value(node, inner, faults);
            }
        }
        Shape::Record(inner) => record(node, inner, faults),
    }
}

/// Notes a word that stands for no rule.
fn rule(node: Node<'_>, text: &str, faults: &mut Vec<Fault>) {
    if Code::matching(text.trim()).is_empty() {
        fault(node, Code::unknown(text), faults);
    }
}

fn record(node: Node<'_>, shape: &Record, faults: &mut Vec<Fault>) {
    if node.value() != Value::Mapping {
        return fault(node, format!("{} is no mapping", shown(node)), faults);
    }
    let names = || shape.fields.iter().map(|field| field.name);
    let mut seen: Vec<&str> = Vec::new();
    for (name, inner) in node.raw_entries() {
        let text = name.written().unwrap_or_default();
        if seen.contains(&text) {
            fault(
                name,
                format!("the key {text:?} stands here a second time"),
                faults,
            );
        }
        let Some(field) = shape.fields.iter().find(|field| field.name == text) else {
            let advice = match nearest_word(text, names()) {
                Some(near) => format!("did you mean {}?", near.what),
                None => format!("the keys are {}", names().collect::<Vec<_>>().join(", ")),
            };
            fault(
                name,
                format!("there is no key {text:?} here; {advice}"),
                faults,
            );
            continue;
        };
        seen.push(field.name);
        value(inner, &field.shape, faults);
    }
    for required in shape.required {
        if !seen.contains(required) {
            fault(node, format!("{required} is missing"), faults);
        }
    }
    for group in shape.one_of {
        if !group.iter().any(|name| seen.contains(name)) {
            let list = group.join(", ");
            fault(node, format!("one of {list} is missing"), faults);
        }
    }
}
