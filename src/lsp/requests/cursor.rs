//! What stands at a position of a document: the object, and the way to the key or value in it.

use crate::yaml::{FieldPath, Node, Step, Tree, Value};

/// What stands at a position.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'t> {
    /// The object that it is part of.
    pub(super) object: Written<'t>,
    /// The way from there.
    pub(super) path: FieldPath,
    /// The key or the scalar.
    pub(super) node: Node<'t>,
    /// Whether it is the key.
    pub(super) is_key: bool,
}

/// An object as its manifest has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'t> {
    pub(super) root: Node<'t>,
    pub(super) api_version: &'t str,
    pub(super) kind: &'t str,
    /// Empty where the manifest names none.
    pub(super) namespace: &'t str,
    pub(super) name: &'t str,
}

impl<'t> Written<'t> {
    /// The object at a node; `None` for what is none.
    pub(super) fn of(root: Node<'t>) -> Option<Self> {
        let text = |node: Option<Node<'t>>| node.and_then(Node::text);
        let metadata = root.get("metadata");
        let of_metadata = |key| text(metadata.and_then(|metadata| metadata.get(key)));
        Some(Self {
            root,
            api_version: text(root.get("apiVersion"))?,
            kind: text(root.get("kind"))?,
            namespace: of_metadata("namespace").unwrap_or_default(),
            name: of_metadata("name").unwrap_or_default(),
        })
    }

    /// The API group, empty for the core group.
    pub(super) fn group(&self) -> &'t str {
        self.api_version
            .rsplit_once('/')
            .map_or("", |(group, _)| group)
    }

    /// `Kind namespace/name`.
    pub(super) fn title(&self) -> String {
        match (self.namespace, self.name) {
            (_, "") => self.kind.to_owned(),
            ("", name) => format!("{} {name}", self.kind),
            (namespace, name) => format!("{} {namespace}/{name}", self.kind),
        }
    }
}

/// The objects of a text, those in lists one by one, with the document that each stands in.
pub(super) fn objects<'t>(tree: &'t Tree<'_>) -> Vec<Written<'t>> {
    let mut objects = Vec::new();
    for document in tree.documents() {
        let Some(root) = tree.root(document) else {
            continue;
        };
        match root.get("items").filter(|_| is_list(root)) {
            Some(items) => objects.extend(items.items().filter_map(Written::of)),
            None => objects.extend(Written::of(root)),
        }
    }
    objects
}

fn is_list(root: Node<'_>) -> bool {
    let kind = root.get("kind").and_then(Node::text);
    kind.is_some_and(|kind| kind.ends_with("List"))
}

/// What stands at a byte of a text.
pub(super) fn at<'t>(tree: &'t Tree<'_>, offset: u32) -> Option<Cursor<'t>> {
    let object = objects(tree)
        .into_iter()
        .rfind(|object| object.root.span().start <= offset)?;
    let mut steps: Vec<Step> = Vec::new();
    let mut node = object.root;
    loop {
        match node.value() {
            Value::Scalar(_) => {
                let span = node.span();
                let is_here = span.start <= offset && offset <= span.end;
                return is_here.then(|| Cursor {
                    object,
                    path: steps.into_iter().collect(),
                    node,
                    is_key: false,
                });
            }
            Value::Mapping if !node.is_alias() => {
                let entries = node.raw_entries();
                let (key, value) = entries
                    .take_while(|(key, _)| key.span().start <= offset)
                    .last()?;
                steps.push(Step::Key(key.text()?.into()));
                if offset <= key.span().end {
                    return Some(Cursor {
                        object,
                        path: steps.into_iter().collect(),
                        node: key,
                        is_key: true,
                    });
                }
                node = value;
            }
            Value::Sequence if !node.is_alias() => {
                let items = node.items().enumerate();
                let (index, item) = items
                    .take_while(|(_, item)| item.span().start <= offset)
                    .last()?;
                steps.push(index.into());
                node = item;
            }
            _ => return None,
        }
    }
}

/// Every scalar value of an object with the way to it.
pub(super) fn scalars<'t>(root: Node<'t>, see: &mut impl FnMut(&FieldPath, Node<'t>)) {
    fn walk<'t>(node: Node<'t>, path: &FieldPath, see: &mut impl FnMut(&FieldPath, Node<'t>)) {
        // What an alias stands for is seen where it is written.
        if node.is_alias() {
            return;
        }
        match node.value() {
            Value::Scalar(_) => see(path, node),
            Value::Mapping => {
                for (key, value) in node.raw_entries() {
                    if let Some(key) = key.text() {
                        walk(value, &path.field(key), see);
                    }
                }
            }
            Value::Sequence => {
                for (index, item) in node.items().enumerate() {
                    walk(item, &path.item(index), see);
                }
            }
        }
    }
    walk(root, &FieldPath::root(), see);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n\
                        spec:\n  ports:\n    - name: http\n      port: 80\n    - port: 81\n";

    fn path(needle: &str) -> Option<(String, bool)> {
        let tree = Tree::parse(TEXT);
        let offset = u32::try_from(TEXT.find(needle).unwrap() + 1).unwrap();
        at(&tree, offset).map(|cursor| (cursor.path.to_string(), cursor.is_key))
    }

    #[test]
    fn a_position_is_found_by_its_way() {
        for (needle, way, is_key) in [
            ("cart", "metadata/name", false),
            ("namespace", "metadata/namespace", true),
            ("http", "spec/ports[0]/name", false),
            ("81", "spec/ports[1]/port", false),
            ("ports", "spec/ports", true),
        ] {
            assert_eq!(path(needle), Some((way.to_owned(), is_key)), "{needle}");
        }
    }

    #[test]
    fn there_is_nothing_between_values() {
        assert_eq!(path("  - name"), None);
    }
}
