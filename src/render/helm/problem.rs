//! What is wrong with a chart, its values or what it renders to.

use crate::render::Place;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The files of the chart: its metadata, an archive, a file that can't be read.
    Chart,
    /// A dependency that is not in `charts/`.
    Dependency,
    /// Values that can't be read or merged.
    Values,
    /// Values that the chart's schema refuses.
    Schema,
    /// A template that can't be parsed.
    Template,
    /// A template that fails when it is executed.
    Execution,
    /// The chart refuses its values, by `fail` or `required`.
    Refused,
    /// Rendered text that is no object.
    Manifest,
    /// The chart exceeds a limit of this renderer.
    Limit,
    /// A release name, version or other option.
    Option,
    /// Nothing that stops the rendering.
    Note,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing is wrong.
    pub kind: ProblemKind,
    /// What is wrong, in words that start in lower case.
    pub message: String,
    /// The innermost place that can be named.
    pub place: Option<Place>,
    /// Other places: values that took part, and the calls that led there, from the inside
    /// outwards.
    pub related: Vec<(Place, &'static str)>,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            place: None,
            related: Vec::new(),
        }
    }

    pub(super) fn of_chart(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Chart, message)
    }

    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Whether it stops the rendering.
    pub fn is_error(&self) -> bool {
        self.kind != ProblemKind::Note
    }
}
