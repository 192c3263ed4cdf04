//! What is wrong with a kustomization, and what of it can't be rendered here.

use super::super::{Place, RelatedOrigin};

/// What kind of mistake it is; each has a page of the rule book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A folder without a kustomization file, or with several.
    NoKustomization,
    /// The kustomization file, or a file that configures it, is not what kustomize can read.
    BadKustomization,
    /// A listed file or folder isn't there.
    Missing,
    /// A file outside the folder of the kustomization that names it.
    OutsideRoot,
    /// Kustomizations that list each other.
    Cycle,
    /// A resource that can't be read as objects.
    BadResource,
    /// Two objects of one identity.
    DuplicateObject,
    /// A key that is no text, or a value without a JSON form.
    NotPrintable,
    /// A patch that can't be read.
    BadPatch,
    /// A strategic merge patch that finds no object, or several.
    PatchTarget,
    /// A patch that can't be applied to the object that it finds.
    PatchFails,
    /// A pattern or a label selector that can't be read.
    BadSelector,
    /// A generator that can't make its ConfigMap or Secret.
    BadGenerator,
    /// A replacement that finds no source, or no field.
    BadReplacement,
    /// `replicas` that name no workload.
    BadReplicas,
    /// Objects that a namespace makes the same.
    NamespaceConflict,
    /// A name that may refer to several objects.
    AmbiguousReference,
    /// A variable that can't be resolved.
    BadVariable,
    /// What is bigger than anything that is meant.
    TooLarge,
    /// Not a mistake, but kustomize refuses it without further switches: plugins, Helm charts,
    /// remote resources are not reached from here.
    Foreign,
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// Where it is; `None` when the folder itself is at fault.
    pub place: Option<Place>,
    /// The folder of the kustomization in which it was met.
    pub folder: String,
    /// What is wrong.
    pub message: String,
    /// The smallest change that mends it.
    pub help: Option<String>,
    /// Other places that take part.
    pub related: Vec<RelatedOrigin>,
    /// Whether it says that an object isn't there, which a part that was not rendered may make.
    pub is_of_absence: bool,
    /// The address of what is fetched from elsewhere, if that is all that is wrong.
    pub address: Option<String>,
}

impl ProblemKind {
    /// Whether objects are left out because of it.
    const fn loses_objects(self) -> bool {
        matches!(
            self,
            Self::NoKustomization
                | Self::BadKustomization
                | Self::Missing
                | Self::OutsideRoot
                | Self::Cycle
                | Self::BadResource
                | Self::BadGenerator
                | Self::TooLarge
                | Self::Foreign
        )
    }
}

/// Takes out what is a mistake only if all objects are there, if some are not: because a part is
/// not rendered here (`has_holes`), or because of another mistake, which is the one to mend.
pub(super) fn proven(mut problems: Vec<Problem>, has_holes: bool) -> Vec<Problem> {
    if has_holes || problems.iter().any(|problem| problem.kind.loses_objects()) {
        problems.retain(|problem| !problem.is_of_absence);
    }
    problems
}

impl Problem {
    pub(super) fn new(
        kind: ProblemKind,
        place: impl Into<Option<Place>>,
        message: impl Into<String>,
    ) -> Box<Self> {
        Box::new(Self {
            kind,
            place: place.into(),
            folder: String::new(),
            message: message.into(),
            help: None,
            related: Vec::new(),
            is_of_absence: false,
            address: None,
        })
    }

    /// The same, true only if all objects are there.
    pub(super) fn of_absence(mut self: Box<Self>) -> Box<Self> {
        self.is_of_absence = true;
        self
    }

    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    pub(super) fn near(mut self: Box<Self>, related: RelatedOrigin) -> Box<Self> {
        self.related.push(related);
        self
    }
}

/// What is done with a problem: an error ends the build.
pub(super) type Report<'r> = &'r mut dyn FnMut(Box<Problem>) -> Result<()>;

pub(super) type Result<T> = std::result::Result<T, Box<Problem>>;

/// A part that isn't rendered here, so that what it would make is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What it is.
    pub kind: HoleKind,
    /// As it is written: the address, the chart, the kind of the plugin.
    pub name: String,
    /// The entry.
    pub place: Place,
    /// The namespace that an outer kustomization gives to all that comes out of it; `None`: any.
    pub namespace: Option<String>,
}

/// What is not rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// A resource or component that is fetched from elsewhere.
    Remote,
    /// A Helm chart.
    Chart,
    /// A generator, transformer or validator that is not built in.
    Plugin,
}
