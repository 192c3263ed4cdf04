//! A rendered object and who it is.

use std::sync::{Arc, OnceLock};

use ecow::EcoString;

use super::scope::is_cluster_scoped;
use crate::render::value::{self, Key, Node, Reads, Scalar, Trace};
use crate::render::{Place, Rendered, RenderedBuilder, SourceId, What};
use crate::yaml::{self, Tree};

/// Group, kind, namespace and name: what one object of a cluster is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Identity {
    /// The API group; empty for the core group.
    pub group: EcoString,
    /// The kind.
    pub kind: EcoString,
    /// The namespace; empty where the manifest names none.
    pub namespace: EcoString,
    /// The name.
    pub name: EcoString,
}

/// An object with its identity; its tree is read when it is first asked for.
#[derive(Debug, Clone)]
pub struct Object {
    /// The object as text, with origins.
    pub rendered: Rendered,
    /// Who it is.
    pub identity: Identity,
    node: OnceLock<Arc<Node>>,
}

impl Object {
    /// Reads who a rendered object is; `None` for what is no object.
    pub fn new(rendered: Rendered) -> Option<Self> {
        let tree = Tree::parse(&rendered.text);
        let root = tree.root(tree.documents().first()?)?;
        let identity = identity(root)?;
        Some(Self {
            rendered,
            identity,
            node: OnceLock::new(),
        })
    }

    /// The object of a tree.
    pub fn of(node: Node, like: &Rendered) -> Option<Self> {
        let mut builder = RenderedBuilder::default();
        value::print(&node, &mut builder);
        let rendered = builder.finish(Arc::clone(&like.chain), like.hook);
        let object = Self::new(rendered)?;
        Some(Self {
            node: Arc::new(node).into(),
            ..object
        })
    }

    /// The object in a namespace, unless it names one or lives in none.
    #[must_use]
    pub fn placed(self, namespace: &EcoString, trace: &Trace) -> Self {
        if !self.identity.namespace.is_empty() || is_cluster_scoped(&self.identity) {
            return self;
        }
        let mut node = Node::clone(self.node());
        if let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata"))
            && let Some(metadata) = metadata.as_map_mut()
        {
            let value = Node::scalar(Scalar::string(namespace.clone()), trace.clone());
            metadata.set(Key::new("namespace", trace.clone()), value);
        }
        Self::of(node, &self.rendered).unwrap_or(self)
    }

    /// The tree, with the place of every part.
    pub fn node(&self) -> &Arc<Node> {
        self.node.get_or_init(|| Arc::new(tree_of(&self.rendered)))
    }

    /// The place that stands for the object: its name.
    pub fn place(&self) -> Place {
        let node = self.node();
        let name = node.at(&["metadata", "name"]).unwrap_or(node);
        name.trace.place
    }

    /// Whether it is of this group and kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.identity.group == group && self.identity.kind == kind
    }

    /// A label or annotation.
    pub fn metadata(&self, field: &str, key: &str) -> Option<&EcoString> {
        self.node().at(&["metadata", field, key])?.text()
    }
}

fn identity(root: yaml::Node<'_>) -> Option<Identity> {
    let text = |node: Option<yaml::Node<'_>>| -> EcoString {
        node.and_then(yaml::Node::text).unwrap_or_default().into()
    };
    let api_version = text(root.get("apiVersion"));
    let kind = text(root.get("kind"));
    let metadata = root.get("metadata")?;
    if kind.is_empty() {
        return None;
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    Some(Identity {
        group: group.into(),
        kind,
        namespace: text(metadata.get("namespace")),
        name: text(metadata.get("name")),
    })
}

/// The tree of a rendered object, its places those of the sources.
fn tree_of(rendered: &Rendered) -> Node {
    let tree = Tree::parse(&rendered.text);
    let reader = value::Reader {
        source: SourceId(u32::MAX),
        text: &rendered.text,
        what: What::Base,
        reads: Reads::Kubernetes,
        inline: None,
    };
    let root = tree.documents().first().and_then(|first| tree.root(first));
    let nowhere = Trace::new(
        Place {
            source: SourceId(u32::MAX),
            span: yaml::Span::default(),
        },
        What::Base,
    );
    let Some(root) = root else {
        return Node::map(nowhere);
    };
    let mut node = reader.read(root);
    node.retrace(&mut |trace| {
        if let Some(origin) = rendered.origin_at(trace.place.span) {
            *trace = Trace::from_origin(origin);
        }
    });
    node
}

/// The objects of a source as they stand in it, Lists opened, each with its own places as origins.
/// What is no object is left out.
pub fn objects_of(source: SourceId, text: &str) -> Vec<Object> {
    let tree = Tree::parse(text);
    let mut objects = Vec::new();
    for document in tree.documents() {
        if let Some(root) = tree.root(document) {
            collect(source, text, root, &mut objects, 0);
        }
    }
    objects
}

fn collect(
    source: SourceId,
    text: &str,
    root: yaml::Node<'_>,
    objects: &mut Vec<Object>,
    depth: u32,
) {
    let kind = root.get("kind").and_then(yaml::Node::text);
    if let (Some(kind), Some(items)) = (kind, root.get("items"))
        && kind.ends_with("List")
        && items.value() == yaml::Value::Sequence
    {
        if depth < 8 {
            for item in items.items() {
                collect(source, text, item, objects, depth + 1);
            }
        }
        return;
    }
    let reader = value::Reader {
        source,
        text,
        what: What::Base,
        reads: Reads::Kubernetes,
        inline: None,
    };
    if identity(root).is_some() {
        objects.extend(Object::of(reader.read(root), &Rendered::default()));
    }
}
