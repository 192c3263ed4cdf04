//! Field paths in a form that outlives edits: items of lists are named by what they are, not by
//! where they stand, so that a new sibling or another order changes nothing.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::locate::locate;
use super::node::{Node, Value};
use super::path::{FieldPath, Step};
use super::scalar::Scalar;

/// Fields that name an item of a list, the first that an item has and shares with no other counts.
const NAMES: [&str; 6] = ["name", "number", "host", "hosts", "containerPort", "key"];
/// Bytes of an item without a name that tell it from others; what follows is not looked at, so that
/// many findings in a long item stay cheap.
const MOST: usize = 16 * 1024;

/// What a path names, in a form that outlives edits elsewhere in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonical {
    /// The path: `spec/http[name=main]/route[#1f2e3d4c]/weight`.
    pub path: String,
    /// The text of the scalar that it leads to; empty for maps, lists and what isn't there.
    pub value: String,
}

/// Writes canonical paths of a tree. Each list is looked through once.
#[derive(Debug, Default)]
pub struct Canonizer<'t> {
    lists: FxHashMap<u32, FxHashMap<(usize, &'t str), u32>>,
}

impl<'t> Canonizer<'t> {
    /// The canonical form of `path` from `root`. Items that don't exist keep their numbers.
    pub fn canonical(&mut self, root: Node<'t>, path: &FieldPath) -> Canonical {
        let found = locate(root, path);
        let place = found.complete.then_some(found.value);
        let mut out = String::new();
        for (at, step) in path.steps().iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if at > 0 {
                        out.push('/');
                    }
                    out.push_str(key);
                }
                Step::Item(number) => {
                    let list = list_at(root, path, at);
                    let item = list.and_then(|list| Some((list, list.item(*number as usize)?)));
                    match item {
                        Some((list, item)) => {
                            let inner = list_below(path, at).and_then(|at| list_at(root, path, at));
                            self.name(list, item, inner.or(place), &mut out);
                        }
                        None => out.push_str(&format!("[{number}]")),
                    }
                }
            }
        }
        Canonical {
            path: out,
            value: place.and_then(Node::text).unwrap_or_default().to_owned(),
        }
    }

    /// Appends the name of an item. One without a name is told by all that it holds but what the
    /// rest of the path is about: the next list on the way, else the place.
    fn name(&mut self, list: Node<'t>, item: Node<'t>, rest: Option<Node<'t>>, out: &mut String) {
        if let Some(text) = item.text() {
            out.push_str(&format!("[={text}]"));
            return;
        }
        let counts = self
            .lists
            .entry(list.resolved().index)
            .or_insert_with(|| count_names(list));
        let named = (0..NAMES.len()).find_map(|number| {
            let text = name_of(item, number)?;
            (counts.get(&(number, text)) == Some(&1)).then_some((number, text))
        });
        if let Some((number, text)) = named {
            let key = match NAMES.get(number) {
                Some(&"hosts") => "hosts[0]",
                Some(key) => key,
                None => "",
            };
            out.push_str(&format!("[{key}={text}]"));
            return;
        }
        let mut json = Json {
            out: String::new(),
            left_out: rest
                .map(|node| node.index)
                .filter(|index| *index != item.index),
        };
        json.write(item);
        let digest = Sha256::digest(json.out.as_bytes());
        out.push_str("[#");
        for byte in digest.iter().take(4) {
            out.push_str(&format!("{byte:02x}"));
        }
        out.push(']');
    }
}

/// A number for what a node says: equal for nodes that differ in comments, layout and the order of
/// keys alone.
pub fn content_hash(node: Node<'_>) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    feed(node, &mut hasher);
    hasher.finish()
}

fn feed(node: Node<'_>, hasher: &mut rustc_hash::FxHasher) {
    match node.value() {
        Value::Scalar(scalar) => {
            let is_text = matches!(scalar, Scalar::Str(_));
            (0_u8, is_text, node.text().unwrap_or_default()).hash(hasher);
        }
        Value::Sequence => {
            1_u8.hash(hasher);
            node.items().for_each(|item| feed(item, hasher));
            2_u8.hash(hasher);
        }
        Value::Mapping => {
            3_u8.hash(hasher);
            let mut entries: Vec<_> = node.entries().collect();
            entries.sort_by_key(|(key, _)| key.text());
            for (key, value) in entries {
                key.text().hash(hasher);
                feed(value, hasher);
            }
            4_u8.hash(hasher);
        }
    }
}

/// The list that the step of this number picks an item of.
fn list_at<'t>(root: Node<'t>, path: &FieldPath, at: usize) -> Option<Node<'t>> {
    let before: FieldPath = path.steps().iter().take(at).cloned().collect();
    let found = locate(root, &before);
    found.complete.then_some(found.value)
}

/// The number of the next step after this one that picks an item.
fn list_below(path: &FieldPath, at: usize) -> Option<usize> {
    let steps = path.steps().iter().enumerate().skip(at + 1);
    let mut items = steps.filter(|(_, step)| matches!(step, Step::Item(_)));
    items.next().map(|(at, _)| at)
}

/// How often each name stands in a list.
fn count_names(list: Node<'_>) -> FxHashMap<(usize, &str), u32> {
    let mut counts = FxHashMap::default();
    for item in list.items() {
        for number in 0..NAMES.len() {
            if let Some(text) = name_of(item, number) {
                *counts.entry((number, text)).or_insert(0) += 1;
            }
        }
    }
    counts
}

/// The text under the field of this number in [`NAMES`]; of `hosts` the first.
fn name_of(item: Node<'_>, number: usize) -> Option<&str> {
    let key = NAMES.get(number)?;
    let value = item.get(key)?;
    if *key == "hosts" {
        return value.item(0)?.text();
    }
    value.text().filter(|text| !text.is_empty())
}

/// JSON with sorted keys and items and without blanks, as far as [`MOST`] bytes go.
struct Json {
    out: String,
    /// The node that is not written.
    left_out: Option<u32>,
}

impl Json {
    fn write(&mut self, node: Node<'_>) {
        if self.out.len() > MOST {
            return;
        }
        let left_out = self.left_out;
        match node.value() {
            Value::Scalar(scalar) => self.scalar(node, scalar),
            Value::Sequence => {
                let mut items: Vec<String> = Vec::new();
                let mut room = MOST;
                for item in node.items().filter(|item| Some(item.index) != left_out) {
                    let mut json = Json {
                        out: String::new(),
                        left_out,
                    };
                    json.write(item);
                    let Some(left) = room.checked_sub(json.out.len() + 1) else {
                        break;
                    };
                    room = left;
                    items.push(json.out);
                }
                items.sort_unstable();
                self.out.push_str(&format!("[{}]", items.join(",")));
            }
            Value::Mapping => {
                self.out.push('{');
                let mut entries: Vec<_> = node
                    .entries()
                    .filter(|(_, value)| Some(value.index) != left_out)
                    .filter_map(|(key, value)| Some((key.text()?, value)))
                    .collect();
                entries.sort_by_key(|(key, _)| *key);
                for (number, (key, value)) in entries.into_iter().enumerate() {
                    if self.out.len() > MOST {
                        return;
                    }
                    if number > 0 {
                        self.out.push(',');
                    }
                    self.string(key);
                    self.out.push(':');
                    self.write(value);
                }
                self.out.push('}');
            }
        }
    }

    fn scalar(&mut self, node: Node<'_>, scalar: Scalar<'_>) {
        match scalar {
            Scalar::Null => self.out.push_str("null"),
            Scalar::Str(text) => self.string(text),
            _ => self.out.push_str(node.text().unwrap_or_default()),
        }
    }

    fn string(&mut self, text: &str) {
        self.out
            .push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tree::Tree;
    use super::*;

    fn canonical(text: &str, path: &str) -> (String, String) {
        let tree = Tree::parse(text);
        let root = tree.root(tree.documents().first().unwrap()).unwrap();
        let found = Canonizer::default().canonical(root, &path.into());
        (found.path, found.value)
    }

    #[test]
    fn items_are_named_by_the_first_field_that_tells_them_apart() {
        let text = "\
servers:
- {name: a, hosts: [x]}
- {name: a, hosts: [y]}
- port: {number: 80}
methods: [GET, post]
";
        assert_eq!(
            canonical(text, "servers[1]/hosts[0]"),
            ("servers[hosts[0]=y]/hosts[=y]".to_owned(), "y".to_owned())
        );
        assert_eq!(canonical(text, "methods[1]").0, "methods[=post]");
        assert_eq!(canonical(text, "methods[7]").0, "methods[7]");
        assert_eq!(canonical(text, "servers[0]/port").1, "");
    }

    #[test]
    fn items_without_a_name_are_told_by_all_but_the_value() {
        let of = |host: &str, prefix: &str| {
            let text = format!(
                "http:\n- match: [{{uri: {{prefix: {prefix}}}}}]\n  to: {{port: 1, host: {host}}}\n"
            );
            canonical(&text, "http[0]/to/host")
        };
        let (path, value) = of("a", "/x");
        assert!(
            path.starts_with("http[#") && path.ends_with("]/to/host"),
            "{path}"
        );
        assert_eq!(value, "a");
        assert_eq!(of("b", "/x").0, path);
        assert_ne!(of("a", "/y").0, path);
    }

    #[test]
    fn siblings_of_an_inner_item_change_nothing() {
        let one = "http:\n- match: x\n  route:\n  - to: {host: a}\n";
        let two =
            "http:\n- route:\n  - to: {host: a}\n    weight: 0\n  - to: {host: a}\n  match: x\n";
        assert_eq!(
            canonical(one, "http[0]/route[0]/to/host"),
            canonical(two, "http[0]/route[1]/to/host")
        );
    }

    #[test]
    fn layout_and_order_of_keys_change_nothing() {
        let one = canonical("l:\n- a: [1, y]\n  b: {c: \"2\", d: x}\n", "l[0]/b/d");
        let other = canonical("# c\nl: [{b: {d: x, c: '2'}, a: [y, 1]}]\n", "l[0]/b/d");
        assert_eq!(one, other);
    }
}
