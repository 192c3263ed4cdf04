//! Where a part of a rendered object was written.

use super::SourceId;
use crate::yaml::Span;

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The source.
    pub source: SourceId,
    /// The bytes in its text.
    pub span: Span,
}

/// What kind of thing wrote a part of an object, or touched it on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// A manifest: a resource of a kustomization, or a file applied as it stands.
    Base,
    /// A manifest, patch or setting of a kustomize component.
    Component,
    /// A strategic merge patch or JSON patch.
    Patch,
    /// A ConfigMap or Secret generator.
    Generator,
    /// A replacement or variable of a kustomization.
    Replacement,
    /// Another line of a kustomization: namespace, prefixes, labels, images, a list entry.
    Kustomization,
    /// A template of a chart.
    Template,
    /// A values file of a chart, or a value of the command line.
    Values,
    /// A file of a chart that templates read: `Chart.yaml`, or one of `.Files`.
    Chart,
    /// A variable that Flux substitutes.
    Substitute,
    /// A Flux `Kustomization`.
    FluxKustomization,
    /// A Flux `HelmRelease`.
    HelmRelease,
    /// An Argo CD `Application`.
    Application,
    /// An Argo CD `ApplicationSet`.
    ApplicationSet,
}

impl What {
    /// The word for it in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Component => "component",
            Self::Patch => "patch",
            Self::Generator => "generator",
            Self::Replacement => "replacement",
            Self::Kustomization | Self::FluxKustomization => "kustomization",
            Self::Template => "template",
            Self::Values => "values",
            Self::Chart => "chart",
            Self::Substitute => "substitute",
            Self::HelmRelease => "helmrelease",
            Self::Application => "application",
            Self::ApplicationSet => "applicationset",
        }
    }
}

/// Another place that took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RelatedOrigin {
    /// Where.
    pub place: Place,
    /// What stands there.
    pub what: What,
    /// What it did to the part, in words that follow "…, " ("adds the prefix", "was here before").
    pub note: &'static str,
}

/// Where a part of a rendered object was written: the innermost place that its owner would edit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The place.
    pub place: Place,
    /// What stands there.
    pub what: What,
    /// Whether the text there is this scalar: to change it is to change the scalar, and nothing
    /// else of the object.
    pub exact: bool,
    /// Places that took part, from the inside outwards.
    pub related: Vec<RelatedOrigin>,
}
