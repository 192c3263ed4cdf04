//! JSON patches (RFC 6902) on value trees, as the library behind kustomize applies them.

use ecow::EcoString;

use super::super::RelatedOrigin;
use super::super::value::{Key, Map, Node, Scalar, Trace, Value};
use super::problem::{Problem, ProblemKind, Result};

/// An operation of a patch.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    op: EcoString,
    path: EcoString,
    from: Option<EcoString>,
    value: Option<Node>,
    /// The operation.
    trace: Trace,
    /// Its path.
    path_trace: Trace,
}

impl Operation {
    /// Reads the operations of a list; `None` when it is no list of mappings.
    pub(super) fn list(node: &Node) -> Option<Vec<Self>> {
        if node.is_null() {
            return Some(Vec::new());
        }
        node.as_list()?
            .iter()
            .map(|item| {
                let map = item.as_map()?;
                let text = |key: &str| map.get(key).and_then(Node::text).cloned();
                Some(Self {
                    op: text("op").unwrap_or_default(),
                    path: text("path").unwrap_or_default(),
                    from: text("from"),
                    value: map
                        .get("value")
                        .filter(|value| !value.is_null())
                        .map(|value| {
                            let mut value = value.clone();
                            normalize(&mut value);
                            value
                        }),
                    trace: item.trace.clone(),
                    path_trace: map
                        .get("path")
                        .map_or_else(|| item.trace.clone(), |path| path.trace.clone()),
                })
            })
            .collect()
    }
}

/// Scalars as they are after a journey through JSON.
fn normalize(node: &mut Node) -> bool {
    match &mut node.value {
        Value::Map(map) => map
            .iter_mut()
            .all(|entry| entry.key.is_string && normalize(&mut entry.value)),
        Value::List(list) => list.iter_mut().all(normalize),
        Value::Scalar(scalar) => match scalar.through_json() {
            Some(normal) => {
                if scalar.tag == super::super::value::Tag::Timestamp {
                    node.trace.exact = false;
                }
                *scalar = normal;
                true
            }
            None => false,
        },
    }
}

/// Applies the operations to an object, which is made anew from JSON by that.
pub(super) fn apply(object: &Node, operations: &[Operation], who: &str) -> Result<Node> {
    let mut root = object.clone();
    if !normalize(&mut root) {
        return Err(Problem::new(
            ProblemKind::NotPrintable,
            object.trace.place,
            format!(
                "{who} has a key or a value that JSON has no form for, so no JSON patch can be applied to it"
            ),
        ));
    }
    for operation in operations {
        run(&mut root, operation).map_err(|reason| {
            Problem::new(
                ProblemKind::PatchFails,
                operation.path_trace.place,
                format!(
                    "`{}` of `{}` can't be applied to {who}: {reason}",
                    operation.op, operation.path
                ),
            )
            .near(RelatedOrigin {
                place: object.trace.place,
                what: object.trace.what,
                note: "is the object",
            })
        })?;
    }
    Ok(root)
}

type Outcome<T> = std::result::Result<T, String>;

fn run(root: &mut Node, operation: &Operation) -> Outcome<()> {
    let value = || {
        let null = || Node::scalar(Scalar::implicit("null"), operation.trace.clone());
        let mut node = operation.value.clone().unwrap_or_else(null);
        node.trace = node
            .trace
            .clone()
            .with_trace(&operation.path_trace, "says where it goes");
        node
    };
    match operation.op.as_str() {
        "add" => add(root, &operation.path, value(), operation),
        "remove" => remove(root, &operation.path).map(drop),
        "replace" => {
            let (parent, key) = parent(root, &operation.path)?;
            match &mut parent.value {
                Value::Map(_) => {}
                Value::List(list) => {
                    index(&key, list.len())?;
                }
                Value::Scalar(_) => return Err("its parent is no mapping and no list".to_owned()),
            }
            let mut new = value();
            match &mut parent.value {
                Value::Map(map) => {
                    if let Some(old) = map.get(&key) {
                        new.trace = new.trace.clone().with_trace(&old.trace, "was here before");
                    }
                    map.set(Key::new(key, operation.path_trace.inexact()), new);
                }
                Value::List(list) => {
                    let index = index(&key, list.len())?;
                    if let Some(old) = list.get_mut(index) {
                        new.trace = new.trace.clone().with_trace(&old.trace, "was here before");
                        *old = new;
                    }
                }
                Value::Scalar(_) => {}
            }
            Ok(())
        }
        "move" => {
            let from = operation.from.as_deref().unwrap_or_default();
            let node = remove(root, from)?;
            add(
                root,
                &operation.path,
                related(node, operation, "moves it"),
                operation,
            )
        }
        "copy" => {
            let from = operation.from.as_deref().unwrap_or_default();
            let node = match get(root, from)? {
                Some(node) => related(node.clone(), operation, "copies it"),
                None => Node::scalar(Scalar::implicit("null"), operation.trace.clone()),
            };
            if node.size() + root.size() > super::MOST_NODES {
                return Err("the object would become too large".to_owned());
            }
            add(root, &operation.path, node, operation)
        }
        "test" => {
            let found = get(root, &operation.path)?;
            let same = match (found, &operation.value) {
                (None, None) => true,
                (Some(node), None) => node.is_null(),
                (Some(node), Some(value)) => node.same(value),
                (None, Some(_)) => false,
            };
            same.then_some(())
                .ok_or_else(|| "the test fails".to_owned())
        }
        other => Err(format!("`{other}` is no operation")),
    }
}

fn related(mut node: Node, operation: &Operation, note: &'static str) -> Node {
    node.trace = node
        .trace
        .clone()
        .with(operation.trace.place, operation.trace.what, note);
    node
}

/// The parts of a pointer, the last apart.
fn split(path: &str) -> Outcome<(Vec<String>, String)> {
    let decode = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let mut parts: Vec<String> = path.split('/').skip(1).map(decode).collect();
    let last = parts
        .pop()
        .ok_or_else(|| "the path must begin with `/`".to_owned())?;
    Ok((parts, last))
}

/// The index that a part of a pointer means in a list; negative ones count from the end.
fn index(part: &str, len: usize) -> Outcome<usize> {
    let number: i64 = part
        .parse()
        .map_err(|_| format!("`{part}` is no index of a list"))?;
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let index = if number < 0 { number + len } else { number };
    if index < 0 || index >= len {
        return Err(format!("the list has no index {part}"));
    }
    usize::try_from(index).map_err(|_| format!("the list has no index {part}"))
}

fn parent<'n>(root: &'n mut Node, path: &str) -> Outcome<(&'n mut Node, String)> {
    let (parts, last) = split(path)?;
    let mut node = root;
    for part in &parts {
        let next = match &mut node.value {
            Value::Map(map) => map.get_mut(part),
            Value::List(list) => {
                let index = index(part, list.len())?;
                list.get_mut(index)
            }
            Value::Scalar(_) => None,
        };
        node = next
            .filter(|node| node.as_scalar().is_none())
            .ok_or_else(|| format!("there is no `{part}` on its way"))?;
    }
    Ok((node, last))
}

fn get<'n>(root: &'n mut Node, path: &str) -> Outcome<Option<&'n Node>> {
    let (parent, key) = parent(root, path)?;
    match &parent.value {
        Value::Map(map) => Ok(map.get(&key)),
        Value::List(list) => Ok(list.get(index(&key, list.len())?)),
        Value::Scalar(_) => Ok(None),
    }
}

fn add(root: &mut Node, path: &str, mut value: Node, operation: &Operation) -> Outcome<()> {
    let (parent, key) = parent(root, path)?;
    let beside = parent.trace.clone();
    match &mut parent.value {
        Value::Map(map) => {
            match map.get(&key) {
                Some(old) => {
                    value.trace = value
                        .trace
                        .clone()
                        .with_trace(&old.trace, "was here before");
                }
                None => {
                    value.trace =
                        value
                            .trace
                            .with(beside.place, beside.what, "is what it was added to");
                }
            }
            set(map, key, value, operation);
        }
        Value::List(list) => {
            let at = if key == "-" {
                list.len()
            } else {
                index(&key, list.len() + 1)?
            };
            value.trace = value
                .trace
                .with(beside.place, beside.what, "is what it was added to");
            list.insert(at.min(list.len()), value);
        }
        Value::Scalar(_) => return Err("its parent is no mapping and no list".to_owned()),
    }
    Ok(())
}

fn set(map: &mut Map, key: String, value: Node, operation: &Operation) {
    map.set(Key::new(key, operation.path_trace.inexact()), value);
}

fn remove(root: &mut Node, path: &str) -> Outcome<Node> {
    let (parent, key) = parent(root, path)?;
    match &mut parent.value {
        Value::Map(map) => map
            .remove(&key)
            .map(|entry| entry.value)
            .ok_or_else(|| format!("there is no `{key}`")),
        Value::List(list) => {
            let index = index(&key, list.len())?;
            Ok(list.remove(index))
        }
        Value::Scalar(_) => Err(format!("there is no `{key}`")),
    }
}
