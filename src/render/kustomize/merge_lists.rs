//! Merging lists by keys that some elements lack, or by two keys: kustomize's way step by step,
//! as elements get lost on it.

use ecow::EcoString;

use super::super::value::{Key, Node, Scalar};
use super::problem::{Problem, ProblemKind, Result};

/// Elements of both lists together beyond which merging by several keys is refused: it compares
/// each with each.
const MOST_ELEMENTS: usize = 4_000;

type Walk<'w> = &'w mut dyn FnMut(Option<Node>, Option<Node>) -> Result<Option<Node>>;

/// Merges the elements of a patch's list into an object's.
pub(super) fn merge(
    own: Vec<Node>,
    theirs: Vec<Node>,
    keys: &[EcoString],
    walk: Walk<'_>,
) -> Result<Vec<Node>> {
    if own.len() + theirs.len() > MOST_ELEMENTS {
        return Err(Problem::new(
            ProblemKind::TooLarge,
            theirs.first().or(own.first()).map(|node| node.trace.place),
            format!("the list has more than {MOST_ELEMENTS} elements to merge"),
        ));
    }
    let mut values: Vec<Vec<EcoString>> = Vec::new();
    for item in theirs.iter().chain(&own) {
        let value: Vec<EcoString> = keys.iter().map(|key| key_text(item, key)).collect();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if keys.len() > 1 {
        unite(&mut values);
    }
    let mut pool = Pool { nodes: own };
    let mut dest: Vec<usize> = (0..pool.nodes.len()).collect();
    let mut items: Vec<usize> = Vec::new();
    let mut valid_keys: Vec<EcoString> = Vec::new();
    for value in values.clone() {
        let valid_values;
        (valid_keys, valid_values) = valid(&values, &value, keys);
        let (own_keys, own_values) = valid(
            std::slice::from_ref(&valid_values),
            &valid_values,
            &valid_keys,
        );
        let found = dest
            .iter()
            .copied()
            .find(|index| matches(pool.get(*index), &own_keys, &own_values));
        let other = theirs
            .iter()
            .find(|item| matches(Some(item), &own_keys, &own_values));
        let before = found.and_then(|index| pool.get(index).cloned());
        let replaces = before.is_some()
            && other
                .and_then(|other| other.get("$patch"))
                .and_then(Node::text)
                .is_some_and(|text| text == "replace");
        let result = walk(before, other.cloned())?.filter(|node| !node.is_empty());
        let Some(mut result) = result else {
            set(&pool, &mut dest, None, &valid_keys, &valid_values);
            continue;
        };
        for (key, text) in valid_keys.iter().zip(&valid_values) {
            let trace = result.trace.inexact();
            if result.get(key).is_none()
                && !text.is_empty()
                && let Some(map) = result.as_map_mut()
            {
                map.push(
                    Key::new(key.clone(), trace.clone()),
                    Node::scalar(Scalar::implicit(text.clone()), trace),
                );
            }
        }
        let index = match found {
            Some(index) if !replaces => {
                pool.put(index, result);
                index
            }
            _ => pool.add(result),
        };
        set(&pool, &mut items, Some(index), &valid_keys, &valid_values);
    }
    append(&pool, &mut items, &dest, &valid_keys);
    Ok(items
        .into_iter()
        .filter_map(|index| pool.get(index).cloned())
        .collect())
}

/// The elements, so that both lists can hold the same one.
struct Pool {
    nodes: Vec<Node>,
}

impl Pool {
    fn get(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    fn put(&mut self, index: usize, node: Node) {
        if let Some(slot) = self.nodes.get_mut(index) {
            *slot = node;
        }
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

fn key_text(item: &Node, key: &str) -> EcoString {
    item.get(key)
        .filter(|node| !node.is_empty())
        .and_then(Node::text)
        .cloned()
        .unwrap_or_default()
}

/// Keys that differ only where one of them is empty become one.
fn unite(values: &mut [Vec<EcoString>]) {
    for i in 0..values.len() {
        for j in 0..values.len() {
            let (Some(a), Some(b)) = (values.get(i), values.get(j)) else {
                continue;
            };
            let fits = a
                .iter()
                .zip(b)
                .all(|(a, b)| a == b || a.is_empty() || b.is_empty());
            if !fits || !a.iter().zip(b).any(|(a, b)| a == b) {
                continue;
            }
            let united: Vec<EcoString> = a
                .iter()
                .zip(b)
                .map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() })
                .collect();
            for at in [i, j] {
                if let Some(value) = values.get_mut(at) {
                    value.clone_from(&united);
                }
            }
        }
    }
}

/// The keys that some element has, and this element's texts for them.
fn valid(
    all: &[Vec<EcoString>],
    value: &[EcoString],
    keys: &[EcoString],
) -> (Vec<EcoString>, Vec<EcoString>) {
    let is_used = |at: usize| {
        all.iter()
            .any(|value| value.get(at).is_some_and(|text| !text.is_empty()))
    };
    let used: Vec<bool> = (0..keys.len()).map(is_used).collect();
    if !used.iter().any(|used| *used) {
        return (keys.to_vec(), value.to_vec());
    }
    let keep = |list: &[EcoString], empty_too: bool| {
        list.iter()
            .zip(&used)
            .filter(|(text, used)| **used || (empty_too && !text.is_empty()))
            .map(|(text, _)| text.clone())
            .collect()
    };
    (keep(keys, false), keep(value, true))
}

fn matches(item: Option<&Node>, keys: &[EcoString], values: &[EcoString]) -> bool {
    let Some(map) = item.and_then(Node::as_map) else {
        return false;
    };
    keys.iter()
        .zip(values)
        .all(|(key, value)| map.get(key).and_then(Node::text) == Some(value))
}

/// Puts an element in place of those with the same keys, or at the end; without an element those
/// go.
fn set(
    pool: &Pool,
    list: &mut Vec<usize>,
    element: Option<usize>,
    keys: &[EcoString],
    values: &[EcoString],
) {
    let mut found = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for index in list.iter().copied() {
        let Some(node) = pool.get(index).filter(|node| !node.is_empty()) else {
            continue;
        };
        if node.as_map().is_none() {
            kept.push(index);
            continue;
        }
        let mut has = !keys.is_empty();
        let mut seen = false;
        for (at, key) in keys.iter().enumerate() {
            if let Some(value) = values.get(at) {
                let field = node.get(key);
                seen = field.is_some_and(|field| value.is_empty() || field.text() == Some(value));
            }
            if !seen {
                has = false;
                break;
            }
        }
        if !has {
            if !values.is_empty() {
                kept.push(index);
            }
            continue;
        }
        found = true;
        kept.extend(element);
    }
    if !found {
        kept.extend(element);
    }
    *list = kept;
}

/// Appends what is left of the object's list, each element in the place that it has already.
fn append(pool: &Pool, list: &mut Vec<usize>, rest: &[usize], keys: &[EcoString]) {
    for index in rest.iter().copied() {
        let Some(node) = pool.get(index) else {
            continue;
        };
        let mut values = Vec::new();
        for key in keys {
            match node.get(key).and_then(Node::text) {
                Some(text) => values.push(text.clone()),
                None => list.push(index),
            }
        }
        if keys.len() > 1 {
            set(pool, list, None, keys, &values);
        }
        set(pool, list, Some(index), keys, &values);
    }
}
