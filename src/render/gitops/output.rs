//! What following GitOps objects gives.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::object::{Identity, Object};
use crate::render::kustomize;
use crate::render::{Place, RelatedOrigin};

/// The cluster that an object goes to; empty for the one whose controller is followed.
pub type Cluster = EcoString;

/// A GitOps object on the way, or a file at the outset.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is: `Kustomization flux-system/apps`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its identity.
    pub identity: Identity,
    /// The step that rendered it, as an index into [`Output::steps`]; `None` for a root.
    pub parent: Option<usize>,
    /// The cluster that its objects go to.
    pub cluster: Cluster,
}

/// An object that something applies.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The object.
    pub object: Object,
    /// The namespace that it goes to when its manifest names none.
    pub namespace: Option<EcoString>,
    /// The cluster that it goes to.
    pub cluster: Cluster,
    /// What applies it, as an index into [`Output::steps`].
    pub step: usize,
}

/// What can't be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The namespace; `None` for every one.
    pub namespace: Option<EcoString>,
    /// Why, naming the chart, repository, plugin or kind.
    pub because: String,
    /// The object that says so.
    pub place: Place,
    /// The cluster.
    pub cluster: Cluster,
}

/// What kind of mistake was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// A mistake in a kustomization.
    Kustomize(kustomize::ProblemKind),
    /// A mistake in a chart or its values.
    Helm,
    /// A chart that refuses its values in its own words: `required` and `fail`.
    HelmDemand,
    /// A GitOps object whose path or file isn't there.
    MissingPath,
    /// A GitOps object that its controller refuses.
    Refused,
    /// A variable, or what it makes of a text, can't be read.
    Substitution,
    /// An object without a namespace, which Flux can't apply.
    NoNamespace,
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// The smallest change that mends it.
    pub help: Option<String>,
    /// Other places that take part.
    pub related: Vec<RelatedOrigin>,
    /// The cluster whose objects it costs.
    pub cluster: Cluster,
}

/// What following GitOps objects gives.
#[derive(Debug, Default)]
pub struct Output {
    /// The objects.
    pub objects: Vec<Applied>,
    /// GitOps objects and files in the order in which they were followed.
    pub steps: Vec<Step>,
    /// What can't be known.
    pub unknown: Vec<Unknown>,
    /// The mistakes.
    pub faults: Vec<Fault>,
    /// Files that were read.
    pub files: BTreeSet<String>,
    /// Folders of kustomizations and charts that were rendered.
    pub folders: BTreeSet<String>,
    /// Things worth a line for people who ask for the rendered text.
    pub notes: Vec<String>,
}

impl Fault {
    /// A mistake at a place.
    pub(in crate::render) fn new(
        kind: FaultKind,
        place: Place,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            place,
            message: message.into(),
            help: None,
            related: Vec::new(),
            cluster: Cluster::new(),
        }
    }

    /// With the smallest change that mends it.
    pub(in crate::render) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The mistake of a kustomization; one without a place of its own is at `place`.
pub fn from_problem(problem: &kustomize::Problem, place: Place) -> Fault {
    Fault {
        kind: FaultKind::Kustomize(problem.kind),
        place: problem.place.unwrap_or(place),
        message: problem.message.clone(),
        help: problem.help.clone(),
        related: problem.related.clone(),
        cluster: Cluster::new(),
    }
}
