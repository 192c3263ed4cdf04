//! Field specs: which fields of which kinds a transformer writes, and the walk to them.

use ecow::EcoString;

use super::super::value::{Key, Map, Node, Tag, Trace, Value};
use super::identity::Gvk;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;

/// A field of some kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldSpec {
    pub(super) gvk: Gvk,
    pub(super) path: EcoString,
    /// Whether the field is made when it isn't there.
    pub(super) create: bool,
}

impl FieldSpec {
    pub(super) fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        Self {
            gvk,
            path: path.into(),
            create,
        }
    }

    /// Adds a spec to a table, where it must not contradict one that is there.
    pub(super) fn merge(self, table: &mut Vec<FieldSpec>) -> std::result::Result<(), FieldSpec> {
        let known = table
            .iter()
            .find(|known| known.gvk.is_selected_by(&self.gvk) && known.path == self.path);
        match known {
            Some(known) if known.create != self.create => Err(self),
            Some(_) => Ok(()),
            None => {
                table.push(self);
                Ok(())
            }
        }
    }
}

/// What is made at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    /// Nothing.
    Nothing,
    /// A mapping.
    Map,
    /// An empty scalar.
    Scalar,
}

/// The parts of a path; `\` before a separator takes it into the name.
pub(super) fn split_path(path: &str, separator: char) -> Vec<EcoString> {
    let mut pieces = path.split(separator).peekable();
    if path.starts_with(separator) && path.len() > 1 {
        pieces.next();
    }
    let mut parts: Vec<EcoString> = Vec::new();
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                let joined = ecow::eco_format!(
                    "{}{separator}{piece}",
                    last.strip_suffix('\\').unwrap_or(last)
                );
                *last = joined;
            }
            _ => parts.push(piece.into()),
        }
    }
    parts
}

/// Walks to the spec's fields of an object and hands each to `set`.
pub(super) fn for_each_field(
    resource: &mut Resource,
    spec: &FieldSpec,
    make: Make,
    maker: &Trace,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if !resource.gvk().is_selected_by(&spec.gvk) {
        return Ok(());
    }
    let path = split_path(&spec.path, '/');
    let creates = spec.create && make != Make::Nothing;
    if !creates && !reaches(resource.node(), &path) {
        return Ok(());
    }
    let identity = resource.identity();
    let walk = Walk {
        make: if creates { make } else { Make::Nothing },
        maker,
    };
    walk.go(resource.node_mut(), &path, set)
        .map_err(|mut problem| {
            if problem.place.is_none() {
                problem.place = Some(maker.place);
            }
            problem.message = format!(
                "{} at {} of {identity}",
                problem.message,
                spec.path.as_str().replace('/', ".")
            );
            problem
        })
}

/// Whether there is anything at the path, or a mistake on the way.
fn reaches(node: &Node, path: &[EcoString]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    match &node.value {
        Value::List(list) => list.iter().any(|item| reaches(item, path)),
        Value::Map(map) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            map.get(name).is_some_and(|value| {
                name.len() < first.len() && value.is_null() || reaches(value, rest)
            })
        }
        Value::Scalar(scalar) => !scalar.is_null(),
    }
}

/// Hands the nodes at a path to `read`, lists crossed.
pub(super) fn visit<'n>(node: &'n Node, path: &[EcoString], read: &mut dyn FnMut(&'n Node)) {
    let Some((first, rest)) = path.split_first() else {
        read(node);
        return;
    };
    match &node.value {
        Value::List(list) => list.iter().for_each(|item| visit(item, path, read)),
        Value::Map(map) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            if let Some(value) = map.get(name) {
                visit(value, rest, read);
            }
        }
        Value::Scalar(_) => {}
    }
}

struct Walk<'w> {
    make: Make,
    maker: &'w Trace,
}

impl Walk<'_> {
    fn go(
        &self,
        node: &mut Node,
        path: &[EcoString],
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let Some((first, rest)) = path.split_first() else {
            return set(node);
        };
        if node.is_null() {
            return Ok(());
        }
        match &mut node.value {
            Value::List(list) => list
                .iter_mut()
                .try_for_each(|item| self.go(item, path, set)),
            Value::Map(map) => {
                let name = first.strip_suffix("[]").unwrap_or(first);
                let is_list = name.len() < first.len();
                let Some(field) = self.field(map, name, is_list, rest.is_empty()) else {
                    return Ok(());
                };
                self.go(field, rest, set)
            }
            Value::Scalar(scalar) => Err(Problem::new(
                ProblemKind::BadKustomization,
                None,
                format!("`{}` stands where a mapping or a list should", scalar.text),
            )),
        }
    }

    /// The field, made if the walk makes fields; null becomes what should stand there.
    fn field<'m>(
        &self,
        map: &'m mut Map,
        name: &str,
        is_list: bool,
        is_last: bool,
    ) -> Option<&'m mut Node> {
        let wanted = match (is_list, self.make, is_last) {
            (true, ..) => Some(Value::List(Vec::new())),
            (false, Make::Nothing, _) => None,
            (false, Make::Scalar, true) => {
                Some(Value::Scalar(super::super::value::Scalar::string("")))
            }
            (false, ..) => Some(Value::Map(Map::default())),
        };
        if map.get(name).is_none() {
            let value = wanted.filter(|_| !is_list)?;
            map.push(
                Key::new(name, self.maker.inexact()),
                Node::new(value, self.maker.inexact()),
            );
            return map.get_mut(name);
        }
        let field = map.get_mut(name)?;
        if field
            .as_scalar()
            .is_some_and(|scalar| scalar.tag == Tag::Null)
            && let Some(value) = wanted
        {
            field.value = value;
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_parted_at_slashes_that_are_not_escaped() {
        assert_eq!(split_path("metadata/name", '/'), ["metadata", "name"]);
        assert_eq!(split_path("/spec/a", '/'), ["spec", "a"]);
        assert_eq!(
            split_path(r"metadata/annotations/a.b\/c", '/'),
            ["metadata", "annotations", "a.b/c"]
        );
    }

    #[test]
    fn of_overlapping_specs_the_first_counts_and_contradictions_are_refused() {
        let spec = |kind: &str, create| {
            FieldSpec::new(
                Gvk {
                    kind: kind.into(),
                    ..Gvk::default()
                },
                "spec/a",
                create,
            )
        };
        let mut table = vec![spec("A", false)];
        assert!(spec("", false).merge(&mut table).is_ok());
        assert_eq!(table.len(), 1);
        assert!(spec("B", true).merge(&mut table).is_ok());
        assert_eq!(table.len(), 2);
        assert!(spec("A", true).merge(&mut table).is_err());
    }
}
