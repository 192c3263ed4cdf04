//! Following GitOps objects from roots to what they apply.

use std::collections::VecDeque;

use ecow::EcoString;
use rustc_hash::FxHashSet;

use super::manifests::Manifests;
use super::object::{Identity, Object};
use super::output::{Applied, Cluster, Fault, Output, Step, Unknown};
use super::release::Engines;
use super::repository::Addresses;
use crate::render::{Place, Sources, kustomize};
use crate::render::{argo, flux};

/// GitOps objects that one run follows at most.
const MOST: usize = 20_000;

/// Follows GitOps objects inside one repository.
pub struct Gitops<'r> {
    /// The repository.
    pub sources: &'r Sources,
    /// Kustomizations that were built.
    pub cache: &'r kustomize::Cache,
    /// What is looked up in the whole repository.
    pub manifests: &'r Manifests,
    /// The addresses of the repository.
    pub addresses: Addresses,
    /// Whether to go on after mistakes, without the faulty part.
    pub lenient: bool,
    /// Renderers of charts and Go templates.
    pub engines: &'r dyn Engines,
}

impl std::fmt::Debug for Gitops<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gitops")
            .field("addresses", &self.addresses)
            .field("lenient", &self.lenient)
            .finish_non_exhaustive()
    }
}

/// A GitOps object that nothing renders.
#[derive(Debug, Clone)]
pub struct Root {
    /// The object.
    pub object: Object,
    /// Where its controller runs.
    pub cluster: Cluster,
}

/// Whether an object makes its controller apply others.
pub fn is_gitops(identity: &Identity) -> bool {
    matches!(
        (identity.group.as_str(), identity.kind.as_str()),
        ("kustomize.toolkit.fluxcd.io", "Kustomization")
            | ("helm.toolkit.fluxcd.io", "HelmRelease")
            | ("fluxcd.controlplane.io", "FluxInstance")
            | ("argoproj.io", "Application" | "ApplicationSet")
    )
}

/// A GitOps object that waits to be followed.
pub(in crate::render) struct Next {
    pub(in crate::render) object: Object,
    pub(in crate::render) parent: Option<usize>,
    pub(in crate::render) cluster: Cluster,
}

/// What is known while GitOps objects are followed.
pub(in crate::render) struct Following<'f> {
    pub(in crate::render) gitops: &'f Gitops<'f>,
    pub(in crate::render) output: Output,
    queue: VecDeque<Next>,
    seen: FxHashSet<(Cluster, Identity)>,
}

impl Gitops<'_> {
    /// Follows roots and all GitOps objects that come of them.
    pub fn follow(&self, roots: impl IntoIterator<Item = Root>) -> Output {
        let mut following = Following {
            gitops: self,
            output: Output::default(),
            queue: VecDeque::new(),
            seen: FxHashSet::default(),
        };
        for root in roots {
            following.enqueue(Next {
                object: root.object,
                parent: None,
                cluster: root.cluster,
            });
        }
        while let Some(next) = following.queue.pop_front() {
            if following.output.steps.len() >= MOST {
                let rest = following.queue.len() + 1;
                following.output.notes.push(format!(
                    "{rest} GitOps objects beyond the first {MOST} were not followed"
                ));
                break;
            }
            following.step(&next);
        }
        following.output
    }
}

impl Following<'_> {
    fn enqueue(&mut self, next: Next) {
        let key = (next.cluster.clone(), next.object.identity.clone());
        if self.seen.insert(key) {
            self.queue.push_back(next);
        }
    }

    fn step(&mut self, next: &Next) {
        let identity = &next.object.identity;
        let index = self.output.steps.len();
        self.output.steps.push(Step {
            name: shown(identity),
            place: next.object.place(),
            identity: identity.clone(),
            parent: next.parent,
            cluster: next.cluster.clone(),
        });
        match (identity.group.as_str(), identity.kind.as_str()) {
            ("kustomize.toolkit.fluxcd.io", _) => flux::kustomization(self, next, index),
            ("helm.toolkit.fluxcd.io", _) => flux::helm_release(self, next, index),
            ("fluxcd.controlplane.io", _) => flux::instance(self, next, index),
            (_, "ApplicationSet") => argo::application_set(self, next, index),
            _ => argo::application(self, next, index),
        }
    }

    /// Notes that a step applies an object, which is followed when it is a GitOps object.
    pub(in crate::render) fn apply(
        &mut self,
        object: Object,
        namespace: Option<&EcoString>,
        cluster: &Cluster,
        step: usize,
    ) {
        if is_gitops(&object.identity) {
            let mut own = object.clone();
            if own.identity.namespace.is_empty()
                && let Some(namespace) = namespace
            {
                own.identity.namespace = namespace.clone();
            }
            self.enqueue(Next {
                object: own,
                parent: Some(step),
                cluster: cluster.clone(),
            });
        }
        self.output.objects.push(Applied {
            object,
            namespace: namespace.cloned(),
            cluster: cluster.clone(),
            step,
        });
    }

    /// An object by kind, namespace and name: of those that were applied so far, else of the
    /// repository's files.
    pub(in crate::render) fn find(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Object> {
        let is_it = |identity: &Identity| {
            identity.kind == kind && identity.namespace == namespace && identity.name == name
        };
        let applied = self.output.objects.iter().find(|applied| {
            let own = &applied.object.identity;
            is_it(own)
                || (own.namespace.is_empty()
                    && applied.namespace.as_deref() == Some(namespace)
                    && own.kind == kind
                    && own.name == name)
        });
        let filed = || self.gitops.manifests.find(kind, namespace, name);
        applied
            .map(|applied| &applied.object)
            .or_else(|| filed().map(|manifest| &manifest.object))
    }

    /// Notes a mistake, and that what it costs is unknown.
    pub(in crate::render) fn fault(
        &mut self,
        fault: Fault,
        cluster: &Cluster,
        namespace: Option<EcoString>,
        because: String,
    ) {
        self.output.unknown.push(Unknown {
            namespace,
            because,
            place: fault.place,
            cluster: cluster.clone(),
        });
        self.fault_without_hole(fault, cluster);
    }

    /// Notes a mistake that hides nothing else.
    pub(in crate::render) fn fault_without_hole(&mut self, mut fault: Fault, cluster: &Cluster) {
        fault.cluster = cluster.clone();
        self.output.faults.push(fault);
    }

    /// Notes what a build of a kustomization read and what it could not reach.
    pub(in crate::render) fn note_build(
        &mut self,
        build: kustomize::Build,
        owner: &str,
        cluster: &Cluster,
        fallback: Option<&EcoString>,
    ) {
        self.output.files.extend(build.inputs);
        self.output.folders.extend(build.folders);
        for hole in build.holes {
            let namespace = hole.namespace.map(EcoString::from);
            self.output.unknown.push(Unknown {
                namespace: namespace.or_else(|| fallback.cloned()),
                because: format!("{} ({owner})", hole_name(hole.kind, &hole.name)),
                place: hole.place,
                cluster: cluster.clone(),
            });
        }
    }
}

/// What a hole of a kustomization is called.
pub fn hole_name(kind: kustomize::HoleKind, name: &str) -> String {
    match kind {
        kustomize::HoleKind::Remote => format!("remote resource {name}"),
        kustomize::HoleKind::Chart => format!("chart {name}"),
        kustomize::HoleKind::Plugin => format!("plugin {name}"),
    }
}

/// An object as it is called: kind, namespace and name.
pub(in crate::render) fn shown(identity: &Identity) -> String {
    if identity.namespace.is_empty() {
        format!("{} {}", identity.kind, identity.name)
    } else {
        format!("{} {}/{}", identity.kind, identity.namespace, identity.name)
    }
}

/// The place of a field of an object, else of the object.
pub(in crate::render) fn place_of(object: &Object, path: &[&str]) -> Place {
    let node = object.node();
    node.at(path)
        .map_or_else(|| object.place(), |node| node.trace.place)
}
