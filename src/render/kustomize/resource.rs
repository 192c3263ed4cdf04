//! An object on its way through the build, and the list of them.

use std::sync::{Arc, OnceLock};

use ecow::EcoString;

use super::super::value::{Key, Node, NotPrintable, Scalar, Trace, print};
use super::super::{Mark, Origin, RelatedOrigin, Rendered, RenderedBuilder};
use super::identity::{Gvk, Identity, NO_NAMESPACE};

/// What brought an object in, the outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain(Option<Arc<(RelatedOrigin, Chain)>>);

impl Chain {
    /// With one more link outside.
    pub(super) fn push(&self, link: RelatedOrigin) -> Self {
        Self(Some(Arc::new((link, self.clone()))))
    }

    /// The links from the inside outwards.
    pub(super) fn links(&self) -> Arc<[RelatedOrigin]> {
        let mut links = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            links.push(link.0);
            at = &link.1;
        }
        links.reverse();
        links.into()
    }
}

/// What a generated object does when there is one of its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behavior {
    /// That is an error.
    #[default]
    Create,
    /// It takes the other's place.
    Replace,
    /// It adds to the other's data.
    Merge,
}

/// An identity that an object had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) kind: EcoString,
    pub(super) name: EcoString,
    /// As it was compared.
    pub(super) namespace: EcoString,
}

/// Annotations in which kustomize keeps book.
const BOOKKEEPING: &[&str] = &[
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

type Printed = (Arc<str>, Arc<[Mark]>, Arc<[Origin]>);

#[derive(Debug, Clone)]
struct Body {
    node: Node,
    printed: OnceLock<(Printed, Vec<NotPrintable>)>,
}

/// An object. Cloning it is cheap until the copy is changed, so that overlays share their base.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    body: Arc<Body>,
    /// Former identities, the original first.
    pub(super) history: Vec<Past>,
    pub(super) prefixes: Vec<EcoString>,
    pub(super) suffixes: Vec<EcoString>,
    pub(super) needs_hash: bool,
    pub(super) behavior: Behavior,
    /// Where the generator that made it gives its name.
    pub(super) generator: Option<Trace>,
    /// Whether a Helm chart made it: such objects keep their namespace.
    pub(super) from_chart: bool,
    /// Whether it is a hook of Helm.
    pub(super) hook: bool,
    /// Names of the variables that read from it.
    pub(super) variables: Vec<EcoString>,
    pub(super) chain: Chain,
    /// What renamed it or moved it, for those who refer to it.
    pub(super) renamed: Vec<RelatedOrigin>,
}

impl Resource {
    pub(super) fn new(node: Node) -> Self {
        Self {
            body: Arc::new(Body {
                node,
                printed: OnceLock::new(),
            }),
            history: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            behavior: Behavior::Create,
            generator: None,
            from_chart: false,
            hook: false,
            variables: Vec::new(),
            chain: Chain::default(),
            renamed: Vec::new(),
        }
    }

    /// An object of a file. What kustomize notes in annotations while it builds counts when it
    /// stands in the file, and is not printed.
    pub(super) fn read(node: Node) -> Self {
        let mut resource = Self::new(node);
        let is_noted = |key: &str| BOOKKEEPING.contains(&key);
        if !resource.texts("annotations").any(|(key, _)| is_noted(key)) {
            return resource;
        }
        let list = |key: &str| -> Vec<EcoString> {
            let text = resource.annotation(&format!("internal.config.kubernetes.io/{key}"));
            text.map_or_else(Vec::new, |text| {
                text.split(',').map(EcoString::from).collect()
            })
        };
        let names = list("previousNames");
        let others = list("previousKinds")
            .into_iter()
            .zip(list("previousNamespaces"));
        let history = names.into_iter().zip(others);
        let history = history.map(|(name, (kind, namespace))| Past {
            kind,
            name,
            namespace,
        });
        let history = history.collect();
        let (prefixes, suffixes) = (list("prefixes"), list("suffixes"));
        resource.history = history;
        resource.prefixes = prefixes;
        resource.suffixes = suffixes;
        let annotations = resource.node_mut().as_map_mut().and_then(|map| {
            map.get_mut("metadata")?
                .as_map_mut()?
                .get_mut("annotations")
        });
        if let Some(map) = annotations.and_then(Node::as_map_mut) {
            map.retain(|entry| !is_noted(&entry.key.text));
        }
        resource
    }

    pub(super) fn node(&self) -> &Node {
        &self.body.node
    }

    /// The tree, to change it.
    pub(super) fn node_mut(&mut self) -> &mut Node {
        let body = Arc::make_mut(&mut self.body);
        body.printed = OnceLock::new();
        &mut body.node
    }

    pub(super) fn trace(&self) -> &Trace {
        &self.node().trace
    }

    fn field(&self, key: &str) -> &str {
        self.node()
            .get(key)
            .and_then(Node::text)
            .map_or("", EcoString::as_str)
    }

    pub(super) fn metadata(&self, key: &str) -> Option<&Node> {
        self.node().get("metadata")?.get(key)
    }

    fn metadata_text(&self, key: &str) -> EcoString {
        self.metadata(key)
            .filter(|node| !node.is_null())
            .and_then(Node::text)
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.field("kind")
    }

    pub(super) fn gvk(&self) -> Gvk {
        Gvk::of(self.field("apiVersion"), self.kind())
    }

    pub(super) fn name(&self) -> EcoString {
        self.metadata_text("name")
    }

    pub(super) fn namespace(&self) -> EcoString {
        self.metadata_text("namespace")
    }

    /// Who it is now.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            gvk: self.gvk(),
            name: self.name(),
            namespace: self.namespace(),
        }
    }

    /// Who it was, the original first; without who it is.
    pub(super) fn former(&self) -> impl Iterator<Item = Identity> {
        let gvk = self.gvk();
        self.history.iter().map(move |past| Identity {
            gvk: Gvk {
                kind: past.kind.clone(),
                ..gvk.clone()
            },
            name: past.name.clone(),
            namespace: past.namespace.clone(),
        })
    }

    /// Who it was first.
    pub(super) fn original(&self) -> Identity {
        self.former().next().unwrap_or_else(|| self.identity())
    }

    /// Whether it is or was the one.
    pub(super) fn was(&self, identity: &Identity) -> bool {
        self.identity().same(identity) || self.former().any(|former| former.same(identity))
    }

    /// Remembers who it is before that changes.
    pub(super) fn remember(&mut self) {
        let identity = self.identity();
        self.history.push(Past {
            kind: identity.gvk.kind.clone(),
            namespace: identity.effective_namespace().into(),
            name: identity.name,
        });
    }

    /// Writes `metadata.name`, which stays where it was written.
    pub(super) fn set_name(&mut self, name: impl Into<EcoString>) {
        let trace = self
            .metadata("name")
            .map_or_else(|| self.trace().clone(), |node| node.trace.clone());
        self.set_metadata("name", Scalar::implicit(name), trace);
    }

    pub(super) fn set_metadata(&mut self, key: &str, scalar: Scalar, trace: Trace) {
        let root = self.node_mut();
        let maker = root.trace.inexact();
        let Some(map) = root.as_map_mut() else { return };
        let metadata =
            map.get_or_insert_with(Key::new("metadata", maker.clone()), || Node::map(maker));
        let Some(map) = metadata.as_map_mut() else {
            return;
        };
        match map.get_mut(key) {
            Some(node) => node.overwrite(scalar, trace),
            None => map.push(Key::new(key, trace.clone()), Node::scalar(scalar, trace)),
        }
    }

    /// `metadata.labels` or `metadata.annotations`, as texts.
    pub(super) fn texts<'r>(&'r self, field: &str) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.metadata(field)
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(|map| map.iter())
            .map(|entry| {
                let value = entry.value.text().map_or("", EcoString::as_str);
                (entry.key.text.as_str(), value)
            })
    }

    /// The text of an annotation.
    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        let found = self.metadata("annotations")?.get(key)?;
        found.text().map(EcoString::as_str)
    }

    /// Prints it, once for all that share it.
    pub(super) fn render(&self) -> (Rendered, &[NotPrintable]) {
        let (printed, faults) = self.body.printed.get_or_init(|| {
            let mut builder = RenderedBuilder::default();
            let faults = print(&self.body.node, &mut builder);
            let done = builder.finish(Arc::new([]), false);
            ((done.text, done.marks, done.origins), faults)
        });
        let (text, marks, origins) = printed.clone();
        let rendered = Rendered {
            text,
            marks,
            origins,
            chain: self.chain.links(),
            hook: self.hook,
        };
        (rendered, faults)
    }
}

/// Where an object says who it is.
pub(super) fn place_of(resource: &Resource) -> super::super::Place {
    resource
        .metadata("name")
        .map_or(resource.trace().place, |name| name.trace.place)
}

/// Whether the namespace is the one of objects without one.
pub(super) fn is_no_namespace(namespace: &str) -> bool {
    namespace == NO_NAMESPACE
}
