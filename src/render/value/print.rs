//! From a value tree to YAML text with marks, as Kubernetes' reader reads it back to the same.

use std::fmt::Write as _;

use ecow::EcoString;

use super::resolve::{json_plain, number};
use super::{Key, Map, Meaning, Node, Tag, Trace, Value};
use crate::render::{Origin, RenderedBuilder};

/// Something that has no form in a Kubernetes object.
#[derive(Debug, Clone, PartialEq)]
pub enum NotPrintable {
    /// A key that is a number, a boolean or null.
    Key(Key),
    /// A number that is infinite or none.
    Number(EcoString, Trace),
    /// A text that is not of the type that its place demands.
    Type(EcoString, Tag, Trace),
}

/// Prints a tree in block style, keys sorted. What can't be printed is noted, and printed as text.
pub fn print(node: &Node, builder: &mut RenderedBuilder) -> Vec<NotPrintable> {
    let mut printer = Printer {
        builder,
        faults: Vec::new(),
    };
    match &node.value {
        Value::Map(map) if !map.is_empty() => printer.map(map, 0),
        Value::List(list) if !list.is_empty() => printer.list(list, 0),
        _ => {
            printer.inline(node, 0);
            printer.builder.plain("\n");
        }
    }
    printer.faults
}

struct Printer<'b> {
    builder: &'b mut RenderedBuilder,
    faults: Vec<NotPrintable>,
}

impl Printer<'_> {
    fn map(&mut self, map: &Map, indent: usize) {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
        for (index, entry) in entries.into_iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.key(&entry.key);
            self.builder.plain(":");
            match &entry.value.value {
                Value::Map(map) if !map.is_empty() => {
                    self.builder.plain("\n");
                    self.indent(indent + 2);
                    self.map(map, indent + 2);
                }
                Value::List(list) if !list.is_empty() => {
                    self.builder.plain("\n");
                    self.indent(indent);
                    self.list(list, indent);
                }
                _ => {
                    self.builder.plain(" ");
                    self.inline(&entry.value, indent + 2);
                    self.builder.plain("\n");
                }
            }
        }
    }

    fn list(&mut self, list: &[Node], indent: usize) {
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.builder.plain("- ");
            match &item.value {
                Value::Map(map) if !map.is_empty() => self.map(map, indent + 2),
                Value::List(list) if !list.is_empty() => self.list(list, indent + 2),
                _ => {
                    self.inline(item, indent + 2);
                    self.builder.plain("\n");
                }
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        for _ in 0..indent {
            self.builder.plain(" ");
        }
    }

    fn key(&mut self, key: &Key) {
        if !key.is_string {
            self.faults.push(NotPrintable::Key(key.clone()));
        }
        let origin = key.trace.origin();
        if json_plain(&key.text) {
            self.builder.piece(&key.text, &origin);
        } else {
            self.builder.piece(&quoted(&key.text), &origin);
        }
    }

    /// A scalar or an empty collection.
    fn inline(&mut self, node: &Node, indent: usize) {
        let origin = node.trace.origin();
        match &node.value {
            Value::Map(_) => self.builder.piece("{}", &origin),
            Value::List(_) => self.builder.piece("[]", &origin),
            Value::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => self.builder.piece("null", &origin),
                Meaning::Bool(value) => {
                    self.builder
                        .piece(if value { "true" } else { "false" }, &origin);
                }
                Meaning::Int(n) => self.builder.piece(&ecow::eco_format!("{n}"), &origin),
                Meaning::Float(f) => {
                    if let Some(text) = number(f) {
                        self.builder.piece(&text, &origin);
                    } else {
                        self.faults.push(NotPrintable::Number(
                            scalar.text.clone(),
                            node.trace.clone(),
                        ));
                        self.string(&scalar.text, indent, &origin);
                    }
                }
                // A date is printed in full: its text is no longer what stands in the file.
                Meaning::Str(text) if text != scalar.text => {
                    self.string(&text, indent, &node.trace.inexact().origin());
                }
                Meaning::Str(text) => self.string(&text, indent, &origin),
                Meaning::Invalid(tag) => {
                    self.faults.push(NotPrintable::Type(
                        scalar.text.clone(),
                        tag,
                        node.trace.clone(),
                    ));
                    self.string(&scalar.text, indent, &origin);
                }
            },
        }
    }

    fn string(&mut self, text: &str, indent: usize, origin: &Origin) {
        if json_plain(text) {
            self.builder.piece(text, origin);
        } else if is_block(text) {
            self.builder.piece(&block(text, indent), origin);
        } else {
            self.builder.piece(&quoted(text), origin);
        }
    }
}

/// Whether a text of several lines reads back from a literal block as it is.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && text.trim_end_matches('\n').split('\n').all(|line| {
            !line.ends_with([' ', '\t'])
                && line.chars().all(|c| {
                    matches!(c, ' '..='~' | '\t')
                        || (c >= '\u{a0}' && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'))
                })
        })
        && !text.trim_end_matches('\n').is_empty()
}

fn block(text: &str, indent: usize) -> String {
    let ends = text.len() - text.trim_end_matches('\n').len();
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str(match ends {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
    out
}

/// Text in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(c),
            c if c >= '\u{a0}' && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => out.push(c),
            c if u32::from(c) <= 0xff => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if u32::from(c) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::value::Scalar;
    use crate::render::{Place, SourceId, What};
    use crate::yaml::{self, Span, Tree};

    fn trace() -> Trace {
        let place = Place {
            source: SourceId(0),
            span: Span::default(),
        };
        Trace::new(place, What::Base)
    }

    fn printed(node: &Node) -> String {
        let mut builder = RenderedBuilder::default();
        assert_eq!(print(node, &mut builder), []);
        builder.finish([].into(), false).text.to_string()
    }

    fn object(key: &str, value: Value) -> Node {
        let mut map = Map::default();
        map.push(Key::new(key, trace()), Node::new(value, trace()));
        Node::new(Value::Map(map), trace())
    }

    proptest! {
        #[test]
        fn text_reads_back_as_it_was(key in "\\PC{1,8}", text in "[ \\t\\r\\na-zA-Z0-9:#{}\\[\\]*&!|>'\"%@`~,?=.\u{1}\u{85}\u{2028}é-]{0,24}") {
            for list in [false, true] {
                let scalar = Value::Scalar(Scalar::string(text.clone()));
                let value = if list {
                    Value::List(vec![Node::new(scalar, trace())])
                } else {
                    scalar
                };
                let out = printed(&object(&key, value));
                let tree = Tree::parse(&out);
                let document = &tree.documents()[0];
                prop_assert!(document.error.is_none(), "{out:?}");
                let (read_key, mut read) = tree.root(document).unwrap().entries().next().unwrap();
                prop_assert_eq!(read_key.text(), Some(key.as_str()), "{:?}", out);
                if list {
                    read = read.items().next().unwrap();
                }
                prop_assert_eq!(read.value(), yaml::Value::Scalar(yaml::Scalar::Str(&text)), "{:?}", out);
            }
        }
    }

    #[test]
    fn keys_are_sorted_and_empty_collections_stay() {
        let mut map = Map::default();
        let put = |map: &mut Map, key: &str, value| {
            map.push(Key::new(key, trace()), Node::new(value, trace()));
        };
        put(&mut map, "b", Value::Map(Map::default()));
        put(&mut map, "a", Value::List(Vec::new()));
        put(&mut map, "c", Value::Scalar(Scalar::implicit("")));
        assert_eq!(
            printed(&Node::new(Value::Map(map), trace())),
            "a: []\nb: {}\nc: null\n"
        );
    }
}
