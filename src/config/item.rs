//! Values of the configuration with the places where they stand.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::check::{Scalar, scalar};
use super::shape::{Record, Shape};
use crate::input::LineIndex;
use crate::yaml::{Node, Value};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it is shown.
    pub file: Arc<str>,
    /// The folder of the file, without links.
    pub folder: Arc<PathBuf>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
}

/// `meshlint.yaml:2:3`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Item {
    /// The value.
    pub content: Content,
    /// Where it stands.
    pub place: Place,
}

/// A value.
#[derive(Debug, Clone)]
pub enum Content {
    /// Text, or a number as it is written.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A list.
    List(Vec<Item>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Item)>),
}

impl Item {
    /// The value at the end of some keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Item> {
        let Some((first, rest)) = keys.split_first() else {
            return Some(self);
        };
        let entries = self.entries();
        let (_, inner) = entries.iter().find(|(key, _)| key == first)?;
        inner.at(rest)
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> &[(String, Item)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a value that is none is the only item.
    pub fn items(&self) -> &[Item] {
        match &self.content {
            Content::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn bool(&self) -> Option<bool> {
        match self.content {
            Content::Bool(is) => Some(is),
            _ => None,
        }
    }

    /// The texts of a list.
    pub fn texts(&self) -> Vec<&str> {
        self.items().iter().filter_map(Item::text).collect()
    }

    /// Lays `over` on top: mappings by key, lists one behind the other, all else replaced.
    #[must_use]
    pub fn merge(self, over: Item) -> Item {
        let content = match (self.content, over.content) {
            (Content::Map(mut entries), Content::Map(others)) => {
                for (key, item) in others {
                    match entries.iter().position(|(known, _)| *known == key) {
                        Some(at) => {
                            let (_, below) = entries.remove(at);
                            entries.insert(at, (key, below.merge(item)));
                        }
                        None => entries.push((key, item)),
                    }
                }
                Content::Map(entries)
            }
            (Content::List(mut items), Content::List(others)) => {
                items.extend(others);
                Content::List(items)
            }
            (_, over) => over,
        };
        Item {
            content,
            place: over.place,
        }
    }
}

/// Reads items of a file that fits its shapes.
pub(super) struct Reader<'r> {
    pub(super) text: &'r str,
    pub(super) lines: LineIndex,
    pub(super) file: Arc<str>,
    pub(super) folder: Arc<PathBuf>,
}

impl Reader<'_> {
    pub(super) fn place(&self, offset: u32) -> Place {
        let place = self.lines.line_column(self.text, offset as usize);
        Place {
            file: Arc::clone(&self.file),
            folder: Arc::clone(&self.folder),
            line: place.line,
            column: place.column,
        }
    }

    pub(super) fn record(&self, node: Node<'_>, record: &Record) -> Item {
        let entries = node.entries().filter_map(|(key, value)| {
            let name = key.written()?;
            let field = record.fields.iter().find(|field| field.name == name)?;
            Some((name.to_owned(), self.item(value, &field.shape)))
        });
        Item {
            content: Content::Map(entries.collect()),
            place: self.place(node.span().start),
        }
    }

    fn item(&self, node: Node<'_>, shape: &Shape) -> Item {
        let content = match (shape, node.value()) {
            (Shape::Record(record), _) => return self.record(node, record),
            (Shape::Map(_, inner), _) => {
                let entries = node.entries().filter_map(|(key, value)| {
                    Some((key.written()?.to_owned(), self.item(value, inner)))
                });
                Content::Map(entries.collect())
            }
            (Shape::List(inner) | Shape::Some(inner), _) => {
                Content::List(node.items().map(|item| self.item(item, inner)).collect())
            }
            (Shape::PathOrPaths, Value::Sequence) => {
                let items = node.items().map(|item| self.item(item, &Shape::Path));
                Content::List(items.collect())
            }
            (Shape::PathOrObject, Value::Mapping) => {
                // Read later, as what it is.
                Content::Map(vec![("text".to_owned(), self.raw(node))])
            }
            (Shape::Path | Shape::PathOrPaths | Shape::PathOrObject, _) => {
                let path = self.folder.join(node.text().unwrap_or_default());
                Content::Text(path.to_string_lossy().into_owned())
            }
            _ => match scalar(node) {
                Some(Scalar::Bool(is)) => Content::Bool(is),
                _ => Content::Text(node.written().unwrap_or_default().trim().to_owned()),
            },
        };
        Item {
            content,
            place: self.place(node.span().start),
        }
    }

    /// The text of a mapping with the indentation of its first line.
    fn raw(&self, node: Node<'_>) -> Item {
        let start = node.span().start as usize;
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = before.get(line..).unwrap_or_default();
        let blank: String = indent.chars().map(|_| ' ').collect();
        Item {
            content: Content::Text(format!("{blank}{}", node.span().text(self.text))),
            place: self.place(node.span().start),
        }
    }
}
