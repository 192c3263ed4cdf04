//! Field paths of replacements and variables: the walk to fields that are there, and to fields
//! that are made.

use ecow::EcoString;

use super::super::value::{Key, Map, Node, Scalar, Style, Trace, Value};
use super::fieldspec::split_path;

/// A step into a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a mapping.
    Key(EcoString),
    /// Into a list.
    Index(usize),
}

/// What is made at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    List,
    Scalar,
}

impl Kind {
    pub(super) const fn of(node: &Node) -> Self {
        match node.value {
            Value::Map(_) => Self::Map,
            Value::List(_) => Self::List,
            Value::Scalar(_) => Self::Scalar,
        }
    }

    fn make(self, trace: &Trace) -> Node {
        let value = match self {
            Self::Map => Value::Map(Map::default()),
            Self::List => Value::List(Vec::new()),
            Self::Scalar => Value::Scalar(Scalar::implicit("")),
        };
        Node::new(value, trace.inexact())
    }
}

type Outcome<T> = std::result::Result<T, String>;

/// The parts of a field path: parted by dots, of which one in brackets or after `\` does not part.
pub(super) fn split(path: &str) -> Vec<EcoString> {
    let mut parts: Vec<EcoString> = Vec::new();
    let mut open: Option<String> = None;
    for piece in split_path(path, '.') {
        let joined = match open.take() {
            Some(text) => format!("{text}.{piece}"),
            None if piece.starts_with('[') => piece.to_string(),
            None => {
                parts.push(piece);
                continue;
            }
        };
        if !joined.ends_with(']') {
            open = Some(joined);
        } else if joined.contains('=') || !joined.contains('.') {
            parts.push(joined.into());
        } else {
            parts.push(joined.trim_matches(['[', ']']).into());
        }
    }
    if let Some(text) = open {
        parts.push(if text.contains('=') {
            text.into()
        } else {
            text.trim_matches(['[', ']']).into()
        });
    }
    parts
}

fn as_index(part: &str) -> Option<usize> {
    part.parse().ok()
}

fn is_bracketed(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// Field and value of `[field=value]`.
fn condition(part: &str) -> Outcome<(&str, &str)> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner
        .split_once('=')
        .ok_or_else(|| format!("`{part}` must be `[field=value]`"))
}

/// The field at a path; without patterns.
pub(super) fn lookup<'n>(node: &'n Node, parts: &[EcoString]) -> Outcome<Option<&'n Node>> {
    let mut node = node;
    for part in parts {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let next = if part.parse::<i64>().is_ok_and(|number| number < 0) {
            return Err(format!("`{part}` is no index of a list"));
        } else if part == "-" {
            list(node)?.last()
        } else if let Some(index) = as_index(part) {
            list(node)?.get(index)
        } else if part == "*" {
            return Err("`*` can't be used here".to_owned());
        } else if is_bracketed(part) {
            let (field, value) = condition(part)?;
            list(node)?.iter().find(|item| {
                let found = if field.is_empty() {
                    item.text()
                } else {
                    item.get(field).and_then(Node::text)
                };
                found.is_some_and(|text| text == value)
            })
        } else {
            mapping(node)?.and_then(|map| map.get(part))
        };
        let Some(next) = next else { return Ok(None) };
        node = next;
    }
    Ok(Some(node))
}

fn list(node: &Node) -> Outcome<&[Node]> {
    if node.is_null() {
        return Ok(&[]);
    }
    node.as_list()
        .ok_or_else(|| format!("{} stands where a list should", node.type_name()))
}

fn mapping(node: &Node) -> Outcome<Option<&Map>> {
    if node.is_null() {
        return Ok(None);
    }
    node.as_map()
        .map(Some)
        .ok_or_else(|| format!("{} stands where a mapping should", node.type_name()))
}

/// Fields that a path leads to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The ways to them.
    pub(super) ways: Vec<Vec<Step>>,
    /// Fields inside of texts, where nothing can be written this way.
    pub(super) in_texts: usize,
}

/// Finds the fields at a path, with patterns; makes them when `create` says what they are.
pub(super) fn find(
    node: &mut Node,
    parts: &[EcoString],
    create: Option<Kind>,
    maker: &Trace,
) -> Outcome<Found> {
    let mut finder = Finder {
        create,
        maker,
        found: Found::default(),
    };
    finder.go(node, parts, &mut Vec::new())?;
    Ok(finder.found)
}

/// The node at the end of a way.
pub(super) fn follow<'n>(node: &'n mut Node, way: &[Step]) -> Option<&'n mut Node> {
    way.iter()
        .try_fold(node, |node, step| match (step, &mut node.value) {
            (Step::Key(key), Value::Map(map)) => map.get_mut(key),
            (Step::Index(index), Value::List(list)) => list.get_mut(*index),
            _ => None,
        })
}

/// Fields that one path may lead to.
const MOST_FOUND: usize = 100_000;

struct Finder<'f> {
    create: Option<Kind>,
    maker: &'f Trace,
    found: Found,
}

impl Finder<'_> {
    fn go(&mut self, node: &mut Node, parts: &[EcoString], way: &mut Vec<Step>) -> Outcome<()> {
        let Some((first, rest)) = parts.split_first() else {
            if self.found.ways.len() >= MOST_FOUND {
                return Err("the path leads to too many fields".to_owned());
            }
            self.found.ways.push(way.clone());
            return Ok(());
        };
        if let Some(index) = as_index(first) {
            return self.index(node, index, rest, way);
        }
        if is_bracketed(first) {
            return self.matching(node, first, rest, way);
        }
        if first == "*" {
            let len = list(node)?.len();
            for index in 0..len {
                self.item(node, index, rest, way)?;
            }
            return Ok(());
        }
        self.field(node, first, rest, way)
    }

    /// What is made for a part, by the part that follows.
    fn kind(&self, rest: &[EcoString]) -> Option<Kind> {
        let create = self.create?;
        Some(match rest.first() {
            None => create,
            Some(next) if next.is_empty() => create,
            Some(next) if is_bracketed(next) || as_index(next).is_some() => Kind::List,
            Some(_) => Kind::Map,
        })
    }

    fn field(
        &mut self,
        node: &mut Node,
        name: &EcoString,
        rest: &[EcoString],
        way: &mut Vec<Step>,
    ) -> Outcome<()> {
        if mapping(node)?.is_none_or(|map| map.get(name).is_none()) {
            let Some(kind) = self.kind(rest) else {
                return Ok(());
            };
            let Some(map) = node.as_map_mut() else {
                return Ok(());
            };
            map.push(
                Key::new(name.clone(), self.maker.inexact()),
                kind.make(self.maker),
            );
        }
        let Some(field) = node.as_map_mut().and_then(|map| map.get_mut(name)) else {
            return Ok(());
        };
        if !rest.is_empty()
            && let Some(scalar) = field.as_scalar()
        {
            self.found.in_texts += super::structured::count(&scalar.text, rest)?;
            return Ok(());
        }
        way.push(Step::Key(name.clone()));
        self.go(field, rest, way)?;
        way.pop();
        Ok(())
    }

    fn item(
        &mut self,
        node: &mut Node,
        index: usize,
        rest: &[EcoString],
        way: &mut Vec<Step>,
    ) -> Outcome<()> {
        let Value::List(list) = &mut node.value else {
            return Ok(());
        };
        let Some(item) = list.get_mut(index) else {
            return Ok(());
        };
        way.push(Step::Index(index));
        self.go(item, rest, way)?;
        way.pop();
        Ok(())
    }

    fn index(
        &mut self,
        node: &mut Node,
        index: usize,
        rest: &[EcoString],
        way: &mut Vec<Step>,
    ) -> Outcome<()> {
        let len = list(node)?.len();
        if index == len
            && let Some(kind) = self.kind(rest)
            && let Value::List(list) = &mut node.value
        {
            list.push(kind.make(self.maker));
        } else if index >= len {
            return Err(format!(
                "the list has {len} elements, so there is no index {index}"
            ));
        }
        self.item(node, index, rest, way)
    }

    fn matching(
        &mut self,
        node: &mut Node,
        part: &str,
        rest: &[EcoString],
        way: &mut Vec<Step>,
    ) -> Outcome<()> {
        let (field, pattern) = condition(part)?;
        let regex = super::selector::compile(pattern)
            .map_err(|error| format!("`{pattern}` is no regular expression: {error}"))?;
        for is_made in [false, true] {
            let before = self.found.ways.len() + self.found.in_texts;
            let fits = |item: &Node| {
                let value = if field.is_empty() {
                    Some(item)
                } else {
                    item.get(field)
                };
                value.is_some_and(|value| regex.is_match(&as_written(value)))
            };
            let fitting: Vec<usize> = list(node)?
                .iter()
                .enumerate()
                .filter(|(_, item)| fits(item))
                .map(|(index, _)| index)
                .collect();
            for index in fitting {
                self.item(node, index, rest, way)?;
            }
            let is_found = self.found.ways.len() + self.found.in_texts > before;
            if is_found || is_made || self.create.is_none() {
                return Ok(());
            }
            let Value::List(list) = &mut node.value else {
                return Ok(());
            };
            let value = Node::scalar(Scalar::implicit(pattern), self.maker.inexact());
            list.push(if field.is_empty() {
                value
            } else {
                let mut map = Map::default();
                map.push(Key::new(field, self.maker.inexact()), value);
                Node::new(Value::Map(map), self.maker.inexact())
            });
        }
        Ok(())
    }
}

/// A scalar with its quotes, as patterns are matched against it.
fn as_written(node: &Node) -> EcoString {
    let Some(scalar) = node.as_scalar() else {
        return EcoString::new();
    };
    match scalar.style {
        Style::Single => ecow::eco_format!("'{}'", scalar.text.as_str().replace('\'', "''")),
        Style::Double => ecow::eco_format!("\"{}\"", scalar.text),
        _ => scalar.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_brackets_and_after_backslashes_do_not_part() {
        for (path, parts) in [
            ("a.b", vec!["a", "b"]),
            (r"a.b\.c.d", vec!["a", "b.c", "d"]),
            ("a.[b.c].d", vec!["a", "b.c", "d"]),
            ("a.[name=x.y].b", vec!["a", "[name=x.y]", "b"]),
            ("a.[=x]", vec!["a", "[=x]"]),
            ("a.0.*", vec!["a", "0", "*"]),
        ] {
            assert_eq!(split(path), parts, "{path}");
        }
    }
}
